/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that change a machine or the inventory. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/manage_remote.h"
#include "cli/message.h"
#include "client/disk_draft.h"
#include "client/draft.h"

#include <string.h>

static GVariant *options_of(const struct invocation *invocation)
{
	return vmc_options_forced(invocation->wants_plan, invocation_has(invocation, "force"));
}

/* NULL: said. */
static struct vmc_draft *draft_of(const struct invocation *invocation, int *ret_status)
{
	struct vmc_draft *draft = vmc_draft_new(invocation->host != NULL);
	GError *error = NULL;

	for (guint i = 0; i < invocation->option_count; i++)
		if (strcmp(invocation->options[i].name, "force") != 0 &&
		    !vmc_draft_add(draft, invocation->options[i].name, invocation->options[i].value,
				   &error)) {
			*ret_status = manage_fail(error);
			return vmc_draft_free(draft);
		}
	return draft;
}

/* The settings of a draft, which goes; NULL: said. */
static GVariant *settings_of(struct vmc_draft *draft, GVariant *existing, int *ret_status)
{
	GError *error = NULL;
	GVariant *settings = vmc_draft_settings(draft, existing, &error);

	vmc_draft_free(draft);
	if (!settings)
		*ret_status = manage_fail(error);
	return settings;
}

int vm_create(struct invocation *invocation)
{
	int status = STATUS_USAGE;
	struct vmc_draft *draft = draft_of(invocation, &status);
	GVariant *settings = draft ? settings_of(draft, NULL, &status) : NULL;

	if (!settings)
		return status;
	return manage_print_steps(
	    invocation, manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "CreateVirtualMachine",
				    g_variant_new("(s@a{sv}@a{sv})", invocation->operands[0], settings,
						  options_of(invocation))));
}

int vm_set(struct invocation *invocation)
{
	int status = STATUS_USAGE;
	struct vmc_draft *draft = draft_of(invocation, &status);
	GVariant *result, *existing, *settings;

	if (!draft)
		return status;
	if (vmc_draft_is_empty(draft)) {
		vmc_draft_free(draft);
		say("vm set: there is nothing to change; see `bulkhead vm set --help`");
		return STATUS_USAGE;
	}
	result = manage_call_vm(invocation, invocation->operands[0], "GetSettings", NULL);
	if (!result) {
		vmc_draft_free(draft);
		return invocation->failure;
	}
	existing = g_variant_get_child_value(result, 0);
	settings = settings_of(draft, existing, &status);
	g_variant_unref(existing);
	g_variant_unref(result);
	if (!settings)
		return status;
	return manage_print_steps(
	    invocation, manage_call_vm(invocation, invocation->operands[0], "SetSettings",
				       g_variant_new("(@a{sv}@a{sv})", settings, options_of(invocation))));
}

int vm_resize_disk(struct invocation *invocation)
{
	const char *name = invocation->operands[1];
	guint64 bytes;

	if (!vmc_size_parse(invocation->operands[2], &bytes)) {
		say("vm resize-disk %s: this is no size; give bytes, or a number with M, G or T, such as 20G",
		    invocation->operands[2]);
		return STATUS_USAGE;
	}
	return manage_print_steps(
	    invocation, manage_call_vm(invocation, invocation->operands[0], "ResizeDisk",
				       g_variant_new("(st@a{sv})", name, bytes, options_of(invocation))));
}

int vm_start(struct invocation *invocation)
{
	gboolean connects = invocation_has(invocation, "connect") && !invocation->wants_plan;
	int status;

	if (connects && invocation->host)
		return manage_run_there(invocation, -1);
	status =
	    manage_print_steps(invocation, manage_call_vm(invocation, invocation->operands[0], "Start",
							  g_variant_new("(@a{sv})", options_of(invocation))));

	return status == STATUS_DONE && connects ? vm_connect(invocation) : status;
}

int vm_power(struct invocation *invocation)
{
	static const struct {
		const char *verb, *method;
	} methods[] = {
		{ "shutdown", "ShutDown" },
		{ "off", "TurnOff" },
		{ "reset", "Reset" },
		{ "pause", "Pause" },
		{ "resume", "Resume" },
		{ "save", "Save" },
		{ "delete-saved", "DeleteSavedState" },
	};
	const char *verb = invocation->verb->name;
	int status = STATUS_FAILED;

	for (unsigned i = 0; i < G_N_ELEMENTS(methods); i++)
		if (strcmp(methods[i].verb, verb) == 0)
			status = manage_print_steps(
			    invocation, manage_call_vm(invocation, invocation->operands[0], methods[i].method,
						       g_variant_new("(@a{sv})", options_of(invocation))));
	if (status == STATUS_DONE && strcmp(verb, "off") == 0 && !invocation->wants_plan)
		return vm_wait_until_off(invocation);
	return status;
}

int vm_rename(struct invocation *invocation)
{
	return manage_print_steps(
	    invocation,
	    manage_call_vm(invocation, invocation->operands[0], "Rename",
			   g_variant_new("(s@a{sv})", invocation->operands[1], options_of(invocation))));
}

int vm_clone(struct invocation *invocation)
{
	return manage_wait_for_job(
	    invocation,
	    manage_call_vm(invocation, invocation->operands[0], "Clone",
			   g_variant_new("(s@a{sv})", invocation->operands[1], options_of(invocation))));
}

int vm_delete(struct invocation *invocation)
{
	return manage_print_steps(invocation,
				  manage_call_vm(invocation, invocation->operands[0], "Delete",
						 g_variant_new("(@a{sv})", options_of(invocation))));
}

int vm_undelete(struct invocation *invocation)
{
	return manage_print_steps(
	    invocation,
	    manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "Undelete",
			g_variant_new("(s@a{sv})", invocation->operands[0], options_of(invocation))));
}

int vm_empty_trash(struct invocation *invocation)
{
	return manage_print_steps(invocation,
				  manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "EmptyTrash",
					      g_variant_new("(@a{sv})", options_of(invocation))));
}

/* On another computer a relative path would mean nothing: the service there says so. */
char *manage_folder(const struct invocation *invocation, const char *path)
{
	return invocation->host ? g_strdup(path) : g_canonicalize_filename(path, NULL);
}

int manage_call_with_folder(struct invocation *invocation, const char *method, const char *folder)
{
	return manage_wait_for_job(
	    invocation, manage_call_vm(invocation, invocation->operands[0], method,
				       g_variant_new("(s@a{sv})", folder, options_of(invocation))));
}

int vm_export(struct invocation *invocation)
{
	char *folder = manage_folder(invocation, invocation->operands[1]);
	int status = manage_call_with_folder(invocation, "Export", folder);

	g_free(folder);
	return status;
}

int vm_import(struct invocation *invocation)
{
	const char *mode = invocation_option(invocation, "mode"),
		   *name = invocation_option(invocation, "name");
	char *folder = manage_folder(invocation, invocation->operands[0]);
	int status = manage_wait_for_job(
	    invocation, manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "Import",
				    g_variant_new("(sss@a{sv})", folder, mode ? mode : "copy",
						  name ? name : "", options_of(invocation))));

	g_free(folder);
	return status;
}
