/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app_actions.h"

#include "dialog.h"
#include "hosts/host_windows.h"
#include "main_window.h"
#include "theme.h"

static GtkWidget *window_of(struct gui_app *app)
{
	return GTK_WIDGET(gtk_application_get_active_window(app->gtk));
}

static void on_theme(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	gui_theme_select(app->theme, g_variant_get_string(parameter, NULL));
	g_simple_action_set_state(action, g_variant_new_string(gui_theme_selected(app->theme)));
}

static void on_quit(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;
	GList *windows = g_list_copy(gtk_application_get_windows(app->gtk));

	for (GList *at = windows; at; at = at->next)
		gtk_window_close(at->data);
	g_list_free(windows);
}

static void on_connect_host(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	if (window_of(app))
		gui_connect_host_open(app, window_of(app));
}

static void on_forget_host(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;
	VmcHost *host = app->main ? gui_main_host(app->main) : NULL;

	if (host && *vmc_host_place(host))
		gui_app_remove_host(app, host);
	else if (app->main)
		gui_show_text(gui_main_window(app->main), "Forget This Host",
			      "This computer is always in the list; choose another host first.");
}

static void on_search(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	if (app->main)
		gui_main_search(app->main);
}

static void on_group(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	if (app->main)
		gui_main_ask_group(app->main);
}

static void on_keys(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	gui_show_text(
	    window_of(app), "Keyboard",
	    "Ctrl+N makes a virtual machine, Ctrl+F searches, F5 connects again.\n"
	    "Ctrl+S starts the selected machines, Ctrl+D shuts them down, Ctrl+Shift+D turns them off, "
	    "Ctrl+P pauses and Ctrl+Shift+P resumes them, Ctrl+R resets them.\n"
	    "Ctrl+Enter or Enter connects, Alt+Enter shows the settings, F2 renames, Delete deletes, "
	    "Ctrl+W tells why.\n"
	    "Alt with an underlined letter reaches what has it; F10 opens the menus, Shift+F10 the "
	    "context menu.\n\n"
	    "In a connection: Ctrl+Alt+Left releases keyboard and mouse, Ctrl+Alt+End sends "
	    "Ctrl+Alt+Del, Ctrl+Alt+Enter or Ctrl+Alt+Pause toggles full screen.");
}

static void on_about(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_app *app = opaque;

	gtk_show_about_dialog(GTK_WINDOW(window_of(app)), "program-name", "Bulkhead Manager", "version",
			      BULKHEAD_VERSION, "comments",
			      "Virtual machines, with Hyper-V's architecture, on Linux", "license-type",
			      GTK_LICENSE_GPL_2_0, "logo-icon-name", GUI_APP_ID, NULL);
}

static void set_keys(struct gui_app *app, const char *action, const char *key)
{
	const char *const keys[] = { key, NULL };

	gtk_application_set_accels_for_action(app->gtk, action, keys);
}

void gui_app_actions_add(struct gui_app *app)
{
	static const GActionEntry entries[] = {
		{ .name = "quit", .activate = on_quit },
		{ .name = "connect-host", .activate = on_connect_host },
		{ .name = "forget-host", .activate = on_forget_host },
		{ .name = "search", .activate = on_search },
		{ .name = "group", .activate = on_group },
		{ .name = "keys", .activate = on_keys },
		{ .name = "about", .activate = on_about },
	};
	GSimpleAction *theme = g_simple_action_new_stateful(
	    "theme", G_VARIANT_TYPE_STRING, g_variant_new_string(gui_theme_selected(app->theme)));

	g_action_map_add_action_entries(G_ACTION_MAP(app->gtk), entries, G_N_ELEMENTS(entries), app);
	g_signal_connect(theme, "activate", G_CALLBACK(on_theme), app);
	g_action_map_add_action(G_ACTION_MAP(app->gtk), G_ACTION(theme));
	g_object_unref(theme);
	set_keys(app, "app.quit", "<Ctrl>q");
	set_keys(app, "app.search", "<Ctrl>f");
	set_keys(app, "app.connect-host", "<Ctrl>o");
	set_keys(app, "app.keys", "F1");
}
