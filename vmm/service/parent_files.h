/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens the parents of differencing disks for a disk_chain: in the machine's own folder by the service, all others
 * with the rights of a caller.
 *
 * Threads   Waits: in a job's thread. One at a time.
 */
#ifndef SERVICE_PARENT_FILES_H
#define SERVICE_PARENT_FILES_H

#include "service/identity.h"

#include "link/disk_chain.h"

struct parent_files {
	const struct identity *who;
	const char *folder;   /* of the machine; NULL: none */
	int folder_fd;	      /* -1 */
	const GArray *in_use; /* disks_in_use.h; NULL: does not matter */
	/* Each that was opened, in its order: the descriptor stays the chain's. NULL: not wanted. */
	void (*on_open)(gpointer opaque, const char *path, int fd);
	gpointer opaque;
	char *reason; /* of the last one that could not be opened */
};

/* The chain asks these files from now on. */
void parent_files_serve(struct parent_files *files, struct disk_chain *chain);
void parent_files_deinit(struct parent_files *files);

/* Adds to a request what a child says about where its parent is: `relative` and `absolute`. */
gboolean parent_paths_add(struct link_message *request, int child, int parent, const char *name,
			  GError **error);

#endif
