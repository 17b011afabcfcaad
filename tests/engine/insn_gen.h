/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random byte strings that are mostly instructions, from a seed that repeats. */
#ifndef TESTS_ENGINE_INSN_GEN_H
#define TESTS_ENGINE_INSN_GEN_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
unsigned rng_below(struct rng *rng, unsigned bound);
bool rng_chance(struct rng *rng, unsigned percent);

enum { INSN_GEN_BYTES = 24 };
/* Prefixes, a map and opcode (each equally often), then random modrm, displacement and immediate. */
void insn_gen(struct rng *rng, uint8_t bytes[INSN_GEN_BYTES]);
/* Bytes without any plan. */
void insn_gen_noise(struct rng *rng, uint8_t bytes[INSN_GEN_BYTES]);

#endif
