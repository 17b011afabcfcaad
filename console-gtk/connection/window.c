/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/window_priv.h"

#include "connection/give_way.h"
#include "machine_columns.h"
#include "state.h"
#include "theme.h"

#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "named.h"
#include "tell.h"

#include <string.h>

enum { WIDTH = 980, HEIGHT = 720 };

/* --- what it shows ----------------------------------------------------------------------------------- */

gboolean gui_connection_has_worker(VmcObject *object)
{
	static const char *const states[] = { "running", "paused",	    "stopping",
					      "saving",	 "paused-critical", NULL };

	return object && g_strv_contains(states, vmc_object_text(object, "State"));
}

static void show_title(struct gui_connection *connection, VmcObject *object)
{
	char *text;

	if (object) { /* a host that is away does not tell its name */
		g_free(connection->name);
		connection->name = vmc_plain_text(vmc_object_text(object, "Name"));
	}
	text = g_strdup_printf("%s on %s – Virtual Machine Connection", connection->name,
			       vmc_host_label(connection->machine->host));
	gtk_window_set_title(GTK_WINDOW(connection->window), text);
	gui_full_screen_set_title(connection->bar, connection->name);
	g_free(text);
}

static gboolean shows_serial(struct gui_connection *connection)
{
	return strcmp(gtk_stack_get_visible_child_name(GTK_STACK(connection->stack)), "serial") == 0;
}

static const char *keyboard_text(struct gui_connection *connection, VmcObject *object)
{
	if (gui_display_is_held(connection->display))
		return "Keyboard goes to the guest; Ctrl+Alt+Left releases it";
	if (!object || strcmp(vmc_object_text(object, "State"), "running") != 0 ||
	    !gui_display_is_connected(connection->display) || shows_serial(connection))
		return "";
	if (gui_display_is_view_only(connection->display))
		return "This window only looks";
	return "Click the screen to type into the guest";
}

static void show_status(struct gui_connection *connection, VmcObject *object)
{
	unsigned width, height, leds = gui_display_leds(connection->display);
	char *state = vmc_state_text(object ? vmc_object_text(object, "State") : "off"), *text;
	const char *engine = object ? vmc_object_text(object, "Engine") : "";
	guint viewers = object ? (guint)vmc_object_number(object, "Viewers") : 0;

	gui_screen_get_size(gui_display_screen(connection->display), &width, &height);
	text = width ? g_strdup_printf("%s%s%s   %u × %u", state, *engine ? "   " : "", engine, width, height)
		     : g_strdup_printf("%s%s%s", state, *engine ? "   " : "", engine);
	gtk_label_set_text(GTK_LABEL(connection->status), text);
	g_free(text);
	text = g_strdup_printf(
	    "%s%s%s%s", keyboard_text(connection, object), leds & RD_LED_CAPS_LOCK ? "   CAPS" : "",
	    leds & RD_LED_NUM_LOCK ? "   NUM" : "", connection->record ? "   recording" : "");
	gtk_label_set_text(GTK_LABEL(connection->keyboard), text);
	gtk_widget_set_tooltip_text(connection->keyboard, *text ? text : NULL); /* a small window cuts it */
	g_free(text);
	text = g_strdup_printf("%u viewer%s", viewers, viewers == 1 ? "" : "s");
	gtk_button_set_label(GTK_BUTTON(connection->viewers), text);
	gtk_widget_set_visible(connection->viewers, viewers > 0);
	g_free(text);
	g_free(state);
}

void gui_connection_show_state(struct gui_connection *connection)
{
	VmcObject *object = gui_machine_object(connection->machine);

	show_title(connection, object);
	gui_overlay_show(connection->overlay, connection->machine, object,
			 gui_display_is_connected(connection->display),
			 gui_display_problem(connection->display));
	show_status(connection, object);
	gui_vm_actions_update(connection->actions);
	gui_connection_allow(connection, object);
	gui_connection_update_viewers(connection, object);
}

static void on_machine_changed(VmcObject *object, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	gboolean is_running = gui_connection_has_worker(object);

	gui_display_set_running(connection->display, is_running);
	gui_display_set_awake(connection->display,
			      object && strcmp(vmc_object_text(object, "State"), "running") == 0);
	gui_serial_set_running(connection->serial, is_running);
	gui_connection_show_state(connection);
}

static void on_rights(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	gui_connection_show_state(connection);
}

static void follow(struct gui_connection *connection)
{
	VmcObject *object = gui_machine_object(connection->machine);

	if (connection->followed)
		g_clear_signal_handler(&connection->machine_changed, connection->followed);
	g_set_object(&connection->followed, object);
	if (object) {
		connection->machine_changed =
		    g_signal_connect(object, "changed", G_CALLBACK(on_machine_changed), connection);
		gui_rights_ask(G_OBJECT(connection->window), connection->machine->host,
			       connection->machine->path, on_rights, connection);
	}
	on_machine_changed(object, connection);
}

/* Somebody else may delete it, and bring it back. */
static void on_machines(GListModel *machines, guint at, guint removed, guint added, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	if (gui_machine_object(connection->machine) != connection->followed)
		follow(connection);
}

static void watch_machines(struct gui_connection *connection)
{
	struct vmc_inventory *inventory = vmc_host_inventory(connection->machine->host);
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;

	if (connection->machines)
		g_clear_signal_handler(&connection->machines_changed, connection->machines);
	g_set_object(&connection->machines, machines);
	if (machines)
		connection->machines_changed =
		    g_signal_connect(machines, "items-changed", G_CALLBACK(on_machines), connection);
}

static void on_host_changed(VmcHost *host, gpointer opaque)
{
	watch_machines(opaque);
	follow(opaque);
}

static void on_display_changed(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	gui_connection_show_state(connection);
	gui_follow_update(connection->follow);
}

/* --- making ------------------------------------------------------------------------------------------ */

static GPtrArray *targets(gpointer opaque)
{
	struct gui_connection *connection = opaque;
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)gui_machine_free);

	g_ptr_array_add(list, gui_machine_copy(connection->machine));
	return list;
}

static GtkWidget *icon_button(const char *icon, const char *text, const char *action)
{
	GtkWidget *button = gtk_button_new_from_icon_name(icon);

	gtk_button_set_has_frame(GTK_BUTTON(button), FALSE);
	gtk_widget_set_tooltip_text(button, text);
	gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	gtk_actionable_set_action_name(GTK_ACTIONABLE(button), action);
	return button;
}

static GtkWidget *make_toolbar(struct gui_connection *connection)
{
	static const char *const names[] = { "start",  "turn-off", "shut-down",	 "save",  "pause",
					     "resume", "reset",	   "checkpoint", "revert" };
	GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 2), *switcher = gtk_stack_switcher_new();
	GtkWidget *actions = gui_give_way_new(2);

	gtk_widget_add_css_class(bar, "toolbar");
	connection->secure = icon_button("input-keyboard-symbolic", "Ctrl+Alt+Del", "view.secure");
	gtk_box_append(GTK_BOX(bar), connection->secure);
	gtk_box_append(GTK_BOX(bar), actions);
	/* A click leaves the keyboard where it is: with the guest. */
	gtk_widget_set_focus_on_click(connection->secure, FALSE);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		GtkWidget *button = gui_vm_actions_button(connection->actions, names[i], FALSE);

		gtk_widget_set_focus_on_click(button, FALSE);
		gui_give_way_append(GUI_GIVE_WAY(actions), button);
	}
	gtk_stack_switcher_set_stack(GTK_STACK_SWITCHER(switcher), GTK_STACK(connection->stack));
	gtk_widget_set_hexpand(switcher, TRUE);
	gtk_widget_set_halign(switcher, GTK_ALIGN_END);
	gtk_box_append(GTK_BOX(bar), switcher);
	gtk_box_append(GTK_BOX(bar), icon_button("view-fullscreen-symbolic", "Full screen (Ctrl+Alt+Enter)",
						 "view.full-screen"));
	return bar;
}

static GtkWidget *make_display(struct gui_connection *connection)
{
	GtkWidget *scrolled = gtk_scrolled_window_new(),
		  *screen = GTK_WIDGET(gui_display_screen(connection->display));

	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_AUTOMATIC,
				       GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), screen);
	connection->overlay = gui_overlay_new(scrolled, screen, connection->actions);
	connection->follow = gui_follow_new(connection->display, scrolled);
	return gui_overlay_widget(connection->overlay);
}

static GtkWidget *make_footer(struct gui_connection *connection)
{
	GtkWidget *footer = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 18);

	connection->status = gtk_label_new(NULL);
	connection->keyboard = gtk_label_new(NULL);
	connection->viewers = gtk_button_new_with_label("");
	gtk_button_set_has_frame(GTK_BUTTON(connection->viewers), FALSE);
	gtk_widget_set_tooltip_text(connection->viewers, "Who looks at this screen");
	gtk_actionable_set_action_name(GTK_ACTIONABLE(connection->viewers), "view.viewers");
	gtk_label_set_xalign(GTK_LABEL(connection->status), 0);
	gtk_label_set_ellipsize(GTK_LABEL(connection->keyboard), PANGO_ELLIPSIZE_END);
	gtk_widget_set_hexpand(connection->keyboard, TRUE);
	gtk_label_set_xalign(GTK_LABEL(connection->keyboard), 1);
	gtk_widget_add_css_class(footer, "footer");
	gtk_box_append(GTK_BOX(footer), connection->status);
	gtk_box_append(GTK_BOX(footer), connection->keyboard);
	gtk_box_append(GTK_BOX(footer), connection->viewers);
	return footer;
}

static void on_menu_closed(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	if (shows_serial(connection))
		gtk_widget_child_focus(gui_serial_widget(connection->serial), GTK_DIR_TAB_FORWARD);
	else
		gui_display_return(connection->display);
}

static void on_page(GtkStack *stack, GParamSpec *pspec, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	if (shows_serial(connection))
		gtk_widget_child_focus(gui_serial_widget(connection->serial), GTK_DIR_TAB_FORWARD);
	else
		gtk_widget_grab_focus(GTK_WIDGET(gui_display_screen(connection->display)));
	gui_connection_show_state(connection); /* whom typed text goes to */
}

static void fill_window(struct gui_connection *connection)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	connection->stack =
	    g_object_ref_sink(gtk_stack_new()); /* the window drops it before it tells of its end */
	gtk_stack_add_titled(GTK_STACK(connection->stack), make_display(connection), "display", "Display");
	gtk_stack_add_titled(GTK_STACK(connection->stack), gui_serial_widget(connection->serial), "serial",
			     "Serial Console");
	gui_tell_hidden(gui_overlay_widget(connection->overlay));
	gui_tell_hidden(gui_serial_widget(connection->serial));
	gtk_widget_set_vexpand(connection->stack, TRUE);
	connection->bar = gui_full_screen_new(connection->app->state, connection->stack);
	connection->menu_bar = gui_connection_menu_bar(connection);
	gui_menu_bar_watch_closed(connection->menu_bar, on_menu_closed, connection);
	connection->toolbar = make_toolbar(connection);
	connection->footer = make_footer(connection);
	gtk_box_append(GTK_BOX(box), connection->menu_bar);
	gtk_box_append(GTK_BOX(box), connection->toolbar);
	gtk_box_append(GTK_BOX(box), gui_full_screen_widget(connection->bar));
	gtk_box_append(GTK_BOX(box), connection->footer);
	gtk_window_set_child(GTK_WINDOW(connection->window), box);
	g_signal_connect(connection->stack, "notify::visible-child", G_CALLBACK(on_page), connection);
}

static void on_theme_changed(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	gui_serial_restyle(connection->serial);
}

static gboolean on_close(GtkWindow *window, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	int width, height;

	if (gtk_window_is_fullscreen(window) || gtk_window_is_maximized(window))
		return FALSE;
	gtk_window_get_default_size(window, &width, &height);
	gui_state_set_number(connection->app->state, "connection", "width", width);
	gui_state_set_number(connection->app->state, "connection", "height", height);
	return FALSE;
}

/* With the window's data: when it is destroyed. */
static void free_connection(gpointer opaque)
{
	struct gui_connection *connection = opaque;

	gui_theme_unwatch(connection->app->theme, connection);
	if (connection->followed)
		g_clear_signal_handler(&connection->machine_changed, connection->followed);
	g_clear_object(&connection->followed);
	if (connection->machines)
		g_clear_signal_handler(&connection->machines_changed, connection->machines);
	g_clear_object(&connection->machines);
	g_clear_signal_handler(&connection->host_changed, connection->machine->host);
	gui_record_free(connection->record);
	gui_typing_free(connection->typing);
	gui_follow_free(connection->follow);
	gui_overlay_free(connection->overlay);
	gui_full_screen_free(connection->bar);
	gui_connection_forget_viewers(connection);
	gui_display_free(connection->display);
	gui_serial_free(connection->serial);
	gui_vm_actions_free(connection->actions);
	g_object_unref(connection->group);
	gui_machine_free(connection->machine);
	g_free(connection->name);
	g_free(connection);
}

static void on_destroy(GtkWidget *window, gpointer opaque)
{
	struct gui_connection *connection = opaque;

	g_signal_handlers_disconnect_by_data(connection->stack, connection);
	g_object_unref(connection->stack);
	gtk_widget_insert_action_group(window, "machine", NULL);
	gtk_widget_insert_action_group(window, "view", NULL);
	free_connection(connection);
}

static GtkWidget *find_window(struct gui_app *app, const struct gui_machine *machine)
{
	for (GList *at = gtk_application_get_windows(app->gtk); at; at = at->next) {
		const struct gui_connection *other = g_object_get_data(at->data, "connection");

		if (other && other->machine->host == machine->host &&
		    strcmp(other->machine->path, machine->path) == 0)
			return at->data;
	}
	return NULL;
}

static void restore_size(struct gui_connection *connection)
{
	struct gui_state *state = connection->app->state;
	GtkWindow *window = GTK_WINDOW(connection->window);
	int width = gui_state_number(state, "connection", "width", 0),
	    height = gui_state_number(state, "connection", "height", 0);

	if (width > 0 && height > 0)
		gtk_window_set_default_size(window, width, height);
	else
		gui_window_set_size(window, WIDTH, HEIGHT);
}

static void open_new(struct gui_app *app, const struct gui_machine *machine)
{
	static const struct gui_display_events events = { on_display_changed,
							  gui_connection_toggle_full_screen };
	struct gui_connection *connection = g_new0(struct gui_connection, 1);

	connection->app = app;
	connection->machine = gui_machine_copy(machine);
	connection->name = g_strdup("Virtual machine");
	connection->window = gtk_application_window_new(app->gtk);
	gui_window_set_apart(GTK_WINDOW(connection->window));
	gtk_window_set_icon_name(GTK_WINDOW(connection->window), GUI_APP_ID);
	g_object_set_data(G_OBJECT(connection->window), "connection", connection);
	connection->display = gui_display_new(machine, &events, connection);
	connection->typing = gui_typing_new(connection->display);
	connection->serial = gui_serial_new(app, machine);
	connection->actions = gui_vm_actions_new(app, connection->window, "machine", targets, connection);
	gui_connection_add_actions(connection);
	gui_tell_frames(connection->window, "connection");
	fill_window(connection);
	gui_connection_restore_view(connection);
	restore_size(connection);
	g_signal_connect(connection->window, "close-request", G_CALLBACK(on_close), connection);
	g_signal_connect(connection->window, "destroy", G_CALLBACK(on_destroy), connection);
	connection->host_changed =
	    g_signal_connect(machine->host, "changed", G_CALLBACK(on_host_changed), connection);
	gui_theme_watch(app->theme, on_theme_changed, connection);
	watch_machines(connection);
	follow(connection);
	gui_display_take_keys(connection->display, connection->window);
	gtk_window_present(GTK_WINDOW(connection->window));
	if (!gui_overlay_focus(connection->overlay))
		gtk_widget_grab_focus(GTK_WIDGET(gui_display_screen(connection->display)));
	gui_connection_ask_layout(connection);
}

void gui_connection_open(struct gui_app *app, const struct gui_machine *machine)
{
	GtkWidget *window = find_window(app, machine);

	if (window)
		gtk_window_present(GTK_WINDOW(window));
	else
		open_new(app, machine);
}
