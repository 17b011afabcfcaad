/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panes at the sides: hosts, and the actions of the selected machine. */
#include "views/main_view_priv.h"

#include "client/action.h"
#include "views/actions.h"

#include <string.h>

void main_draw_hosts(struct main_view *main, const struct tui_area *area)
{
	GPtrArray *hosts = tui_hosts(main->view.app);
	gboolean has_focus = main->focus == PANE_HOSTS;

	main->hosts = tui_box(area, has_focus ? THEME_BORDER_FOCUS : THEME_BORDER, "Hosts");
	for (guint i = 0; i < hosts->len && (int)i < main->hosts.height; i++) {
		VmcHost *host = hosts->pdata[i];
		struct tui_area line = tui_area_part(&main->hosts, 0, (int)i, main->hosts.width, 1);
		enum vmc_link link = vmc_host_link(host);

		tui_put(&line, 0, 0, link == VMC_LINK_CONNECTED ? THEME_GOOD : THEME_WARNING,
			link == VMC_LINK_CONNECTED    ? 0x25cf
			: link == VMC_LINK_CONNECTING ? 0x25d0
						      : '!');
		tui_text(&line, 2, 0, -1, THEME_TEXT, vmc_host_label(host));
		if (host == tui_host(main->view.app))
			tui_restyle(&line, has_focus ? THEME_SELECTED : THEME_SELECTED_IDLE);
	}
}

static guint host_place(struct main_view *main)
{
	guint place = 0;

	g_ptr_array_find(tui_hosts(main->view.app), tui_host(main->view.app), &place);
	return place;
}

gboolean main_hosts_event(struct main_view *main, const struct tui_event *event)
{
	guint row = (guint)(event->y - main->hosts.y);

	if (event->kind != TUI_MOUSE || event->mouse != TUI_MOUSE_PRESS ||
	    !tui_area_has(&main->hosts, event->x, event->y))
		return FALSE;
	main->focus = PANE_HOSTS;
	if (row < tui_hosts(main->view.app)->len)
		tui_choose_host(main->view.app, row);
	return TRUE;
}

gboolean main_hosts_command(struct main_view *main, const char *command)
{
	guint place = host_place(main);

	if (strcmp(command, "up") == 0 && place > 0)
		tui_choose_host(main->view.app, place - 1);
	else if (strcmp(command, "down") == 0)
		tui_choose_host(main->view.app, place + 1);
	else if (strcmp(command, "vm.delete") == 0)
		tui_remove_host(main->view.app, place);
	else
		return strcmp(command, "up") == 0;
	return TRUE;
}

/* --- actions ----------------------------------------------------------------------------------------- */

static char *refusal_of(struct main_view *main, gsize place)
{
	GPtrArray *machines = machines_chosen(main->machines);
	char *refusal = actions_refusal(&vmc_actions[place], machines, main_rights(main, machines));

	g_ptr_array_unref(machines);
	return refusal;
}

const char *const *main_rights(struct main_view *main, GPtrArray *machines)
{
	return machines->len == 1 && machines->pdata[0] == machines_selected(main->machines)
		   ? (const char *const *)main->rights
		   : NULL;
}

void main_draw_actions(struct main_view *main, const struct tui_area *area)
{
	gboolean has_focus = main->focus == PANE_ACTIONS;

	main->right = tui_box(area, has_focus ? THEME_BORDER_FOCUS : THEME_BORDER, "Actions");
	tui_list_fit(&main->actions, (int)vmc_actions_count, main->right.height);
	for (int y = 0; y < main->right.height && main->actions.top + y < main->actions.count; y++) {
		gsize place = (gsize)(main->actions.top + y);
		struct tui_area line = tui_area_part(&main->right, 0, y, main->right.width, 1);
		char *refusal = refusal_of(main, place);

		tui_text(&line, 1, 0, -1, refusal ? THEME_DISABLED : THEME_TEXT, vmc_actions[place].label);
		if (has_focus && (int)place == main->actions.selected)
			tui_restyle(&line, THEME_SELECTED);
		g_free(refusal);
	}
	tui_list_scrollbar(&main->actions, &main->right);
}

static void run_action(struct main_view *main)
{
	gsize place = (gsize)main->actions.selected;
	char *refusal = refusal_of(main, place), *command;

	if (refusal) {
		tui_say(main->view.app, THEME_WARNING, "%s", refusal);
		g_free(refusal);
		return;
	}
	command = g_strconcat("vm.", vmc_actions[place].name, NULL);
	tui_run_command(main->view.app, command);
	g_free(command);
}

gboolean main_actions_event(struct main_view *main, const struct tui_event *event)
{
	if (event->kind != TUI_MOUSE || !tui_area_has(&main->right, event->x, event->y))
		return FALSE;
	if (tui_list_wheel(&main->actions, event) || event->mouse != TUI_MOUSE_PRESS)
		return TRUE;
	if (main->actions.top + event->y - main->right.y < main->actions.count) {
		main->actions.selected = main->actions.top + event->y - main->right.y;
		run_action(main);
	}
	return TRUE;
}

gboolean main_actions_command(struct main_view *main, const char *command)
{
	if (strcmp(command, "vm.connect") == 0) {
		run_action(main);
		return TRUE;
	}
	return tui_list_command(&main->actions, command, main->right.height);
}
