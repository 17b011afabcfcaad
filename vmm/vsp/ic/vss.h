/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backup: the guest's file systems are frozen while a checkpoint is taken, and thawed after it. Needs
 * hv_vss_daemon in the guest. A freeze that nobody thaws ends by itself after the time that was given with it.
 *
 * Limits     To be told of a backup costs the daemon nothing: without an answer in VSS_ANSWER_MS it hangs, and is not asked to freeze.
 * (Linux gives it 30 s, HV_UTIL_TIMEOUT in drivers/hv/hyperv_vmbus.h.) The freeze itself may take what its file systems need (there: 15
 * minutes, VSS_FREEZE_TIMEOUT in hv_snapshot.c); how long that is waited for is up to who asks.
 */
#ifndef VSP_VSS_H
#define VSP_VSS_H

#include "vmbus/vmbus.h"

struct ic;

struct vss;
struct loop;

enum { VSS_FROZEN_MS = 60000, VSS_FROZEN_MAX_MS = 600000 }; /* usual, and at most */
enum { VSS_ANSWER_MS = 20000 };

struct vss_ops {
	void (*on_ready)(void *opaque, bool is_ready);
	/* The answer to vss_freeze(): 0; -EIO: it could not; -ETIMEDOUT: it said nothing. */
	void (*on_frozen)(void *opaque, int result);
	void (*on_thawed)(void *opaque, bool is_expired); /* expired: nobody called vss_thaw() in time */
};

int vss_new(struct vmbus *bus, struct loop *loop, const struct vss_ops *ops, void *opaque,
	    struct vss **ret_vss);
struct vss *vss_free(struct vss *vss); /* the bus is stopped; NULL is fine; returns NULL */
/* -ENOTCONN: the guest has no driver for it; -EBUSY: it is frozen; -EINPROGRESS: it has not answered the last time. */
int vss_freeze(struct vss *vss, unsigned frozen_ms);
/* -EALREADY: it is not frozen. */
int vss_thaw(struct vss *vss);

/* What it has in common with the others: for ic_rescind(). */
struct ic *vss_ic(struct vss *vss);

#endif
