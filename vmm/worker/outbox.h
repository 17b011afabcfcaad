/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the service: a service that does not read holds up nobody here. What it does not take at once
 * waits, at most OUTBOX_MAX messages; then those are lost that say nothing about the machine's state.
 * Threads: the loop's.
 */
#ifndef WORKER_OUTBOX_H
#define WORKER_OUTBOX_H

#include "link/link.h"
#include "loop/loop.h"

enum { OUTBOX_MAX = 64 };

struct outbox {
	int fd;
	struct loop_timer *retry;
	struct link_message *waiting[OUTBOX_MAX];
	bool may_be_lost[OUTBOX_MAX];
	unsigned count;
};

int outbox_init(struct outbox *outbox, struct loop *loop, int fd);
void outbox_deinit(struct outbox *outbox);
/* Takes the message. */
void outbox_send(struct outbox *outbox, struct link_message *message, bool may_be_lost);
/* Nobody has the other end any more, or somebody else has it. */
void outbox_clear(struct outbox *outbox);
/* Waits until all is sent, at most so long. */
void outbox_flush(struct outbox *outbox, unsigned timeout_ms);

#endif
