/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hard disks that a request wants to have made: dictionaries of "disks" with "create-bytes". Each gets a name
 * in the machine's own folder, and is made by the disk helper in a job.
 */
#ifndef SERVICE_NEW_DISKS_H
#define SERVICE_NEW_DISKS_H

#include "service/call.h"

#include "model/vm_config.h"

struct new_disks;

/*
 * Gives them names; `name` and `vm` (NULL: it is new) are what these come from.
 * `ret_settings`: the same without "create-bytes". FALSE: a sentence.
 */
gboolean new_disks_extract(GVariant *settings, const char *name, const struct vm *vm, GVariant **ret_settings,
			   struct new_disks **ret_disks, GError **error);
struct new_disks *new_disks_free(struct new_disks *disks);
gboolean new_disks_is_empty(const struct new_disks *disks);
void new_disks_describe(const struct new_disks *disks, struct call *call);
/* What is to be made in a folder of the caller's, for plan_files_check(); `disks` NULL: none. */
GPtrArray *new_disks_files(const struct new_disks *disks);

/*
 * Makes them, then calls `finish` on the main thread, which takes the configuration, answers the call and
 * returns TRUE; when it fails, or the job does, the files go again and the call gets the sentence. Takes
 * disks and configuration. `is_new`: there is no such machine yet.
 */
typedef gboolean (*new_disks_fn)(struct call *call, struct vm_config *config, GError **error);
void new_disks_make(struct new_disks *disks, struct call *call, struct vm_config *config, gboolean is_new,
		    new_disks_fn finish);

#endif
