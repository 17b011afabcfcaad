/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "main_menus.h"

#include "checkpoints/checkpoint_list.h"
#include "host_actions.h"
#include "theme.h"
#include "vm_actions.h"

static const char *const vm_names[] = {
	"connect", "settings", "-",	"start",  "shut-down",	"turn-off", "save", "delete-saved",
	"pause",   "resume",   "reset", "-",	  "checkpoint", "revert",   "-",    "move",
	"export",  "rename",   "clone", "delete", "-",		"delegate", "why",  NULL
};

static void add_submenu(GMenu *menu, const char *label, GMenu *submenu)
{
	g_menu_append_submenu(menu, label, G_MENU_MODEL(submenu));
	g_object_unref(submenu);
}

static GMenu *file_menu(void)
{
	GMenu *menu = g_menu_new();

	g_menu_append(menu, "_Connect to Host…", "app.connect-host");
	g_menu_append(menu, "_Forget This Host", "app.forget-host");
	g_menu_append(menu, "_Quit", "app.quit");
	return menu;
}

static GMenu *theme_menu(void)
{
	char **ids = gui_theme_choices();
	GMenu *menu = g_menu_new();

	g_menu_append(menu, "As the _Desktop Prefers", "app.theme::auto");
	for (char **id = ids; *id; id++) {
		struct theme *theme = theme_load(*id, NULL);
		char *action = g_strdup_printf("app.theme::%s", *id);

		g_menu_append(menu, theme ? theme->name : *id, action);
		theme_free(theme);
		g_free(action);
	}
	g_strfreev(ids);
	return menu;
}

static GMenu *view_menu(GMenuModel *columns)
{
	GMenu *menu = g_menu_new();

	g_menu_append_submenu(menu, "_Columns", columns);
	add_submenu(menu, "_Theme", theme_menu());
	g_menu_append(menu, "_Search", "app.search");
	g_menu_append(menu, "_Group…", "app.group");
	return menu;
}

static GMenu *help_menu(void)
{
	GMenu *menu = g_menu_new();

	g_menu_append(menu, "_Keyboard", "app.keys");
	g_menu_append(menu, "_About Bulkhead", "app.about");
	return menu;
}

GtkWidget *gui_main_menus_new(struct gui_app *app, GtkWidget *window, GMenuModel *columns)
{
	GMenu *bar = g_menu_new();
	GtkWidget *widget;

	add_submenu(bar, "_File", file_menu());
	add_submenu(bar, "_Action", gui_vm_actions_menu("vm", vm_names));
	add_submenu(bar, "_Checkpoint", gui_checkpoint_menu());
	add_submenu(bar, "_Host", gui_host_actions_menu());
	add_submenu(bar, "_View", view_menu(columns));
	add_submenu(bar, "H_elp", help_menu());
	widget = gtk_popover_menu_bar_new_from_model(G_MENU_MODEL(bar));
	g_object_unref(bar);
	return widget;
}

static gboolean unparent(gpointer popover)
{
	gtk_widget_unparent(popover);
	return G_SOURCE_REMOVE;
}

/* Not at once: the chosen action is activated after this. */
static void on_closed(GtkPopover *popover, gpointer opaque)
{
	g_idle_add(unparent, popover);
}

void gui_menu_popup(GtkWidget *widget, GMenuModel *menu, double x, double y)
{
	GtkWidget *popover = gtk_popover_menu_new_from_model(menu);

	gtk_widget_set_parent(popover, widget);
	gtk_popover_set_has_arrow(GTK_POPOVER(popover), FALSE);
	gtk_widget_set_halign(popover, GTK_ALIGN_START);
	gtk_popover_set_pointing_to(GTK_POPOVER(popover), &(GdkRectangle){ (int)x, (int)y, 1, 1 });
	g_signal_connect(popover, "closed", G_CALLBACK(on_closed), NULL);
	gtk_popover_popup(GTK_POPOVER(popover));
}

void gui_main_menus_popup(GtkWidget *widget, double x, double y, struct gui_state *state)
{
	GMenu *menu = gui_vm_actions_menu("vm", vm_names);

	gui_menu_popup(widget, G_MENU_MODEL(menu), x, y);
	g_object_unref(menu);
}
