/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead disk, by the service of the computer or the machine where the files are: org.bulkhead.Disks1. */
#include "cli/disk_verbs.h"
#include "cli/message.h"
#include "client/disks.h"

#include <stdio.h>
#include <string.h>

gboolean disk_needs_service(const struct invocation *invocation)
{
	return invocation->host || invocation_has(invocation, "vm");
}

/* --- the draft --------------------------------------------------------------------------------------- */

/* `merge --into` is a conversion of the chain. */
static const char *verb_of(const struct invocation *invocation)
{
	return invocation_has(invocation, "into") ? "convert" : invocation->verb->name;
}

/* The draft's name of an option. */
static const char *field_of(const struct vmc_disk_draft *draft, const char *option)
{
	const char *verb = vmc_disk_draft_verb(draft);
	gboolean is_new = strcmp(verb, "create") == 0 || strcmp(verb, "convert") == 0;

	if (strcmp(option, "from-format") == 0 || (strcmp(option, "format") == 0 && !is_new))
		return "file-format";
	if (strcmp(option, "into") == 0)
		return "to";
	return strcmp(option, "vm") == 0 ? "machine" : option;
}

static gboolean set_machine(struct invocation *invocation, struct vmc_disk_draft *draft, GError **error)
{
	const char *name = invocation_option(invocation, "vm");
	char *path = name ? vmc_find_vm(invocation->connection, name, error) : NULL;
	gboolean is_good = !name || (path && vmc_disk_draft_set(draft, "machine", path, error));

	g_free(path);
	return is_good;
}

static gboolean set_fields(struct invocation *invocation, struct vmc_disk_draft *draft, GError **error)
{
	static const char *const operands[] = { "to", "parent", "size" };
	gboolean is_good = set_machine(invocation, draft, error) &&
			   vmc_disk_draft_set(draft, "file", invocation->operands[0], error);

	if (is_good && invocation->operand_count > 1) {
		const char *name = strcmp(invocation->verb->name, "convert") == 0     ? operands[0]
				   : strcmp(invocation->verb->name, "reconnect") == 0 ? operands[1]
										      : operands[2];

		is_good = vmc_disk_draft_set(draft, name, invocation->operands[1], error);
	}
	for (guint i = 0; is_good && i < invocation->option_count; i++) {
		const char *value = invocation->options[i].value;

		if (strcmp(invocation->options[i].name, "vm") != 0)
			is_good = vmc_disk_draft_set(draft, field_of(draft, invocation->options[i].name),
						     *value ? value : "yes", error);
	}
	return is_good && vmc_disk_draft_check(draft, NULL, error);
}

/* --- the call ---------------------------------------------------------------------------------------- */

static int print_result(struct invocation *invocation, const char *job)
{
	GVariant *result = manage_call(invocation, job, "org.freedesktop.DBus.Properties", "Get",
				       g_variant_new("(ss)", API_JOB_INTERFACE, "Result"));
	GVariant *images = NULL;
	int status = STATUS_FAILED;

	if (!result)
		return invocation->failure;
	g_variant_get(result, "(v)", &images);
	if (g_variant_is_of_type(images, G_VARIANT_TYPE("aa{sv}")))
		status = disk_print_images(invocation, images);
	g_variant_unref(images);
	g_variant_unref(result);
	return status;
}

static int call(struct invocation *invocation, const struct vmc_disk_draft *draft)
{
	GVariant *result =
	    manage_call(invocation, API_DISKS_PATH, API_DISKS_INTERFACE, vmc_disk_draft_method(draft),
			vmc_disk_draft_parameters(draft, invocation->wants_plan));
	gboolean is_check = strcmp(vmc_disk_draft_verb(draft), "check") == 0;
	GVariant *images;
	char *job;
	int status;

	if (!result)
		return invocation->failure;
	if (strcmp(vmc_disk_draft_verb(draft), "inspect") == 0) {
		images = g_variant_get_child_value(result, 0);
		status = disk_print_images(invocation, images);
		g_variant_unref(images);
		g_variant_unref(result);
		return status;
	}
	g_variant_get_child(result, 0, "o", &job);
	status = manage_wait_for_job(invocation, result);
	if (status == STATUS_DONE && is_check && !invocation->wants_plan)
		status = print_result(invocation, job);
	g_free(job);
	return status;
}

int disk_by_service(struct invocation *invocation)
{
	struct vmc_disk_draft *draft;
	GError *error = NULL;
	int status;

	invocation->connection = vmc_connect(invocation->host, &error); /* closed with the invocation */
	if (!invocation->connection)
		return manage_fail(error);
	draft = vmc_disk_draft_new(verb_of(invocation), invocation->host != NULL);
	if (set_fields(invocation, draft, &error)) {
		status = call(invocation, draft);
		if (status == STATUS_DONE && invocation->wants_plan) {
			char *command = vmc_disk_draft_command(draft, invocation->host);

			printf("command line: %s\n", command);
			g_free(command);
		}
	} else {
		status = manage_fail(error);
	}
	vmc_disk_draft_free(draft);
	return status;
}
