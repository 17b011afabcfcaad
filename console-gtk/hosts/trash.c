/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trash of a host: machines that were deleted, back or away for ever. */
#include "hosts/host_windows.h"

#include "call.h"
#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "named.h"

struct trash {
	VmcHost *host;
	GtkWindow *window;
	GtkWidget *list, *empty;
};

static void refresh(struct trash *trash);

static void on_done(GtkWidget *window, GVariant *result, const GError *error, gpointer trash)
{
	if (error)
		gui_show_error(window, error->message);
	refresh(trash);
}

static void on_undelete(GtkButton *button, gpointer opaque)
{
	struct trash *trash = opaque;

	gui_call(GTK_WIDGET(trash->window), trash->host, API_HOST_PATH, API_HOST_INTERFACE, "Undelete",
		 g_variant_new("(s@a{sv})", g_object_get_data(G_OBJECT(button), "id"), vmc_options(FALSE)),
		 on_done, trash);
}

static void add_row(struct trash *trash, GVariant *item)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12), *label, *button;
	const char *id = "", *name = "";
	gint64 deleted = 0;
	char *time, *text, *plain;

	g_variant_lookup(item, "id", "&s", &id);
	g_variant_lookup(item, "name", "&s", &name);
	g_variant_lookup(item, "deleted", "x", &deleted);
	time = vmc_time_text(deleted);
	text = g_strdup_printf("%s, deleted %s", name, time);
	plain = vmc_plain_text(text);
	label = gtk_label_new(plain);
	button = gui_row_button_new("Undelete", plain);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_set_hexpand(label, TRUE);
	g_object_set_data_full(G_OBJECT(button), "id", g_strdup(id), g_free);
	g_signal_connect(button, "clicked", G_CALLBACK(on_undelete), trash);
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), button);
	gtk_list_box_append(GTK_LIST_BOX(trash->list), gui_row_new(box, plain));
	g_free(time);
	g_free(text);
	g_free(plain);
}

static void on_list(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct trash *trash = opaque;
	GtkWidget *child;
	GVariant *list;

	while ((child = gtk_widget_get_first_child(trash->list)))
		gtk_list_box_remove(GTK_LIST_BOX(trash->list), child);
	if (error) {
		gui_list_say(trash->list, error->message);
		return;
	}
	list = g_variant_get_child_value(result, 0);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);

		add_row(trash, item);
		g_variant_unref(item);
	}
	if (g_variant_n_children(list) == 0)
		gui_list_say(trash->list, "The trash is empty.");
	gui_set_refused(trash->empty, g_variant_n_children(list) ? NULL : "The trash is empty.");
	g_variant_unref(list);
}

static void refresh(struct trash *trash)
{
	gui_call(GTK_WIDGET(trash->window), trash->host, API_HOST_PATH, API_HOST_INTERFACE, "ListTrash", NULL,
		 on_list, trash);
}

static void on_yes(GtkWidget *window, const char *answer, gpointer opaque)
{
	struct trash *trash = opaque;

	gui_call(window, trash->host, API_HOST_PATH, API_HOST_INTERFACE, "EmptyTrash",
		 g_variant_new("(@a{sv})", vmc_options(FALSE)), on_done, trash);
}

static void on_empty(GtkButton *button, gpointer opaque)
{
	struct trash *trash = opaque;

	gui_ask(GTK_WIDGET(trash->window),
		&(struct gui_question){
		    .title = "Empty the Trash",
		    .text = "Remove all machines in the trash, with the disks in their folders, for ever? "
			    "This cannot be undone.",
		    .command = "bulkhead vm empty-trash",
		    .label = "_Empty the Trash",
		    .is_destructive = TRUE },
		on_yes, trash, NULL);
}

static void free_trash(gpointer opaque)
{
	struct trash *trash = opaque;

	g_object_unref(trash->host);
	g_free(trash);
}

void gui_trash_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	struct trash *trash = g_new0(struct trash, 1);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *empty = gui_button_new("_Empty…"),
		  *scrolled = gtk_scrolled_window_new();

	trash->host = g_object_ref(host);
	trash->list = gtk_list_box_new();
	trash->empty = empty;
	gui_set_name(trash->list, "Deleted machines");
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(trash->list), GTK_SELECTION_NONE);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), trash->list);
	gtk_widget_set_vexpand(scrolled, TRUE);
	gtk_widget_set_halign(empty, GTK_ALIGN_END);
	g_signal_connect(empty, "clicked", G_CALLBACK(on_empty), trash);
	gtk_box_append(GTK_BOX(box), scrolled);
	gtk_box_append(GTK_BOX(box), empty);
	trash->window = gui_dialog_new(window, "Trash", box);
	gui_window_set_size(trash->window, 520, 340);
	g_object_set_data_full(G_OBJECT(trash->window), "trash", trash, free_trash);
	refresh(trash);
	gtk_window_present(trash->window);
}
