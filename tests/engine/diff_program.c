/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs. Some registers hold pointers into the data pages or small numbers and are seldom
 * overwritten, and the memory operands of most instructions are rewritten to use them: otherwise nearly all
 * programs would end in a page fault at once.
 */
#include "diff_policy.h"

#include <string.h>

enum { AX = 0, BX = 3, SP = 4, BP = 5, SI = 6, DI = 7, LOOP_COUNTER = 13 };

struct generator {
	struct diff_program *program;
	struct rng *rng;
	const struct diff_options *options;
	unsigned pointers, smalls; /* sets of registers */
	unsigned locked;	   /* never written: the loop counter */
	bool aligned;		   /* addresses are multiples of 64 in this program */
	unsigned
	    undefined_flags; /* left so by an instruction before: nothing may read them, see policy_flags() */
	unsigned loop_reads; /* flags that the loop's body reads: none may become undefined */
	bool has_loop;
	struct {
		uint16_t at;	     /* of the displacement */
		uint8_t size, index; /* bytes; which instruction branches */
	} branches[PROGRAM_INSNS];
	unsigned branch_count;
};

/* --- the state at the start -------------------------------------------------------------------------- */

static uint64_t gen_number(struct rng *rng)
{
	static const uint64_t special[] = { 0,
					    1,
					    2,
					    0x7f,
					    0x80,
					    0xff,
					    0x7fff,
					    0x8000,
					    0xffff,
					    0x7fffffff,
					    0x80000000,
					    0xffffffff,
					    0x7fffffffffffffff,
					    0x8000000000000000,
					    ~0ull,
					    0x3ff0000000000000,
					    0x3f800000 };

	switch (rng_below(rng, 5)) {
	case 0: return special[rng_below(rng, sizeof(special) / sizeof(special[0]))];
	case 1: return rng_below(rng, 256);
	case 2: return (uint64_t)(int64_t)(int32_t)rng_next(rng);
	default: return rng_next(rng);
	}
}

static uint64_t gen_pointer(struct generator *g)
{
	uint64_t at;

	switch (rng_below(g->rng, 10)) {
	case 0: at = DATA_START + 64 + rng_below(g->rng, 128); break;
	case 1: at = DATA_START + 8192 - rng_below(g->rng, 128); break; /* before the read-only page */
	case 2:
	case 3:
	case 4: at = DATA_MIDDLE - 32 + rng_below(g->rng, 64); break;
	default: at = DATA_START + 512 + rng_below(g->rng, 7168); break;
	}
	if (g->program->mode == MODE_16)
		at -= DATA_BASE;
	return g->aligned ? at & ~63ull : at;
}

static uint64_t gen_small(struct generator *g)
{
	int64_t value = (int64_t)rng_below(g->rng, 48) - 8;

	return (uint64_t)(g->aligned ? value * 32 : value);
}

static void gen_register_sets(struct generator *g)
{
	unsigned count = g->program->mode == MODE_64 ? 16 : 8;

	g->pointers = 1 << SP | (1u << rng_below(g->rng, 4)) | (1u << (8 + rng_below(g->rng, 8)));
	g->pointers |= 1u << (5 + rng_below(g->rng, 3));
	if (rng_chance(g->rng, 60))
		g->pointers |= 1 << SI | 1 << DI;
	g->smalls =
	    (1u << rng_below(g->rng, 4) | 1u << (8 + rng_below(g->rng, 8)) | 1u << rng_below(g->rng, 16));
	g->pointers &= ((1u << count) - 1) & ~g->locked;
	g->smalls &= ((1u << count) - 1) & ~g->pointers & ~g->locked;
}

static void gen_gprs(struct generator *g)
{
	uint64_t *gpr = g->program->start.gpr;

	for (unsigned i = 0; i < 16; i++) {
		if (g->pointers >> i & 1)
			gpr[i] = gen_pointer(g);
		else if (g->smalls >> i & 1)
			gpr[i] = gen_small(g);
		else
			gpr[i] = gen_number(g->rng);
		if (g->program->mode != MODE_64)
			gpr[i] = i < 8 ? (uint32_t)gpr[i] : 0;
	}
}

/* Lanes of all kinds: bits, integers, floats and doubles of ordinary size. */
static void gen_lanes(struct rng *rng, uint8_t *bytes, unsigned size)
{
	unsigned kind = rng_below(rng, 6);

	for (unsigned i = 0; i < size; i += 8) {
		uint64_t value = rng_next(rng);

		if (kind == 1)
			value = (value & 0x800fffffffffffff) | (uint64_t)(0x3f8 + rng_below(rng, 16)) << 52;
		else if (kind == 2)
			value = (value & 0x807fffff807fffff) | (uint64_t)(0x78 + rng_below(rng, 16)) << 55 |
				(uint64_t)(0x78 + rng_below(rng, 16)) << 23;
		else if (kind == 3)
			value = gen_number(rng);
		else if (kind == 4)
			value = (value & 0x800000ff800000ff);
		memcpy(bytes + i, &value, 8);
	}
}

static void gen_x87(struct rng *rng, struct diff_vector *vector)
{
	vector->fcw = 0x37f;
	if (rng_chance(rng, 30)) /* precision and rounding; sometimes exceptions */
		vector->fcw = (uint16_t)((rng_next(rng) & 0xf00) | 0x40 |
					 (rng_chance(rng, 80) ? 0x3f : rng_next(rng) & 0x3f));
	vector->fsw = (uint16_t)(rng_next(rng) & 0x7f00) & 0x7f00;
	vector->ftw = (uint8_t)(rng_chance(rng, 50) ? rng_next(rng) : rng_chance(rng, 50) ? 0xff : 0);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t mantissa = rng_next(rng) | (rng_chance(rng, 90) ? 1ull << 63 : 0);
		uint16_t exponent =
		    (uint16_t)(rng_chance(rng, 80) ? 0x3ff0 + rng_below(rng, 64) : rng_next(rng));

		exponent |= (uint16_t)(rng_next(rng) & 0x8000);
		memcpy(vector->st[i], &mantissa, 8);
		memcpy(vector->st[i] + 8, &exponent, 2);
	}
}

static void gen_vector(struct generator *g)
{
	struct diff_vector *vector = &g->program->start.vector;

	memset(vector, 0, sizeof(*vector));
	vector->xstate_bv = 7;
	gen_x87(g->rng, vector);
	vector->mxcsr = 0x1f80;
	if (rng_chance(g->rng, 30)) /* rounding, flush to zero; sometimes exceptions */
		vector->mxcsr = (uint32_t)((rng_next(g->rng) & 0xe040) |
					   (rng_chance(g->rng, 80) ? 0x1f80 : rng_next(g->rng) & 0x1f80));
	for (unsigned i = 0; i < 16; i++) {
		gen_lanes(g->rng, vector->xmm[i], 16);
		gen_lanes(g->rng, vector->ymm_high[i], 16);
	}
	if (g->program->mode != MODE_64) {
		memset(vector->xmm[8], 0, 128);
		memset(vector->ymm_high[8], 0, 128);
	}
}

void diff_fill_memory(uint8_t memory[DATA_BYTES], uint64_t seed)
{
	struct rng rng = { seed | 1 };

	for (unsigned i = 0; i < DATA_BYTES; i += 64)
		gen_lanes(&rng, memory + i, 64);
}

void diff_vector_normalize(struct diff_vector *vector)
{
	if (!(vector->xstate_bv & 1)) {
		vector->fcw = 0x37f;
		vector->fsw = 0;
		vector->ftw = 0;
		memset(vector->st, 0, sizeof(vector->st));
	}
	if (!(vector->xstate_bv & 2))
		memset(vector->xmm, 0, sizeof(vector->xmm));
	if (!(vector->xstate_bv & 4))
		memset(vector->ymm_high, 0, sizeof(vector->ymm_high));
}

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
	case OP_MOV_TO_SEG:
	case OP_POP_SEG:
	case OP_LDS:
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
	case OP_POPF: /* AC and TF would reach the test's own code; there is a pattern for it */
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
	case OP_LAR:
	case OP_LSL:
	case OP_VERR:
	case OP_VERW:
	case OP_RDFSBASE:
	case OP_RDGSBASE:
	case OP_WRFSBASE:
	case OP_WRGSBASE:
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
		return insn->segment != SEG_FS;
	default: return insn->segment != SEG_FS; /* the host's thread-local storage */
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
	if (g->options->only && !strstr(insn->facts->name, g->options->only))
		return false;
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

/* --- memory operands --------------------------------------------------------------------------------- */

/* A register of the set whose high bit is as the REX or VEX byte has it; or -1. */
static int pick_register(struct generator *g, unsigned set, bool is_high)
{
	unsigned start = rng_below(g->rng, 8);

	for (unsigned i = 0; i < 8; i++) {
		unsigned number = (start + i) % 8 + (is_high ? 8 : 0);

		if (set >> number & 1)
			return (int)(number & 7);
	}
	return -1;
}

static int32_t gen_displacement(struct generator *g)
{
	int32_t disp = (int32_t)rng_below(g->rng, 256) - 128;

	return g->aligned ? disp & ~31 : disp;
}

struct operand { /* a new modrm operand */
	uint8_t bytes[6];
	unsigned size;
};

static void put_disp(struct operand *operand, int32_t disp, unsigned size)
{
	memcpy(operand->bytes + operand->size, &disp, 4);
	operand->size += size;
}

static void make_absolute(struct generator *g, struct operand *operand, unsigned reg, const struct insn *insn)
{
	bool is_relative = g->program->mode == MODE_64 && rng_chance(g->rng, 60);
	uint64_t target = gen_pointer(g);

	operand->bytes[operand->size++] =
	    (uint8_t)(reg << 3 | (is_relative || g->program->mode != MODE_64 ? 5 : 4));
	if (!is_relative && g->program->mode == MODE_64)
		operand->bytes[operand->size++] = 0x25;
	if (is_relative) /* from the end of the instruction, which this operand moves */
		target -= g->program->base + g->program->size + insn->opcode_at + 1 + operand->size + 4 +
			  insn->imm_size;
	put_disp(operand, (int32_t)target, 4);
}

static void make_based(struct generator *g, struct operand *operand, unsigned reg, const struct insn *insn,
		       int base)
{
	int index = rng_chance(g->rng, 40) ? pick_register(g, g->smalls, insn->rex & REX_X) : -1;
	bool is_byte = rng_chance(g->rng, 70), has_disp = base == 5 || rng_chance(g->rng, 70);
	unsigned mod = has_disp ? (is_byte ? 0x40 : 0x80) : 0;
	bool has_index = index >= 0 && (index != 4 || (insn->rex & REX_X));

	if (has_index || base == 4) {
		unsigned scale = rng_below(g->rng, 4);

		operand->bytes[operand->size++] = (uint8_t)(mod | reg << 3 | 4);
		operand->bytes[operand->size++] = (uint8_t)(scale << 6 | (has_index ? index : 4) << 3 | base);
	} else {
		operand->bytes[operand->size++] = (uint8_t)(mod | reg << 3 | base);
	}
	if (has_disp)
		put_disp(operand, gen_displacement(g), is_byte ? 1 : 4);
}

static void make_vsib(struct generator *g, struct operand *operand, const struct insn *insn, int base)
{
	operand->bytes[operand->size++] = (uint8_t)(0x40 | (insn->modrm & 0x38) | 4);
	operand->bytes[operand->size++] = (uint8_t)((insn->sib & 0xf8) | base);
	put_disp(operand, gen_displacement(g), 1);
}

/* 16-bit addresses: BX, BP, SI, DI and the four sums of them. */
static void make_16bit(struct generator *g, struct operand *operand, unsigned reg)
{
	static const uint8_t registers[8] = { 1 << BX | 1 << SI, 1 << BX | 1 << DI,
					      1 << BP | 1 << SI, 1 << BP | 1 << DI,
					      1 << SI,		 1 << DI,
					      1 << BP,		 1 << BX };
	unsigned rm = rng_below(g->rng, 8), used = registers[rm];
	bool is_useful = __builtin_popcount(used & g->pointers) == 1 && !(used & ~(g->pointers | g->smalls));
	unsigned size = rng_below(g->rng, 3);

	if (!is_useful || rng_chance(g->rng, 15)) {
		operand->bytes[operand->size++] = (uint8_t)(reg << 3 | 6);
		put_disp(operand, (int32_t)gen_pointer(g), 2);
		return;
	}
	if (rm == 6 && size == 0)
		size = 1;
	operand->bytes[operand->size++] = (uint8_t)(size << 6 | reg << 3 | rm);
	if (size)
		put_disp(operand, gen_displacement(g), size);
}

/* Replaces modrm, SIB and displacement; the immediate moves. Returns the new length, or 0 when it does not
 * fit. */
static unsigned replace_operand(uint8_t *bytes, const struct insn *insn, const struct operand *operand)
{
	uint8_t imm[8];
	unsigned at = insn->opcode_at + 1u;

	memcpy(imm, bytes + insn->len - insn->imm_size, insn->imm_size);
	if (at + operand->size + insn->imm_size > 15)
		return 0;
	memcpy(bytes + at, operand->bytes, operand->size);
	memcpy(bytes + at + operand->size, imm, insn->imm_size);
	return at + operand->size + insn->imm_size;
}

static unsigned aim_operand(struct generator *g, uint8_t *bytes, const struct insn *insn)
{
	struct operand operand = { .size = 0 };
	unsigned reg = insn->modrm >> 3 & 7;
	int base = pick_register(g, g->pointers, insn->rex & REX_B);

	if (rng_chance(g->rng, 4) || (insn->addrsize == 2 && g->program->mode != MODE_16))
		return insn->len; /* wherever it points */
	if (insn->addrsize == 2) {
		make_16bit(g, &operand, reg);
	} else if (insn->facts->attr & FACT_VSIB) {
		if (base < 0)
			return insn->len;
		make_vsib(g, &operand, insn, base);
	} else if (base < 0 || rng_chance(g->rng, 15)) {
		make_absolute(g, &operand, reg, insn);
	} else {
		make_based(g, &operand, reg, insn, base);
	}
	return replace_operand(bytes, insn, &operand);
}

/* --- instructions ------------------------------------------------------------------------------------ */

static void append(struct diff_program *program, const void *bytes, unsigned size)
{
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

static bool try_insn(struct generator *g)
{
	uint8_t bytes[INSN_GEN_BYTES];
	struct insn insn;
	unsigned size;

	insn_gen(g->rng, bytes);
	if (insn_decode(&insn, bytes, sizeof(bytes), g->program->mode) != INSN_OK || !is_wanted(g, &insn))
		return false;
	size = insn.len;
	if (insn.has_mem)
		size = aim_operand(g, bytes, &insn);
	if (!size || insn_decode(&insn, bytes, size, g->program->mode) != INSN_OK ||
	    !flags_are_defined(g, &insn))
		return false;
	append(g->program, bytes, insn.len);
	if (is_relative_branch(&insn))
		note_branch(g, &insn);
	return true;
}

/* Short sequences that random bytes do not give: indirect branches to the next instruction, POPF of harmless
 * flags. */
static void append_pattern(struct generator *g)
{
	struct diff_program *program = g->program;
	uint8_t code[16];
	uint32_t target;
	unsigned kind = rng_below(g->rng, 4), size = 5;

	code[0] = 0x68; /* push imm32 */
	if (kind == 0) {
		target = (uint32_t)rng_next(g->rng) & 0xcd5;
		code[size++] = 0x9d; /* popf */
	} else if (kind == 1) {
		target = (uint32_t)program->base + program->size + 6;
		code[size++] = 0xc3; /* ret */
	} else {		     /* mov eax, imm32; jmp or call rax */
		code[0] = 0xb8;
		if ((g->locked | g->pointers | g->smalls) & 1 << AX)
			return;
		target = (uint32_t)program->base + program->size + 7;
		code[size++] = 0xff;
		code[size++] = kind == 2 ? 0xe0 : 0xd0;
	}
	memcpy(code + 1, &target, 4);
	append(program, code, 5);
	append(program, code + 5, size - 5);
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

/* dec r13; jnz to the beginning: what is translated runs more than once. */
static void append_loop(struct generator *g)
{
	uint8_t code[] = { 0x49, 0xff, 0xcd, 0x0f, 0x85, 0, 0, 0, 0 };
	int32_t disp = -(int32_t)(g->program->size + sizeof(code));

	memcpy(code + 5, &disp, 4);
	append(g->program, code, 3);
	append(g->program, code + 3, 6);
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
	program->rip = program->base - (program->mode == MODE_16 ? CODE_BASE : 0);
}

void diff_generate(struct diff_program *program, struct rng *rng, const struct diff_options *options,
		   unsigned slot)
{
	struct generator g = { .program = program, .rng = rng, .options = options };
	unsigned wanted = 1 + rng_below(rng, options->max_insns);

	memset(program, 0, sizeof(*program));
	program->mode = pick_mode(rng, options->mode_mask);
	g.has_loop = program->mode == MODE_64 && rng_chance(rng, 20);
	g.locked = g.has_loop ? 1 << LOOP_COUNTER : 0;
	gen_address(program, rng, slot);
	program->memory_seed = rng_next(rng);
	g.aligned = rng_chance(rng, 60);
	gen_register_sets(&g);
	gen_gprs(&g);
	gen_vector(&g);
	if (g.has_loop)
		program->start.gpr[LOOP_COUNTER] = 2 + rng_below(rng, 6);
	program->start.rip = program->rip;
	program->start.rflags = 0x202 | (rng_next(rng) & 0x8d5) | (rng_chance(rng, 10) ? 0x400 : 0);
	for (unsigned tries = 0; program->count < wanted && tries < 200000; tries++) {
		if (program->mode == MODE_64 && !options->only && tries % 64 == 63 &&
		    program->count + 4 < wanted)
			append_pattern(&g);
		else
			try_insn(&g);
	}
	program->at[program->count] = (uint16_t)program->size;
	aim_branches(&g);
	if (g.has_loop)
		append_loop(&g);
	program->at[program->count] = (uint16_t)program->size;
	program->bytes[program->size++] = 0xcc;
}
