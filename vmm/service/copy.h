/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies files into a folder: holes stay holes, and all is on the disk at the end. In a job's thread. */
#ifndef SERVICE_COPY_H
#define SERVICE_COPY_H

#include "service/job.h"

#include <sys/types.h>

struct checkpoint_disks;

struct copy {
	int folder;	     /* where to; owned */
	GPtrArray *files;    /* struct copy_file, owned */
	gboolean gives_away; /* the copies belong to `uid` and `gid` */
	uid_t uid;
	gid_t gid;
	/* opens parents of those to be flattened; owned; NULL: there are none */
	struct checkpoint_disks *disks;
};

struct copy_file {
	int fd; /* owned */
	char *name;
	char *chain;	  /* the image at the end of a chain, whose copy is one image; NULL: a plain copy */
	gboolean is_made; /* by us: goes away when it fails */
};

enum { COPY_PIECE = 4 << 20 };

struct copy_progress {
	struct job *job;
	guint64 done, total; /* bytes */
};

/*
 * The first `size` bytes, with holes as they are; `buffer` has COPY_PIECE bytes. -errno; -ECANCELED: the job was cancelled, and `error`
 * says so.
 */
int copy_data(int from, int to, off_t size, char *buffer, struct copy_progress *progress, GError **error);

struct copy *copy_new(int folder);
struct copy *copy_free(struct copy *copy);
/* Takes fd. NULL: the name is taken by another file of this copy. */
struct copy_file *copy_add(struct copy *copy, int fd, const char *name);
gboolean copy_run(struct copy *copy, struct job *job, GError **error);
/* Removes what copy_run() has made. */
void copy_undo(struct copy *copy);

#endif
