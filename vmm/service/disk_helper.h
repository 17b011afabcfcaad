/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the confined disk helper for the service (link/disk_link.h): the service itself never touches what is
 * inside an image. Under root the helper has a user ID that owns nothing.
 *
 * Threads   Waits: in a job's thread.
 * Cancel    The helper is asked to stop and undoes what it has begun; when it takes too long it is killed, which
 *           images survive.
 */
#ifndef SERVICE_DISK_HELPER_H
#define SERVICE_DISK_HELPER_H

#include "service/job.h"

#include "link/disk_chain.h"

struct disk_run {
	GCancellable *cancellable;
	struct job *job; /* shows the progress; NULL: nobody */
	const struct link_message *request;
	struct disk_chain *chain; /* finds the parents; NULL: there are none to be had */
	/* What the helper says about an image, first the one asked for; NULL: not wanted. */
	void (*on_image)(gpointer opaque, const struct link_message *image);
	gpointer opaque;
};

/* FALSE: a sentence; G_IO_ERROR_CANCELLED when it was cancelled. */
gboolean disk_helper_run(const struct disk_run *run, GError **error);

/* A helper that serves a disk: it goes on by itself until its client goes. */
struct disk_served {
	pid_t pid; /* to be waited for */
	guint64 size;
	guint32 sector;
	guint16 flags;
	gboolean is_read_only;
};

/* The request is "serve-nbd"; returns when it serves. */
gboolean disk_helper_serve(const struct disk_run *run, struct disk_served *ret_served, GError **error);

/*
 * Makes a dynamically expanding VHDX of `bytes` in the empty file `fd`; `name` is for messages. Ends early
 * when the job is cancelled.
 */
gboolean disk_helper_create(struct job *job, int fd, const char *name, guint64 bytes, GError **error);

#endif
