/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who looks at a machine's screen, and sending somebody away. */
#include "connection/window_priv.h"

#include "call.h"
#include "client/wording.h"
#include "dialog.h"
#include "named.h"

static void on_disconnect(GtkButton *button, gpointer opaque)
{
	struct gui_connection *connection = opaque;
	guint id = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "id"));

	gui_call(connection->window, connection->machine->host, connection->machine->path,
		 API_DISPLAY_INTERFACE, "Disconnect", g_variant_new("(u@a{sv})", id, vmc_options(FALSE)),
		 NULL, NULL);
	gtk_widget_set_sensitive(GTK_WIDGET(button), FALSE);
}

static GtkWidget *viewer_row(struct gui_connection *connection, GVariant *viewer)
{
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12), *label,
		  *button = gui_button_new("_Disconnect");
	const char *user = "", *address = "";
	gboolean is_view_only = FALSE;
	gint64 since = 0;
	guint32 id = 0;
	char *time, *text, *plain;

	g_variant_lookup(viewer, "user", "&s", &user);
	g_variant_lookup(viewer, "address", "&s", &address);
	g_variant_lookup(viewer, "view-only", "b", &is_view_only);
	g_variant_lookup(viewer, "since", "x", &since);
	g_variant_lookup(viewer, "id", "u", &id);
	time = vmc_time_text(since > (gint64)1 << 40 ? since / G_USEC_PER_SEC : since);
	text = g_strdup_printf("%s (%s) since %s%s", user, address, time, is_view_only ? ", looks only" : "");
	plain = vmc_plain_text(text);
	label = gui_text_new(plain);
	gtk_widget_set_hexpand(label, TRUE);
	g_object_set_data(G_OBJECT(button), "id", GUINT_TO_POINTER(id));
	g_signal_connect(button, "clicked", G_CALLBACK(on_disconnect), connection);
	gtk_box_append(GTK_BOX(row), label);
	gtk_box_append(GTK_BOX(row), button);
	g_free(time);
	g_free(text);
	g_free(plain);
	return row;
}

static void on_list(GtkWidget *widget, GVariant *result, const GError *error, gpointer opaque)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
	struct gui_connection *connection = opaque;
	GVariant *viewers;

	if (error) {
		gui_show_error(widget, error->message);
		g_object_unref(g_object_ref_sink(box));
		return;
	}
	viewers = g_variant_get_child_value(result, 0);
	for (gsize i = 0; i < g_variant_n_children(viewers); i++) {
		GVariant *viewer = g_variant_get_child_value(viewers, i);

		gtk_box_append(GTK_BOX(box), viewer_row(connection, viewer));
		g_variant_unref(viewer);
	}
	if (g_variant_n_children(viewers) == 0)
		gtk_box_append(GTK_BOX(box), gui_text_new("Nobody looks at this screen."));
	g_variant_unref(viewers);
	gtk_window_present(gui_dialog_new(widget, "Viewers", box));
}

void gui_connection_show_viewers(struct gui_connection *connection)
{
	gui_call(connection->window, connection->machine->host, connection->machine->path,
		 API_DISPLAY_INTERFACE, "ListViewers", NULL, on_list, connection);
}
