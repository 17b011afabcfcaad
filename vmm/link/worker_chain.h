/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parents of a differencing disk, as they go to the worker with it: first the disk's own parent. The worker
 * opens nothing by itself.
 *
 * Ownership  The names and descriptors are the chain's.
 */
#ifndef LINK_WORKER_CHAIN_H
#define LINK_WORKER_CHAIN_H

#include "link/link.h"

enum { WORKER_PARENTS_MAX = 64 };

struct worker_parent {
	char *name; /* of the file, for messages */
	int fd;	    /* for reading; -1: taken */
};

struct worker_chain {
	unsigned count;
	struct worker_parent *parents;
};

/* Takes the descriptor, also when it fails: -ENOSPC, -ENOMEM. */
int worker_chain_add(struct worker_chain *chain, const char *name, int fd);
void worker_chain_deinit(struct worker_chain *chain);
/* As fields "PREFIXparents", "PREFIXparent-N-name", "PREFIXparent-N-fd"; nothing for an empty chain. */
void worker_chain_encode(const struct worker_chain *chain, const char *prefix, struct link_message *message);
/* -EBADMSG. What it took is the chain's, also when it fails. */
int worker_chain_decode(struct link_message *message, const char *prefix, struct worker_chain *chain);

#endif
