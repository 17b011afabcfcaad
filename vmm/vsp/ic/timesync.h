/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time synchronization: the guest's clock is set when its driver comes and after the machine stood still; in
 * between it gets samples, which its /dev/ptp and time daemon use.
 */
#ifndef VSP_TIMESYNC_H
#define VSP_TIMESYNC_H

#include "vmbus/vmbus.h"

struct ic;

struct timesync;
struct loop;

int timesync_new(struct vmbus *bus, struct loop *loop, uint64_t (*reference_time)(void *opaque), void *opaque,
		 struct timesync **ret_timesync);
struct timesync *
timesync_free(struct timesync *timesync); /* the bus is stopped; NULL is fine; returns NULL */
/* Sets the guest's clock now: after a pause, or because somebody asks. -ENOTCONN: the guest has no driver for
 * it. */
int timesync_set(struct timesync *timesync);

/* What it has in common with the others: for ic_rescind(). */
struct ic *timesync_ic(struct timesync *timesync);

#endif
