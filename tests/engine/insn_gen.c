/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "insn_gen.h"

uint64_t rng_next(struct rng *rng) /* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift
				      generators" */
{
	rng->state ^= rng->state >> 12;
	rng->state ^= rng->state << 25;
	rng->state ^= rng->state >> 27;
	return rng->state * 2685821657736338717ull;
}

unsigned rng_below(struct rng *rng, unsigned bound)
{
	return (unsigned)((rng_next(rng) >> 32) * bound >> 32);
}

bool rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

void insn_gen_noise(struct rng *rng, uint8_t bytes[INSN_GEN_BYTES])
{
	for (unsigned i = 0; i < INSN_GEN_BYTES; i++)
		bytes[i] = (uint8_t)(rng_next(rng) >> 56);
}

static unsigned gen_legacy_prefixes(struct rng *rng, uint8_t *bytes)
{
	static const uint8_t prefixes[] = { 0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x66, 0xf3, 0xf2,
					    0x66, 0x64, 0x65, 0x2e, 0x26, 0x36, 0x3e };
	unsigned count = 0, at = 0;

	if (rng_chance(rng, 60))
		count = rng_chance(rng, 90) ? 1 : 1 + rng_below(rng, 4);
	while (count--)
		bytes[at++] = prefixes[rng_below(rng, sizeof(prefixes))];
	if (rng_chance(rng, 3)) /* a REX that does not count, or two of them */
		bytes[at++] = 0x40 | rng_below(rng, 16);
	return at;
}

static unsigned gen_legacy(struct rng *rng, uint8_t *bytes)
{
	unsigned at = gen_legacy_prefixes(rng, bytes);

	if (rng_chance(rng, 40))
		bytes[at++] = 0x40 | rng_below(rng, 16);
	switch (rng_below(rng, 7)) {
	case 0:
	case 1: break;
	case 2:
	case 3:
	case 4: bytes[at++] = 0x0f; break;
	case 5: bytes[at++] = 0x0f, bytes[at++] = 0x38; break;
	case 6: bytes[at++] = 0x0f, bytes[at++] = 0x3a; break;
	}
	return at;
}

static unsigned gen_vex(struct rng *rng, uint8_t *bytes)
{
	unsigned at = rng_chance(rng, 3) ? gen_legacy_prefixes(rng, bytes) : 0;
	bool is_long = rng_chance(rng, 75);
	uint8_t last = (uint8_t)rng_next(rng);

	if (rng_chance(rng, 10))
		bytes[at++] = rng_chance(rng, 50) ? 0x65 : 0x67;
	if (rng_chance(rng, 50))
		last |= 0x78; /* vvvv unused */
	bytes[at++] = is_long ? 0xc4 : 0xc5;
	if (is_long)
		bytes[at++] = (uint8_t)(rng_next(rng) & 0xe0) |
			      (rng_chance(rng, 97) ? 1 + rng_below(rng, 3) : rng_below(rng, 32));
	bytes[at++] = last;
	return at;
}

void insn_gen(struct rng *rng, uint8_t bytes[INSN_GEN_BYTES])
{
	unsigned at;

	insn_gen_noise(rng, bytes);
	at = rng_chance(rng, 30) ? gen_vex(rng, bytes) : gen_legacy(rng, bytes);
	(void)at; /* opcode, modrm and the rest are noise already */
}
