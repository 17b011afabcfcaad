/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a machine needs to start: which they are, and how they come into its worker's configuration.
 * Those in the machine's own folder and the firmware the service opens itself; all others are opened with the
 * rights of a caller (caller_files.h).
 */
#ifndef SERVICE_START_FILES_H
#define SERVICE_START_FILES_H

#include "service/caller_files.h"
#include "service/vm.h"

struct start_files;

/* Names them all, and opens the machine's own; a plan makes none. NULL: a sentence. */
struct start_files *start_files_new(struct vm *vm, gboolean is_plan, GError **error);
struct start_files *start_files_free(struct start_files *files);
/* What is to be opened by caller_files_open(), which takes it. */
GPtrArray *start_files_take_wanted(struct start_files *files);
/* Once that array came back complete, and is still there. Fills what there is of files, texts and numbers;
 * the rest stays as it is. */
void start_files_fill(struct start_files *files, struct vm *vm, struct worker_config *config);

/* Of one of the machine's disks, once it is open; stays there. -1. */
int start_files_disk(const struct start_files *files, guint index);
/* Its parents, which are the files' then. */
/* What its guest is offered: bits of enum worker_service. */
unsigned start_files_services(const struct vm_config *config);
/* The parents that were found, until the worker has them. */
const struct worker_chain *start_files_chain(const struct start_files *files, guint index);
void start_files_take_chain(struct start_files *files, guint index, struct worker_chain *chain);

/* A file in the machine's own folder, made with O_CREAT; -1. */
int start_files_open_own(struct vm *vm, const char *name, int flags);

/* What no worker of this version can attach; also without opening anything. */
gboolean start_files_check(const struct vm_config *config, GError **error);

#endif
