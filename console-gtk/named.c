/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "named.h"

#include <string.h>

static char *without_mnemonic(const char *label)
{
	GString *text = g_string_new(NULL);

	for (; *label; label++)
		if (*label != '_')
			g_string_append_c(text, *label);
	return g_string_free(text, FALSE);
}

GtkWidget *gui_plain_label_new(const char *label)
{
	char *text = without_mnemonic(label);
	GtkWidget *widget = gtk_label_new(text);

	g_free(text);
	return widget;
}

void gui_set_name(GtkWidget *widget, const char *label)
{
	char *text = without_mnemonic(label);

	gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	g_free(text);
}

GtkWidget *gui_check_new(const char *label)
{
	GtkWidget *check = gtk_check_button_new_with_mnemonic(label);

	gui_set_name(check, label);
	return check;
}

GtkWidget *gui_button_new(const char *label)
{
	GtkWidget *button = gtk_button_new_with_mnemonic(label);

	gtk_accessible_reset_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL);
	return button;
}

void gui_button_set_label(GtkWidget *button, const char *label)
{
	if (g_strcmp0(gtk_button_get_label(GTK_BUTTON(button)), label) == 0)
		return;
	gtk_button_set_label(GTK_BUTTON(button), label);
	gtk_accessible_reset_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL);
}

GtkWidget *gui_row_new(GtkWidget *child, const char *name)
{
	GtkWidget *row = gtk_list_box_row_new();

	gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), child);
	gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
	return row;
}

GtkWidget *gui_row_button_new(const char *label, const char *row_name)
{
	GtkWidget *button = gui_button_new(label);

	gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, row_name,
				       -1);
	return button;
}

void gui_name_row(GtkWidget *cell, const char *name)
{
	for (GtkWidget *at = cell; at; at = gtk_widget_get_parent(at))
		if (strcmp(G_OBJECT_TYPE_NAME(at), "GtkListItemWidget") == 0)
			gtk_accessible_update_property(GTK_ACCESSIBLE(at), GTK_ACCESSIBLE_PROPERTY_LABEL,
						       name, -1);
}

static void on_page_map(GtkWidget *page, gpointer unused)
{
	gtk_accessible_update_state(GTK_ACCESSIBLE(page), GTK_ACCESSIBLE_STATE_HIDDEN, FALSE, -1);
}

static void on_page_unmap(GtkWidget *page, gpointer unused)
{
	gtk_accessible_update_state(GTK_ACCESSIBLE(page), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
}

void gui_tell_hidden(GtkWidget *page)
{
	g_signal_connect(page, "map", G_CALLBACK(on_page_map), NULL);
	g_signal_connect(page, "unmap", G_CALLBACK(on_page_unmap), NULL);
	if (!gtk_widget_get_mapped(page))
		on_page_unmap(page, NULL);
}
