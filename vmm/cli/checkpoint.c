/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead checkpoint ...`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/checkpoints.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

static GVariant *options_of(const struct invocation *invocation)
{
	return vmc_options_forced(invocation->wants_plan, invocation_has(invocation, "force"));
}

/* A call about the machine of the first operand; NULL: said. */
static GVariant *call(struct invocation *invocation, const char *method, GVariant *parameters)
{
	return manage_call_vm_on(invocation, invocation->operands[0], API_CHECKPOINTS_INTERFACE, method,
				 parameters);
}

/* --- the tree ------------------------------------------------------------------------------------------ */

static void on_items(GListModel *model, guint place, guint removed, guint added, gpointer is_filled)
{
	*(gboolean *)is_filled = TRUE;
}

static char **row_of(VmcCheckpoint *row)
{
	char *lines = vmc_checkpoint_lines(row, FALSE);
	char *bytes = vmc_checkpoint_bytes(row) ? vmc_bytes_text(vmc_checkpoint_bytes(row)) : g_strdup("");
	char **cells = manage_row(g_strconcat(lines, vmc_checkpoint_name(row), NULL),
				  g_strdup(vmc_checkpoint_created(row)), g_strdup(vmc_checkpoint_kind(row)),
				  bytes, g_strdup(vmc_checkpoint_id(row)), NULL);

	g_free(lines);
	return cells;
}

static int print_tree(struct invocation *invocation, const char *path)
{
	static const char *const headings[] = { "Checkpoint", "Made", "Kind", "Space", "Identity", NULL };
	struct vmc_checkpoints *checkpoints = vmc_checkpoints_new(invocation->connection, path);
	GListModel *model = vmc_checkpoints_model(checkpoints);
	GPtrArray *rows = g_ptr_array_new();
	gboolean is_filled = FALSE;

	g_signal_connect(model, "items-changed", G_CALLBACK(on_items), &is_filled);
	while (!is_filled && !*vmc_checkpoints_problem(checkpoints))
		g_main_context_iteration(NULL, TRUE);
	for (guint i = 0; i < g_list_model_get_n_items(model); i++) {
		VmcCheckpoint *row = g_list_model_get_item(model, i);

		g_ptr_array_add(rows, row_of(row));
		g_object_unref(row);
	}
	manage_print_table(headings, rows);
	vmc_checkpoints_free(checkpoints);
	return STATUS_DONE;
}

int checkpoint_list(struct invocation *invocation)
{
	GVariant *result = call(invocation, "List", NULL), *list;
	GError *error = NULL;
	char *path;
	int status = STATUS_DONE;

	if (!result)
		return invocation->failure;
	list = g_variant_get_child_value(result, 0);
	path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);
	if (!path)
		status = manage_fail(error);
	else if (invocation->wants_json)
		status = manage_print_json(list);
	else
		status = print_tree(invocation, path);
	g_free(path);
	g_variant_unref(list);
	g_variant_unref(result);
	return status;
}

/* --- changes ------------------------------------------------------------------------------------------- */

int checkpoint_create(struct invocation *invocation)
{
	const char *name = invocation->operand_count > 1 ? invocation->operands[1] : "";

	return manage_wait_for_job(
	    invocation, call(invocation, "Create", g_variant_new("(s@a{sv})", name, options_of(invocation))));
}

int checkpoint_apply(struct invocation *invocation)
{
	return manage_wait_for_job(
	    invocation,
	    call(invocation, "Apply",
		 g_variant_new("(sb@a{sv})", invocation->operands[1],
			       invocation_has(invocation, "checkpoint-first"), options_of(invocation))));
}

int checkpoint_revert(struct invocation *invocation)
{
	return manage_wait_for_job(
	    invocation, call(invocation, "Revert", g_variant_new("(@a{sv})", options_of(invocation))));
}

int checkpoint_rename(struct invocation *invocation)
{
	return manage_print_steps(invocation,
				  call(invocation, "Rename",
				       g_variant_new("(ss@a{sv})", invocation->operands[1],
						     invocation->operands[2], options_of(invocation))));
}

int checkpoint_delete(struct invocation *invocation)
{
	return manage_wait_for_job(
	    invocation, call(invocation, "Delete",
			     g_variant_new("(sb@a{sv})", invocation->operands[1],
					   invocation_has(invocation, "subtree"), options_of(invocation))));
}

int checkpoint_export(struct invocation *invocation)
{
	char *folder = invocation->host ? g_strdup(invocation->operands[2])
					: g_canonicalize_filename(invocation->operands[2], NULL);
	int status = manage_wait_for_job(invocation, call(invocation, "Export",
							  g_variant_new("(ss@a{sv})", invocation->operands[1],
									folder, options_of(invocation))));

	g_free(folder);
	return status;
}
