/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts [--seed S] [--count N]
 *
 * Checks the facts of the opcode table against the processor: one instruction runs twice natively, the second
 * time with other values in all general registers and flags that it does not read by its facts. Then what it
 * writes must be equal, and what it does not write must be as before. The translator moves registers and
 * drops flags by these facts.
 */
#include "diff_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VECTOR_BREAKPOINT = 3 };

static unsigned address_gprs(const struct insn *insn)
{
	unsigned set = 0, rm = insn->modrm & 7;
	bool is_vsib = insn->facts->attr & FACT_VSIB;

	if (!insn->has_mem)
		return 0;
	if (insn->addrsize == 2)
		return 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7;
	if (rm != 4)
		return rm == 5 && insn->modrm < 0x40 ? 0 : 1u << insn_rm(insn);
	if ((insn->sib & 7) != 5 || insn->modrm >= 0x40)
		set |= 1u << ((insn->sib & 7) | (insn->rex & REX_B ? 8 : 0));
	if (!is_vsib && ((insn->sib >> 3 & 7) != 4 || (insn->rex & REX_X)))
		set |= 1u << ((insn->sib >> 3 & 7) | (insn->rex & REX_X ? 8 : 0));
	return set;
}

/* What may decide the result. */
static unsigned read_gprs(const struct insn *insn)
{
	struct insn_facts as_read = *insn->facts;
	struct insn copy = *insn;

	as_read.reg_access = as_read.reg_access & ACCESS_R ? ACCESS_W : ACCESS_NONE;
	as_read.rm_access = as_read.rm_access & ACCESS_R ? ACCESS_W : ACCESS_NONE;
	as_read.vvvv_access = as_read.vvvv_access & ACCESS_R ? ACCESS_W : ACCESS_NONE;
	as_read.implicit_written = as_read.implicit_read;
	copy.facts = &as_read;
	return diff_written_gprs(&copy) | address_gprs(insn);
}

struct sets {
	unsigned read, written; /* GPRs */
	unsigned flags_read, flags_written, flags_maybe, flags_undefined;
};

static struct sets sets_of(const struct insn *insn)
{
	struct sets sets = { .read = read_gprs(insn), .written = diff_written_gprs(insn) };

	sets.flags_read = insn->flags_read;
	sets.flags_written = insn->flags_written;
	sets.flags_maybe = insn->flags_maybe;
	sets.flags_undefined = policy_undefined_flags(insn);
	return sets;
}

/*
 * The bits of a register that may be changed without effect. A register that is written but not read may have
 * any value where the write goes; instructions that write AH alone, or AL without saying so in their operand
 * size, are left out.
 */
static uint64_t free_bits(const struct insn *insn, const struct sets *sets, unsigned reg)
{
	const struct insn_facts *facts = insn->facts;
	bool is_high_byte = insn->opsize == 1 && !(insn->prefixes & PREFIX_REX);

	if (sets->read >> reg & 1)
		return 0;
	if (!(sets->written >> reg & 1))
		return ~0ull;
	if (facts->op == OP_LAHF || facts->op == OP_SALC || facts->domain == DOMAIN_X87)
		return 0;
	if (is_high_byte && !(facts->implicit_written >> reg & 1))
		return 0;
	return insn->opsize == 1 ? 0xff : insn->opsize == 2 ? 0xffff : ~0ull;
}

static void perturb(struct diff_program *program, const struct insn *insn, const struct sets *sets,
		    struct rng *rng)
{
	bool is_long = program->mode == MODE_64;

	for (unsigned i = 0; i < (is_long ? 16u : 8u); i++)
		program->start.gpr[i] ^=
		    rng_next(rng) & free_bits(insn, sets, i) & (is_long ? ~0ull : 0xffffffff);
	program->start.rflags ^= FLAGS_ALL & ~sets->flags_read;
}

static bool complain(const struct diff_program *program, const char *what, unsigned value)
{
	printf("FAIL %s %x\n", what, value);
	diff_print_program(program);
	return true;
}

static bool changes_more(const struct diff_program *program, const struct diff_result *result,
			 const struct sets *sets)
{
	unsigned flags = (unsigned)(program->start.rflags ^ result->end.rflags) & FLAGS_ALL, gprs = 0;

	for (unsigned i = 0; i < 16; i++)
		if (program->start.gpr[i] != result->end.gpr[i])
			gprs |= 1u << i;
	if (gprs & ~sets->written)
		return complain(program, "undeclared writes of registers", gprs & ~sets->written);
	flags &= ~(sets->flags_written | sets->flags_maybe);
	return flags && complain(program, "undeclared writes of flags", flags);
}

static bool depends_on_more(const struct diff_program *program, const struct diff_result *first,
			    const struct diff_result *second, const struct sets *sets)
{
	unsigned flags = (unsigned)(first->end.rflags ^ second->end.rflags) & FLAGS_ALL;

	for (unsigned i = 0; i < 16; i++)
		if ((sets->written >> i & 1) && first->end.gpr[i] != second->end.gpr[i])
			return complain(program, "undeclared input, seen in register", i);
	flags &= sets->flags_written & ~sets->flags_undefined;
	if (flags)
		return complain(program, "undeclared input or unsure write, seen in flags", flags);
	if (memcmp(first->memory, second->memory, DATA_BYTES))
		return complain(program, "undeclared input, seen in memory", 0);
	return false;
}

/* Branches and what ends otherwise than by the INT3 behind it are left out. */
static bool check_one(const struct diff_program *program, struct rng *rng)
{
	static struct diff_program other;
	static struct diff_result first, second;
	struct insn insn;
	struct sets sets;

	if (program->count != 1 || insn_decode(&insn, program->bytes, 15, program->mode) != INSN_OK ||
	    (insn.facts->attr & FACT_JUMP))
		return false;
	sets = sets_of(&insn);
	other = *program;
	perturb(&other, &insn, &sets, rng);
	diff_native.run(NULL, program, &first, 1);
	if (first.vector != VECTOR_BREAKPOINT || first.end.rip != program->rip + program->size)
		return false;
	if (changes_more(program, &first, &sets))
		return true;
	diff_native.run(NULL, &other, &second, 1);
	if (second.vector != VECTOR_BREAKPOINT)
		return complain(program, "undeclared input, seen in the exception", second.vector);
	return changes_more(&other, &second, &sets) || depends_on_more(program, &first, &second, &sets);
}

int main(int argc, char **argv)
{
	struct diff_options options = { .max_insns = 1, .mode_mask = 1 << MODE_32 | 1 << MODE_64 };
	uint64_t seed = (uint64_t)time(NULL);
	unsigned long count = 200000, failures = 0;
	static struct diff_program program;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--count"))
			count = strtoul(argv[i + 1], NULL, 0);
	}
	printf("facts --seed %lu --count %lu\n", (unsigned long)seed, count);
	fflush(stdout);
	diff_native.open();
	for (unsigned long i = 0; i < count && failures < 20; i++) {
		struct rng rng = { (seed * 1000003 + i) * 0x9e3779b97f4a7c15ull | 1 };

		diff_generate(&program, &rng, &options, (unsigned)(i % (CODE_BYTES / PROGRAM_SLOT - 1)));
		failures += check_one(&program, &rng);
	}
	printf("%lu differences\n", failures);
	return failures ? 1 : 0;
}
