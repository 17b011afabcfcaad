/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs, events, trash, host check. */
#include "views/tables.h"

#include "client/host_check.h"
#include "client/job_text.h"
#include "client/wording.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/table.h"

#include <string.h>

static const char *text_of(GVariant *dict, const char *name)
{
	const char *text = "";

	g_variant_lookup(dict, name, "&s", &text);
	return text;
}

static gboolean takes_dicts(struct tui_view *table, GVariant *result, const GError *error,
			    GVariant **ret_list)
{
	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))) {
		table_fail(table,
			   error ? error->message : "the service answers something else than was asked");
		return FALSE;
	}
	*ret_list = g_variant_get_child_value(result, 0);
	table_begin(table);
	return TRUE;
}

/* --- jobs -------------------------------------------------------------------------------------------- */

static void jobs_load(struct tui_view *table)
{
	struct vmc_inventory *inventory = vmc_host_inventory(table_host(table));
	GListModel *jobs = inventory ? vmc_inventory_jobs(inventory) : NULL;

	table_begin(table);
	for (guint i = 0; jobs && i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);
		const char *state = vmc_object_text(job, "State");
		char *number = g_strdup_printf("%" G_GUINT64_FORMAT, vmc_object_number(job, "Number")),
		     *progress = g_strdup_printf("%d%%", (int)(vmc_object_fraction(job, "Progress") * 100)),
		     *started = vmc_time_text((gint64)vmc_object_number(job, "StartedAt")),
		     *left = vmc_job_left(job);

		table_add(table, vmc_object_path(job),
			  strcmp(state, "failed") == 0 ? THEME_ERROR_TEXT : THEME_TEXT, number, state,
			  progress, left, vmc_object_text(job, "User"), started,
			  *vmc_object_text(job, "Error") ? vmc_object_text(job, "Error")
							 : vmc_object_text(job, "Title"));
		g_free(number);
		g_free(progress);
		g_free(started);
		g_free(left);
		g_object_unref(job);
	}
}

static void job_cancel(struct tui_view *table, const char *id)
{
	tui_call(table, table_host(table), id, API_JOB_INTERFACE, "Cancel",
		 g_variant_new("(@a{sv})", vmc_options(FALSE)), table_on_change, NULL);
}

static const struct table_kind jobs_kind = {
	.title = "Jobs",
	.empty = "No job is under way.",
	.columns = { { "No.", 4 },
		     { "State", 10 },
		     { "Done", 5 },
		     { "Time", 11 },
		     { "User", 10 },
		     { "Started", 19 },
		     { "What", 0 } },
	.load = jobs_load,
	.remove = job_cancel,
	.refresh_ms = 500,
	.hint = "Del Cancel  / Filter  Esc Back",
};

void jobs_open(struct tui_app *app)
{
	table_open(app, &jobs_kind, NULL);
}

/* --- events ------------------------------------------------------------------------------------------ */

static void on_events(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list;

	if (!takes_dicts(table, result, error, &list))
		return;
	for (gsize i = g_variant_n_children(list); i-- > 0;) {
		GVariant *event = g_variant_get_child_value(list, i);
		const char *kind = text_of(event, "kind");
		gint64 time = 0;
		char *when;

		g_variant_lookup(event, "time", "x", &time);
		when = vmc_time_text(time / G_USEC_PER_SEC);
		table_add(table, text_of(event, "text"),
			  strcmp(kind, "refusal") == 0 || strcmp(kind, "warning") == 0 ? THEME_WARNING
										       : THEME_TEXT,
			  when, kind, text_of(event, "user"), text_of(event, "name"), text_of(event, "text"));
		g_free(when);
		g_variant_unref(event);
	}
	g_variant_unref(list);
}

static void events_load(struct tui_view *table)
{
	GVariantBuilder filter;

	g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&filter, "{sv}", "limit", g_variant_new_uint32(1000));
	tui_call(table, table_host(table), API_EVENTS_PATH, API_EVENTS_INTERFACE, "Query",
		 g_variant_new("(a{sv})", &filter), on_events, NULL);
}

static void event_show(struct tui_view *table, const char *text)
{
	dialog_message(table->app, "Event", text);
}

static void on_verified(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	const char *text;
	gboolean is_whole;

	if (error) {
		dialog_error(table->app, error);
	} else if (g_variant_is_of_type(result, G_VARIANT_TYPE("(bts)"))) {
		g_variant_get(result, "(bt&s)", &is_whole, NULL, &text);
		dialog_message(table->app, is_whole ? "The log is whole" : "The log was changed", text);
	}
}

static void events_verify(struct tui_view *table)
{
	tui_call(table, table_host(table), API_EVENTS_PATH, API_EVENTS_INTERFACE, "Verify", NULL, on_verified,
		 NULL);
}

static const struct table_kind events_kind = {
	.title = "Events",
	.empty = "No events.",
	.columns = { { "Time", 19 }, { "Kind", 8 }, { "User", 10 }, { "Machine", 14 }, { "What", 0 } },
	.load = events_load,
	.open = event_show,
	.other = events_verify,
	.refresh_ms = 2000,
	.hint = "Enter Whole Text  m Verify the Log  / Filter  Esc Back",
	.is_newest_first = TRUE,
};

void events_open(struct tui_app *app)
{
	table_open(app, &events_kind, NULL);
}

/* --- trash ------------------------------------------------------------------------------------------- */

static void on_trash(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list;

	if (!takes_dicts(table, result, error, &list))
		return;
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		gint64 deleted = 0;
		char *when;

		g_variant_lookup(item, "deleted", "x", &deleted);
		when = vmc_time_text(deleted);
		table_add(table, text_of(item, "id"), THEME_TEXT, text_of(item, "name"), when,
			  text_of(item, "id"));
		g_free(when);
		g_variant_unref(item);
	}
	g_variant_unref(list);
}

static void trash_load(struct tui_view *table)
{
	tui_call_host(table, table_host(table), "ListTrash", NULL, on_trash, NULL);
}

static void trash_undelete(struct tui_view *table, const char *id)
{
	if (tui_refuses_change(table->app))
		return;
	tui_call_host(table, table_host(table), "Undelete",
		      g_variant_new("(s@a{sv})", id, vmc_options(FALSE)), table_on_change, NULL);
}

static void empty_trash(struct tui_view *table, const char *text, gpointer unused)
{
	tui_call_host(table, table_host(table), "EmptyTrash", g_variant_new("(@a{sv})", vmc_options(FALSE)),
		      table_on_change, NULL);
}

static void on_empty_plan(struct tui_view *dialog, GVariant *result, const GError *error, gpointer unused)
{
	char *steps = result ? actions_steps(result) : g_strdup(error->message);

	dialog_set_steps(dialog, steps, error != NULL);
	g_free(steps);
}

static void trash_empty(struct tui_view *table)
{
	struct dialog_question question = { .title = "Empty Trash",
					    .text = "Remove what is in the trash for ever?",
					    .steps = "...",
					    .command = "bulkhead vm empty-trash",
					    .button = "Empty Trash",
					    .is_dangerous = TRUE };
	struct tui_view *dialog;

	if (tui_refuses_change(table->app))
		return;
	dialog = dialog_ask(table, &question, empty_trash, NULL, NULL);
	tui_call_host(dialog, table_host(table), "EmptyTrash", g_variant_new("(@a{sv})", vmc_options(TRUE)),
		      on_empty_plan, NULL);
}

static const struct table_kind trash_kind = {
	.title = "Trash",
	.empty = "The trash is empty.",
	.columns = { { "Name", 0 }, { "Deleted", 19 }, { "Identity", 36 } },
	.load = trash_load,
	.open = trash_undelete,
	.other = trash_empty,
	.hint = "Enter brings it back  m empties the trash  Esc Back",
};

void trash_open(struct tui_app *app)
{
	table_open(app, &trash_kind, NULL);
}

/* --- host check -------------------------------------------------------------------------------------- */

/* Reads files of this computer, which is quick; others are asked with `bulkhead host check --host`. */
static void check_load(struct tui_view *table)
{
	static const enum theme_role roles[VMC_HOST_STATES] = { THEME_GOOD, THEME_WARNING, THEME_ERROR_TEXT };
	GPtrArray *findings = vmc_host_check("/");

	table_begin(table);
	for (guint i = 0; i < findings->len; i++) {
		const struct vmc_host_finding *finding = findings->pdata[i];
		char *all = g_strdup_printf("%s: %s.\n\n%s%s%s", finding->name, finding->text,
					    finding->meaning, finding->remedy ? "\n\nTo get it: " : "",
					    finding->remedy ? finding->remedy : "");

		table_add(table, all, roles[finding->state], vmc_host_state_name(finding->state),
			  finding->name, finding->text);
		g_free(all);
	}
	g_ptr_array_unref(findings);
}

static void check_show(struct tui_view *table, const char *text)
{
	dialog_message(table->app, "Host Check", text);
}

static const struct table_kind check_kind = {
	.title = "Host Check",
	.empty = "Nothing was found.",
	.columns = { { "State", 8 }, { "What", 24 }, { "Here", 0 } },
	.load = check_load,
	.open = check_show,
};

void host_check_open(struct tui_app *app)
{
	table_open(app, &check_kind, NULL);
}
