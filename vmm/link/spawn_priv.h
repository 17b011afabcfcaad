/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of spawning: spawn.c is the parent's side, spawn_child.c what happens between clone() and exec. */
#ifndef LINK_SPAWN_PRIV_H
#define LINK_SPAWN_PRIV_H

#include "link/spawn.h"

/* All descriptors lie above those that the program gets. */
struct spawn_child {
	const struct spawn *spawn;
	int null, log, link;
	int program; /* the file */
	int sync;    /* a byte comes when our identity is ready; an errno goes back if exec fails */
	/* its other end, which the child must not keep: else it would never see its parent die */
	int parent_sync;
	bool has_user_namespace;
};

enum { SPAWN_FIRST_FREE_FD = SPAWN_LINK_FD + 3 };

/* Async-signal-safe, and without what libc knows of other threads: it was cloned behind libc's back. */
__attribute__((noreturn)) void spawn_become(const struct spawn_child *child);

#endif
