/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with a checkpoint: the table of every console. */
#include "client/checkpoints.h"

#include "client/command.h"
#include "client/rights.h"
#include "model/vm_state.h"

#include <string.h>

/* clang-format off */
const struct vmc_checkpoint_action vmc_checkpoint_actions[] = {
	{ "apply", "Apply...", "Lets the machine go on from this checkpoint.", "checkpoint",
	  "Apply the checkpoint %s to %s? All that the machine did since its last checkpoint is lost, with what its guest has in memory if it runs, unless a checkpoint of it is made before.",
	  "apply", VMC_NEEDS_NOTHING, TRUE, FALSE },
	{ "rename", "Rename...", "Gives it another name.", "checkpoint", NULL, "rename", VMC_NEEDS_NAME, FALSE, FALSE },
	{ "export", "Export...", "Copies the machine as it was then into a folder.", "edit", NULL, "export", VMC_NEEDS_FOLDER, FALSE, FALSE },
	{ "delete", "Delete...", "Deletes it; what came after it stays.", "checkpoint",
	  "Delete the checkpoint %s of %s? There is no way back to it then; what the machine has now, and its other checkpoints, stay.",
	  "delete", VMC_NEEDS_NOTHING, FALSE, FALSE },
	{ "delete-subtree", "Delete Subtree...", "Deletes it with all checkpoints that were made after it on its branch.", "checkpoint",
	  "Delete the checkpoint %s of %s with all checkpoints below it? There is no way back to any of them then; what the machine has now stays.",
	  "delete", VMC_NEEDS_NOTHING, FALSE, FALSE },
};
/* clang-format on */
const gsize vmc_checkpoint_actions_count = G_N_ELEMENTS(vmc_checkpoint_actions);

const struct vmc_checkpoint_action *vmc_checkpoint_action_find(const char *name)
{
	for (gsize i = 0; i < vmc_checkpoint_actions_count; i++)
		if (strcmp(vmc_checkpoint_actions[i].name, name) == 0)
			return &vmc_checkpoint_actions[i];
	return NULL;
}

char *vmc_checkpoint_refusal(const struct vmc_checkpoint_action *action, VmcCheckpoint *row,
			     const char *machine, const char *state, const char *const *rights)
{
	enum vm_state parsed;

	if (!row)
		return g_strdup("no checkpoint is chosen");
	if (vmc_checkpoint_is_now(row) && !action->is_of_now)
		return g_strdup("this is the machine as it is now; choose a checkpoint");
	if (rights && !g_strv_contains(rights, action->right))
		return g_strdup_printf("you may not %s (%s); ask an administrator for that right",
				       vmc_right_text(action->right), machine);
	if (!action->needs_settled || !vm_state_parse(state, &parsed))
		return NULL;
	if (parsed == VM_STARTING || parsed == VM_SAVING || parsed == VM_STOPPING)
		return g_strdup_printf("%s is %s; wait until it runs, is saved or is off", machine, state);
	return NULL;
}

char *vmc_checkpoint_question(const struct vmc_checkpoint_action *action, VmcCheckpoint *row,
			      const char *machine)
{
	char **parts, *text;

	if (!action->question)
		return NULL;
	parts = g_strsplit(action->question, "%s", 3);
	text = g_strconcat(parts[0], vmc_checkpoint_name(row), parts[1], machine, parts[2], NULL);
	g_strfreev(parts);
	return text;
}

static gboolean is_subtree(const struct vmc_checkpoint_action *action)
{
	return strcmp(action->name, "delete-subtree") == 0;
}

char *vmc_checkpoint_command(const struct vmc_checkpoint_action *action, const char *place,
			     const char *machine, VmcCheckpoint *row, const char *text)
{
	const char *const words[] = { "checkpoint",
				      action->verb,
				      machine,
				      vmc_checkpoint_name(row),
				      is_subtree(action) ? "--subtree" : text,
				      NULL };

	return vmc_command(place, words);
}

static const char *method_of(const struct vmc_checkpoint_action *action)
{
	static const char *const methods[][2] = {
		{ "apply", "Apply" }, { "rename", "Rename" }, { "export", "Export" }, { "delete", "Delete" }
	};

	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
		if (strcmp(methods[i][0], action->verb) == 0)
			return methods[i][1];
	return "";
}

void vmc_checkpoint_do(struct vmc_connection *connection, const char *path,
		       const struct vmc_checkpoint_action *action, VmcCheckpoint *row, const char *text,
		       gboolean keeps_now, GAsyncReadyCallback callback, gpointer opaque)
{
	const char *id = vmc_checkpoint_id(row);
	GVariant *parameters;

	if (action->need != VMC_NEEDS_NOTHING)
		parameters = g_variant_new("(ss@a{sv})", id, text, vmc_options(FALSE));
	else
		parameters = g_variant_new(
		    "(sb@a{sv})", id, strcmp(action->verb, "apply") == 0 ? keeps_now : is_subtree(action),
		    vmc_options(FALSE));
	vmc_call_async(connection, path, API_CHECKPOINTS_INTERFACE, method_of(action), parameters, callback,
		       opaque);
}
