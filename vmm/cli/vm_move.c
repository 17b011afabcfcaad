/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm move`: to another folder, back into the inventory, or to another host. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/manage_remote.h"
#include "cli/message.h"
#include "client/move_draft.h"
#include "client/move_host.h"

#include <string.h>

struct waiting {
	GVariant *result;
	GError *error;
};

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct waiting *waiting = opaque;

	waiting->result = result ? g_variant_ref(result) : NULL;
	waiting->error = error ? g_error_copy(error) : NULL;
}

static int send(struct invocation *invocation, const struct vmc_far_move *move)
{
	struct waiting waiting = { 0 };
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);

	if (!path)
		return manage_fail(error);
	vmc_move_to_host(invocation->connection, path, move, on_answer, &waiting);
	while (!waiting.result && !waiting.error)
		g_main_context_iteration(NULL, TRUE);
	g_free(path);
	return waiting.result ? manage_wait_for_job(invocation, waiting.result) : manage_fail(waiting.error);
}

/* "alice@lab:/srv": the rules are those of the consoles' wizards. */
static int move_far(struct invocation *invocation, const char *target)
{
	struct vmc_move_draft *draft = vmc_move_draft_new("", invocation->operands[0], "off");
	char *host = g_strdup(target), *folder = strchr(host, ':');
	const char *field;
	GError *error = NULL;
	int status;

	if (folder)
		*folder++ = '\0';
	vmc_move_draft_set(draft, "to", "host");
	vmc_move_draft_set(draft, "host", host);
	vmc_move_draft_set(draft, "folder", folder);
	if (!vmc_move_draft_check(draft, &field, &error)) {
		g_prefix_error(&error, "--to %s: ", target);
		status = manage_fail(error);
	} else {
		status =
		    send(invocation, &(struct vmc_far_move){ .host = host,
							     .folder = vmc_move_draft_get(draft, "folder"),
							     .is_plan = invocation->wants_plan });
	}
	vmc_move_draft_free(draft);
	g_free(host);
	return status;
}

int vm_move(struct invocation *invocation)
{
	const char *target = invocation_option(invocation, "to");
	gboolean is_back = invocation_has(invocation, "back");
	char *folder;
	int status;

	if (is_back + (target != NULL) + (invocation->operand_count > 1) != 1) {
		say("vm move: give a folder, --to a host, or --back for the machine's own folder of the inventory");
		return STATUS_USAGE;
	}
	if (target)
		return invocation->host ? manage_run_there(invocation, -1) : move_far(invocation, target);
	folder = is_back ? g_strdup("") : manage_folder(invocation, invocation->operands[1]);
	status = manage_call_with_folder(invocation, "Move", folder);
	g_free(folder);
	return status;
}
