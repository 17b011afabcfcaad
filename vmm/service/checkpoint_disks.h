/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checkpoints do to images: children are made, merged into their parents, told of another parent,
 * removed. Each step can be done again after it was broken off at any moment.
 *
 * Names     As configurations have them: plain ones are in the machine's own folder and the service's; others
 *           are opened with the caller's rights.
 * Threads   Waits: in a job's thread. What it has is its own.
 */
#ifndef SERVICE_CHECKPOINT_DISKS_H
#define SERVICE_CHECKPOINT_DISKS_H

#include "service/caller_files.h"
#include "service/job.h"

#include "link/worker_link.h"

#include <sys/stat.h>

struct service;
struct vm;

struct checkpoint_disks {
	struct identity *who;
	char *folder; /* the machine's own */
	int folder_fd;
	GArray *in_use; /* disks_in_use.h */
};

gboolean checkpoint_disks_init(struct checkpoint_disks *disks, const struct vm *vm,
			       const struct identity *who, GError **error);
/* Main thread: machines began or ended since. */
void checkpoint_disks_look_again(struct checkpoint_disks *disks, const struct service *service);
/* The same, but for one machine, whose images are opened beside it. */
void checkpoint_disks_look_at_others(struct checkpoint_disks *disks, const struct vm *but);
gboolean checkpoint_disks_add_paths(const struct checkpoint_disks *disks, struct link_message *message,
				    int child, const char *parent, int parent_fd, GError **error);
void checkpoint_disks_deinit(struct checkpoint_disks *disks);

/* A descriptor; -1: a sentence. FILE_NEW has no name until it is kept; what was not kept is undone. */
int checkpoint_disks_open(const struct checkpoint_disks *disks, const char *path, enum file_need need,
			  GError **error);
gboolean checkpoint_disks_keep(const struct checkpoint_disks *disks, const char *path, int fd,
			       GError **error);
void checkpoint_disks_undo(const struct checkpoint_disks *disks, const char *path, int fd);
/* What a differencing disk is a child of, as it was found; *ret_parent NULL: none. */
gboolean checkpoint_disks_parent(struct checkpoint_disks *disks, struct job *job, const char *path, int fd,
				 char **ret_parent, struct stat *ret_st, GError **error);

/* All its parents, nearest first, for a worker; worker_chain_deinit() in any case. */
gboolean checkpoint_disks_chain(struct checkpoint_disks *disks, struct job *job, const char *path, int fd,
				struct worker_chain *ret_chain, GError **error);

/* A new child of the same format and size, durable under its name. */
gboolean checkpoint_disks_make(struct checkpoint_disks *disks, struct job *job, const char *parent,
			       const char *child, GError **error);
/* What the child has is in its parent then; the child stays and shows the same. */
gboolean checkpoint_disks_merge(struct checkpoint_disks *disks, struct job *job, const char *child,
				GError **error);
/* The child shows this parent from now on, which must hold the same as its parent before. */
gboolean checkpoint_disks_reconnect(struct checkpoint_disks *disks, struct job *job, const char *child,
				    const char *parent, GError **error);
/* The same for files that are open, the child for writing too. */
gboolean checkpoint_disks_reconnect_open(struct checkpoint_disks *disks, struct job *job, const char *child,
					 int fd, const char *parent, int parent_fd, GError **error);
/* Also when it is not there. */
gboolean checkpoint_disks_remove(struct checkpoint_disks *disks, const char *path, GError **error);
/* All that an image (`fd`, `path`) and its parents show into the empty file `to`, as a dynamically expanding disk. */
gboolean checkpoint_disks_flatten(struct checkpoint_disks *disks, struct job *job, int fd, const char *path,
				  int to, const char *to_name, GError **error);
/* "web_0b5c….avhdx": "web.vhdx", what such an image is called then. */
char *checkpoint_disks_plain_name(const char *path);
/* The name of a child of `path`: in `location`, or with "" in the machine's own folder. */
char *checkpoint_disks_name(const char *path, const char *location);
/* NULL: it can have a child. Else why not, a sentence without the name; not to be freed. */
const char *checkpoint_disks_refusal(const char *path);

#endif
