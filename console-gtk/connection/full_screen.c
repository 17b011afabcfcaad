/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/full_screen.h"

#include "named.h"

enum { EDGE = 3, AWAY = 40, FIRST_MS = 3000 };

struct gui_full_screen {
	struct gui_state *state;
	GtkWidget *widget, *bar, *title, *pin;
	GtkEventController *motion;
	gboolean is_on;
	guint timer;
	double y;
};

static gboolean is_pinned(struct gui_full_screen *bar)
{
	return gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(bar->pin));
}

static void update(struct gui_full_screen *bar)
{
	gboolean is_shown = gtk_widget_get_visible(bar->bar);

	if (!bar->is_on)
		is_shown = FALSE;
	else if (is_pinned(bar) || bar->timer || bar->y < EDGE)
		is_shown = TRUE;
	else if (bar->y > gtk_widget_get_height(bar->bar) + AWAY)
		is_shown = FALSE;
	gtk_widget_set_visible(bar->bar, is_shown);
}

static void on_motion(GtkEventControllerMotion *motion, double x, double y, gpointer opaque)
{
	struct gui_full_screen *bar = opaque;

	bar->y = y;
	update(bar);
}

static gboolean on_timer(gpointer opaque)
{
	struct gui_full_screen *bar = opaque;

	bar->timer = 0;
	update(bar);
	return G_SOURCE_REMOVE;
}

static void on_pin(GtkToggleButton *pin, gpointer opaque)
{
	struct gui_full_screen *bar = opaque;

	gui_state_set_number(bar->state, "connection", "pin", is_pinned(bar));
	update(bar);
}

void gui_full_screen_set_title(struct gui_full_screen *bar, const char *title)
{
	gtk_label_set_text(GTK_LABEL(bar->title), title);
}

void gui_full_screen_set_on(struct gui_full_screen *bar, gboolean is_on)
{
	bar->is_on = is_on;
	bar->y = G_MAXINT;
	g_clear_handle_id(&bar->timer, g_source_remove);
	if (is_on) /* so that it is known to be there */
		bar->timer = g_timeout_add(FIRST_MS, on_timer, bar);
	update(bar);
}

GtkWidget *gui_full_screen_widget(struct gui_full_screen *bar)
{
	return bar->widget;
}

/* They leave the keyboard where it is: with the guest. */
static void add(struct gui_full_screen *bar, GtkWidget *button, const char *text, const char *action)
{
	gtk_widget_set_tooltip_text(button, text);
	gui_set_name(button, text);
	gtk_button_set_has_frame(GTK_BUTTON(button), FALSE);
	gtk_widget_set_focus_on_click(button, FALSE);
	if (action)
		gtk_actionable_set_action_name(GTK_ACTIONABLE(button), action);
	gtk_box_append(GTK_BOX(bar->bar), button);
}

struct gui_full_screen *gui_full_screen_new(struct gui_state *state, GtkWidget *child)
{
	struct gui_full_screen *bar = g_new0(struct gui_full_screen, 1);

	bar->state = state;
	bar->widget = g_object_ref_sink(gtk_overlay_new());
	gtk_overlay_set_child(GTK_OVERLAY(bar->widget), child);
	bar->bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
	gtk_widget_add_css_class(bar->bar, "full-screen-bar");
	gtk_widget_set_halign(bar->bar, GTK_ALIGN_CENTER);
	gtk_widget_set_valign(bar->bar, GTK_ALIGN_START);
	gtk_widget_set_visible(bar->bar, FALSE);
	gui_tell_hidden(bar->bar);
	bar->pin = gtk_toggle_button_new();
	gtk_button_set_icon_name(GTK_BUTTON(bar->pin), "view-pin-symbolic");
	gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(bar->pin),
				     gui_state_number(state, "connection", "pin", 0));
	add(bar, bar->pin, "Keep this bar", NULL);
	add(bar, gtk_button_new_from_icon_name("input-keyboard-symbolic"), "Send Ctrl+Alt+Del",
	    "view.secure");
	bar->title = gtk_label_new(NULL);
	gtk_label_set_ellipsize(GTK_LABEL(bar->title), PANGO_ELLIPSIZE_END);
	gtk_label_set_width_chars(GTK_LABEL(bar->title), 24);
	gtk_label_set_max_width_chars(GTK_LABEL(bar->title), 48);
	gtk_box_append(GTK_BOX(bar->bar), bar->title);
	add(bar, gtk_button_new_from_icon_name("window-minimize-symbolic"), "Minimize", "view.minimize");
	add(bar, gtk_button_new_from_icon_name("view-restore-symbolic"), "Leave full screen",
	    "view.full-screen");
	add(bar, gtk_button_new_from_icon_name("window-close-symbolic"), "Close connection", "view.close");
	gtk_overlay_add_overlay(GTK_OVERLAY(bar->widget), bar->bar);
	bar->motion = g_object_ref(gtk_event_controller_motion_new());
	gtk_event_controller_set_propagation_phase(bar->motion, GTK_PHASE_CAPTURE);
	g_signal_connect(bar->motion, "motion", G_CALLBACK(on_motion), bar);
	gtk_widget_add_controller(bar->widget, bar->motion);
	g_signal_connect(bar->pin, "toggled", G_CALLBACK(on_pin), bar);
	return bar;
}

struct gui_full_screen *gui_full_screen_free(struct gui_full_screen *bar)
{
	if (!bar)
		return NULL;
	g_clear_handle_id(&bar->timer, g_source_remove);
	g_signal_handlers_disconnect_by_data(bar->motion, bar);
	g_signal_handlers_disconnect_by_data(bar->pin, bar);
	g_object_unref(bar->motion);
	g_object_unref(bar->widget);
	g_free(bar);
	return NULL;
}
