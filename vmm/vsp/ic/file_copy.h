/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies one file at a time into the guest. Needs hv_fcopy_daemon there, which writes as its root.
 *
 * Ownership  file_copy_start() takes the descriptor, a regular file.
 */
#ifndef VSP_FILE_COPY_H
#define VSP_FILE_COPY_H

#include "vmbus/vmbus.h"

struct ic;

struct file_copy;

enum file_copy_result {
	FILE_COPY_DONE,
	FILE_COPY_EXISTS, /* a file of that name is there, and was not to be replaced */
	FILE_COPY_FULL,	  /* the guest's disk */
	FILE_COPY_FAILED, /* the guest's daemon could not, or there is none */
	FILE_COPY_READ,	  /* our own file could not be read */
	FILE_COPY_GONE,	  /* the guest went away */
	FILE_COPY_CANCELED,
};

struct file_copy_ops {
	void (*on_ready)(void *opaque, bool is_ready);
	void (*on_progress)(void *opaque, uint64_t done, uint64_t size);
	void (*on_done)(void *opaque, enum file_copy_result result); /* once for each start */
};

int file_copy_new(struct vmbus *bus, const struct file_copy_ops *ops, void *opaque,
		  struct file_copy **ret_copy);
struct file_copy *file_copy_free(struct file_copy *copy); /* the bus is stopped; NULL is fine; returns NULL */
/*
 * To `folder`/`name` in the guest; names have no '/'. -ENOTCONN: the guest has no driver for it; -EBUSY:
 * another file is being copied; -EINVAL: a name that cannot be. The descriptor is closed in any case.
 */
int file_copy_start(struct file_copy *copy, int fd, uint64_t size, const char *folder, const char *name,
		    bool may_overwrite, bool makes_folder);
void file_copy_cancel(struct file_copy *copy);

/* What it has in common with the others: for ic_rescind(). */
struct ic *file_copy_ic(struct file_copy *copy);

#endif
