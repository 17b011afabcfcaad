/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a broken worker would try, between the test (escape_test.c), which starts it, and the program
 * (escape.c) that tries. */
#ifndef SANDBOX_ESCAPE_H
#define SANDBOX_ESCAPE_H

#include <sys/types.h>

/* How far it is confined when it tries. */
enum escape_step {
	STEP_FREE, /* not at all: the control that shows that an attempt is one */
	STEP_PROCESS,
	STEP_MAIN,
	STEP_VP,
	STEP_DISK,
	STEP_DEVICE,
	STEP_STARTER,
	STEPS,
};

struct escape_target {
	pid_t pid;	  /* of the test, which is outside */
	const char *disk; /* a file that everybody may read and write: another machine's disk */
	int uring;	  /* a ring that was made before the confinement; -1 */
};

enum attempt_flags {
	WORKS_FREE = 1,	 /* as any user: succeeds without confinement, or the test is worthless */
	NEEDS_BUILT = 2, /* allowed while a machine is built */
};

struct attempt {
	const char *name;
	int (*try)(const struct escape_target *target); /* 0: it worked; else what it failed with, negative */
	unsigned flags;
};

extern struct io_uring escape_ring;
extern const struct attempt attempts[];
extern const unsigned attempts_count;

#endif
