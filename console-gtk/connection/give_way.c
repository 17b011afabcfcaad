/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/give_way.h"

struct _GuiGiveWay {
	GtkWidget parent;
	int spacing;
};

G_DEFINE_TYPE(GuiGiveWay, gui_give_way, GTK_TYPE_WIDGET)

void gui_give_way_append(GuiGiveWay *row, GtkWidget *child)
{
	gtk_widget_set_parent(child, GTK_WIDGET(row));
}

static int natural_width(GtkWidget *child)
{
	int width;

	gtk_widget_measure(child, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
	return width;
}

static void gui_give_way_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
				 int *natural, int *minimum_baseline, int *natural_baseline)
{
	int least, wanted;

	*minimum = *natural = 0;
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child)) {
		gtk_widget_measure(child, orientation, -1, &least, &wanted, NULL, NULL);
		if (orientation == GTK_ORIENTATION_HORIZONTAL) {
			*natural += wanted + (*natural ? GUI_GIVE_WAY(widget)->spacing : 0);
		} else {
			*minimum = MAX(*minimum, least);
			*natural = MAX(*natural, wanted);
		}
	}
}

/* It stays mapped beside the row, which clips it: GTK 4.8 warns of a button that comes and goes while sizes are given. */
static void set_aside(GtkWidget *child, gboolean is_aside)
{
	if (gtk_widget_get_can_focus(child) != is_aside)
		return;
	gtk_widget_set_can_focus(child, !is_aside);
	gtk_accessible_update_state(GTK_ACCESSIBLE(child), GTK_ACCESSIBLE_STATE_HIDDEN, is_aside, -1);
}

static void gui_give_way_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
	gboolean is_mirrored = gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL, has_place = TRUE;
	int at = 0;

	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child)) {
		int wide = natural_width(child);

		has_place = has_place && at + wide <= width;
		at = has_place ? at : MAX(at, width);
		set_aside(child, !has_place);
		gtk_widget_size_allocate(
		    child, &(GtkAllocation){ is_mirrored ? width - at - wide : at, 0, wide, height }, -1);
		at += wide + GUI_GIVE_WAY(widget)->spacing;
	}
}

static void gui_give_way_dispose(GObject *object)
{
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(GTK_WIDGET(object))))
		gtk_widget_unparent(child);
	G_OBJECT_CLASS(gui_give_way_parent_class)->dispose(object);
}

static void gui_give_way_class_init(GuiGiveWayClass *class)
{
	GTK_WIDGET_CLASS(class)->measure = gui_give_way_measure;
	GTK_WIDGET_CLASS(class)->size_allocate = gui_give_way_size_allocate;
	G_OBJECT_CLASS(class)->dispose = gui_give_way_dispose;
	gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void gui_give_way_init(GuiGiveWay *row)
{
	gtk_widget_set_overflow(GTK_WIDGET(row), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *gui_give_way_new(int spacing)
{
	GuiGiveWay *row = g_object_new(GUI_TYPE_GIVE_WAY, NULL);

	row->spacing = spacing;
	return GTK_WIDGET(row);
}
