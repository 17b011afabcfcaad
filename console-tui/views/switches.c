/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Virtual Switch Manager: the list; its forms are in wizard_switch.c. */
#include "views/tables.h"

#include "client/command.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/table.h"
#include "views/wizards.h"

#include <string.h>

static void call(struct tui_view *owner, VmcHost *host, const char *method, GVariant *parameters,
		 tui_answer_fn fn, gpointer opaque)
{
	tui_call(owner, host, API_SWITCHES_PATH, API_SWITCHES_INTERFACE, method, parameters, fn, opaque);
}

static const char *text_of(GVariant *dict, const char *name)
{
	const char *text = "";

	g_variant_lookup(dict, name, "&s", &text);
	return text;
}

/* "web, mail"; free it. */
static char *machines_of(GVariant *item)
{
	char **names = NULL, *text;

	g_variant_lookup(item, "machines", "^as", &names);
	text = names ? g_strjoinv(", ", names) : g_strdup("");
	g_strfreev(names);
	return text;
}

/* --- the list ---------------------------------------------------------------------------------------- */

static void on_list(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))) {
		table_fail(table,
			   error ? error->message : "the service answers something else than was asked");
		return;
	}
	list = g_variant_get_child_value(result, 0);
	table_begin(table);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		gboolean is_available = FALSE;
		char *machines = machines_of(item);

		g_variant_lookup(item, "available", "b", &is_available);
		table_add(table, text_of(item, "name"), is_available ? THEME_TEXT : THEME_DISABLED,
			  text_of(item, "name"), text_of(item, "kind"), is_available ? "yes" : "no", machines,
			  is_available ? text_of(item, "notes") : text_of(item, "reason"));
		g_free(machines);
		g_variant_unref(item);
	}
	g_variant_unref(list);
}

static void load(struct tui_view *table)
{
	call(table, table_host(table), "List", NULL, on_list, NULL);
}

/* --- new, edit --------------------------------------------------------------------------------------- */

static void make(struct tui_view *table)
{
	wizard_switch_open(table, NULL);
}

static void on_found(struct tui_view *table, GVariant *result, const GError *error, gpointer opaque)
{
	GVariant *list = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))
			     ? g_variant_get_child_value(result, 0)
			     : NULL;
	gboolean is_found = FALSE;
	char *name = opaque;

	for (gsize i = 0; list && i < g_variant_n_children(list) && !is_found; i++) {
		GVariant *item = g_variant_get_child_value(list, i);

		is_found = strcmp(text_of(item, "name"), name) == 0;
		if (is_found)
			wizard_switch_open(table, item);
		g_variant_unref(item);
	}
	if (error)
		dialog_error(table->app, error);
	else if (!is_found)
		tui_say(table->app, THEME_WARNING, "%s: this switch is gone", name);
	g_clear_pointer(&list, g_variant_unref);
	g_free(name);
}

static void edit(struct tui_view *table, const char *name)
{
	call(table, table_host(table), "List", NULL, on_found, g_strdup(name));
}

/* --- delete ------------------------------------------------------------------------------------------ */

static void delete_now(struct tui_view *table, const char *text, gpointer name)
{
	call(table, table_host(table), "Delete",
	     g_variant_new("(s@a{sv})", (const char *)name, vmc_options(FALSE)), table_on_change, NULL);
}

static void on_delete_plan(struct tui_view *dialog, GVariant *result, const GError *error, gpointer unused)
{
	char *steps = result ? actions_steps(result) : g_strdup(error->message);

	dialog_set_steps(dialog, steps, error != NULL);
	g_free(steps);
}

static void ask_delete(struct tui_view *table, const char *name)
{
	const char *const words[] = { "switch", "delete", name, NULL };
	char *text = g_strdup_printf("Delete the virtual switch %s? What was set for it is lost.", name),
	     *command = vmc_command(vmc_host_place(table_host(table)), words);
	struct dialog_question question = { .title = "Delete Switch",
					    .text = text,
					    .steps = "...",
					    .command = command,
					    .button = "Delete",
					    .is_dangerous = TRUE };
	struct tui_view *dialog;

	if (!tui_refuses_change(table->app)) {
		dialog = dialog_ask(table, &question, delete_now, g_strdup(name), g_free);
		call(dialog, table_host(table), "Delete", g_variant_new("(s@a{sv})", name, vmc_options(TRUE)),
		     on_delete_plan, NULL);
	}
	g_free(command);
	g_free(text);
}

static const struct table_kind kind = {
	.title = "Virtual Switches",
	.empty = "There are no virtual switches; n makes one.",
	.columns = { { "Name", 18 }, { "Kind", 8 }, { "Usable", 6 }, { "Machines", 16 }, { "Notes", 0 } },
	.load = load,
	.open = edit,
	.make = make,
	.remove = ask_delete,
	.refresh_ms = 2000,
	.hint = "Enter Edit  n New  Del Delete  / Filter  F5 Refresh  Esc Back",
};

void switches_open(struct tui_app *app)
{
	table_open(app, &kind, NULL);
}
