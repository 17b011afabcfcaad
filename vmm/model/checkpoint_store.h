/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoints of machines on the disk, beside the inventory (vm_store.h): checkpoints/ID/ holds tree.conf
 * and, for each checkpoint, the configuration that it keeps. Every file is there as a whole or not at all.
 */
#ifndef MODEL_CHECKPOINT_STORE_H
#define MODEL_CHECKPOINT_STORE_H

#include "model/checkpoint_tree.h"
#include "model/vm_store.h"

/*
 * With the configurations; an empty tree when there is none. What was begun and not finished is settled: a
 * pending checkpoint is there when `now` goes on from it. NULL: a sentence; the files stay as they are.
 */
struct checkpoint_tree *checkpoint_store_load(struct vm_store *store, const struct vm_config *now,
					      GError **error);
gboolean checkpoint_store_save(struct vm_store *store, const char *id, const struct checkpoint_tree *tree,
			       GError **error);
gboolean checkpoint_store_save_config(struct vm_store *store, const char *id,
				      const struct checkpoint *checkpoint, GError **error);
void checkpoint_store_forget(struct vm_store *store, const char *id, const char *checkpoint);
/* ID.state beside the configuration: memory and devices. -errno. */
char *checkpoint_store_state_name(const char *checkpoint);
/* All of a machine's; only of one that no inventory has. */
int checkpoint_store_remove(struct vm_store *store, const char *id);
/* checkpoints/ID; -errno. */
int checkpoint_store_open(struct vm_store *store, const char *id, gboolean makes);

#endif
