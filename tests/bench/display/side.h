/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One of the two VNC servers that are compared, with a screen of WIDTH x HEIGHT that the benchmark draws.
 * What cannot be set up ends the program.
 */
#ifndef BENCH_DISPLAY_SIDE_H
#define BENCH_DISPLAY_SIDE_H

#include <stdint.h>
#include <sys/types.h>

enum { WIDTH = 1920, HEIGHT = 1080 };

struct side {
	const char *name;
	pid_t pid; /* whose processor time counts */
	/* Shows these lines of a WIDTH x HEIGHT picture. */
	void (*draw)(struct side *side, const uint32_t *picture, unsigned top, unsigned lines);
	/* A connected socket of a viewer that needs no password. */
	int (*connect)(struct side *side);
	/* Returns when it has seen that this viewer is gone. */
	void (*disconnected)(struct side *side);
	void (*free)(struct side *side);
};

struct side *side_new_ours(const char *display_program);
struct side *side_new_qemu(const char *folder); /* for its sockets */

#endif
