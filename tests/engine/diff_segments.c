/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments of random programs. All that a local descriptor table may hold for CPL 3: small limits,
 * expand-down, pages or bytes, 16- and 32-bit stacks, read-only, execute-only, absent. Every access then has
 * another check, and translated code a class of its own (jit_priv.h).
 */
#include "diff.h"

enum { DATA, EXPAND_DOWN, CODE }; /* contents */

/* Data by name of what it is good for. */
enum entry {
	CODE16,
	DATA_64K,
	STACK16,
	READ_ONLY,
	DOWN32,
	DOWN16,
	SHORT,
	CODE32_LOCKED,
	CODE32_1M,
	ABSENT,
	TWO_PAGES,
	FLAT,
	CODE32_4G,
	DATA_4G,
	READ_ONLY_FLAT,
	CODE16_LOCKED,
};

const struct diff_segment diff_ldt[OUR_LDT_ENTRIES] = {
	[CODE16] = { CODE_BASE, 0xffff, CODE },
	[DATA_64K] = { DATA_BASE, 0xffff, DATA, .is_32bit = true },
	[STACK16] = { DATA_BASE, 0xffff, DATA },
	[READ_ONLY] = { DATA_BASE, 0xffff, DATA, .is_32bit = true, .is_locked = true },
	[DOWN32] = { DATA_BASE, 0x1fff, EXPAND_DOWN, .is_32bit = true },
	[DOWN16] = { DATA_BASE, 0x1007, EXPAND_DOWN },
	[SHORT] = { DATA_BASE, 0x2003, DATA, .is_32bit = true },
	[CODE32_LOCKED] = { CODE_BASE, 0xfffff, CODE, .is_32bit = true, .is_locked = true },
	[CODE32_1M] = { CODE_BASE, 0xfffff, CODE, .is_32bit = true },
	[ABSENT] = { DATA_BASE, 0xffff, DATA, .is_32bit = true, .is_absent = true },
	[TWO_PAGES] = { DATA_BASE, 2, DATA, .is_32bit = true, .in_pages = true },
	[FLAT] = { 0, 0xfffff, DATA, .is_32bit = true, .in_pages = true },
	[CODE32_4G] = { CODE_BASE, 0xfffff, CODE, .is_32bit = true, .in_pages = true },
	[DATA_4G] = { DATA_BASE, 0xfffff, DATA, .is_32bit = true, .in_pages = true },
	[READ_ONLY_FLAT] = { 0, 0xfffff, DATA, .is_32bit = true, .in_pages = true, .is_locked = true },
	[CODE16_LOCKED] = { CODE_BASE, 0xffff, CODE, .is_locked = true },
};

static uint16_t selector_of(enum entry entry)
{
	return (uint16_t)(entry << 3 | 7);
}

uint64_t diff_ldt_descriptor(unsigned entry)
{
	const struct diff_segment *segment = &diff_ldt[entry];
	uint64_t type = 1 | (segment->is_locked ? 0u : 2u) | (unsigned)segment->contents << 2;
	uint64_t high = type | 0x70 | (segment->is_absent ? 0u : 0x80u) | (segment->is_32bit ? 0x4000u : 0u) |
			(segment->in_pages ? 0x8000u : 0u);

	return (segment->limit & 0xffff) | (segment->limit & 0xf0000ull) << 32 |
	       (segment->base & 0xffffffull) << 16 | (uint64_t)(segment->base >> 24) << 56 | high << 40;
}

uint64_t diff_code_base(uint16_t selector)
{
	return selector & 4 ? CODE_BASE : 0;
}

static uint16_t pick(const uint8_t *entries, unsigned count, struct rng *rng)
{
	return selector_of((enum entry)entries[rng_below(rng, count)]);
}
#define PICK(entries, rng) pick(entries, sizeof(entries), rng)

static uint16_t data_selector(const struct diff_program *program, struct rng *rng)
{
	static const uint8_t based[] = { DATA_64K, DATA_64K, STACK16, READ_ONLY, DOWN32,
					 DOWN16,   SHORT,    DATA_4G, TWO_PAGES, DATA_4G };
	static const uint8_t flat[] = { FLAT, FLAT, READ_ONLY_FLAT };

	if (program->is_segmented)
		return PICK(based, rng);
	return rng_chance(rng, 40) ? PICK(flat, rng) : SELECTOR_USER_DATA;
}

/* B = 1: an IRETQ from CPL 3 to a 16-bit stack would leave the upper half of the host's RSP in ESP. */
static uint16_t first_stack(const struct diff_program *program, struct rng *rng)
{
	static const uint8_t based[] = { DATA_64K, DATA_64K, DATA_4G, DATA_4G, DOWN32, SHORT, TWO_PAGES };

	if (program->is_segmented)
		return PICK(based, rng);
	return rng_chance(rng, 20) && program->mode != MODE_64 ? selector_of(FLAT) : SELECTOR_USER_DATA;
}

static uint16_t code_selector(const struct diff_program *program, struct rng *rng)
{
	static const uint8_t code16[] = { CODE16, CODE16, CODE16_LOCKED };
	static const uint8_t code32[] = { CODE32_4G, CODE32_4G, CODE32_1M, CODE32_LOCKED };

	if (program->mode == MODE_64)
		return SELECTOR_USER64;
	if (program->mode == MODE_16)
		return PICK(code16, rng);
	return program->is_segmented && rng_chance(rng, 60) ? PICK(code32, rng) : SELECTOR_USER32;
}

void diff_choose_segments(struct diff_program *program, struct rng *rng)
{
	uint16_t *selectors = program->start.selectors;

	program->is_segmented = program->mode == MODE_16 || (program->mode == MODE_32 && rng_chance(rng, 50));
	selectors[SEG_CS] = code_selector(program, rng);
	selectors[SEG_SS] = first_stack(program, rng);
	for (unsigned i = 0; i < 2; i++)
		selectors[i ? SEG_DS : SEG_ES] =
		    rng_chance(rng, 60) ? selectors[SEG_SS] : data_selector(program, rng);
}

uint16_t diff_any_selector(const struct diff_program *program, struct rng *rng)
{
	switch (rng_below(rng, 10)) {
	case 0: return (uint16_t)rng_below(rng, 4);
	case 1:
		return (
		    uint16_t)(rng_below(rng, 0x70)); /* not the kernel's for the number of the processor */
	case 2: return (uint16_t)(rng_below(rng, OUR_LDT_ENTRIES + 1) << 3 | 4 | rng_below(rng, 4));
	case 3: return (uint16_t)rng_next(rng) | 4;
	default: return data_selector(program, rng);
	}
}
