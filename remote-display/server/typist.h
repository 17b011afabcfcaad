/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types text on the machine's keyboard, at a rate that a guest takes: viewers' clipboards.
 *
 * Threads    rd_typist_add(): any. The others: the main thread.
 * Limits     RD_TYPIST_MAX characters wait; what comes then, and characters that the layout has no key for,
 *            are left out.
 */
#ifndef RD_TYPIST_H
#define RD_TYPIST_H

#include "server/input.h"

#include <stddef.h>

enum {
	RD_TYPIST_MAX = 65536,
	RD_TYPIST_STROKE_MS = 15, /* as `bulkhead vm type`; a guest's queue has 256 */
};

struct rd_typist;

/* `wake`: after something was added while nothing waited. */
int rd_typist_new(const struct rd_input_target *target, void (*wake)(void *opaque), void *opaque,
		  struct rd_typist **ret_typist);
struct rd_typist *rd_typist_free(struct rd_typist *typist); /* NULL is fine; returns NULL */
void rd_typist_add(struct rd_typist *typist, const char *utf8, size_t size);
/* Types what is due. Milliseconds until the next stroke; -1: nothing waits. */
int rd_typist_run(struct rd_typist *typist);

#endif
