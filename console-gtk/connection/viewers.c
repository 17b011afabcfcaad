/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who looks at a machine's screen, kept up to date while it is shown, and sending somebody away. */
#include "connection/window_priv.h"

#include "call.h"
#include "client/rights.h"
#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "named.h"

struct viewer {
	const char *user, *address;
	gboolean is_view_only;
	gint64 since; /* seconds */
	guint32 id;
};

static struct viewer read_viewer(GVariant *dictionary)
{
	struct viewer viewer = { "", "", FALSE, 0, 0 };

	g_variant_lookup(dictionary, "user", "&s", &viewer.user);
	g_variant_lookup(dictionary, "address", "&s", &viewer.address);
	g_variant_lookup(dictionary, "view-only", "b", &viewer.is_view_only);
	g_variant_lookup(dictionary, "since", "x", &viewer.since);
	g_variant_lookup(dictionary, "id", "u", &viewer.id);
	if (viewer.since > (gint64)1 << 40)
		viewer.since /= G_USEC_PER_SEC;
	return viewer;
}

static void on_disconnect(GtkButton *button, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	guint id = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "id"));

	gui_call(connection->window, connection->machine->host, connection->machine->path,
		 API_DISPLAY_INTERFACE, "Disconnect", g_variant_new("(u@a{sv})", id, vmc_options(FALSE)),
		 NULL, NULL);
	gui_set_sensitive(GTK_WIDGET(button), FALSE);
}

static char *viewer_text(struct gui_connection *connection, const struct viewer *viewer)
{
	gboolean is_this = viewer->id && viewer->id == gui_display_viewer(connection->display);
	char *time = vmc_time_text(viewer->since),
	     *text = g_strdup_printf("%s (%s) since %s%s%s", viewer->user, viewer->address, time,
				     viewer->is_view_only ? ", looks only" : ", has keyboard and mouse",
				     is_this ? " – this window" : ""),
	     *plain = vmc_plain_text(text);

	g_free(time);
	g_free(text);
	return plain;
}

static GtkWidget *viewer_row(struct gui_connection *connection, const struct viewer *viewer)
{
	const char *const *rights = gui_rights_of(connection->machine->host, connection->machine->path);
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12), *label,
		  *button = gui_button_new("Disconnect");
	char *text = viewer_text(connection, viewer), *why = NULL;

	label = gui_text_new(text);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	g_object_set_data(G_OBJECT(button), "id", GUINT_TO_POINTER(viewer->id));
	g_signal_connect(button, "clicked", G_CALLBACK(on_disconnect), connection);
	if (rights && !g_strv_contains(rights, "power"))
		why = g_strdup_printf("you may not %s (%s); ask an administrator for that right",
				      vmc_right_text("power"), gui_machine_name(connection->machine));
	if (why)
		gui_set_refused(button, why);
	gtk_box_append(GTK_BOX(row), label);
	gtk_box_append(GTK_BOX(row), button);
	g_free(why);
	g_free(text);
	return row;
}

static void fill(struct gui_connection *connection, GVariant *viewers)
{
	GtkWidget *list = connection->viewer_list, *child;

	while ((child = gtk_widget_get_first_child(list)))
		gtk_box_remove(GTK_BOX(list), child);
	for (gsize i = 0; i < g_variant_n_children(viewers); i++) {
		GVariant *dictionary = g_variant_get_child_value(viewers, i);
		struct viewer viewer = read_viewer(dictionary);

		gtk_box_append(GTK_BOX(list), viewer_row(connection, &viewer));
		g_variant_unref(dictionary);
	}
	if (g_variant_n_children(viewers) == 0)
		gtk_box_append(GTK_BOX(list), gui_text_new("Nobody looks at this screen."));
}

static void on_list(GtkWidget *widget, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	GVariant *viewers;

	if (!connection->viewer_list)
		return; /* closed meanwhile */
	if (error) {
		gui_show_error(widget, error->message);
		return;
	}
	viewers = g_variant_get_child_value(result, 0);
	fill(connection, viewers);
	g_variant_unref(viewers);
}

static void ask(struct gui_connection *connection)
{
	gui_call(connection->window, connection->machine->host, connection->machine->path,
		 API_DISPLAY_INTERFACE, "ListViewers", NULL, on_list, connection);
}

void gui_connection_update_viewers(struct gui_connection *connection, VmcObject *object)
{
	guint count = object ? (guint)vmc_object_number(object, "Viewers") : 0;

	if (connection->viewer_list && object && count != connection->seen_viewers)
		ask(connection);
	connection->seen_viewers = count;
}

void gui_connection_forget_viewers(struct gui_connection *connection)
{
	if (connection->viewer_list)
		g_object_remove_weak_pointer(G_OBJECT(connection->viewer_list),
					     (gpointer *)&connection->viewer_list);
	connection->viewer_list = NULL;
}

void gui_connection_show_viewers(struct gui_connection *connection)
{
	GtkWidget *list = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
	GtkWindow *dialog = gui_dialog_new(connection->window, "Viewers", list);

	gui_connection_forget_viewers(connection);
	connection->viewer_list = list;
	g_object_add_weak_pointer(G_OBJECT(list), (gpointer *)&connection->viewer_list);
	gtk_widget_set_size_request(list, (int)(420 * gui_text_scale(list)), -1);
	gtk_box_append(GTK_BOX(list), gui_text_new("Asking who looks…"));
	gtk_window_present(dialog);
	ask(connection);
}
