/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoints of one machine: a tree, and the images that hold what they keep.
 *
 * A checkpoint is the machine's configuration at one moment. Its disks' images are not written any more from
 * then on: the machine goes on with differencing children of them. So an image is in use when the machine's
 * present configuration ("Now") or that of a checkpoint names it, or when another image has it as its parent.
 *
 * File       tree.conf, a key file: [checkpoints] format, merging-*; [checkpoint ID]...; [file N]... It
 *            is written before what it tells of is done, and each thing that is left undone can be told
 *            from it: a checkpoint that is pending exists when Now names it as its parent, else it does
 *            not; an image that is dropped goes as soon as nothing uses it.
 * Trust      As vm_config.h: a file is hostile.
 * Threads    The owner's.
 */
#ifndef MODEL_CHECKPOINT_TREE_H
#define MODEL_CHECKPOINT_TREE_H

#include "model/vm_config.h"

enum checkpoint_limits {
	CHECKPOINTS_MAX = 50, /* of one machine, as Hyper-V has it */
	CHECKPOINT_TREE_MAX = 1048576,
	CHECKPOINT_FILES_MAX = 4096,
};

enum checkpoint_kind {
	CHECKPOINT_DISKS,      /* the machine was off, or its disks were taken as they were */
	CHECKPOINT_PRODUCTION, /* of a guest that had its file systems frozen for it */
	CHECKPOINT_STANDARD,   /* with memory and devices */
};

struct checkpoint {
	char *id, *name;
	char *parent; /* identity; "": none */
	char *creator;
	gint64 created; /* seconds since 1970 */
	unsigned kind;	/* enum checkpoint_kind */
	gboolean is_automatic;
	gboolean is_pending;	  /* it is being made */
	gboolean is_deleted;	  /* only others' parents lead over it */
	struct vm_config *config; /* NULL while it is not known */
};

/* One image of a chain. `path` as configurations have it; `parent` "": none that checkpoints made. */
struct checkpoint_file {
	char *path, *parent;
	gboolean is_made;    /* for a checkpoint: it goes when nothing uses it */
	gboolean is_dropped; /* a checkpoint or a Now that used it is gone */
};

struct checkpoint_tree {
	GPtrArray *checkpoints;		      /* struct checkpoint, owned, in the order of their making */
	GPtrArray *files;		      /* struct checkpoint_file, owned */
	char *merging_child, *merging_parent; /* NULL: none is being merged */
	/* the parent has all of it, and is not written any more: the child's children are told of it */
	gboolean merging_is_copied;
};

struct checkpoint_tree *checkpoint_tree_new(void);
struct checkpoint_tree *checkpoint_tree_free(struct checkpoint_tree *tree);
struct checkpoint_tree *checkpoint_tree_parse(const char *data, gsize size, GError **error);
char *checkpoint_tree_format(const struct checkpoint_tree *tree, gsize *ret_size);

const char *checkpoint_kind_name(unsigned kind); /* "disks", "production", "standard" */

/* --- the tree ---------------------------------------------------------------------------------------- */

struct checkpoint *checkpoint_new(struct checkpoint_tree *tree, const char *name, const char *parent);
struct checkpoint *checkpoint_by_id(const struct checkpoint_tree *tree,
				    const char *id); /* also a deleted one */
/* By identity, or a name that only one has. */
struct checkpoint *checkpoint_find(const struct checkpoint_tree *tree, const char *name, GError **error);
/* The nearest of `id` and its parents that is not deleted; "". */
const char *checkpoint_alive(const struct checkpoint_tree *tree, const char *id);
guint checkpoint_count(const struct checkpoint_tree *tree); /* those that are there */
gboolean checkpoint_is_there(const struct checkpoint *checkpoint);
void checkpoint_remove(struct checkpoint_tree *tree, struct checkpoint *checkpoint);
/* Depth first, by the time of making: borrowed pointers; g_ptr_array_unref(). */
GPtrArray *checkpoint_order(const struct checkpoint_tree *tree);
guint checkpoint_depth(const struct checkpoint_tree *tree, const struct checkpoint *checkpoint);
/* It, and all that were made after it on its branch. */
GPtrArray *checkpoint_subtree(const struct checkpoint_tree *tree, const char *id);
gboolean checkpoint_name_check(const char *name, GError **error);

/* --- the images -------------------------------------------------------------------------------------- */

struct checkpoint_file *checkpoint_file_find(const struct checkpoint_tree *tree, const char *path);
struct checkpoint_file *checkpoint_file_add(struct checkpoint_tree *tree, const char *path,
					    const char *parent);
void checkpoint_file_remove(struct checkpoint_tree *tree, const char *path);
gboolean checkpoint_config_uses(const struct vm_config *config, const char *path);
/* By Now or a checkpoint that is there. */
gboolean checkpoint_file_is_used(const struct checkpoint_tree *tree, const struct vm_config *now,
				 const char *path);
/* Those that this configuration uses go when nothing else does. */
void checkpoint_drop_files(struct checkpoint_tree *tree, const struct vm_config *config);
/* What nothing needs to know any more goes out of the list; what is used is not dropped. */
void checkpoint_files_tidy(struct checkpoint_tree *tree, const struct vm_config *now);
/* The next image to remove: nothing uses it, and it has no child. NULL: none. */
const char *checkpoint_next_unused(const struct checkpoint_tree *tree, const struct vm_config *now);
/* The next image to write into its parent: that is used by nothing else. NULL: none. */
const struct checkpoint_file *checkpoint_next_merge(const struct checkpoint_tree *tree,
						    const struct vm_config *now);

#endif
