/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heartbeat: the guest's kernel answers every two seconds. After a pause the misses do not
 * count: heartbeat_resumed().
 */
#ifndef VSP_HEARTBEAT_H
#define VSP_HEARTBEAT_H

#include "vmbus/vmbus.h"

struct ic;

struct heartbeat;
struct loop;

enum heartbeat_state {
	HEARTBEAT_NONE, /* the guest has no driver for it, or not yet */
	HEARTBEAT_OK,
	HEARTBEAT_LOST, /* it answered before, and does not any more */
};

int heartbeat_new(struct vmbus *bus, struct loop *loop,
		  void (*on_state)(void *opaque, enum heartbeat_state state), void *opaque,
		  struct heartbeat **ret_heartbeat);
struct heartbeat *
heartbeat_free(struct heartbeat *heartbeat); /* the bus is stopped; NULL is fine; returns NULL */
/* The machine stood still until now. */
void heartbeat_resumed(struct heartbeat *heartbeat);

/* What it has in common with the others: for ic_rescind(). */
struct ic *heartbeat_ic(struct heartbeat *heartbeat);

#endif
