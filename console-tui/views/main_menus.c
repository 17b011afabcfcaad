/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bar at the top with the menus, out of the tables of commands and actions. */
#include "views/main_view_priv.h"

#include "app/jobs.h"
#include "screen/text.h"
#include "views/actions.h"

#include <string.h>

enum { MENUS = 4, MACHINE_MENU = 1 };

static const char *const titles[MENUS] = { "Host", "Machine", "View", "Help" };

struct entry {
	const char *label, *command;
};

static const struct entry host_entries[] = {
	{ "New Virtual Machine...", "vm.new" },
	{ "Quick Create...", "vm.quick-create" },
	{ "New Hard Disk...", "disk.new" },
	{ "Import Virtual Machine...", "vm.import" },
	{ NULL, NULL },
	{ "Host Settings...", "host.settings" },
	{ "Virtual Switches...", "switches" },
	{ "Edit Disk...", "disk.edit" },
	{ "Inspect Disk...", "disk.inspect" },
	{ "Administrators...", "administrators" },
	{ "Events...", "events" },
	{ "Jobs...", "jobs" },
	{ "Trash...", "trash" },
	{ "Host Check...", "host.check" },
	{ "Add Host...", "host.add" },
	{ "Remove Host", "host.remove" },
	{ "Reconnect", "host.reconnect" },
	{ "Start Service", "host.start-service" },
	{ "Stop Service...", "host.stop-service" },
	{ NULL, NULL },
	{ "Quit", "quit" },
};
static const struct entry view_entries[] = {
	{ "Filter...", "filter" },
	{ "Sort by Next Column", "sort.next" },
	{ "Turn Order Around", "sort.reverse" },
	{ "Columns...", "columns" },
	{ "Group By", "group" },
	{ "Put into Group...", "group.set" },
	{ "Mark All", "mark.all" },
	{ NULL, NULL },
	{ "Next Tab", "tab.next" },
	{ "Plots", "live" },
	{ "Next Theme", "theme" },
	{ "Options...", "options" },
	{ "Redraw", "redraw" },
};
static const struct entry help_entries[] = {
	{ "Keys", "help" },
	{ "Command Line...", "command" },
	{ "Why?", "vm.why" },
};

static void add_all(struct menu *menu, const struct entry *entries, gsize count)
{
	for (gsize i = 0; i < count; i++)
		if (entries[i].command)
			menu_add_binding(menu, entries[i].label, entries[i].command, NULL);
		else
			menu_add(menu, "", NULL, NULL);
}

static int title_x(int menu)
{
	int x = 11;

	for (int i = 0; i < menu; i++)
		x += tui_text_width(titles[i]) + 2;
	return x;
}

static void on_side(struct tui_view *owner, int direction)
{
	struct main_view *main = (struct main_view *)owner;

	main_open_menu(main, (main->menu + direction + MENUS) % MENUS);
}

/* What can be done with the machines that are marked, or with the selected one. */
static void fill_actions(struct main_view *main, struct menu *menu)
{
	GPtrArray *machines = machines_chosen(main->machines);

	actions_fill_menu(menu, machines, main_rights(main, machines));
	g_ptr_array_unref(machines);
}

void main_open_menu(struct main_view *main, int number)
{
	struct menu *menu = menu_new(&main->view, "", NULL, FALSE);

	main->menu = number;
	if (number == 0)
		add_all(menu, host_entries, G_N_ELEMENTS(host_entries));
	else if (number == MACHINE_MENU)
		fill_actions(main, menu);
	else if (number == 2)
		add_all(menu, view_entries, G_N_ELEMENTS(view_entries));
	else
		add_all(menu, help_entries, G_N_ELEMENTS(help_entries));
	menu_open(menu, title_x(number) - 1, 1, on_side);
}

void main_open_actions(struct main_view *main, int x, int y)
{
	VmcObject *machine = machines_selected(main->machines);
	struct menu *menu =
	    menu_new(&main->view, machine ? vmc_object_text(machine, "Name") : "", NULL, FALSE);

	fill_actions(main, menu);
	menu_open(menu, x, y, NULL);
}

void main_draw_bar(struct main_view *main, const struct tui_area *area)
{
	VmcHost *host = tui_host(main->view.app);
	const char *marked = tui_is_read_only(main->view.app) ? " read-only " : " ";
	char *right = g_strdup_printf("%s%s", vmc_host_label(host), marked),
	     *jobs = tui_jobs_text(main->view.app);
	int jobs_width;
	int x;

	tui_fill(area, THEME_BAR);
	tui_text(area, 1, 0, -1, THEME_BAR, "Bulkhead");
	for (int i = 0; i < MENUS; i++) {
		char letter[2] = { titles[i][0], '\0' };

		x = title_x(i);
		tui_text(area, x, 0, -1, THEME_BAR, titles[i]);
		tui_text(area, x, 0, 1, THEME_BAR_KEY, letter);
	}
	x = title_x(MENUS);
	jobs_width = area->width - x - tui_text_width(right) - 3;
	tui_text_right(area, x, 0, area->width - x, THEME_BAR, right);
	if (jobs_width > 0)
		tui_text_right(area, x, 0, jobs_width, THEME_BAR_KEY, jobs);
	g_free(jobs);
	g_free(right);
}

gboolean main_bar_event(struct main_view *main, const struct tui_event *event)
{
	for (int i = 0; i < MENUS; i++) {
		gboolean is_clicked = event->kind == TUI_MOUSE && event->mouse == TUI_MOUSE_PRESS &&
				      event->y == main->bar.y && event->x >= title_x(i) - 1 &&
				      event->x < title_x(i + 1) - 1;
		gboolean is_letter = event->kind == TUI_KEY && event->modifiers == TUI_ALT &&
				     g_unichar_tolower(event->key) == (guint32)g_ascii_tolower(titles[i][0]);

		if (is_clicked || is_letter) {
			main_open_menu(main, i);
			return TRUE;
		}
	}
	return FALSE;
}

/* --- things to tick ---------------------------------------------------------------------------------- */

static void on_column(struct tui_view *owner, const char *command, gboolean is_on)
{
	char *option = g_strconcat("column-", command, NULL);

	tui_set_option(owner->app, option, is_on);
	g_free(option);
}

void main_open_columns(struct main_view *main)
{
	struct menu *menu = menu_new(&main->view, "Columns", on_column, TRUE);

	for (guint i = 1; i < machine_columns_count; i++)
		menu_add_tick(menu, machine_columns[i].title, machine_columns[i].name,
			      machine_column_is_shown(main->view.app, i));
	menu_open(menu, -1, -1, NULL);
}

static void on_option(struct tui_view *owner, const char *command, gboolean is_on)
{
	if (g_str_has_prefix(command, "theme-")) {
		tui_choose_theme(owner->app, command + strlen("theme-"));
		return;
	}
	tui_set_option(owner->app, command, is_on);
}

void main_open_options(struct main_view *main)
{
	struct tui_app *app = main->view.app;
	struct menu *menu = menu_new(&main->view, "Options", on_option, TRUE);
	char **themes = theme_list();

	menu_add_tick(menu, "Plots, running times", "live", tui_option(app, "live", TRUE));
	menu_add_tick(menu, "Ask before every action", "confirm-all", tui_option(app, "confirm-all", FALSE));
	menu_add_tick(menu, "\"Before You Begin\" in the wizard", "before-you-begin",
		      tui_option(app, "before-you-begin", TRUE));
	menu_add_tick(menu, "Pane of actions on wide screens", "actions", tui_option(app, "actions", TRUE));
	menu_add(menu, "", NULL, NULL);
	for (guint i = 0; themes[i] && tui_colors(app) != TUI_COLORS_NONE; i++) {
		char *label = g_strconcat("Theme: ", themes[i], NULL),
		     *command = g_strconcat("theme-", themes[i], NULL);

		menu_add(menu, label, command, NULL);
		g_free(label);
		g_free(command);
	}
	g_strfreev(themes);
	menu_open(menu, -1, -1, NULL);
}
