/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_action_run.h"

#include "admin/admin.h"
#include "call.h"
#include "client/command.h"
#include "connection/window.h"
#include "dialog.h"
#include "main_window.h"
#include "settings/settings.h"
#include "wizards/wizards.h"

#include <string.h>

/* What is to be done with whom, while a question is open or a call is under way. */
struct run {
	struct gui_app *app;
	const struct vmc_action *action;
	GPtrArray *targets;
};

static struct run *run_new(struct gui_app *app, const struct vmc_action *action, const GPtrArray *targets)
{
	struct run *run = g_new0(struct run, 1);

	run->app = app;
	run->action = action;
	run->targets = g_ptr_array_new_with_free_func((GDestroyNotify)gui_machine_free);
	for (guint i = 0; i < targets->len; i++)
		g_ptr_array_add(run->targets, gui_machine_copy(targets->pdata[i]));
	return run;
}

static void run_free(gpointer opaque)
{
	struct run *run = opaque;

	g_ptr_array_unref(run->targets);
	g_free(run);
}

gboolean gui_vm_action_takes_many(const struct vmc_action *action)
{
	return action->method != NULL || strcmp(action->name, "connect") == 0;
}

/* --- calls ------------------------------------------------------------------------------------------- */

struct deleted {
	struct gui_app *app;
	struct gui_machine *machine;
	char *name;
};

static void free_deleted(gpointer opaque)
{
	struct deleted *deleted = opaque;

	gui_machine_free(deleted->machine);
	g_free(deleted->name);
	g_free(deleted);
}

static void undelete(GtkWidget *window, gpointer opaque)
{
	struct deleted *deleted = opaque;
	const char *id = strrchr(deleted->machine->path, '/') + 1;
	char *dashed = g_strdelimit(g_strdup(id), "_", '-');

	gui_call(window, deleted->machine->host, API_HOST_PATH, API_HOST_INTERFACE, "Undelete",
		 g_variant_new("(s@a{sv})", dashed, vmc_options(FALSE)), NULL, NULL);
	g_free(dashed);
}

static void on_deleted(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct deleted *deleted = opaque;
	char *text;

	if (error || !deleted->app->main) {
		if (error)
			gui_show_error(window, error->message);
		free_deleted(deleted);
		return;
	}
	text = g_strdup_printf("%s is in the trash.", deleted->name);
	gui_main_toast(deleted->app->main, text, "_Undo", undelete, deleted, free_deleted);
	g_free(text);
}

static void call_each(GtkWidget *window, const struct run *run)
{
	gboolean is_delete = strcmp(run->action->name, "delete") == 0;

	for (guint i = 0; i < run->targets->len; i++) {
		const struct gui_machine *machine = run->targets->pdata[i];
		struct deleted *deleted = NULL;

		if (is_delete) {
			deleted = g_new0(struct deleted, 1);
			*deleted = (struct deleted){ run->app, gui_machine_copy(machine),
						     g_strdup(gui_machine_name(machine)) };
		}
		gui_call_vm(window, machine->host, machine->path, run->action->method,
			    g_variant_new("(@a{sv})", vmc_options(FALSE)), is_delete ? on_deleted : NULL,
			    deleted);
	}
}

static void on_yes(GtkWidget *window, const char *answer, gpointer run)
{
	call_each(window, run);
}

static char *names_of(const GPtrArray *targets)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < targets->len; i++)
		g_string_append_printf(names, "%s%s",
				       i == 0		       ? ""
				       : i + 1 == targets->len ? " and "
							       : ", ",
				       gui_machine_name(targets->pdata[i]));
	return g_string_free(names, FALSE);
}

static char *commands_of(const struct run *run)
{
	GString *lines = g_string_new(NULL);

	for (guint i = 0; i < run->targets->len; i++) {
		const struct gui_machine *machine = run->targets->pdata[i];
		char *line =
		    vmc_action_command(run->action, vmc_host_place(machine->host), gui_machine_name(machine));

		g_string_append_printf(lines, "%s%s", i ? "\n" : "", line ? line : "");
		g_free(line);
	}
	return g_string_free(lines, FALSE);
}

static char *without_dots(const char *label)
{
	return g_str_has_suffix(label, "...") ? g_strndup(label, strlen(label) - 3) : g_strdup(label);
}

static void ask_first(GtkWidget *window, struct run *run)
{
	char *names = names_of(run->targets), *commands = commands_of(run),
	     *label = without_dots(run->action->label), *mnemonic = g_strconcat("_", label, NULL), *text;
	char **parts = g_strsplit(run->action->question, "%s", 2);

	text = g_strconcat(parts[0], names, parts[1], NULL);
	gui_ask(window,
		&(struct gui_question){ .title = label,
					.text = text,
					.command = commands,
					.label = mnemonic,
					.is_destructive = TRUE },
		on_yes, run, run_free);
	g_strfreev(parts);
	g_free(text);
	g_free(names);
	g_free(commands);
	g_free(label);
	g_free(mnemonic);
}

/* --- those that need a word -------------------------------------------------------------------------- */

static void on_named(GtkWidget *window, const char *name, gpointer opaque)
{
	const struct run *run = opaque;
	const struct gui_machine *machine = run->targets->pdata[0];
	const char *method = strcmp(run->action->name, "rename") == 0  ? "Rename"
			     : strcmp(run->action->name, "clone") == 0 ? "Clone"
								       : "Export";

	gui_call_vm(window, machine->host, machine->path, method,
		    g_variant_new("(s@a{sv})", name, vmc_options(FALSE)), NULL, NULL);
}

static void ask_word(GtkWidget *window, struct run *run)
{
	const struct gui_machine *machine = run->targets->pdata[0];
	const char *name = gui_machine_name(machine), *what = run->action->name;
	gboolean is_export = strcmp(what, "export") == 0, is_clone = strcmp(what, "clone") == 0;
	char *label = without_dots(run->action->label), *mnemonic = g_strconcat("_", label, NULL);
	char *proposal = is_export  ? g_strdup(g_get_home_dir())
			 : is_clone ? g_strdup_printf("%s copy", name)
				    : g_strdup(name);
	char *text =
	    is_export  ? g_strdup_printf("Configuration and files of %s are copied into a folder of its name "
					  "inside this one.",
					 name)
	    : is_clone ? g_strdup_printf("A new machine with copies of the files of %s is made.", name)
		       : g_strdup_printf("%s gets another name; its files stay where they are.", name);

	gui_ask(window,
		&(struct gui_question){ .title = label,
					.text = text,
					.label = mnemonic,
					.entry = proposal,
					.entry_label = is_export ? "_Folder:" : "_New name:",
					.picks_folder = is_export && !*vmc_host_place(machine->host) },
		on_named, run, run_free);
	g_free(text);
	g_free(label);
	g_free(mnemonic);
	g_free(proposal);
}

/* --- why --------------------------------------------------------------------------------------------- */

static void on_why(GtkWidget *window, GVariant *result, const GError *error, gpointer unused)
{
	const char *cause, *remedy;
	GString *text;
	char **evidence;

	if (error) {
		gui_show_error(window, error->message);
		return;
	}
	g_variant_get(result, "(&s^a&s&s)", &cause, &evidence, &remedy);
	text = g_string_new(cause);
	for (char **line = evidence; *line; line++)
		g_string_append_printf(text, "\n • %s", *line);
	if (*remedy)
		g_string_append_printf(text, "\n\n%s", remedy);
	gui_show_text(window, "Why?", text->str);
	g_string_free(text, TRUE);
	g_free(evidence);
}

void gui_vm_action_run(struct gui_app *app, GtkWidget *window, const struct vmc_action *action,
		       const GPtrArray *targets)
{
	const struct gui_machine *first = targets->pdata[0];
	struct run *run = run_new(app, action, targets);

	if (action->method && action->question) {
		ask_first(window, run);
		return; /* the question has it now */
	}
	if (strcmp(action->name, "rename") == 0 || strcmp(action->name, "clone") == 0 ||
	    strcmp(action->name, "export") == 0) {
		ask_word(window, run);
		return;
	}
	if (action->method)
		call_each(window, run);
	else if (strcmp(action->name, "connect") == 0)
		for (guint i = 0; i < targets->len; i++)
			gui_connection_open(app, targets->pdata[i]);
	else if (strcmp(action->name, "settings") == 0)
		gui_settings_open(app, window, first);
	else if (strcmp(action->name, "move") == 0)
		gui_move_open(app, window, first);
	else if (strcmp(action->name, "delegate") == 0)
		gui_admin_wizard_open(app, window, first->host, first);
	else if (strcmp(action->name, "why") == 0)
		gui_call_vm(window, first->host, first->path, "Why", NULL, on_why, NULL);
	run_free(run);
}
