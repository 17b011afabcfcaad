/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtual hard disk is, with its parents, and whether it is whole. */
#include "disks/disks.h"

#include "client/disks.h"
#include "details/facts.h"
#include "dialog.h"
#include "file_picker.h"
#include "form.h"
#include "named.h"

struct inspect {
	VmcHost *host;
	GtkWidget *file, *box;
	guint generation;
};

struct looking {
	struct inspect *inspect;
	GtkWidget *box; /* weak */
	guint generation;
};

static void clear(GtkWidget *box)
{
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(box)))
		gtk_box_remove(GTK_BOX(box), child);
}

static void show_image(GtkWidget *box, GVariant *image)
{
	GtkWidget *facts = gui_facts_new("Disk image");
	char **lines = vmc_disk_image_lines(image);

	for (char **line = lines; line[0] && line[1]; line += 2)
		gui_facts_set(facts, line[0], line[1]);
	gtk_box_append(GTK_BOX(box), facts);
	g_strfreev(lines);
}

static void on_inspected(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct looking *looking = opaque;
	GError *error = NULL;
	GVariant *images = vmc_disks_inspect_finish(NULL, result, &error);

	if (looking->box) {
		g_object_remove_weak_pointer(G_OBJECT(looking->box), (gpointer *)&looking->box);
		clear(looking->box);
		if (error)
			gtk_box_append(GTK_BOX(looking->box), gui_text_new(error->message));
		for (gsize i = 0; images && i < g_variant_n_children(images); i++) {
			GVariant *image = g_variant_get_child_value(images, i);

			if (i)
				gtk_box_append(GTK_BOX(looking->box), gui_text_new("Its parent:"));
			show_image(looking->box, image);
			g_variant_unref(image);
		}
	}
	g_clear_pointer(&images, g_variant_unref);
	g_clear_error(&error);
	g_free(looking);
}

static void look(struct inspect *inspect)
{
	struct vmc_connection *connection = vmc_host_connection(inspect->host);
	struct vmc_disk_draft *draft = vmc_disk_draft_new("inspect", *vmc_host_place(inspect->host) != '\0');
	struct looking *looking;
	GError *error = NULL;

	if (!vmc_disk_draft_set(draft, "file", gui_form_value(inspect->file), &error) ||
	    !vmc_disk_draft_check(draft, NULL, &error)) {
		gui_form_set_error(inspect->file, error->message);
		g_error_free(error);
	} else if (connection) {
		gui_form_set_error(inspect->file, NULL);
		looking = g_new0(struct looking, 1);
		*looking = (struct looking){ inspect, inspect->box, 0 };
		g_object_add_weak_pointer(G_OBJECT(looking->box), (gpointer *)&looking->box);
		vmc_disks_inspect(connection, draft, on_inspected, looking);
	}
	vmc_disk_draft_free(draft);
}

static void free_inspect(gpointer opaque)
{
	struct inspect *inspect = opaque;

	g_object_unref(inspect->host);
	g_free(inspect);
}

static struct inspect *open_inspect(GtkWidget *window, VmcHost *host)
{
	struct inspect *inspect = g_new0(struct inspect, 1);
	GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *form = gui_form_new(),
		  *button = gui_button_new("_Inspect"), *scrolled = gtk_scrolled_window_new();
	GtkWindow *dialog;

	inspect->host = g_object_ref(host);
	inspect->file = gui_form_entry(form, "Fi_le:", "", NULL);
	gui_file_field(inspect->file, vmc_host_place(host), GUI_PICK_FILE,
		       "*.vhdx;*.vhd;*.avhdx;*.img;*.raw;*.iso");
	gui_form_beside(inspect->file, button);
	inspect->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), inspect->box);
	gtk_widget_set_vexpand(scrolled, TRUE);
	gtk_box_append(GTK_BOX(all), form);
	gtk_box_append(GTK_BOX(all), scrolled);
	g_signal_connect_swapped(button, "clicked", G_CALLBACK(look), inspect);
	dialog = gui_dialog_new(window, "Inspect Disk", all);
	gui_window_set_size(dialog, 700, 460);
	gtk_window_set_default_widget(dialog, button);
	g_object_set_data_full(G_OBJECT(dialog), "inspect", inspect, free_inspect);
	gtk_window_present(dialog);
	gtk_widget_grab_focus(inspect->file);
	return inspect;
}

void gui_inspect_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	open_inspect(window, host);
}

void gui_inspect_disk_show(struct gui_app *app, GtkWidget *window, VmcHost *host, const char *path)
{
	struct inspect *inspect = open_inspect(window, host);

	gtk_editable_set_text(GTK_EDITABLE(inspect->file), path);
	look(inspect);
}
