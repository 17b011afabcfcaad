/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files running machines use, by device and inode. The lock on an image is what protects it; this is for the
 * sentence that says who has it, and for files that a second name leads to.
 */
#ifndef SERVICE_DISKS_IN_USE_H
#define SERVICE_DISKS_IN_USE_H

#include <glib.h>

struct service;
struct stat;
struct vm;
struct worker_config;
struct worker_disk;

/* What its worker is about to get. */
void disks_in_use_note(struct vm *vm, const struct worker_config *config);
/* One more, at a place of its machine; and all of a place no more. */
void disks_in_use_note_disk(struct vm *vm, const struct worker_disk *disk);
void disks_in_use_forget(struct vm *vm, unsigned controller, unsigned lun);
/* Files of all machines that have a worker: for a job's thread. g_array_unref(). */
GArray *disks_in_use_list(const struct service *service);
GArray *disks_in_use_list_others(const struct service *service, const struct vm *but);
/* Its worker has let go of an image (as fstat() has it), whose parent it writes to from now on, if `writes_parent`. */
void disks_in_use_merged(struct vm *vm, const struct stat *child, const struct stat *parent,
			 gboolean writes_parent);
/*
 * The name of the machine that keeps this file from being changed (or, when it is not to be changed, from being
 * read as a whole: somebody writes to it); NULL: none.
 */
const char *disks_in_use_by(const GArray *list, int fd, gboolean is_writable);

#endif
