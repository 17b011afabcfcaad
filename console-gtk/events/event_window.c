/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event browser: the list with a choice of kind and a search. */
#include "events/events.h"

#include "dialog.h"

static const char *const kind_labels[] = { "All kinds", "Changes", "Refusals", "States",
					   "Warnings",	"Service", NULL };
static const char *const kinds[] = { "", "change", "refusal", "state", "warning", "service" };

static void on_changed(GtkWidget *window)
{
	GtkWidget *drop = g_object_get_data(G_OBJECT(window), "kind"),
		  *search = g_object_get_data(G_OBJECT(window), "search");

	gui_event_list_show(g_object_get_data(G_OBJECT(window), "list"),
			    g_object_get_data(G_OBJECT(window), "host"), "",
			    kinds[gtk_drop_down_get_selected(GTK_DROP_DOWN(drop))],
			    gtk_editable_get_text(GTK_EDITABLE(search)));
}

void gui_events_open(struct gui_app *app, GtkWidget *parent, VmcHost *host)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8),
		  *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
	GtkWidget *drop = gtk_drop_down_new_from_strings(kind_labels), *search = gtk_search_entry_new(),
		  *list = gui_event_list_new(app);
	GtkWindow *window = gui_dialog_new(parent, "Events", box);

	gui_window_set_apart(window);
	gui_window_set_size(window, 860, 480);
	gtk_widget_set_hexpand(search, TRUE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(drop), GTK_ACCESSIBLE_PROPERTY_LABEL, "Kind", -1);
	gtk_accessible_update_property(GTK_ACCESSIBLE(search), GTK_ACCESSIBLE_PROPERTY_LABEL, "Search events",
				       -1);
	gtk_box_append(GTK_BOX(bar), drop);
	gtk_box_append(GTK_BOX(bar), search);
	gtk_box_append(GTK_BOX(box), bar);
	gtk_box_append(GTK_BOX(box), list);
	g_object_set_data_full(G_OBJECT(window), "host", g_object_ref(host), g_object_unref);
	g_object_set_data(G_OBJECT(window), "kind", drop);
	g_object_set_data(G_OBJECT(window), "search", search);
	g_object_set_data(G_OBJECT(window), "list", list);
	g_signal_connect_swapped(drop, "notify::selected", G_CALLBACK(on_changed), window);
	/* A search entry keeps Escape to itself. */
	g_signal_connect_swapped(search, "stop-search", G_CALLBACK(gtk_window_close), window);
	g_signal_connect_swapped(search, "search-changed", G_CALLBACK(on_changed), window);
	on_changed(GTK_WIDGET(window));
	gtk_window_present(window);
	gtk_widget_grab_focus(search);
}
