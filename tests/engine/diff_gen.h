/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the generator of random programs shares among its files. */
#ifndef TESTS_ENGINE_DIFF_GEN_H
#define TESTS_ENGINE_DIFF_GEN_H

#include "diff.h"

enum { AX = 0, CX = 1, DX = 2, BX = 3, SP = 4, BP = 5, SI = 6, DI = 7 };

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
	unsigned loop_counter;
	struct {
		uint16_t at;	     /* of the displacement */
		uint8_t size, index; /* bytes; which instruction branches */
	} branches[PROGRAM_INSNS];
	unsigned branch_count;
};

/* diff_program.c */
void gen_append(struct generator *g, const void *bytes, unsigned size); /* as one instruction */
bool gen_insn(struct generator *g);					/* false: try again */

/* diff_pattern.c: short sequences that random bytes do not give. Each counts as one instruction, so that no
 * branch goes into the middle. */
void gen_pattern(struct generator *g);
void gen_self_modification(struct generator *g);

/* diff_state.c */
void gen_state(struct generator *g); /* the register sets, and all that the program finds at its start */
uint64_t gen_number(struct rng *rng);
uint64_t gen_pointer(struct generator *g); /* as an offset in the data segment */

/*
 * diff_operand.c: rewrites the memory operand of the instruction in `bytes` so that it most often hits the
 * data pages, and returns the instruction's new length, or 0 when it would be too long.
 */
unsigned gen_operand(struct generator *g, uint8_t *bytes, const struct insn *insn);

#endif
