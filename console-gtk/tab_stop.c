/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tab_stop.h"

G_DECLARE_FINAL_TYPE(GuiTabStop, gui_tab_stop, GUI, TAB_STOP, GtkWidget)

struct _GuiTabStop {
	GtkWidget parent;
};

G_DEFINE_TYPE(GuiTabStop, gui_tab_stop, GTK_TYPE_WIDGET)

/* Who has the keyboard inside gives it up to what comes next; FALSE says so. */
static gboolean gui_tab_stop_focus(GtkWidget *widget, GtkDirectionType direction)
{
	GtkWidget *child = gtk_widget_get_first_child(widget);
	gboolean is_tab = direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD;

	if (!child || (is_tab && gtk_widget_get_focus_child(widget)))
		return FALSE;
	return gtk_widget_child_focus(child, direction);
}

static void gui_tab_stop_dispose(GObject *object)
{
	GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(object));

	if (child)
		gtk_widget_unparent(child);
	G_OBJECT_CLASS(gui_tab_stop_parent_class)->dispose(object);
}

static void gui_tab_stop_class_init(GuiTabStopClass *class)
{
	G_OBJECT_CLASS(class)->dispose = gui_tab_stop_dispose;
	GTK_WIDGET_CLASS(class)->focus = gui_tab_stop_focus;
	gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
}

static void gui_tab_stop_init(GuiTabStop *stop)
{
}

GtkWidget *gui_tab_stop_new(GtkWidget *child)
{
	GtkWidget *stop = g_object_new(gui_tab_stop_get_type(), NULL);

	gtk_widget_set_parent(child, stop);
	gtk_widget_set_vexpand(stop, gtk_widget_get_vexpand(child));
	gtk_widget_set_hexpand(stop, gtk_widget_get_hexpand(child));
	return stop;
}
