/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoints of one machine as a list model that keeps itself up to date: the rows that consoles show as
 * a tree. Depth first; the row "Now" is the last one below the checkpoint that it goes on from. A machine
 * without checkpoints has no rows.
 *
 * Each row is a VmcCheckpoint that never changes; a change replaces the rows ("items-changed").
 * What can be done with a row stands in vmc_checkpoint_actions, as vmc_actions (action.h) for machines.
 * Threads    The main context's.
 */
#ifndef CLIENT_CHECKPOINTS_H
#define CLIENT_CHECKPOINTS_H

#include "client/connection.h"

#define VMC_TYPE_CHECKPOINT (vmc_checkpoint_get_type())
G_DECLARE_FINAL_TYPE(VmcCheckpoint, vmc_checkpoint, VMC, CHECKPOINT, GObject)

gboolean vmc_checkpoint_is_now(VmcCheckpoint *checkpoint);
const char *vmc_checkpoint_id(VmcCheckpoint *checkpoint);   /* "" for Now */
const char *vmc_checkpoint_name(VmcCheckpoint *checkpoint); /* "Now" for Now; control characters are shown */
const char *vmc_checkpoint_parent(VmcCheckpoint *checkpoint);
const char *
vmc_checkpoint_kind(VmcCheckpoint *checkpoint); /* "Disks", "Production", "Standard"; "" for Now */
const char *
vmc_checkpoint_created(VmcCheckpoint *checkpoint);     /* local time: "2026-11-22 14:31:05"; "" for Now */
gint64 vmc_checkpoint_time(VmcCheckpoint *checkpoint); /* seconds since 1970; 0 for Now */
guint64 vmc_checkpoint_bytes(VmcCheckpoint *checkpoint);
gboolean vmc_checkpoint_is_automatic(VmcCheckpoint *checkpoint);
guint vmc_checkpoint_depth(VmcCheckpoint *checkpoint); /* 0: a root */
/* Whether another row with the same parent follows. `level` 0: of the row's ancestor at depth 0, and so on to
 * its own. */
gboolean vmc_checkpoint_has_next(VmcCheckpoint *checkpoint, guint level);
/* The lines of the tree before its name: "│  └─ ", or with `is_ascii` "|  `- "; free it. */
char *vmc_checkpoint_lines(VmcCheckpoint *checkpoint, gboolean is_ascii);
/* All of a row for a screen reader: "web 2, made 2026-11-22 14:31:05, level 2"; free it. */
char *vmc_checkpoint_spoken(VmcCheckpoint *checkpoint);

struct vmc_checkpoints;

/* `path`: of the machine's object. It is filled in a moment. */
struct vmc_checkpoints *vmc_checkpoints_new(struct vmc_connection *connection, const char *path);
struct vmc_checkpoints *vmc_checkpoints_free(struct vmc_checkpoints *checkpoints);
GListModel *vmc_checkpoints_model(struct vmc_checkpoints *checkpoints);
/* Why it is empty; "": it is as the service says. */
const char *vmc_checkpoints_problem(struct vmc_checkpoints *checkpoints);
/* The one that Now goes on from; NULL: none. Not owned. */
VmcCheckpoint *vmc_checkpoints_present(struct vmc_checkpoints *checkpoints);

/* --- what can be done: checkpoint_action.c ------------------------------------------------------------- */

enum vmc_checkpoint_need { VMC_NEEDS_NOTHING, VMC_NEEDS_NAME, VMC_NEEDS_FOLDER };

struct vmc_checkpoint_action {
	const char *name;  /* "delete-subtree" */
	const char *label; /* "Delete Subtree..." */
	const char *text;  /* what it does: a sentence */
	const char *right; /* "checkpoint" */
	const char
	    *question;	  /* what is lost: with %s for the checkpoint and %s for the machine; NULL: nothing */
	const char *verb; /* of `bulkhead checkpoint` */
	enum vmc_checkpoint_need need;
	gboolean needs_settled;
	gboolean is_of_now; /* can be done with the row Now */
};

extern const struct vmc_checkpoint_action vmc_checkpoint_actions[];
extern const gsize vmc_checkpoint_actions_count;

const struct vmc_checkpoint_action *vmc_checkpoint_action_find(const char *name);
/* NULL: it can be done. Else a sentence; free it. As vmc_action_refusal(). `row` NULL: none is chosen. */
char *vmc_checkpoint_refusal(const struct vmc_checkpoint_action *action, VmcCheckpoint *row,
			     const char *machine, const char *state, const char *const *rights);
/* The question with the names in it; free it. NULL: nothing is to be asked. */
char *vmc_checkpoint_question(const struct vmc_checkpoint_action *action, VmcCheckpoint *row,
			      const char *machine);
/* "bulkhead checkpoint apply web 'before the update'"; free it. `text`: the new name or the folder; may be
 * NULL. */
char *vmc_checkpoint_command(const struct vmc_checkpoint_action *action, const char *place,
			     const char *machine, VmcCheckpoint *row, const char *text);
/*
 * Calls it. The answer is (oas) (a job or "/", and the steps), or (as) of "rename": vmc_call_finish() takes
 * it. `path`: of the machine; `keeps_now`: for "apply": a checkpoint of Now is made before.
 */
void vmc_checkpoint_do(struct vmc_connection *connection, const char *path,
		       const struct vmc_checkpoint_action *action, VmcCheckpoint *row, const char *text,
		       gboolean keeps_now, GAsyncReadyCallback callback, gpointer opaque);

#endif
