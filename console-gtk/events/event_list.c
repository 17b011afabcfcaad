/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of events as a widget: time, kind, user, machine, what happened; with a filter. */
#include "events/events.h"

#include "client/event_list.h"
#include "client/wording.h"

#include "dialog.h"
#include "gradual.h"
#include "named.h"
#include "tab_stop.h"

#include <string.h>

struct shown {
	GtkWidget *view, *problem;
	VmcHost *host;
	gulong changed;
	struct vmc_event_list *events;
	GtkFilterListModel *filtered;
	GtkSliceListModel *first; /* of those */
	GtkCustomFilter *filter;
	char *id, *kind, *words;
};

static gboolean matches(gpointer event, gpointer opaque)
{
	const struct shown *shown = opaque;
	char *all, *folded;
	gboolean has;

	if (*shown->kind && strcmp(vmc_event_text(event, "kind"), shown->kind) != 0)
		return FALSE;
	if (!*shown->words)
		return TRUE;
	all = g_strjoin(" ", vmc_event_text(event, "user"), vmc_event_text(event, "name"),
			vmc_event_text(event, "text"), NULL);
	folded = g_utf8_casefold(all, -1);
	has = strstr(folded, shown->words) != NULL;
	g_free(folded);
	g_free(all);
	return has;
}

/* --- columns ----------------------------------------------------------------------------------------- */

static const struct column {
	const char *title, *field;
	int chars; /* what most texts need; 0: the rest of the window */
} columns[] = {
	{ "Time", "time", 19 },	   { "Kind", "kind", 7 },	   { "User", "user", 8 },
	{ "Machine", "name", 10 }, { "What happened", "text", 0 },
};

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	const struct column *column = opaque;
	GtkWidget *label = gui_cell_label_new();

	if (column->chars)
		gtk_label_set_width_chars(GTK_LABEL(label), column->chars);
	gtk_list_item_set_child(item, label);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer opaque)
{
	const char *field = ((const struct column *)opaque)->field;
	VmcEvent *event = gtk_list_item_get_item(item);
	GtkWidget *label = gtk_list_item_get_child(item);
	char *text = strcmp(field, "time") == 0 ? vmc_time_text(vmc_event_time(event))
						: g_strdup(vmc_event_text(event, field));

	gtk_label_set_text(GTK_LABEL(label), text);
	if (strcmp(field, "text") == 0)
		gui_name_row(label, text);
	if (strcmp(field, "kind") == 0) {
		gtk_widget_remove_css_class(label, "event-warning");
		gtk_widget_remove_css_class(label, "event-refusal");
		if (strcmp(text, "warning") == 0)
			gtk_widget_add_css_class(label, "event-warning");
		if (strcmp(text, "refusal") == 0)
			gtk_widget_add_css_class(label, "event-refusal");
	}
	g_free(text);
}

static void add_column(GtkWidget *view, const struct column *look)
{
	GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
	GtkColumnViewColumn *column;

	g_signal_connect(factory, "setup", G_CALLBACK(on_setup), (gpointer)look);
	g_signal_connect(factory, "bind", G_CALLBACK(on_bind), (gpointer)look);
	column = gtk_column_view_column_new(look->title, factory);
	gtk_column_view_column_set_resizable(column, TRUE);
	gtk_column_view_column_set_expand(column, look->chars == 0);
	gtk_column_view_append_column(GTK_COLUMN_VIEW(view), column);
	g_object_unref(column);
}

/* --- what it shows ----------------------------------------------------------------------------------- */

static void refill(struct shown *shown)
{
	struct vmc_connection *connection = shown->host ? vmc_host_connection(shown->host) : NULL;

	gtk_filter_list_model_set_model(shown->filtered, NULL);
	gui_gradual_restart(shown->first);
	shown->events = vmc_event_list_free(shown->events);
	if (!connection)
		return;
	shown->events = vmc_event_list_new(connection, shown->id);
	gtk_filter_list_model_set_model(shown->filtered, vmc_event_list_model(shown->events));
}

/* The connection that the events came by is gone already when this comes. */
static void on_host_changed(VmcHost *host, gpointer opaque)
{
	refill(opaque);
}

static void set_host(struct shown *shown, VmcHost *host)
{
	if (shown->host)
		g_clear_signal_handler(&shown->changed, shown->host);
	g_set_object(&shown->host, host);
	if (host)
		shown->changed = g_signal_connect(host, "changed", G_CALLBACK(on_host_changed), shown);
}

static void set_text(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

void gui_event_list_show(GtkWidget *list, VmcHost *host, const char *id, const char *kind, const char *words)
{
	struct shown *shown = g_object_get_data(G_OBJECT(list), "shown");
	char *folded = g_utf8_casefold(words, -1);

	if (strcmp(kind, shown->kind) != 0 || strcmp(folded, shown->words) != 0) {
		set_text(&shown->kind, kind);
		set_text(&shown->words, folded);
		gui_gradual_restart(shown->first);
		gtk_filter_changed(GTK_FILTER(shown->filter), GTK_FILTER_CHANGE_DIFFERENT);
	}
	g_free(folded);
	if (host == shown->host && strcmp(id, shown->id) == 0)
		return;
	set_text(&shown->id, id);
	set_host(shown, host);
	refill(shown);
}

static void free_shown(gpointer opaque)
{
	struct shown *shown = opaque;

	set_host(shown, NULL);
	vmc_event_list_free(shown->events);
	g_object_unref(shown->first);
	g_object_unref(shown->filtered);
	g_object_unref(shown->filter);
	g_free(shown->id);
	g_free(shown->kind);
	g_free(shown->words);
	g_free(shown);
}

GtkWidget *gui_event_list_new(struct gui_app *app)
{
	struct shown *shown = g_new0(struct shown, 1);
	GtkWidget *scrolled = gtk_scrolled_window_new(), *stop;

	shown->id = g_strdup("");
	shown->kind = g_strdup("");
	shown->words = g_strdup("");
	shown->filter = gtk_custom_filter_new(matches, shown, NULL);
	shown->filtered = gtk_filter_list_model_new(NULL, GTK_FILTER(g_object_ref(shown->filter)));
	shown->first = gui_gradual_new(G_LIST_MODEL(g_object_ref(shown->filtered)), NULL, NULL);
	shown->view = gtk_column_view_new(
	    GTK_SELECTION_MODEL(gtk_single_selection_new(G_LIST_MODEL(g_object_ref(shown->first)))));
	gtk_widget_add_css_class(shown->view, "events");
	gtk_accessible_update_property(GTK_ACCESSIBLE(shown->view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Events",
				       -1);
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		add_column(shown->view, &columns[i]);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), shown->view);
	gtk_widget_set_vexpand(scrolled, TRUE);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled), 120);
	stop = gui_tab_stop_new(scrolled);
	g_object_set_data_full(G_OBJECT(stop), "shown", shown, free_shown);
	return stop;
}
