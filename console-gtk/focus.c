/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "focus.h"

static void leave(GtkWidget *widget)
{
	GtkRoot *root = gtk_widget_get_root(widget);
	GtkWidget *focus = root ? gtk_root_get_focus(root) : NULL;

	if (focus && (focus == widget || gtk_widget_is_ancestor(focus, widget)))
		gtk_root_set_focus(root, NULL);
}

void gui_set_sensitive(GtkWidget *widget, gboolean is_sensitive)
{
	if (!is_sensitive && gtk_widget_get_sensitive(widget))
		leave(widget);
	gtk_widget_set_sensitive(widget, is_sensitive);
}

void gui_set_refused(GtkWidget *widget, const char *why)
{
	gui_set_sensitive(widget, why == NULL);
	gtk_widget_set_tooltip_text(widget, why);
}

/* --- menu bars --------------------------------------------------------------------------------------- */

static void set_focusable(GtkWidget *menu_bar, gboolean is_focusable)
{
	for (GtkWidget *item = gtk_widget_get_first_child(menu_bar); item;
	     item = gtk_widget_get_next_sibling(item))
		gtk_widget_set_focusable(item, is_focusable);
}

/* Before its item hears of it: crossings are told from outside to inside. */
static void on_enter_bar(GtkEventControllerMotion *motion, double x, double y, gpointer unused)
{
	set_focusable(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(motion)), FALSE);
}

static void on_leave_bar(GtkEventControllerMotion *motion, gpointer unused)
{
	set_focusable(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(motion)), TRUE);
}

void gui_menu_bar_keep_focus(GtkWidget *menu_bar)
{
	GtkEventController *motion = gtk_event_controller_motion_new();

	g_signal_connect(motion, "enter", G_CALLBACK(on_enter_bar), NULL);
	g_signal_connect(motion, "leave", G_CALLBACK(on_leave_bar), NULL);
	gtk_widget_add_controller(menu_bar, motion);
}

void gui_menu_bar_watch_closed(GtkWidget *menu_bar, void (*fn)(gpointer), gpointer opaque)
{
	for (GtkWidget *item = gtk_widget_get_first_child(menu_bar); item;
	     item = gtk_widget_get_next_sibling(item))
		for (GtkWidget *child = gtk_widget_get_first_child(item); child;
		     child = gtk_widget_get_next_sibling(child))
			if (GTK_IS_POPOVER(child))
				g_signal_connect_swapped(child, "closed", G_CALLBACK(fn), opaque);
}
