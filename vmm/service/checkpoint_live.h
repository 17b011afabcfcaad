/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of a worker in several steps, with a word between that decides. The first kind is a checkpoint of a machine that runs: it stands still, its memory goes into a file, children are made of its
 * disks' images and take their places, and it goes on. Who looks at it or talks with its guest notices a pause.
 *
 * Order      begin; "held": the job makes the children; each is sent; "ready": the main thread writes down that they are the machine's
 *            (which decides), and says "keep"; "done". Whatever fails before that word leaves it with the disks that it had.
 * Merging    The second kind (checkpoint_merge_live.c): "merge" instead of "checkpoint"; there is no "held".
 * Restarts   A worker that lost its service before it was ready goes on by itself; one that was ready asks the next service, whose
 *            configuration tells.
 */
#ifndef SERVICE_CHECKPOINT_LIVE_H
#define SERVICE_CHECKPOINT_LIVE_H

#include "service/checkpoint_work.h"

struct link_message;
struct worker_disk;

enum checkpoint_live_step { LIVE_ASKED, LIVE_HELD, LIVE_READY, LIVE_DONE, LIVE_FAILED };

struct checkpoint_live {
	GMutex lock; /* all below */
	GCond changed;
	enum checkpoint_live_step step;
	char *text; /* why it failed */
	gboolean is_cancelled;
	gboolean is_too_fast; /* why, of a merge: the guest writes faster than that */
	guint64 done, size;
	gint64 heard_us; /* of its worker, last */
	char *merging;	 /* the main thread's: the image that is merged; NULL: a checkpoint */
};

struct checkpoint_live *checkpoint_live_new(void);
struct checkpoint_live *checkpoint_live_free(struct checkpoint_live *live); /* NULL is fine; returns NULL */

/*
 * Main thread. `live` is the machine's until checkpoint_live_end(). `fd` -1: without its memory. FALSE: a sentence, and nothing began.
 */
gboolean checkpoint_live_begin(struct vm *vm, struct checkpoint_live *live, const char *id, int fd,
			       guint disks, GError **error);
/* `disk` with all its files, and its place in the machine. */
gboolean checkpoint_live_send(struct vm *vm, const struct vm_disk *place, struct worker_disk *disk,
			      GError **error);
/* An image is merged: `message` (taken) asks for it. Else as checkpoint_live_begin(). */
gboolean checkpoint_live_begin_merge(struct vm *vm, struct checkpoint_live *live, const char *image,
				     struct link_message *message, GError **error);
void checkpoint_live_keep(struct vm *vm);
void checkpoint_live_cancel(struct vm *vm);
void checkpoint_live_end(struct vm *vm);
/* FALSE: the message is about something else. */
gboolean checkpoint_live_handle(struct vm *vm, struct link_message *message);
/* Its worker is gone. */
void checkpoint_live_abandon(struct vm *vm, const char *reason);

/* In the job's thread: until it is so far; FALSE: it failed. A cancelled job cancels it. */
gboolean checkpoint_live_wait(struct checkpoint_work *work, struct checkpoint_live *live, struct job *job,
			      enum checkpoint_live_step step, GError **error);
/* The machine goes on as it was; waits for that. */
void checkpoint_live_give_up(struct checkpoint_work *work, struct checkpoint_live *live);

#endif
