/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine_list_cells.h"

#include "client/wording.h"
#include "dialog.h"
#include "named.h"

#include <string.h>

struct gui_cells {
	VmcHost *host;	     /* not owned: the list has it */
	GHashTable *ticking; /* of GtkListItem: those on the screen */
	GtkWidget *widget;
	gui_cell_menu_fn on_menu;
	gpointer opaque;
};

static const struct gui_column *column_of(gpointer item)
{
	return g_object_get_data(item, "column");
}

/* --- one cell ----------------------------------------------------------------------------------------- */

static void show_state(GtkWidget *box, const char *state)
{
	static const char *const classes[] = { "state-running", "state-off",  "state-paused",
					       "state-saved",	"state-busy", "state-critical" };
	GtkWidget *icon = gtk_widget_get_first_child(box);

	for (unsigned i = 0; i < G_N_ELEMENTS(classes); i++)
		gtk_widget_remove_css_class(box, classes[i]);
	gtk_widget_add_css_class(box, gui_state_class(state));
	gtk_image_set_from_icon_name(GTK_IMAGE(icon), gui_state_icon(state));
}

/* What screen readers say of the row: "web, Running". */
static void name_row(const struct gui_column *column, VmcObject *machine, GtkWidget *cell)
{
	char *name, *state, *text;

	if (strcmp(column->id, "name") != 0 && strcmp(column->id, "state") != 0)
		return;
	name = vmc_plain_text(vmc_object_text(machine, "Name"));
	state = vmc_state_text(vmc_object_text(machine, "State"));
	text = g_strdup_printf("%s, %s", name, state);
	gui_name_row(cell, text);
	g_free(name);
	g_free(state);
	g_free(text);
}

static void update(struct gui_cells *cells, GtkListItem *item)
{
	const struct gui_column *column = column_of(item);
	VmcObject *machine = gtk_list_item_get_item(item);
	GtkWidget *label = g_object_get_data(G_OBJECT(item), "label");
	char *text;

	if (!machine || !cells->host)
		return;
	text = column->text(cells->host, machine);
	if (strcmp(text, gtk_label_get_text(GTK_LABEL(label))) != 0) {
		gtk_label_set_text(GTK_LABEL(label), text);
		name_row(column, machine, label);
	}
	g_free(text);
	if (strcmp(column->id, "state") == 0)
		show_state(gtk_list_item_get_child(item), vmc_object_text(machine, "State"));
}

static void on_changed(VmcObject *machine, gpointer item)
{
	update(g_object_get_data(item, "cells"), item);
}

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	const struct gui_column *column = g_object_get_data(G_OBJECT(factory), "column");
	GtkWidget *label = gui_cell_label_new(), *child = label;

	gtk_label_set_single_line_mode(GTK_LABEL(label), TRUE);
	if (strcmp(column->id, "state") == 0) {
		child = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
		gtk_box_append(GTK_BOX(child), gtk_image_new());
		gtk_box_append(GTK_BOX(child), label);
	}
	g_object_set_data(G_OBJECT(item), "column", (gpointer)column);
	g_object_set_data(G_OBJECT(item), "cells", opaque);
	g_object_set_data(G_OBJECT(item), "label", label);
	gtk_list_item_set_child(item, child);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	struct gui_cells *cells = opaque;

	g_object_set_data(G_OBJECT(gtk_list_item_get_child(item)), "machine", gtk_list_item_get_item(item));
	g_signal_connect(gtk_list_item_get_item(item), "changed", G_CALLBACK(on_changed), item);
	if (column_of(item)->is_ticking || strcmp(column_of(item)->id, "status") == 0)
		g_hash_table_add(cells->ticking, item);
	update(cells, item);
}

static void on_unbind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	struct gui_cells *cells = opaque;

	g_object_set_data(G_OBJECT(gtk_list_item_get_child(item)), "machine", NULL);
	g_signal_handlers_disconnect_by_func(gtk_list_item_get_item(item), on_changed, item);
	g_hash_table_remove(cells->ticking, item);
}

GtkListItemFactory *gui_cells_factory(struct gui_cells *cells, const struct gui_column *column)
{
	GtkListItemFactory *factory = gtk_signal_list_item_factory_new();

	g_object_set_data(G_OBJECT(factory), "column", (gpointer)column);
	g_signal_connect(factory, "setup", G_CALLBACK(on_setup), cells);
	g_signal_connect(factory, "bind", G_CALLBACK(on_bind), cells);
	g_signal_connect(factory, "unbind", G_CALLBACK(on_unbind), cells);
	return factory;
}

void gui_cells_tick(struct gui_cells *cells)
{
	GHashTableIter iter;
	gpointer item;

	g_hash_table_iter_init(&iter, cells->ticking);
	while (g_hash_table_iter_next(&iter, &item, NULL))
		update(cells, item);
}

void gui_cells_set_host(struct gui_cells *cells, VmcHost *host)
{
	cells->host = host;
}

/* --- the menu ------------------------------------------------------------------------------------------ */

static gpointer machine_at(GtkWidget *widget, double x, double y)
{
	for (GtkWidget *at = gtk_widget_pick(widget, x, y, GTK_PICK_DEFAULT); at && at != widget;
	     at = gtk_widget_get_parent(at)) {
		GtkWidget *child = gtk_widget_get_first_child(at);
		gpointer machine = g_object_get_data(G_OBJECT(at), "machine");

		/* A click beside the text hits the row, whose cells have it. */
		if (!machine && child)
			machine = g_object_get_data(G_OBJECT(child), "machine");
		if (!machine && child && gtk_widget_get_first_child(child))
			machine = g_object_get_data(G_OBJECT(gtk_widget_get_first_child(child)), "machine");
		if (machine)
			return machine;
	}
	return NULL;
}

static void on_right_click(GtkGestureClick *gesture, int presses, double x, double y, gpointer opaque)
{
	struct gui_cells *cells = opaque;

	cells->on_menu(x, y, machine_at(cells->widget, x, y), cells->opaque);
	gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static gboolean on_menu_key(GtkWidget *widget, GVariant *args, gpointer opaque)
{
	struct gui_cells *cells = opaque;

	cells->on_menu(40, 40, NULL, cells->opaque);
	return TRUE;
}

static void add_menu_key(struct gui_cells *cells, guint key, GdkModifierType modifiers)
{
	GtkEventController *keys = gtk_shortcut_controller_new();

	gtk_shortcut_controller_add_shortcut(
	    GTK_SHORTCUT_CONTROLLER(keys),
	    gtk_shortcut_new(gtk_keyval_trigger_new(key, modifiers),
			     gtk_callback_action_new(on_menu_key, cells, NULL)));
	gtk_widget_add_controller(cells->widget, keys);
}

void gui_cells_attach(struct gui_cells *cells, GtkWidget *widget)
{
	GtkGesture *click = gtk_gesture_click_new();

	cells->widget = widget;
	gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
	g_signal_connect(click, "pressed", G_CALLBACK(on_right_click), cells);
	gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(click));
	add_menu_key(cells, GDK_KEY_Menu, 0);
	add_menu_key(cells, GDK_KEY_F10, GDK_SHIFT_MASK);
}

struct gui_cells *gui_cells_new(gui_cell_menu_fn on_menu, gpointer opaque)
{
	struct gui_cells *cells = g_new0(struct gui_cells, 1);

	cells->ticking = g_hash_table_new(NULL, NULL);
	cells->on_menu = on_menu;
	cells->opaque = opaque;
	return cells;
}

struct gui_cells *gui_cells_free(struct gui_cells *cells)
{
	if (cells)
		g_hash_table_unref(cells->ticking);
	g_free(cells);
	return NULL;
}
