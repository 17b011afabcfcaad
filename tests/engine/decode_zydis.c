/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares insn_decode() with Zydis over random instructions in 16-, 32- and 64-bit mode: validity, length,
 * the operation, operands with their sizes and accesses, implicit registers, flags. What our policy hides and
 * where the two differ on purpose stands in the tables of decode_policy.c, each with its reason.
 *
 *   decode_zydis [--seed S] [--count N] [--speed FILE]
 */
#include "decode_coverage.h"
#include "decode_policy.h"
#include "insn_gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static const char *const mode_names[] = { [MODE_16] = "16", [MODE_32] = "32", [MODE_64] = "64" };
static ZydisDecoder decoders[3];

/* --- reports: each kind of difference for each instruction is printed once, counted always ------------- */

enum { REPORTS_MAX = 400 };
static char report_keys[REPORTS_MAX][80];
static unsigned report_count;
static unsigned long difference_count;

static bool is_new_report(const char *key)
{
	for (unsigned i = 0; i < report_count; i++)
		if (!strcmp(report_keys[i], key))
			return false;
	if (report_count == REPORTS_MAX)
		return false;
	snprintf(report_keys[report_count++], sizeof(report_keys[0]), "%s", key);
	return true;
}

__attribute__((format(printf, 3, 4))) static void differ(const struct comparison *c, const char *what,
							 const char *format, ...)
{
	const char *mnemonic = c->zydis_ok ? ZydisMnemonicGetString(c->zydis.mnemonic) : "none";
	char key[80];
	va_list args;

	difference_count++;
	snprintf(key, sizeof(key), "%s/%s/%s", what, mnemonic, mode_names[c->mode]);
	if (!is_new_report(key))
		return;
	printf("FAIL %s-bit %-12s %-18s ", mode_names[c->mode], mnemonic, what);
	for (unsigned i = 0; i < (c->zydis_ok ? c->zydis.length : 15u); i++)
		printf("%02x", c->bytes[i]);
	printf("  ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

/* --- one by one -------------------------------------------------------------------------------------- */

static unsigned zydis_access(const ZydisDecodedOperand *operand)
{
	unsigned access = 0;

	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		access |= ACCESS_R;
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		access |= ACCESS_W;
	/* written only perhaps: what was there may stay, so it is an input */
	if ((operand->actions & ZYDIS_OPERAND_ACTION_CONDWRITE) &&
	    operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
		access |= ACCESS_R;
	return access;
}

static unsigned kind_of(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_GPR8:
	case ZYDIS_REGCLASS_GPR16:
	case ZYDIS_REGCLASS_GPR32:
	case ZYDIS_REGCLASS_GPR64: return KIND_GPR;
	case ZYDIS_REGCLASS_X87: return KIND_X87;
	case ZYDIS_REGCLASS_MMX: return KIND_MMX;
	case ZYDIS_REGCLASS_XMM:
	case ZYDIS_REGCLASS_YMM: return KIND_VEC;
	case ZYDIS_REGCLASS_SEGMENT: return KIND_SEG;
	case ZYDIS_REGCLASS_CONTROL: return KIND_CR;
	case ZYDIS_REGCLASS_DEBUG: return KIND_DR;
	default: return KIND_NONE;
	}
}

static unsigned gpr_number(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);
	unsigned id = (unsigned)ZydisRegisterGetId(reg);

	/* AL CL DL BL AH CH DH BH SPL BPL SIL DIL R8B..: by encoding */
	if (class == ZYDIS_REGCLASS_GPR8)
		return id < 8 ? id : id - 4;
	return id;
}

/* The size in bytes of the GPR that a field names, as insn.h tells users to find it. */
static unsigned our_gpr_size(const struct insn *insn, bool is_rm)
{
	unsigned size = is_rm ? insn->facts->gpr_size >> 4 : insn->facts->gpr_size & 15;

	return size ? size : insn->opsize;
}

static void compare_register(const struct comparison *c, const ZydisDecodedOperand *operand,
			     const char *field, unsigned kind, unsigned access, unsigned number,
			     unsigned gpr_size)
{
	ZydisRegister reg = operand->reg.value;

	if (kind != kind_of(reg))
		return differ(c, field, "kind %u, Zydis %u (%s)", kind, kind_of(reg),
			      ZydisRegisterGetString(reg));
	if (access != zydis_access(operand) && !policy_access(c, operand, access))
		differ(c, field, "access %u, Zydis %u", access, zydis_access(operand));
	if (number != (kind == KIND_GPR ? gpr_number(reg) : (unsigned)ZydisRegisterGetId(reg)))
		differ(c, field, "number %u, Zydis %s", number, ZydisRegisterGetString(reg));
	if (kind == KIND_GPR && gpr_size * 8 != operand->size && !policy_gpr_size(c, operand, gpr_size))
		differ(c, field, "size %u, Zydis %s", gpr_size, ZydisRegisterGetString(reg));
}

static void compare_memory(const struct comparison *c, const ZydisDecodedOperand *operand)
{
	const struct insn_facts *facts = c->ours.facts;
	unsigned access = zydis_access(operand);

	if (!c->ours.has_mem)
		return differ(c, "memory", "we see none");
	if (facts->mem == MEM_SPECIAL || policy_memory(c, operand))
		return;
	if (operand->size != c->ours.mem_size * 8u)
		differ(c, "memory size", "%u bytes, Zydis %u", c->ours.mem_size, operand->size / 8);
	if (access != facts->mem_access)
		differ(c, "memory access", "%u, Zydis %u", facts->mem_access, access);
}

struct implicit { /* gathered from the operands that no field encodes */
	unsigned read, written;
};

static void note_implicit(struct implicit *implicit, const ZydisDecodedOperand *operand)
{
	unsigned bit, access = zydis_access(operand);

	if (kind_of(operand->reg.value) != KIND_GPR)
		return;
	bit = 1u << gpr_number(operand->reg.value);
	if (ZydisRegisterGetClass(operand->reg.value) == ZYDIS_REGCLASS_GPR8 &&
	    ZydisRegisterGetId(operand->reg.value) < 8)
		bit = 1u << (gpr_number(operand->reg.value) & 3); /* AH is in rAX */
	implicit->read |= access & ACCESS_R ? bit : 0;
	implicit->written |= access & ACCESS_W ? bit : 0;
}

/* Memory that no field encodes: its address comes from a register. */
static void note_implicit_base(struct implicit *implicit, const ZydisDecodedOperand *operand)
{
	if (kind_of(operand->mem.base) == KIND_GPR)
		implicit->read |= 1u << gpr_number(operand->mem.base);
}

static void compare_implicit(const struct comparison *c, const struct implicit *implicit)
{
	const struct insn_facts *facts = c->ours.facts;

	if (policy_implicit(c))
		return;
	if (facts->implicit_read != implicit->read)
		differ(c, "implicit read", "%03x, Zydis %03x", facts->implicit_read, implicit->read);
	if (facts->implicit_written != implicit->written)
		differ(c, "implicit written", "%03x, Zydis %03x", facts->implicit_written, implicit->written);
}

static void compare_operands(const struct comparison *c)
{
	const struct insn *insn = &c->ours;
	const struct insn_facts *facts = insn->facts;
	struct implicit implicit = { 0 };
	bool saw_reg = false, saw_rm = false, saw_vvvv = false, saw_mem = false;

	for (unsigned i = 0; i < c->zydis.operand_count; i++) {
		const ZydisDecodedOperand *operand = &c->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
			compare_memory(c, operand);
			saw_mem = true;
		} else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
			   operand->encoding == ZYDIS_OPERAND_ENCODING_NONE) {
			note_implicit_base(&implicit, operand);
		}
		if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
			continue;
		switch (operand->encoding) {
		case ZYDIS_OPERAND_ENCODING_MODRM_REG:
			compare_register(c, operand, "reg", facts->reg_kind, facts->reg_access,
					 insn_reg(insn), our_gpr_size(insn, false));
			saw_reg = true;
			break;
		case ZYDIS_OPERAND_ENCODING_OPCODE:
			if (facts->domain == DOMAIN_X87)
				break;
			compare_register(c, operand, "opcode reg", facts->reg_kind, facts->reg_access,
					 insn_opcode_reg(insn), our_gpr_size(insn, false));
			saw_reg = true;
			break;
		case ZYDIS_OPERAND_ENCODING_MODRM_RM:
			compare_register(c, operand, "rm", facts->rm_kind, facts->rm_access, insn_rm(insn),
					 our_gpr_size(insn, true));
			saw_rm = true;
			break;
		case ZYDIS_OPERAND_ENCODING_NDSNDD:
			compare_register(c, operand, "vvvv", facts->vvvv_kind, facts->vvvv_access, insn->vvvv,
					 our_gpr_size(insn, false));
			saw_vvvv = true;
			break;
		case ZYDIS_OPERAND_ENCODING_NONE: note_implicit(&implicit, operand); break;
		default: break;
		}
	}
	if (policy_operands(c))
		return;
	if (saw_reg != (facts->reg_kind != KIND_NONE))
		differ(c, "reg presence", "Zydis %u", saw_reg);
	if (!insn->has_mem && saw_rm != (facts->rm_kind != KIND_NONE))
		differ(c, "rm presence", "Zydis %u", saw_rm);
	if (saw_vvvv != (facts->vvvv_kind != KIND_NONE))
		differ(c, "vvvv presence", "Zydis %u", saw_vvvv);
	if (saw_mem != (bool)insn->has_mem)
		differ(c, "memory presence", "Zydis %u", saw_mem);
	compare_implicit(c, &implicit);
}

static void compare_flags(const struct comparison *c)
{
	const ZydisAccessedFlags *flags = c->zydis.cpu_flags;
	static const ZydisAccessedFlags none;
	unsigned written, changed = c->ours.flags_written | c->ours.flags_maybe, tested;

	if (policy_flags(c))
		return;
	if (!flags)
		flags = &none;
	tested = flags->tested & FLAGS_ALL;
	written = (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) & FLAGS_ALL;
	if (tested != c->ours.flags_read)
		differ(c, "flags read", "%03x, Zydis %03x", c->ours.flags_read, tested);
	if (written != changed)
		differ(c, "flags written", "%03x, Zydis %03x", changed, written);
	if (c->ours.flags_written & c->ours.flags_maybe)
		differ(c, "flags maybe", "%03x both sure and maybe",
		       c->ours.flags_written & c->ours.flags_maybe);
}

static void compare_moffs(const struct comparison *c) /* what we call an immediate is a displacement there */
{
	unsigned size = c->zydis.raw.disp.size / 8;
	uint64_t mask = size == 8 ? ~0ull : (1ull << size * 8) - 1;

	if (c->ours.imm_size != size || c->ours.imm != ((uint64_t)c->zydis.raw.disp.value & mask))
		differ(c, "moffs", "%lx, Zydis %lx", (unsigned long)c->ours.imm,
		       (unsigned long)c->zydis.raw.disp.value);
}

static void compare_encoding(const struct comparison *c)
{
	const struct insn *insn = &c->ours;
	unsigned imm_size = (c->zydis.raw.imm[0].size + c->zydis.raw.imm[1].size) / 8;

	if (insn->facts->op == OP_MOV_MOFFS)
		return compare_moffs(c);
	if (insn->imm_size != imm_size)
		differ(c, "immediate size", "%u, Zydis %u", insn->imm_size, imm_size);
	if (insn->disp_size != c->zydis.raw.disp.size / 8)
		differ(c, "displacement size", "%u, Zydis %u", insn->disp_size, c->zydis.raw.disp.size / 8);
	else if (insn->disp_size && insn->disp != c->zydis.raw.disp.value)
		differ(c, "displacement", "%x", insn->disp);
	if (imm_size && !c->zydis.raw.imm[1].size) {
		uint64_t value = c->zydis.raw.imm[0].value.u,
			 mask = imm_size == 8 ? ~0ull : (1ull << imm_size * 8) - 1;

		if ((insn->imm ^ value) & mask)
			differ(c, "immediate", "%lx, Zydis %lx", (unsigned long)insn->imm,
			       (unsigned long)value);
	}
	if (insn->addrsize * 8 != c->zydis.address_width && !policy_address_size(c))
		differ(c, "address size", "%u, Zydis %u", insn->addrsize, c->zydis.address_width / 8);
	if (insn->has_mem && insn->segment != policy_segment(c))
		differ(c, "segment", "%u, Zydis %u", insn->segment, policy_segment(c));
}

static void compare_name(const struct comparison *c)
{
	const char *theirs = ZydisMnemonicGetString(c->zydis.mnemonic);

	if (!policy_name(c, theirs))
		differ(c, "name", "we say %s (op %u)", c->ours.facts->name, c->ours.facts->op);
}

static void compare_validity(const struct comparison *c)
{
	if (c->result == INSN_OK && !policy_only_ours(c))
		differ(c, "only ours", "we say %s, length %u; Zydis status %x", c->ours.facts->name,
		       c->ours.len, c->status);
	if (c->result != INSN_OK && !policy_only_theirs(c))
		differ(c, "only theirs", "we say %u; isa set %s", c->result,
		       ZydisISASetGetString(c->zydis.meta.isa_set));
}

static uint8_t *edge; /* the end of a page that no other follows */

static void make_edge(void)
{
	uint8_t *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE)) {
		perror("mmap");
		exit(2);
	}
	edge = pages + 4096;
}

/*
 * A string that is cut short must say so, whatever its beginning looks like, and nothing behind it is read.
 */
static void compare_truncation(const struct comparison *c, struct rng *rng)
{
	unsigned avail = rng_below(rng, c->ours.len);
	struct insn insn;
	enum insn_result result;

	memcpy(edge - avail, c->bytes, avail);
	result = insn_decode(&insn, edge - avail, avail, c->mode);
	if (result != INSN_TRUNCATED)
		differ(c, "truncation", "%u of %u bytes gives %u", avail, c->ours.len, result);
	memcpy(edge - c->ours.len, c->bytes, c->ours.len);
	result = insn_decode(&insn, edge - c->ours.len, c->ours.len, c->mode);
	if (result != INSN_OK || insn.len != c->ours.len)
		differ(c, "exact length", "%u bytes gives %u", c->ours.len, result);
}

static void compare(struct comparison *c, struct rng *rng)
{
	c->result = insn_decode(&c->ours, c->bytes, INSN_GEN_BYTES, c->mode);
	c->status =
	    ZydisDecoderDecodeFull(&decoders[c->mode], c->bytes, INSN_GEN_BYTES, &c->zydis, c->operands);
	c->zydis_ok = ZYAN_SUCCESS(c->status);
	if (c->zydis_ok != (c->result == INSN_OK))
		return compare_validity(c);
	if (!c->zydis_ok)
		return;
	if (c->ours.len != c->zydis.length)
		return differ(c, "length", "%u, Zydis %u", c->ours.len, c->zydis.length);
	coverage_note(c->ours.facts);
	compare_truncation(c, rng);
	compare_name(c);
	if (c->ours.facts->op == OP_NOP || c->ours.facts->op == OP_UD) /* operands mean nothing */
		return;
	compare_encoding(c);
	compare_operands(c);
	compare_flags(c);
}

static void init_decoders(void)
{
	ZydisDecoderInit(&decoders[MODE_16], ZYDIS_MACHINE_MODE_LONG_COMPAT_16, ZYDIS_STACK_WIDTH_16);
	ZydisDecoderInit(&decoders[MODE_32], ZYDIS_MACHINE_MODE_LONG_COMPAT_32, ZYDIS_STACK_WIDTH_32);
	ZydisDecoderInit(&decoders[MODE_64], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (unsigned i = 0; i < 3; i++) { /* reserved-NOP space stays NOP */
		ZydisDecoderEnableMode(&decoders[i], ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
		ZydisDecoderEnableMode(&decoders[i], ZYDIS_DECODER_MODE_CET, ZYAN_FALSE);
		ZydisDecoderEnableMode(&decoders[i], ZYDIS_DECODER_MODE_CLDEMOTE, ZYAN_FALSE);
		ZydisDecoderEnableMode(&decoders[i], ZYDIS_DECODER_MODE_WBNOINVD, ZYAN_FALSE);
	}
}

/* --- speed ------------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Decodes the middle of a program file as if it were code, which most of it is. */
static int measure_speed(const char *path)
{
	static uint8_t text[1 << 19];
	FILE *file = fopen(path, "rb");
	size_t size;
	unsigned long count = 0, bad = 0;
	double start;
	struct insn insn;

	if (!file || fseek(file, 1 << 18, SEEK_SET)) {
		perror(path);
		return 1;
	}
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	start = seconds();
	for (unsigned round = 0; round < 20; round++)
		for (size_t at = 0; at + 16 <= size; count++) {
			bool is_ok = insn_decode(&insn, text + at, 16, MODE_64) == INSN_OK;

			at += is_ok ? insn.len : 1;
			bad += !is_ok;
		}
	printf("%lu instructions (%.1f %% invalid), %.1f ns each\n", count,
	       100.0 * (double)bad / (double)count, (seconds() - start) * 1e9 / (double)count);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = (uint64_t)time(NULL);
	unsigned long count = 6000000;
	unsigned unseen = 0;
	struct comparison c;
	struct rng rng;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--count"))
			count = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--speed"))
			return measure_speed(argv[i + 1]);
	}
	printf("decode_zydis --seed %lu --count %lu\n", (unsigned long)seed, count);
	rng.state = seed * 0x9e3779b97f4a7c15ull | 1;
	init_decoders();
	make_edge();
	for (unsigned long i = 0; i < count; i++) {
		c.mode = i & 3 ? (i & 1 ? MODE_64 : MODE_32) : MODE_16;
		if (i % 16 == 15)
			insn_gen_noise(&rng, c.bytes);
		else
			insn_gen(&rng, c.bytes);
		compare(&c, &rng);
	}
	if (count >= 6000000)
		unseen = coverage_report();
	printf("%lu instructions, %lu differences of %u kinds, %u rows never met\n", count, difference_count,
	       report_count, unseen);
	return difference_count || unseen ? 1 : 0;
}
