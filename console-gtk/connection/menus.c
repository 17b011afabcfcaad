/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menus of a connection window, and what only it can do. */
#include "connection/fit.h"
#include "connection/window_priv.h"

#include "app_actions.h"
#include "dialog.h"
#include "focus.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

static struct gui_connection *of(gpointer opaque)
{
	return opaque;
}

void gui_connection_toggle_full_screen(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	connection->is_full_screen = !connection->is_full_screen;
	if (connection->is_full_screen)
		gtk_window_fullscreen(GTK_WINDOW(connection->window));
	else
		gtk_window_unfullscreen(GTK_WINDOW(connection->window));
	gui_full_screen_set_on(connection->bar, connection->is_full_screen);
	gtk_widget_set_visible(connection->menu_bar, !connection->is_full_screen);
	gtk_widget_set_visible(connection->toolbar, !connection->is_full_screen && connection->wants_toolbar);
	gtk_widget_set_visible(connection->footer, !connection->is_full_screen);
	gtk_widget_grab_focus(GTK_WIDGET(gui_display_screen(connection->display)));
}

static void on_full_screen(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_toggle_full_screen(opaque);
}

static void on_secure(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_display_send_secure(of(opaque)->display);
}

static void on_send(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_typing_combination(of(opaque)->typing, g_variant_get_string(parameter, NULL));
}

static void on_minimize(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gtk_window_minimize(GTK_WINDOW(of(opaque)->window));
}

static void on_close(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gtk_window_close(GTK_WINDOW(of(opaque)->window));
}

static void on_type(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	if (strcmp(gtk_stack_get_visible_child_name(GTK_STACK(connection->stack)), "serial") == 0)
		gui_serial_paste(connection->serial);
	else
		gui_typing_clipboard(connection->typing);
}

static void on_copy(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_serial_copy(of(opaque)->serial);
}

static void on_take_over(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	gtk_stack_set_visible_child_name(GTK_STACK(connection->stack), "serial");
	gui_serial_take_over(connection->serial);
}

static void on_capture(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_capture(opaque);
}

static void on_copy_screen(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_copy_screen(opaque);
}

static void on_insert(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_insert_disc(opaque);
}

static void on_eject(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_eject_disc(opaque);
}

static void on_viewers(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_show_viewers(opaque);
}

/* To the host, or only to its screen; what is there stays. */
static void on_reconnect(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	vmc_host_reconnect(connection->machine->host);
	gui_display_reconnect(connection->display);
}

/* --- those with a state ------------------------------------------------------------------------------ */

static gboolean toggle(GSimpleAction *action)
{
	GVariant *state = g_action_get_state(G_ACTION(action));
	gboolean is_on = !g_variant_get_boolean(state);

	g_variant_unref(state);
	g_simple_action_set_state(action, g_variant_new_boolean(is_on));
	return is_on;
}

static void on_view_only(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_display_set_view_only(of(opaque)->display, toggle(action));
}

static void on_guest_follows(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gboolean follows = toggle(action);

	gui_state_set_number(of(opaque)->app->state, "connection", "follow", follows);
	gui_follow_set_guest(of(opaque)->follow, follows);
}

static void on_window_follows(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gboolean follows = toggle(action);

	gui_state_set_number(of(opaque)->app->state, "connection", "window-follows", follows);
	gui_follow_set_window(of(opaque)->follow, follows);
}

static void on_fit(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_fit_ask(opaque);
}

/* Its state changes when the question is answered. */
static void on_fit_at_once(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_fit_set_at_once(opaque, !gui_fit_is_at_once(opaque));
}

static void on_toolbar(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	connection->wants_toolbar = toggle(action);
	gui_state_set_number(connection->app->state, "connection", "toolbar", connection->wants_toolbar);
	gtk_widget_set_visible(connection->toolbar, connection->wants_toolbar && !connection->is_full_screen);
}

static void on_zoom(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	g_simple_action_set_state(action, parameter);
	gui_screen_set_zoom(gui_display_screen(of(opaque)->display),
			    atoi(g_variant_get_string(parameter, NULL)));
	gui_state_set_text(of(opaque)->app->state, "connection", "zoom",
			   g_variant_get_string(parameter, NULL));
}

static void on_layout(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	gui_connection_set_layout(opaque, g_variant_get_string(parameter, NULL));
}

static void show_record(struct gui_connection *connection)
{
	GAction *action = g_action_map_lookup_action(G_ACTION_MAP(connection->group), "record");

	g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_boolean(connection->record != NULL));
	gui_connection_show_state(connection);
}

static void on_recorded(const char *path, const char *problem, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	char *text = g_strdup_printf("The screen's text was written to %s.", path);

	if (problem)
		gui_show_error(connection->window, problem);
	else
		gui_show_text(connection->window, "Record Screen Text", text);
	g_free(text);
	connection->record = gui_record_free(connection->record);
	show_record(connection);
}

/* A recording that ends is one until all of it is in its file. */
static void on_record(GSimpleAction *action, GVariant *parameter, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	if (connection->record)
		gui_record_end(connection->record);
	else
		connection->record = gui_record_new(
		    connection->display, gui_machine_name(connection->machine), on_recorded, connection);
	show_record(connection);
}

static void add_stateful(struct gui_connection *connection, const char *name, GVariant *state,
			 void (*fn)(GSimpleAction *, GVariant *, gpointer))
{
	gboolean is_choice = g_variant_is_of_type(state, G_VARIANT_TYPE_STRING);
	GSimpleAction *action =
	    g_simple_action_new_stateful(name, is_choice ? G_VARIANT_TYPE_STRING : NULL, state);

	g_signal_connect(action, "activate", G_CALLBACK(fn), connection);
	g_action_map_add_action(G_ACTION_MAP(connection->group), G_ACTION(action));
	g_object_unref(action);
}

void gui_connection_add_actions(struct gui_connection *connection)
{
	static const GActionEntry entries[] = {
		{ .name = "full-screen", .activate = on_full_screen },
		{ .name = "minimize", .activate = on_minimize },
		{ .name = "secure", .activate = on_secure },
		{ .name = "send", .activate = on_send, .parameter_type = "s" },
		{ .name = "close", .activate = on_close },
		{ .name = "type", .activate = on_type },
		{ .name = "copy", .activate = on_copy },
		{ .name = "take-over", .activate = on_take_over },
		{ .name = "capture", .activate = on_capture },
		{ .name = "copy-screen", .activate = on_copy_screen },
		{ .name = "insert", .activate = on_insert },
		{ .name = "eject", .activate = on_eject },
		{ .name = "viewers", .activate = on_viewers },
		{ .name = "reconnect", .activate = on_reconnect },
		{ .name = "fit", .activate = on_fit },
	};
	struct gui_state *state = connection->app->state;
	char *zoom = gui_state_text(state, "connection", "zoom", "0");

	connection->wants_toolbar = gui_state_number(state, "connection", "toolbar", 1);
	connection->group = g_simple_action_group_new();
	g_action_map_add_action_entries(G_ACTION_MAP(connection->group), entries, G_N_ELEMENTS(entries),
					connection);
	add_stateful(connection, "view-only", g_variant_new_boolean(FALSE), on_view_only);
	add_stateful(connection, "follow",
		     g_variant_new_boolean(gui_state_number(state, "connection", "follow", 0) != 0),
		     on_guest_follows);
	add_stateful(connection, "window-follows",
		     g_variant_new_boolean(gui_state_number(state, "connection", "window-follows", 1) != 0),
		     on_window_follows);
	add_stateful(connection, "fit-at-once", g_variant_new_boolean(gui_fit_is_at_once(connection)),
		     on_fit_at_once);
	add_stateful(connection, "toolbar", g_variant_new_boolean(connection->wants_toolbar), on_toolbar);
	add_stateful(connection, "zoom", g_variant_new_string(zoom), on_zoom);
	add_stateful(connection, "layout", g_variant_new_string("us"), on_layout);
	add_stateful(connection, "record", g_variant_new_boolean(FALSE), on_record);
	gtk_widget_insert_action_group(connection->window, "view", G_ACTION_GROUP(connection->group));
	g_free(zoom);
}

void gui_connection_restore_view(struct gui_connection *connection)
{
	struct gui_state *state = connection->app->state;
	char *zoom = gui_state_text(state, "connection", "zoom", "0");

	gui_screen_set_zoom(gui_display_screen(connection->display), atoi(zoom));
	gui_follow_set_guest(connection->follow, gui_state_number(state, "connection", "follow", 0) != 0);
	gui_follow_set_window(connection->follow,
			      gui_state_number(state, "connection", "window-follows", 1) != 0);
	gui_fit_restore(connection);
	gtk_widget_set_visible(connection->toolbar, connection->wants_toolbar);
	g_free(zoom);
}

/* --- menus ------------------------------------------------------------------------------------------- */

/* Rows of a menu; "-" begins another section. */
static GMenu *make_menu(const char *const (*entries)[2])
{
	GMenu *menu = g_menu_new(), *section = g_menu_new();

	for (; (*entries)[0]; entries++) {
		if (strcmp((*entries)[0], "-") != 0) {
			g_menu_append(section, (*entries)[0], (*entries)[1]);
			continue;
		}
		g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
		g_object_unref(section);
		section = g_menu_new();
	}
	g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
	g_object_unref(section);
	return menu;
}

/* Takes the menu. */
static void add_menu(GMenu *bar, const char *label, GMenu *menu)
{
	g_menu_append_submenu(bar, label, G_MENU_MODEL(menu));
	g_object_unref(menu);
}

/* What the user's own desktop would take, or the user's keyboard has not. */
static GMenu *make_send_menu(void)
{
	static const char *const keys[][2] = {
		{ "Alt+_Tab", "view.send::alt-tab" },	 { "_Super", "view.send::super" },
		{ "_Print Screen", "view.send::print" }, { "P_ause", "view.send::pause" },
		{ "Alt+F_4", "view.send::alt-f4" },	 { NULL, NULL },
	};
	/* Documentation/admin-guide/sysrq.rst: Alt, SysRq and a letter. */
	static const char *const sysrq[][2] = {
		{ "_Help (H)", "view.send::alt-print-h" },
		{ "_Sync Disks (S)", "view.send::alt-print-s" },
		{ "Mount _Read-Only (U)", "view.send::alt-print-u" },
		{ "_End All Processes (E)", "view.send::alt-print-e" },
		{ "_Kill All Processes (I)", "view.send::alt-print-i" },
		{ "Restart at _Once (B)", "view.send::alt-print-b" },
		{ NULL, NULL },
	};
	GMenu *menu = g_menu_new(), *consoles = g_menu_new(), *section = make_menu(keys);

	for (unsigned i = 1; i <= 12; i++) {
		char *label = g_strdup_printf("Ctrl+Alt+F%u", i),
		     *action = g_strdup_printf("view.send::ctrl-alt-f%u", i);

		g_menu_append(consoles, label, action);
		g_free(label);
		g_free(action);
	}
	g_menu_append_submenu(menu, "_Ctrl+Alt+F1 … F12", G_MENU_MODEL(consoles));
	add_menu(menu, "S_ysRq", make_menu(sysrq));
	g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
	g_object_unref(section);
	g_object_unref(consoles);
	return menu;
}

static GMenu *make_action_menu(void)
{
	static const char *const names[] = { "start",  "turn-off", "shut-down", "save",	      "pause",
					     "resume", "reset",	   "-",		"checkpoint", "revert",
					     "-",      "settings", "why",	NULL };
	GMenu *menu = gui_vm_actions_menu("machine", names), *keys = make_send_menu();

	g_menu_prepend_submenu(menu, "Send _Keys", G_MENU_MODEL(keys));
	g_menu_prepend(menu, "_Ctrl+Alt+Del", "view.secure");
	g_object_unref(keys);
	return menu;
}

static GMenu *make_clipboard_menu(void)
{
	static const char *const clipboard[][2] = {
		{ "_Type Clipboard Text", "view.type" },
		{ "_Copy from Serial Console", "view.copy" },
		{ "-", NULL },
		{ "Co_py Screen", "view.copy-screen" },
		{ "Capture _Screen…", "view.capture" },
		{ "_Record Screen Text", "view.record" },
		{ NULL, NULL },
	};
	static const char *const layouts[][2] = { { "_US", "view.layout::us" },
						  { "_British", "view.layout::gb" },
						  { "_German", "view.layout::de" },
						  { "_French", "view.layout::fr" },
						  { NULL, NULL } };
	GMenu *menu = make_menu(clipboard);

	add_menu(menu, "_Keyboard in the Guest", make_menu(layouts));
	return menu;
}

static GMenu *make_menus(void)
{
	static const char *const file[][2] = { { "_Close", "view.close" }, { NULL, NULL } };
	static const char *const media[][2] = { { "_Insert Disc…", "view.insert" },
						{ "_Eject Disc", "view.eject" },
						{ NULL, NULL } };
	static const char *const view[][2] = {
		{ "_Full Screen", "view.full-screen" },
		{ "-", NULL },
		{ "Fit the _Window", "view.zoom::0" },
		{ "_One to One", "view.zoom::100" },
		{ "1½ Times", "view.zoom::150" },
		{ "_Twice", "view.zoom::200" },
		{ "-", NULL },
		{ "Window Follows the Gu_est", "view.window-follows" },
		{ "_Guest Follows the Window", "view.follow" },
		{ "Guest Follows the Window at On_ce", "view.fit-at-once" },
		{ "F_it the Guest's Screen to This Window…", "view.fit" },
		{ "-", NULL },
		{ "_Look Only", "view.view-only" },
		{ "_Viewers…", "view.viewers" },
		{ "Take O_ver Serial Console", "view.take-over" },
		{ "Tool_bar", "view.toolbar" },
		{ NULL, NULL },
	};
	static const char *const help[][2] = { { "_Keyboard", "app.keys" },
					       { "_About Bulkhead", "app.about" },
					       { NULL, NULL } };
	GMenu *bar = g_menu_new();

	add_menu(bar, "_File", make_menu(file));
	add_menu(bar, "_Action", make_action_menu());
	add_menu(bar, "_Media", make_menu(media));
	add_menu(bar, "_Clipboard", make_clipboard_menu());
	add_menu(bar, "_View", make_menu(view));
	add_menu(bar, "_Help", make_menu(help));
	return bar;
}

/* The same for all windows, and for ever: GTK 4.8 keeps a reference to each submenu that a menu bar shows. */
GtkWidget *gui_connection_menu_bar(struct gui_connection *connection)
{
	static GMenu *menus;
	GtkWidget *bar;

	if (!menus)
		menus = make_menus();
	bar = gtk_popover_menu_bar_new_from_model(G_MENU_MODEL(menus));
	gui_menu_bar_keep_focus(bar);
	return bar;
}
