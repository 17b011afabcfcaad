/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a machine is to move, as people fill it in: behind the Move wizards of the consoles and `bulkhead vm move`.
 *
 * Fields, each a text as people write it:
 *   to       what vmc_move_targets has: "folder" (of this host), "inventory" (back into the machine's own folder there), "host"
 *   folder   a whole path, in which a folder of the machine's name is made; of "host": may be empty, for its inventory
 *   host     "alice@lab" as vmc_connect() has places
 */
#ifndef CLIENT_MOVE_DRAFT_H
#define CLIENT_MOVE_DRAFT_H

#include "client/call.h"

struct vmc_move_target {
	const char *name;  /* the value of "to" */
	const char *label; /* "Another folder of this host" */
	const char *text;  /* a sentence: what it means */
};

extern const struct vmc_move_target vmc_move_targets[];
extern const gsize vmc_move_targets_count;

struct vmc_move_draft;

/* `place`: of the machine's connection; `state` as the API has it. "to" is "folder", all else is empty. */
struct vmc_move_draft *vmc_move_draft_new(const char *place, const char *name, const char *state);
struct vmc_move_draft *vmc_move_draft_free(struct vmc_move_draft *draft);

/* Whether what "to" is has this field. */
gboolean vmc_move_draft_has(const struct vmc_move_draft *draft, const char *field);
/* FALSE: there is no such field, or no such value of "to". */
gboolean vmc_move_draft_set(struct vmc_move_draft *draft, const char *field, const char *value);
const char *vmc_move_draft_get(const struct vmc_move_draft *draft, const char *field); /* "" */
/* What is wrong with one field, to be shown beside it: a sentence, free it. NULL: nothing. */
char *vmc_move_draft_problem(const struct vmc_move_draft *draft, const char *field);
/* The first that is wrong; `ret_field` may be NULL. */
gboolean vmc_move_draft_check(const struct vmc_move_draft *draft, const char **ret_field, GError **error);

/* "web moves to /srv/vms/web. It is saved for the end of it, and goes on by itself."; free it. */
char *vmc_move_draft_summary(const struct vmc_move_draft *draft);
/* "bulkhead vm move web /srv/vms"; free it. */
char *vmc_move_draft_command(const struct vmc_move_draft *draft);
/*
 * Does it, or asks what would be done: the answer is (oas), a job ("/" for a plan) and the steps. `path`: of the machine's object. With
 * another host, what carries the machine there belongs to this process and ends with it; the job fails then, and nothing is lost.
 */
void vmc_move_draft_run(const struct vmc_move_draft *draft, struct vmc_connection *connection,
			const char *path, gboolean is_plan, vmc_answer_fn fn, gpointer opaque);

#endif
