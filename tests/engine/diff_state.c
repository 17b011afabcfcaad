/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state in which a random program starts: registers, flags, vector state, memory. */
#include "diff_gen.h"

#include <string.h>

uint64_t gen_number(struct rng *rng)
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

uint64_t gen_pointer(struct generator *g)
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
	if (g->program->is_segmented)
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

void gen_state(struct generator *g)
{
	struct diff_program *program = g->program;

	program->memory_seed = rng_next(g->rng);
	g->aligned = rng_chance(g->rng, 60);
	gen_register_sets(g);
	gen_gprs(g);
	gen_vector(g);
	if (g->has_loop)
		program->start.gpr[g->loop_counter] = 2 + rng_below(g->rng, 6);
	program->start.rip = program->rip;
	program->start.rflags = 0x202 | (rng_next(g->rng) & 0x8d5) | (rng_chance(g->rng, 10) ? 0x400 : 0);
	if (rng_chance(g->rng, 2))
		program->start.rflags |= 0x100; /* single step */
	if (rng_chance(g->rng, 5))
		program->start.rflags |= 0x40000; /* AC */
	program->start.fs_base = FS_BASE;
	program->start.gs_base = GS_BASE;
}
