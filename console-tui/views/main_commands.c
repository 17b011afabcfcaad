/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of the main screen do. */
#include "views/main_view_priv.h"

#include "app/call.h"
#include "client/action.h"
#include "console/screen.h"
#include "console/serial.h"
#include "console/shot.h"
#include "views/actions.h"
#include "views/delegate.h"
#include "views/dialog.h"
#include "views/help.h"
#include "views/pager.h"
#include "views/prompt.h"
#include "views/tables.h"
#include "views/wizards.h"

#include <string.h>

typedef void (*command_fn)(struct main_view *main);

static VmcObject *selected(struct main_view *main)
{
	VmcObject *machine = machines_selected(main->machines);

	if (!machine)
		tui_say(main->view.app, THEME_WARNING, "no machine is selected");
	return machine;
}

/* --- the machine ------------------------------------------------------------------------------------- */

static void pause_resume(struct main_view *main)
{
	VmcObject *machine = selected(main);
	gboolean is_paused = machine && strstr(vmc_object_text(machine, "State"), "paused");

	if (machine)
		actions_run(&main->view, machines_chosen(main->machines), is_paused ? "resume" : "pause");
}

static void on_why(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque)
{
	const char *cause, *step, *remedy;
	GString *text;
	GVariantIter iter;
	GVariant *evidence;

	if (error) {
		dialog_error(view->app, error);
		return;
	}
	if (!g_variant_is_of_type(result, G_VARIANT_TYPE("(sass)")))
		return;
	g_variant_get(result, "(&s@as&s)", &cause, &evidence, &remedy);
	text = g_string_new(cause);
	g_variant_iter_init(&iter, evidence);
	while (g_variant_iter_next(&iter, "&s", &step))
		g_string_append_printf(text, "\n  %s", step);
	g_string_append_printf(text, "\n\nWhat to do: %s", remedy);
	dialog_message(view->app, "Why?", text->str);
	g_string_free(text, TRUE);
	g_variant_unref(evidence);
}

static void why(struct main_view *main)
{
	VmcObject *machine = selected(main);

	if (machine)
		tui_call_vm(&main->view, tui_host(main->view.app), vmc_object_path(machine), "Why", NULL,
			    on_why, NULL);
}

static void serial(struct main_view *main)
{
	if (selected(main))
		serial_open(main->view.app, tui_host(main->view.app), machines_selected(main->machines));
}

static void connect_it(struct main_view *main)
{
	if (selected(main))
		screen_open(main->view.app, tui_host(main->view.app), machines_selected(main->machines));
}

static void shoot(struct main_view *main)
{
	if (selected(main))
		screen_shoot(&main->view, tui_host(main->view.app), machines_selected(main->machines));
}

static void rename_it(struct main_view *main)
{
	if (selected(main))
		actions_rename(&main->view, machines_selected(main->machines));
}

static void clone_it(struct main_view *main)
{
	if (selected(main))
		actions_clone(&main->view, machines_selected(main->machines));
}

static void export_it(struct main_view *main)
{
	if (selected(main))
		actions_export(&main->view, machines_selected(main->machines));
}

static void move_it(struct main_view *main)
{
	if (selected(main))
		actions_move(&main->view, machines_selected(main->machines));
}

static void undo(struct main_view *main)
{
	actions_undo_delete(&main->view);
}

static void on_group(struct tui_view *view, const char *text, gpointer opaque)
{
	struct main_view *main = (struct main_view *)view;
	GPtrArray *chosen = machines_chosen(main->machines);

	for (guint i = 0; i < chosen->len; i++)
		machine_set_group(view->app, chosen->pdata[i], text);
	g_ptr_array_unref(chosen);
	machines_stale(main->machines);
}

static void set_group(struct main_view *main)
{
	VmcObject *machine = selected(main);
	char *group = machine ? machine_group(main->view.app, machine) : NULL;

	if (machine)
		dialog_type(&main->view, "Group", "The group (empty: none)", group, NULL, on_group, NULL,
			    NULL);
	g_free(group);
}

/* --- the screen -------------------------------------------------------------------------------------- */

static void on_filter(struct tui_view *view, const char *text, gboolean is_done)
{
	machines_set_filter(((struct main_view *)view)->machines, text);
}

static void filter(struct main_view *main)
{
	prompt_filter(&main->view, machines_filter(main->machines), on_filter);
}

static void command_line(struct main_view *main)
{
	VmcObject *machine = machines_selected(main->machines);

	prompt_command(&main->view, machine ? vmc_object_text(machine, "Name") : NULL, "");
}

static void menu(struct main_view *main)
{
	main_open_menu(main, 0);
}

static void actions(struct main_view *main)
{
	main_open_actions(main, -1, -1);
}

static void help(struct main_view *main)
{
	help_open(main->view.app, TUI_IN_MAIN | TUI_IN_FORM | TUI_IN_TABLE | TUI_IN_TEXT);
}

static gboolean has_pane(struct main_view *main, enum main_pane pane)
{
	return pane == PANE_HOSTS	  ? main->hosts.width > 0
	       : pane == PANE_ACTIONS	  ? main->right.width > 0
	       : pane == PANE_CHECKPOINTS ? main->tree.height > 0
	       : pane == PANE_DETAILS	  ? main->below.height > 0
					  : TRUE;
}

static void move_pane(struct main_view *main, int step)
{
	do
		main->focus = (enum main_pane)(((int)main->focus + step + PANES) % PANES);
	while (!has_pane(main, main->focus));
}

static void next_pane(struct main_view *main)
{
	move_pane(main, 1);
}

static void previous_pane(struct main_view *main)
{
	move_pane(main, -1);
}

static void live(struct main_view *main)
{
	gboolean is_live = !tui_option(main->view.app, "live", TRUE);

	tui_set_option(main->view.app, "live", is_live);
	tui_say(main->view.app, THEME_TEXT,
		is_live ? "Plots and running times: on" : "Plots and running times: off");
}

/* --- the host ---------------------------------------------------------------------------------------- */

static void on_host(struct tui_view *view, const char *text, gpointer opaque)
{
	if (*text)
		tui_add_host(view->app, text);
}

static void add_host(struct main_view *main)
{
	dialog_type(&main->view, "Add Host", "USER@HOST, reached by ssh with a key or an agent", "", NULL,
		    on_host, NULL, NULL);
}

static void remove_host(struct main_view *main)
{
	guint place = 0;

	g_ptr_array_find(tui_hosts(main->view.app), tui_host(main->view.app), &place);
	tui_remove_host(main->view.app, place);
}

static void reconnect(struct main_view *main)
{
	vmc_host_reconnect(tui_host(main->view.app));
	details_stale(&main->details);
	tui_redraw(main->view.app);
}

static void start_service(struct main_view *main)
{
	prompt_run(main->view.app, NULL, "host start-service");
}

static void on_stop_service(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque)
{
	if (error)
		dialog_error(view->app, error);
}

static void stop_now(struct tui_view *view, const char *text, gpointer opaque)
{
	tui_call_host(view, tui_host(view->app), "StopService", g_variant_new("(@a{sv})", vmc_options(FALSE)),
		      on_stop_service, NULL);
}

static void stop_service(struct main_view *main)
{
	struct dialog_question question = {
		.title = "Stop Service",
		.text = "Stop the management service? Machines run on, and are found again by the "
			"next one.",
		.command = "bulkhead host stop-service",
		.button = "Stop Service",
		.is_dangerous = TRUE
	};

	dialog_ask(&main->view, &question, stop_now, NULL, NULL);
}

/* --- other screens ----------------------------------------------------------------------------------- */

static void settings(struct main_view *main)
{
	if (selected(main))
		vm_settings_open(&main->view, machines_selected(main->machines));
}

static void delegate(struct main_view *main)
{
	if (selected(main))
		delegate_open(main->view.app, tui_host(main->view.app),
			      vmc_object_text(machines_selected(main->machines), "Name"));
}

static void new_disk(struct main_view *main)
{
	wizard_disk_open(main->view.app);
}

static void edit_disk(struct main_view *main)
{
	disk_edit_open(&main->view);
}

static void inspect_disk(struct main_view *main)
{
	disk_inspect_open(&main->view);
}

/* Those that need nothing but the program. */
static const struct {
	const char *command;
	void (*fn)(struct tui_app *app);
} screens[] = {
	{ "jobs", jobs_open },
	{ "events", events_open },
	{ "trash", trash_open },
	{ "switches", switches_open },
	{ "administrators", administrators_open },
	{ "host.settings", host_settings_open },
	{ "host.check", host_check_open },
	{ "vm.new", wizard_vm_open },
	{ "vm.quick-create", wizard_quick_open },
	{ "vm.import", wizard_import_open },
};

/* --- the table --------------------------------------------------------------------------------------- */

static const struct {
	const char *command;
	command_fn fn;
} commands[] = {
	{ "vm.pause-resume", pause_resume },
	{ "vm.why", why },
	{ "vm.serial", serial },
	{ "vm.connect", connect_it },
	{ "vm.screenshot", shoot },
	{ "vm.rename", rename_it },
	{ "vm.clone", clone_it },
	{ "vm.export", export_it },
	{ "vm.move", move_it },
	{ "vm.undo", undo },
	{ "vm.actions", actions },
	{ "group.set", set_group },
	{ "filter", filter },
	{ "command", command_line },
	{ "menu", menu },
	{ "help", help },
	{ "columns", main_open_columns },
	{ "options", main_open_options },
	{ "pane.next", next_pane },
	{ "pane.previous", previous_pane },
	{ "live", live },
	{ "host.add", add_host },
	{ "host.remove", remove_host },
	{ "host.reconnect", reconnect },
	{ "host.start-service", start_service },
	{ "host.stop-service", stop_service },
	{ "vm.settings", settings },
	{ "vm.delegate", delegate },
	{ "disk.new", new_disk },
	{ "disk.edit", edit_disk },
	{ "disk.inspect", inspect_disk },
};

/* Those that are actions of the client library's table, for one machine or those marked. */
static gboolean run_action(struct main_view *main, const char *command)
{
	const struct vmc_action *action =
	    g_str_has_prefix(command, "vm.") ? vmc_action_find(command + strlen("vm.")) : NULL;

	if (action && action->method) {
		if (machines_marked(main->machines) || selected(main))
			actions_run(&main->view, machines_chosen(main->machines), action->name);
		return TRUE;
	}
	return FALSE;
}

static gboolean pane_command(struct main_view *main, const char *command)
{
	if (main->focus == PANE_HOSTS && main_hosts_command(main, command))
		return TRUE;
	if (main->focus == PANE_ACTIONS && main_actions_command(main, command))
		return TRUE;
	if ((main->focus == PANE_CHECKPOINTS || g_str_has_prefix(command, "checkpoint.")) &&
	    checkpoints_command(main->details.tree, command))
		return TRUE;
	if (g_str_has_prefix(command, "tab.") || main->focus == PANE_DETAILS)
		return details_command(&main->details, command);
	return FALSE;
}

gboolean main_command(struct tui_view *view, const char *command)
{
	struct main_view *main = (struct main_view *)view;

	if (pane_command(main, command))
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].command, command) == 0) {
			commands[i].fn(main);
			return TRUE;
		}
	for (guint i = 0; i < G_N_ELEMENTS(screens); i++)
		if (strcmp(screens[i].command, command) == 0) {
			screens[i].fn(view->app);
			return TRUE;
		}
	return run_action(main, command) || machines_command(main->machines, command);
}
