/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a saved machine: what they were like, so that one that was changed since is noticed. A key file. */
#ifndef SERVICE_SAVED_DISKS_H
#define SERVICE_SAVED_DISKS_H

#include "model/vm_config.h"

struct start_files;
struct worker_chain;

enum { SAVED_DISKS_MAX = 1 << 20 }; /* bytes of the text */

/* Paths as the configuration has them; g_ptr_array_unref(). */
GPtrArray *saved_disks_paths(const struct vm_config *config);
/* For any thread. Those without a slash are in `folder`. g_free(). */
char *saved_disks_describe(int folder, const GPtrArray *paths, gsize *ret_size);
/* The first disk that is not as it was, by the files that were opened; NULL: all are. g_free(). */
char *saved_disks_changed(const char *text, gsize size, const struct vm_config *config,
			  const struct start_files *files);

/* The parents of differencing disks, one in each line: kept while the machine runs, and noted with its disks when it is saved. */
void saved_disks_note_chain(GString *names, const struct worker_chain *chain);
void saved_disks_add_parents(GPtrArray *paths, const char *names);

/*
 * The same text for disks that were copied or got one more name: each of `to` is noted as it is now beside the one of `from` at the same
 * place. NULL: *ret_changed is one of `from` that is not as it was noted; g_free().
 */
char *saved_disks_follow(int folder, const char *text, gsize size, const GPtrArray *from, const GPtrArray *to,
			 gsize *ret_size, const char **ret_changed);

#endif
