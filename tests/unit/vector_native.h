/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction on the host itself, for comparison. */
#ifndef TESTS_VECTOR_NATIVE_H
#define TESTS_VECTOR_NATIVE_H

#include <stdint.h>

struct native_state { /* known to vector_native.S */
	uint64_t gpr[16];
	uint64_t flags;
	uint64_t pad[7];
	uint8_t area[832] __attribute__((aligned(64)));
};

/* Handlers for SIGFPE, SIGILL, SIGSEGV that serve both native runs and the vector unit's stubs. */
int native_init(void);
enum { NATIVE_NOTHING = -1 };

/* Returns the vector that the instruction raised on the host, or NATIVE_NOTHING. */
int native_execute(struct native_state *state, const uint8_t *bytes, unsigned size);

#endif
