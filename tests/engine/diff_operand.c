/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory operands of random instructions. */
#include "diff_gen.h"

#include <string.h>

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

unsigned gen_operand(struct generator *g, uint8_t *bytes, const struct insn *insn)
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
