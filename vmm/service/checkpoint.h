/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoints of a machine: made, applied, deleted; what goes on in the background for them.
 *
 * Making     New children of the disks' images; then the machine's configuration names these, in one step: before
 *            it there is no checkpoint, after it there is.
 * Running    It stands still while its memory is written and its disks are exchanged (checkpoint_live.h), and goes on.
 *            Applying such a checkpoint leaves the machine saved, as Hyper-V does.
 * Applying   As making, with children of the checkpoint's images. What Now had goes.
 * Deleting   At once in the list. Images that nothing uses are removed, and those that only one child uses get
 *            what that child has (checkpoint_merge.c; while the machine runs, checkpoint_merge_live.c): a job, which goes on after a
 *            restart of the service wherever it was. Of a machine that runs it gives way to whatever else is asked for.
 * Threads    Main.
 */
#ifndef SERVICE_CHECKPOINT_H
#define SERVICE_CHECKPOINT_H

#include "service/identity.h"
#include "service/vm.h"

#include "model/checkpoint_tree.h"
#include "model/vm_store.h"

struct job;

/* With the machine, and before it goes. */
void checkpoints_load(struct vm *vm);
void checkpoints_free(struct vm *vm);
/* NULL: they cannot be read; `error` says why. */
struct checkpoint_tree *checkpoints_of(struct vm *vm, GError **error);
gboolean checkpoints_save(struct vm *vm, GError **error);
/* Of Now; NULL: there is none. */
struct checkpoint *checkpoints_present(const struct vm *vm);
guint checkpoints_count(const struct vm *vm);
/* aa{sv} as Checkpoints1.List has it; floating. */
GVariant *checkpoints_variant(struct vm *vm);
/* "web - (11/22/2026 - 14:31:05)", as Hyper-V names them; free it. */
char *checkpoints_default_name(const struct vm *vm);

/*
 * The name of the machine with a checkpoint that needs this image as it is; NULL: none. `path` is absolute; with
 * `is_any` also one that only Now writes to.
 */
const char *checkpoints_need_image(const struct service *service, const char *path, gboolean is_any);
/* No drive that is new in `after` is such an image. `before` may be NULL. */
gboolean checkpoints_check_drives(const struct service *service, const struct vm_config *before,
				  const struct vm_config *after, GError **error);

/* --- checkpoint_state.c: memory and devices --- */
/* The machine's saved state is the checkpoint's, too; -errno. It may be called in a thread. */
/* The file for that of a checkpoint of a machine that goes on, empty; -1. */
int checkpoint_state_new(struct vm *vm, const char *checkpoint, GError **error);
int checkpoint_state_keep(struct vm_store *store, const char *id, const char *checkpoint);
/* Now has other disks than before: its saved state goes, and that of the checkpoint, if it has one, takes its
 * place. */
gboolean checkpoint_state_apply(struct vm *vm, const struct checkpoint *checkpoint, GError **error);
/* The present checkpoint's state is the machine's saved state still: its disks are the checkpoint's new
 * children. */
void checkpoint_state_settle(struct vm *vm);
guint64 checkpoint_state_bytes(const struct vm *vm, const struct checkpoint *checkpoint);

/* --- checkpoint_make.c --- */
struct checkpoint_wish {
	const char *name;
	gboolean is_automatic;
};
/* What stands against it; `apply` NULL: a new one. */
gboolean checkpoints_check_make(struct vm *vm, const struct checkpoint *apply, GError **error);
/* A job; NULL: a sentence. */
struct job *checkpoints_make(struct vm *vm, const struct identity *who, const struct checkpoint_wish *wish,
			     GError **error);
/* `keeps_now`: a checkpoint of Now is made before. */
struct job *checkpoints_apply(struct vm *vm, const struct identity *who, const struct checkpoint *checkpoint,
			      gboolean keeps_now, GError **error);

/* vm_start(), with an automatic checkpoint before it when the machine's settings want one: it takes the last one's place. */
void checkpoints_start(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque);

/* --- checkpoint_merge.c --- */
/* Out of the list, with those below it. *ret_job NULL: nothing is to be done for it now; ret_job NULL: not now. */
gboolean checkpoints_delete(struct vm *vm, const struct identity *who, const char *id, gboolean with_subtree,
			    struct job **ret_job, GError **error);
/* At the service's start: of those that were deleted, nothing needs to be known any more. */
void checkpoints_finish_deletions(struct vm *vm);
/* Removes and merges what can be, in a job; NULL: there is nothing to do, or not now. */
struct job *checkpoints_tidy(struct vm *vm, const struct identity *who);
/*
 * Merging ends at its next step, and goes on another time; `fn` follows it. FALSE: it is not that which keeps the machine
 * busy, or somebody waits already.
 */
gboolean checkpoints_give_way(struct vm *vm, void (*fn)(gpointer opaque), gpointer opaque);
/* The same in a moment, with the rights of the machine's creator: it went off, or the service started. */
void checkpoints_tidy_later(struct vm *vm);

#endif
