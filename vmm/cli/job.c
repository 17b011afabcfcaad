/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead job ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/inventory.h"
#include "client/wording.h"

static void list_jobs(GListModel *jobs)
{
	static const char *const headings[] = {
		"Number", "State", "Progress", "User", "Title", "Error", NULL
	};
	GPtrArray *rows = g_ptr_array_new();

	for (guint i = 0; i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		g_ptr_array_add(
		    rows, manage_row(g_strdup_printf("%" G_GUINT64_FORMAT, vmc_object_number(job, "Number")),
				     g_strdup(vmc_object_text(job, "State")),
				     g_strdup_printf("%.0f %%", vmc_object_fraction(job, "Progress") * 100),
				     vmc_plain_text(vmc_object_text(job, "User")),
				     vmc_plain_text(vmc_object_text(job, "Title")),
				     vmc_plain_text(vmc_object_text(job, "Error")), NULL));
		g_object_unref(job);
	}
	manage_print_table(headings, rows);
}

static void list_jobs_as_json(GListModel *jobs)
{
	GVariantBuilder list;
	GVariant *value;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		g_variant_builder_add_value(&list, vmc_object_properties(job));
		g_object_unref(job);
	}
	value = g_variant_ref_sink(g_variant_builder_end(&list));
	manage_print_json(value);
	g_variant_unref(value);
}

int job_list(struct invocation *invocation)
{
	GError *error = NULL;
	struct vmc_inventory *inventory = vmc_inventory_new(invocation->connection, &error);

	if (!inventory)
		return manage_fail(error);
	if (invocation->wants_json)
		list_jobs_as_json(vmc_inventory_jobs(inventory));
	else
		list_jobs(vmc_inventory_jobs(inventory));
	vmc_inventory_free(inventory);
	return STATUS_DONE;
}

/* NULL: said. */
static char *path_of(const struct invocation *invocation)
{
	guint64 number;

	if (g_ascii_string_to_unsigned(invocation->operands[0], 10, 1, G_MAXUINT32, &number, NULL))
		return g_strdup_printf(API_JOB_PREFIX "%" G_GUINT64_FORMAT, number);
	say("%s: this is no number of a job; `bulkhead job list` shows them", invocation->operands[0]);
	return NULL;
}

int job_cancel(struct invocation *invocation)
{
	char *path = path_of(invocation);
	int status;

	if (!path)
		return STATUS_USAGE;
	status = manage_print_steps(
	    invocation, manage_call(invocation, path, API_JOB_INTERFACE, "Cancel",
				    g_variant_new("(@a{sv})", vmc_options(invocation->wants_plan))));
	g_free(path);
	return status;
}

int job_wait(struct invocation *invocation)
{
	char *path = path_of(invocation);
	int status = path ? manage_wait_for_path(invocation, path) : STATUS_USAGE;

	g_free(path);
	return status;
}
