/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "details/facts.h"

#include <string.h>

enum { LEAST_CHARS = 16 };

GtkWidget *gui_facts_new(const char *title)
{
	GtkWidget *grid = gtk_grid_new();

	gtk_grid_set_column_spacing(GTK_GRID(grid), 18);
	gtk_grid_set_row_spacing(GTK_GRID(grid), 4);
	gtk_widget_add_css_class(grid, "facts");
	gtk_accessible_update_property(GTK_ACCESSIBLE(grid), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
	g_object_set_data_full(G_OBJECT(grid), "rows",
			       g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
			       (GDestroyNotify)g_hash_table_unref);
	return grid;
}

static GtkWidget *add_row(GtkWidget *grid, GHashTable *rows, const char *name)
{
	GtkWidget *label = gtk_label_new(name), *value = gtk_label_new(NULL);
	int at = (int)g_hash_table_size(rows);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_yalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, "dim");
	gtk_label_set_xalign(GTK_LABEL(value), 0);
	gtk_label_set_wrap(GTK_LABEL(value), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(value), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_width_chars(GTK_LABEL(value), LEAST_CHARS);
	gtk_widget_set_hexpand(value, TRUE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(value), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
	gtk_grid_attach(GTK_GRID(grid), label, 0, at, 1, 1);
	gtk_grid_attach(GTK_GRID(grid), value, 1, at, 1, 1);
	g_object_set_data(G_OBJECT(value), "name", label);
	g_hash_table_insert(rows, g_strdup(name), value);
	return value;
}

void gui_facts_set(GtkWidget *facts, const char *name, const char *text)
{
	GHashTable *rows = g_object_get_data(G_OBJECT(facts), "rows");
	GtkWidget *value = g_hash_table_lookup(rows, name);

	if (!value)
		value = add_row(facts, rows, name);
	gtk_widget_set_visible(value, *text != '\0');
	gtk_widget_set_visible(g_object_get_data(G_OBJECT(value), "name"), *text != '\0');
	if (strcmp(gtk_label_get_text(GTK_LABEL(value)), text) != 0)
		gtk_label_set_text(GTK_LABEL(value), text);
}

void gui_facts_take(GtkWidget *facts, const char *name, char *value)
{
	gui_facts_set(facts, name, value);
	g_free(value);
}

void gui_facts_clear(GtkWidget *facts)
{
	GHashTable *rows = g_object_get_data(G_OBJECT(facts), "rows");
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(facts)))
		gtk_grid_remove(GTK_GRID(facts), child);
	g_hash_table_remove_all(rows);
}
