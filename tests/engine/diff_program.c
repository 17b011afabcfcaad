/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs. Some registers hold pointers into the data pages or small numbers and are seldom
 * overwritten, and the memory operands of most instructions are rewritten to use them: otherwise nearly all
 * programs would end in a page fault at once.
 */
#include "diff_gen.h"
#include "diff_policy.h"

#include <string.h>

/* --- branches ---------------------------------------------------------------------------------------- */

static bool is_relative_branch(const struct insn *insn)
{
	enum insn_op op = insn->facts->op;

	return op == OP_JCC || op == OP_JMP || op == OP_CALL || op == OP_LOOP || op == OP_LOOPE ||
	       op == OP_LOOPNE || op == OP_JCXZ;
}

void diff_cut(struct diff_program *cut, const struct diff_program *program, unsigned count)
{
	*cut = *program;
	cut->count = count;
	cut->size = program->at[count];
	for (unsigned i = 0; i < count; i++) {
		unsigned next = program->at[i + 1];
		int32_t disp = (int32_t)(cut->size - next);
		struct insn insn;

		if (insn_decode(&insn, cut->bytes + cut->at[i], 15, cut->mode) == INSN_OK &&
		    is_relative_branch(&insn) && (int64_t)insn.imm > disp)
			memcpy(cut->bytes + next - insn.imm_size, &disp, insn.imm_size);
	}
	cut->bytes[cut->size++] = 0xcc;
}

/* --- which instructions ------------------------------------------------------------------------------ */

/*
 * Left out: what the host and a guest see differently (identification, time, system registers that the kernel
 * emulates, state images with addresses or more components), what would leave the program, and what needs the
 * system's cooperation.
 */
static bool is_comparable(const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_JMP_IND:
	case OP_CALL_IND:
	case OP_JMP_FAR:
	case OP_JMP_FAR_IND:
	case OP_CALL_FAR:
	case OP_CALL_FAR_IND:
	case OP_RET:
	case OP_RET_FAR:
	case OP_IRET:
	case OP_INT:
	case OP_SYSCALL:
	case OP_SYSRET:
	case OP_SYSENTER:
	case OP_SYSEXIT:
	case OP_POPF: /* there is a pattern for it */
	case OP_CPUID:
	case OP_RDTSC:
	case OP_RDTSCP:
	case OP_RDPID:
	case OP_RDPMC:
	case OP_RDRAND:
	case OP_RDSEED:
	case OP_SMSW:
	case OP_SGDT:
	case OP_SIDT:
	case OP_SLDT:
	case OP_STR:
	case OP_LSL:
	case OP_MONITOR:
	case OP_MWAIT:
	case OP_VMCALL:
	case OP_XGETBV:
	case OP_FXSAVE:
	case OP_FXRSTOR:
	case OP_XSAVE:
	case OP_XSAVEOPT:
	case OP_XSAVEC:
	case OP_XRSTOR:
	case OP_FNSTENV:
	case OP_FNSAVE: return false;
	case OP_PUSH_SEG: /* with 32 bits recent processors write only the selector, others the zero-extended
			     word (SDM 2, PUSH) */
		return insn->opsize != 4;
	case OP_ARPL: /* processors write only when RPL changes, whatever SDM 2 says of the destination */
		return !insn->has_mem;
	case OP_MOVS:
	case OP_CMPS:
	case OP_STOS:
	case OP_LODS:
	case OP_SCAS: /* with ECX = 0 or a fault some processors have cleared the upper halves of the
			 registers nevertheless */
		if (insn->mode == MODE_64 && insn->addrsize == 4 &&
		    (insn->prefixes & (PREFIX_REP | PREFIX_REPNE)))
			return false;
		return true;
	default: return true;
	}
}

static unsigned byte_register(const struct insn *insn, unsigned number)
{
	return !(insn->prefixes & (PREFIX_REX | PREFIX_VEX)) && number >= 4 ? number - 4
									    : number; /* AH is in rAX */
}

static unsigned gpr_bit(const struct insn *insn, unsigned number, unsigned size)
{
	size = size ? size : insn->opsize;
	return 1u << (size == 1 ? byte_register(insn, number) : number);
}

unsigned diff_written_gprs(const struct insn *insn)
{
	const struct insn_facts *facts = insn->facts;
	unsigned set = facts->implicit_written;
	unsigned reg = facts->attr & FACT_REG_IN_OPCODE ? insn_opcode_reg(insn) : insn_reg(insn);

	if (facts->reg_kind == KIND_GPR && (facts->reg_access & ACCESS_W))
		set |= gpr_bit(insn, reg, facts->gpr_size & 15);
	if (!insn->has_mem && facts->rm_kind == KIND_GPR && (facts->rm_access & ACCESS_W))
		set |= gpr_bit(insn, insn_rm(insn), facts->gpr_size >> 4);
	if (facts->vvvv_kind == KIND_GPR && (facts->vvvv_access & ACCESS_W))
		set |= 1u << insn->vvvv;
	return set;
}

static bool is_wanted(struct generator *g, const struct insn *insn)
{
	unsigned written = diff_written_gprs(insn);
	enum insn_op op = insn->facts->op;

	if (!is_comparable(insn) || (written & g->locked))
		return false;
	if (g->options->writes_code && op == OP_CALL)
		return false; /* a code address on the stack might be written to by accident */
	if (g->options->writes_code && (insn->facts->attr & FACT_STRING) &&
	    (insn->prefixes & (PREFIX_REP | PREFIX_REPNE)))
		return false; /* when a store over itself is seen is the processor's affair */
	/* EIP is cut to 16 bits, and other programs are there */
	if (is_relative_branch(insn) && insn->opsize == 2 && g->program->mode == MODE_32 &&
	    g->program->rip != g->program->base)
		return false;
	if (g->options->only && !strstr(insn->facts->name, g->options->only))
		return false;
	if (op == OP_MOV_TO_SEG || op == OP_POP_SEG || op == OP_LDS || op == OP_WRFSBASE || op == OP_WRGSBASE)
		return rng_chance(g->rng, 20);
	if (op == OP_PUSHA || op == OP_POPA || op == OP_ENTER || op == OP_LEAVE)
		return rng_chance(g->rng, 20);
	/* pushes and string instructions move their pointers by little */
	if (!(insn->facts->attr & (FACT_IMPLICIT_STACK | FACT_STRING)) &&
	    (written & (g->pointers | g->smalls)))
		return rng_chance(g->rng, 8);
	if ((insn->facts->attr & FACT_PRIVILEGED) || op == OP_INT3 || op == OP_INT1 || op == OP_UD ||
	    op == OP_IN || op == OP_OUT || op == OP_INS || op == OP_OUTS || op == OP_CLI || op == OP_STI ||
	    op == OP_CLAC || op == OP_STAC)
		return rng_chance(g->rng, 5);
	return true;
}

/* --- instructions ------------------------------------------------------------------------------------ */

void gen_append(struct generator *g, const void *bytes, unsigned size)
{
	struct diff_program *program = g->program;

	program->at[program->count++] = (uint16_t)program->size;
	memcpy(program->bytes + program->size, bytes, size);
	program->size += size;
}

static void note_branch(struct generator *g, const struct insn *insn)
{
	g->branches[g->branch_count].at = (uint16_t)(g->program->size - insn->imm_size);
	g->branches[g->branch_count].size = insn->imm_size;
	g->branches[g->branch_count++].index = (uint8_t)(g->program->count - 1);
}

/*
 * An undefined flag stays so even when it is written again: a branch might skip that. In a loop, what comes
 * late flows to what comes early.
 */
static bool flags_are_defined(struct generator *g, const struct insn *insn)
{
	unsigned undefined = policy_undefined_flags(insn);

	if ((insn->flags_read & g->undefined_flags) ||
	    (g->has_loop && (undefined & (g->loop_reads | insn->flags_read))))
		return false;
	g->undefined_flags |= undefined;
	g->loop_reads |= insn->flags_read;
	return true;
}

bool gen_insn(struct generator *g)
{
	uint8_t bytes[INSN_GEN_BYTES];
	struct insn insn;
	unsigned size;

	insn_gen(g->rng, bytes);
	if (insn_decode(&insn, bytes, sizeof(bytes), g->program->mode) != INSN_OK || !is_wanted(g, &insn))
		return false;
	size = insn.len;
	if (insn.has_mem)
		size = gen_operand(g, bytes, &insn);
	if (!size || insn_decode(&insn, bytes, size, g->program->mode) != INSN_OK ||
	    !flags_are_defined(g, &insn))
		return false;
	gen_append(g, bytes, insn.len);
	if (is_relative_branch(&insn))
		note_branch(g, &insn);
	return true;
}

/* Forward, to a later instruction or what follows the last; not into the loop's own end. */
static void aim_branches(struct generator *g)
{
	struct diff_program *program = g->program;

	for (unsigned i = 0; i < g->branch_count; i++) {
		unsigned left = program->count - g->branches[i].index;
		unsigned to = program->at[g->branches[i].index + 1 + rng_below(g->rng, left < 4 ? left : 4)];
		int32_t disp = (int32_t)to - g->branches[i].at - g->branches[i].size;

		if (g->branches[i].size == 1 && disp > 127)
			disp = 0;
		memcpy(program->bytes + g->branches[i].at, &disp, g->branches[i].size);
	}
}

/* Decrement the counter, JNZ to the beginning: what is translated runs more than once. */
static void append_loop(struct generator *g)
{
	static const uint8_t dec_long[] = { 0x49, 0xff, 0xcd }, dec_legacy[] = { 0x4a }; /* r13; dx, edx */
	bool is_long = g->program->mode == MODE_64;
	uint8_t jnz[] = { 0x0f, 0x85, 0, 0, 0, 0 };
	unsigned size = g->program->mode == MODE_16 ? 4 : 6;
	int32_t disp;

	gen_append(g, is_long ? dec_long : dec_legacy, is_long ? 3 : 1);
	disp = -(int32_t)(g->program->size + size);
	memcpy(jnz + 2, &disp, size - 2);
	gen_append(g, jnz, size);
}

static enum insn_mode pick_mode(struct rng *rng, unsigned mask)
{
	enum insn_mode mode;

	do
		mode = rng_below(rng, 3);
	while (!(mask >> mode & 1));
	return mode;
}

/* Some programs straddle a page; those of 16-bit mode lie in the first 64 KiB. */
static void gen_address(struct diff_program *program, struct rng *rng, unsigned slot)
{
	if (program->mode == MODE_16)
		slot %= 65536 / PROGRAM_SLOT - 1;
	program->base = CODE_BASE + slot * PROGRAM_SLOT;
	if (rng_chance(rng, 20))
		program->base += PROGRAM_SLOT - 16;
	program->rip = program->base - diff_code_base(program->start.selectors[SEG_CS]);
}

void diff_generate(struct diff_program *program, struct rng *rng, const struct diff_options *options,
		   unsigned slot)
{
	struct generator g = { .program = program, .rng = rng, .options = options };
	unsigned wanted = 1 + rng_below(rng, options->max_insns);

	memset(program, 0, sizeof(*program));
	program->mode = pick_mode(rng, options->mode_mask);
	diff_choose_segments(program, rng);
	g.has_loop = program->has_loop = rng_chance(rng, 20);
	g.loop_counter = program->mode == MODE_64 ? 13 : DX;
	g.locked = g.has_loop ? 1u << g.loop_counter : 0;
	gen_address(program, rng, slot);
	gen_state(&g);
	for (unsigned tries = 0; program->count < wanted && tries < 200000; tries++) {
		bool has_room = program->count + 6 < wanted && !options->only && options->max_insns > 1;

		if (has_room && options->writes_code && tries % 16 == 15 && program->mode == MODE_64)
			gen_self_modification(&g);
		else if (has_room && !options->writes_code && tries % 32 == 31)
			gen_pattern(&g);
		else
			gen_insn(&g);
	}
	program->at[program->count] = (uint16_t)program->size;
	aim_branches(&g);
	if (g.has_loop)
		append_loop(&g);
	program->at[program->count] = (uint16_t)program->size;
	program->bytes[program->size++] = 0xcc;
}
