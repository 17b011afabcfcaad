/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead event ...` and `bulkhead job ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/inventory.h"
#include "client/wording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- events ---------------------------------------------------------------------------------------- */

/* A machine by its name; one that is gone by its identity. */
static char *identity_of(struct invocation *invocation, const char *name)
{
	char *path = vmc_find_vm(invocation->connection, name, NULL), *id;

	if (!path)
		return g_strdup(name);
	id = g_strdup(path + strlen(API_VM_PREFIX));
	g_strdelimit(id, "_", '-');
	g_free(path);
	return id;
}

static GVariant *filter_of(struct invocation *invocation)
{
	const char *vm = invocation_option(invocation, "vm"), *kind = invocation_option(invocation, "kind");
	const char *limit = invocation_option(invocation, "limit");
	GVariantBuilder filter;

	g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
	if (vm)
		g_variant_builder_add(&filter, "{sv}", "vm",
				      g_variant_new_take_string(identity_of(invocation, vm)));
	if (kind)
		g_variant_builder_add(&filter, "{sv}", "kind", g_variant_new_string(kind));
	if (limit)
		g_variant_builder_add(&filter, "{sv}", "limit",
				      g_variant_new_uint32((guint32)g_ascii_strtoull(limit, NULL, 10)));
	return g_variant_builder_end(&filter);
}

static void print_event(GVariant *event)
{
	const char *kind = "", *user = "", *name = "", *text = "";
	char *when, *plain, *plain_name;
	gint64 time = 0;

	g_variant_lookup(event, "time", "x", &time);
	g_variant_lookup(event, "kind", "&s", &kind);
	g_variant_lookup(event, "user", "&s", &user);
	g_variant_lookup(event, "name", "&s", &name);
	g_variant_lookup(event, "text", "&s", &text);
	when = vmc_time_text(time / G_USEC_PER_SEC);
	plain = vmc_plain_text(text);
	plain_name = vmc_plain_text(name);
	printf("%s  %-8s %-10s %-16s %s\n", when, kind, *user ? user : "-", *plain_name ? plain_name : "-",
	       plain);
	g_free(plain_name);
	g_free(plain);
	g_free(when);
}

int event_list(struct invocation *invocation)
{
	GVariant *result = manage_call(invocation, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Query",
				       g_variant_new("(@a{sv})", filter_of(invocation)));
	GVariant *list;

	if (!result)
		return STATUS_FAILED;
	list = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(list);
	for (gsize i = 0; i < g_variant_n_children(list) && !invocation->wants_json; i++) {
		GVariant *event = g_variant_get_child_value(list, i);

		print_event(event);
		g_variant_unref(event);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	return STATUS_DONE;
}

int event_verify(struct invocation *invocation)
{
	GVariant *result = manage_call(invocation, API_EVENTS_PATH, API_EVENTS_INTERFACE, "Verify", NULL);
	gboolean is_whole;
	const char *text;

	if (!result)
		return STATUS_FAILED;
	g_variant_get(result, "(bt&s)", &is_whole, NULL, &text);
	if (is_whole)
		printf("%s\n", text);
	else
		say("%s; keep the files of the log, and find out who wrote to them", text);
	g_variant_unref(result);
	return is_whole ? STATUS_DONE : STATUS_FAILED;
}

/* --- jobs ------------------------------------------------------------------------------------------ */

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

int job_cancel(struct invocation *invocation)
{
	guint64 number;
	char *path;
	int status;

	if (!g_ascii_string_to_unsigned(invocation->operands[0], 10, 1, G_MAXUINT32, &number, NULL)) {
		say("%s: this is no number of a job; `bulkhead job list` shows them",
		    invocation->operands[0]);
		return STATUS_USAGE;
	}
	path = g_strdup_printf(API_JOB_PREFIX "%" G_GUINT64_FORMAT, number);
	status = manage_print_steps(
	    invocation, manage_call(invocation, path, API_JOB_INTERFACE, "Cancel",
				    g_variant_new("(@a{sv})", vmc_options(invocation->wants_plan))));
	g_free(path);
	return status;
}
