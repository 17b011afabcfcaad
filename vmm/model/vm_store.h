/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory on the disk: a folder that holds
 *   vms/ID.conf     one key file for each machine
 *   trash/ID.conf   those deleted, until the trash is emptied
 *   broken/...      files that could not be understood, set aside as they were
 *   storage/ID/     a machine's own files, made when it needs them
 *   checkpoints/ID/ its checkpoints (checkpoint_store.h)
 * One service at a time uses it (a lock). Every change is there as a whole or not at all.
 */
#ifndef MODEL_VM_STORE_H
#define MODEL_VM_STORE_H

#include "model/vm_config.h"

struct vm_store;

/* Makes the folders, takes the lock: MODEL_ERROR_EXISTS when another process has it. */
struct vm_store *vm_store_open(const char *path, GError **error);
struct vm_store *vm_store_close(struct vm_store *store);
const char *vm_store_path(const struct vm_store *store);
int vm_store_fd(const struct vm_store *store); /* the folder, for what else lives there */

/*
 * Every machine of the inventory once. A file that cannot be understood goes to broken/; one of a newer
 * version, or that cannot be read, stays where it is. Both are told to on_broken() with a sentence.
 */
typedef void (*vm_store_config_fn)(gpointer opaque, struct vm_config *config); /* takes it */
typedef void (*vm_store_broken_fn)(gpointer opaque, const char *file, const char *reason);
gboolean vm_store_load(struct vm_store *store, vm_store_config_fn on_config, vm_store_broken_fn on_broken,
		       gpointer opaque, GError **error);

gboolean vm_store_save(struct vm_store *store, const struct vm_config *config, GError **error);
gboolean vm_store_trash(struct vm_store *store, const char *id, GError **error);
gboolean vm_store_undelete(struct vm_store *store, const char *id, GError **error);
/* From the trash for ever, with the machine's own files. */
gboolean vm_store_purge(struct vm_store *store, const char *id, GError **error);
/* struct vm_config, owned. What cannot be read is left out. */
GPtrArray *vm_store_list_trash(struct vm_store *store);
/* When it was put into the trash: seconds since 1970; 0: it is not there. */
gint64 vm_store_deleted_at(struct vm_store *store, const char *id);

/* Whether there is a file of this machine, in the inventory or in the trash, whatever is in it. */
gboolean vm_store_has(struct vm_store *store, const char *id);

/* storage/ID; -errno. `makes` it when it is not there. */
int vm_store_open_storage(struct vm_store *store, const char *id, gboolean makes);
/* Removes that folder with its files; only for one that no machine of the inventory has. */
int vm_store_remove_storage(struct vm_store *store, const char *id);

#endif
