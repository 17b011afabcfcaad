/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/actions.h"

#include "app/call.h"
#include "client/action.h"
#include "client/command.h"
#include "client/settings.h"
#include "client/wording.h"
#include "views/dialog.h"
#include "views/wizards.h"

#include <string.h>

struct action {
	const struct vmc_action *action;
	GPtrArray *machines;
	VmcHost *host;
};

static void action_free(gpointer opaque)
{
	struct action *action = opaque;

	g_ptr_array_unref(action->machines);
	g_object_unref(action->host);
	g_free(action);
}

/* --- calls ------------------------------------------------------------------------------------------- */

struct done {
	char *name;
	const struct vmc_action *action;
};

static void on_done(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	struct done *done = opaque;
	char *label = g_strdup(done->action->label), *dots = strstr(label, "...");

	if (dots)
		*dots = '\0';
	if (error)
		dialog_error(owner->app, error);
	else if (strcmp(done->action->name, "delete") == 0)
		tui_say(owner->app, THEME_GOOD, "%s: it is in the trash; u brings it back", done->name);
	else
		tui_say(owner->app, THEME_GOOD, "%s: %s: done", done->name, label);
	g_free(label);
	g_free(done->name);
	g_free(done);
}

static void call_one(struct tui_view *owner, struct action *action, VmcObject *machine)
{
	struct done *done = g_new0(struct done, 1);
	char *command = vmc_action_command(action->action, vmc_host_place(action->host),
					   vmc_object_text(machine, "Name"));

	*done = (struct done){ g_strdup(vmc_object_text(machine, "Name")), action->action };
	if (command)
		tui_say(owner->app, THEME_TEXT, "%s", command);
	g_free(command);
	tui_call_vm(owner, action->host, vmc_object_path(machine), action->action->method,
		    g_variant_new("(@a{sv})", vmc_options(FALSE)), on_done, done);
}

static void call_all(struct tui_view *owner, const char *text, gpointer opaque)
{
	struct action *action = opaque;

	for (guint i = 0; i < action->machines->len; i++)
		call_one(owner, action, action->machines->pdata[i]);
}

/* --- questions --------------------------------------------------------------------------------------- */

char *actions_steps(GVariant *result)
{
	gsize count = g_variant_n_children(result);
	GVariant *steps = count ? g_variant_get_child_value(result, count - 1) : NULL;
	GString *text = g_string_new(NULL);

	for (gsize i = 0; steps && g_variant_is_of_type(steps, G_VARIANT_TYPE_STRING_ARRAY) &&
			  i < g_variant_n_children(steps);
	     i++) {
		const char *step;

		g_variant_get_child(steps, i, "&s", &step);
		g_string_append_printf(text, "%s- %s", i ? "\n" : "", step);
	}
	g_clear_pointer(&steps, g_variant_unref);
	return g_string_free(text, FALSE);
}

static void on_plan(struct tui_view *dialog, GVariant *result, const GError *error, gpointer opaque)
{
	char *steps = result ? actions_steps(result) : g_strdup(error->message);

	dialog_set_steps(dialog, steps, error != NULL);
	g_free(steps);
}

static char *fill_in(const char *question, const char *names)
{
	char **parts = g_strsplit(question, "%s", 2), *text = g_strjoinv(names, parts);

	g_strfreev(parts);
	return text;
}

static void ask(struct tui_view *owner, struct action *action)
{
	VmcObject *first = action->machines->pdata[0];
	const char *place = vmc_host_place(action->host);
	GString *names = g_string_new(NULL);
	char *command = vmc_action_command(action->action, place, vmc_object_text(first, "Name")), *label,
	     *text;
	struct dialog_question question = { 0 };
	struct tui_view *dialog;

	for (guint i = 0; i < action->machines->len; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       vmc_object_text(action->machines->pdata[i], "Name"));
	label = g_strdup(action->action->label);
	if (strstr(label, "..."))
		*strstr(label, "...") = '\0';
	/* The table's question has one %s for the name. */
	text = action->action->question ? fill_in(action->action->question, names->str)
					: g_strdup_printf("%s %s?", label, names->str);
	question.title = label;
	question.text = text;
	question.steps = action->machines->len == 1 ? "..." : NULL;
	question.command = action->machines->len == 1 ? command : NULL;
	question.button = label;
	question.is_dangerous = action->action->question != NULL;
	dialog = dialog_ask(owner, &question, call_all, action, action_free);
	if (action->machines->len == 1)
		tui_call_vm(dialog, action->host, vmc_object_path(first), action->action->method,
			    g_variant_new("(@a{sv})", vmc_options(TRUE)), on_plan, NULL);
	g_string_free(names, TRUE);
	g_free(command);
	g_free(label);
	g_free(text);
}

char *actions_refusal(const struct vmc_action *action, GPtrArray *machines, const char *const *rights)
{
	char *first = NULL;

	for (guint i = 0; i < machines->len; i++) {
		char *refusal = vmc_machine_action_refusal(action, machines->pdata[i], rights);

		if (!refusal) {
			g_free(first);
			return NULL;
		}
		if (first)
			g_free(refusal);
		else
			first = refusal;
	}
	return first ? first : g_strdup("no machine is selected");
}

static gboolean is_refused(struct tui_view *owner, const struct vmc_action *action, GPtrArray *machines)
{
	char *refusal = actions_refusal(action, machines, NULL);

	if (refusal)
		tui_say(owner->app, THEME_WARNING, "%s", refusal);
	g_free(refusal);
	return refusal != NULL;
}

/* Of many machines only those that it fits. */
static void drop_refused(const struct vmc_action *action, GPtrArray *machines)
{
	for (guint i = machines->len; i-- > 0 && machines->len > 1;) {
		char *refusal = vmc_machine_action_refusal(action, machines->pdata[i], NULL);

		if (refusal)
			g_ptr_array_remove_index(machines, i);
		g_free(refusal);
	}
}

void actions_run(struct tui_view *owner, GPtrArray *machines, const char *name)
{
	const struct vmc_action *table = vmc_action_find(name);
	struct action *action;

	if (table)
		drop_refused(table, machines);
	if (!table || tui_refuses_change(owner->app) || is_refused(owner, table, machines) ||
	    !table->method) {
		g_ptr_array_unref(machines);
		return;
	}
	action = g_new0(struct action, 1);
	*action = (struct action){ table, machines, g_object_ref(tui_host(owner->app)) };
	if (table->question || tui_option(owner->app, "confirm-all", FALSE)) {
		ask(owner, action);
		return;
	}
	call_all(owner, "", action);
	action_free(action);
}

/* With one machine Pause and Resume are one key. */
static char *command_of(const struct vmc_action *action, gboolean are_many)
{
	gboolean is_pause = strcmp(action->name, "pause") == 0 || strcmp(action->name, "resume") == 0;

	return g_strconcat("vm.", is_pause && !are_many ? "pause-resume" : action->name, NULL);
}

void actions_fill_menu(struct menu *menu, GPtrArray *machines, const char *const *rights)
{
	for (gsize i = 0; i < vmc_actions_count; i++) {
		const struct vmc_action *action = &vmc_actions[i];
		char *refusal = actions_refusal(action, machines, rights),
		     *command = command_of(action, machines->len > 1);

		menu_add_binding(menu, action->label, command, refusal);
		g_free(command);
		g_free(refusal);
	}
}

/* --- with a name ------------------------------------------------------------------------------------- */

struct named {
	const char *method, *verb;
	char *path, *name;
	VmcHost *host;
};

static void named_free(gpointer opaque)
{
	struct named *named = opaque;

	g_free(named->path);
	g_free(named->name);
	g_object_unref(named->host);
	g_free(named);
}

static void on_named(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	if (error)
		dialog_error(owner->app, error);
	else
		tui_say(owner->app, THEME_GOOD, "%s", (const char *)opaque);
	g_free(opaque);
}

static void call_named(struct tui_view *owner, const char *text, gpointer opaque)
{
	struct named *named = opaque;
	const char *const words[] = { "vm", named->verb, named->name, text, NULL };
	char *command = vmc_command(vmc_host_place(named->host), words);

	tui_say(owner->app, THEME_TEXT, "%s", command);
	tui_call_vm(owner, named->host, named->path, named->method,
		    g_variant_new("(s@a{sv})", text, vmc_options(FALSE)), on_named,
		    g_strconcat(command, ": done", NULL));
	g_free(command);
}

static char *name_problem(const char *text)
{
	return vmc_setting_problem("vm.name", text);
}

static void ask_name(struct tui_view *owner, VmcObject *machine, const char *action, const char *method,
		     const char *verb, const char *title, const char *label, const char *text)
{
	const struct vmc_action *table = vmc_action_find(action);
	GPtrArray *one = g_ptr_array_new();
	struct named *named;

	g_ptr_array_add(one, machine);
	if (table && is_refused(owner, table, one)) {
		g_ptr_array_unref(one);
		return;
	}
	g_ptr_array_unref(one);
	named = g_new0(struct named, 1);
	*named =
	    (struct named){ method, verb, g_strdup(vmc_object_path(machine)),
			    g_strdup(vmc_object_text(machine, "Name")), g_object_ref(tui_host(owner->app)) };
	if (strcmp(action, "export") == 0)
		dialog_type_path(owner, title, label, text, vmc_host_place(named->host), call_named, named,
				 named_free);
	else
		dialog_type(owner, title, label, text, name_problem, call_named, named, named_free);
}

void actions_rename(struct tui_view *owner, VmcObject *machine)
{
	ask_name(owner, machine, "rename", "Rename", "rename", "Rename", "The new name",
		 vmc_object_text(machine, "Name"));
}

void actions_clone(struct tui_view *owner, VmcObject *machine)
{
	char *name = g_strconcat(vmc_object_text(machine, "Name"), "-copy", NULL);

	ask_name(owner, machine, "clone", "Clone", "clone", "Clone", "The name of the copy", name);
	g_free(name);
}

void actions_export(struct tui_view *owner, VmcObject *machine)
{
	ask_name(owner, machine, "export", "Export", "export", "Export",
		 "The folder in which a folder of the machine's name is made", g_get_home_dir());
}

void actions_move(struct tui_view *owner, VmcObject *machine)
{
	char *refusal = vmc_machine_action_refusal(vmc_action_find("move"), machine, NULL);

	if (refusal)
		tui_say(owner->app, THEME_WARNING, "%s", refusal);
	else
		wizard_move_open(owner, machine);
	g_free(refusal);
}

/* --- undo -------------------------------------------------------------------------------------------- */

static void on_trash(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	GVariant *list = result ? g_variant_get_child_value(result, 0) : NULL;
	char *latest = NULL, *name = NULL;
	gint64 when = G_MININT64;

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		gint64 deleted = 0;

		g_variant_lookup(item, "deleted", "x", &deleted);
		if (deleted >= when) {
			g_free(latest);
			g_free(name);
			latest = name = NULL;
			g_variant_lookup(item, "id", "s", &latest);
			g_variant_lookup(item, "name", "s", &name);
			when = deleted;
		}
		g_variant_unref(item);
	}
	if (error)
		dialog_error(owner->app, error);
	else if (!latest)
		tui_say(owner->app, THEME_WARNING, "the trash is empty");
	else
		tui_call_host(owner, tui_host(owner->app), "Undelete",
			      g_variant_new("(s@a{sv})", latest, vmc_options(FALSE)), on_named,
			      g_strdup_printf("%s: it is back", name ? name : latest));
	g_free(latest);
	g_free(name);
	g_clear_pointer(&list, g_variant_unref);
}

void actions_undo_delete(struct tui_view *owner)
{
	tui_call_host(owner, tui_host(owner->app), "ListTrash", NULL, on_trash, NULL);
}
