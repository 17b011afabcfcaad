/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job on the checkpoints of one machine, which stays busy meanwhile: what its thread has, and how it asks
 * the main thread, to which all state of the service belongs.
 */
#ifndef SERVICE_CHECKPOINT_WORK_H
#define SERVICE_CHECKPOINT_WORK_H

#include "service/checkpoint.h"
#include "service/checkpoint_disks.h"
#include "service/job.h"

enum checkpoint_step {
	CHECKPOINT_STEP_NONE,
	CHECKPOINT_STEP_REMOVE,
	CHECKPOINT_STEP_MERGE,
	CHECKPOINT_STEP_MERGE_LIVE
};

struct checkpoint_work {
	struct service *service;
	char *vm_id;
	struct identity *who;
	struct checkpoint_disks disks;
	GError *failure; /* of what the main thread did */
	/* checkpoint_merge.c: the step under way */
	enum checkpoint_step step;
	char *path, *parent;
	GPtrArray *children;	      /* of `path`, char * */
	gboolean is_copied;	      /* only the children are left to be told */
	gboolean may_live;	      /* what a running machine uses is merged, too */
	char *above;		      /* that machine's image above `path`; NULL: it writes to `path` */
	gboolean is_above_read;	      /* and only reads that one */
	struct checkpoint_live *live; /* checkpoint_merge_live.c: the rest */
	int fds[3];
	struct stat child_st, parent_st;
	gboolean is_off;
	char *left_for_off; /* why something is merged only when it is off */
};

/* It is busy from now on. FALSE: a sentence; nothing needs to be cleared. */
gboolean checkpoint_work_init(struct checkpoint_work *work, struct vm *vm, const struct identity *who,
			      GError **error);
void checkpoint_work_deinit(struct checkpoint_work *work);

/* Main thread: the machine, which is there, for it is busy. */
struct vm *checkpoint_work_vm(const struct checkpoint_work *work);
/* In the thread: waits until the main thread has done it; FALSE: it left a failure. */
typedef void (*checkpoint_work_fn)(struct checkpoint_work *work);
gboolean checkpoint_work_on_main(struct checkpoint_work *work, checkpoint_work_fn fn, GError **error);

/*
 * In the thread: the main thread begins something that ends later, when it calls checkpoint_wait_over() (a
 * vm_saved_fn and a vm_started_fn) with `wait`. With `cancellable` it is not waited for any more when that is
 * cancelled.
 */
struct checkpoint_wait;
typedef void (*checkpoint_begin_fn)(struct checkpoint_work *work, struct checkpoint_wait *wait);
gboolean checkpoint_work_wait(struct checkpoint_work *work, checkpoint_begin_fn fn, GCancellable *cancellable,
			      GError **error);
/* One of those: the machine starts, or goes on from its saved state; it is busy with nothing else then. */
void checkpoint_work_restart(struct checkpoint_work *work, struct checkpoint_wait *wait);
/* The same for one that is saved; any other one stays as it is. */
void checkpoint_work_restart_saved(struct checkpoint_work *work, struct checkpoint_wait *wait);
void checkpoint_wait_over(gpointer wait, const GError *error);

/* checkpoint_merge.c, in the thread: removes and merges all that can be. */
gboolean checkpoint_work_tidy(struct checkpoint_work *work, struct job *job, GError **error);

/* checkpoint_merge_live.c, in the thread: the step under way, in the worker. */
gboolean checkpoint_work_merge_live(struct checkpoint_work *work, struct job *job, GError **error);
/* checkpoint_merge.c, on the main thread: the configurations name the parent then. */
gboolean checkpoint_merge_finish(struct vm *vm, GError **error);

#endif
