/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orderly shutdown and reboot: the guest's kernel is asked, runs its own shutdown, and then powers off or
 * resets as any machine does. No time-out is applied here.
 */
#ifndef VSP_SHUTDOWN_H
#define VSP_SHUTDOWN_H

#include "vmbus/vmbus.h"

struct ic;

struct shutdown_ic;

struct shutdown_ops {
	void (*on_ready)(void *opaque, bool is_ready); /* the guest can be asked */
	void (*on_answer)(void *opaque, bool is_accepted);
};

int shutdown_new(struct vmbus *bus, const struct shutdown_ops *ops, void *opaque,
		 struct shutdown_ic **ret_shutdown);
struct shutdown_ic *
shutdown_free(struct shutdown_ic *shutdown); /* the bus is stopped; NULL is fine; returns NULL */
/* -ENOTCONN: the guest has no driver for it; -EBUSY: it has been asked and has not answered. */
int shutdown_ask(struct shutdown_ic *shutdown, bool is_restart);

/* What it has in common with the others: for ic_rescind(). */
struct ic *shutdown_channel(struct shutdown_ic *shutdown);

#endif
