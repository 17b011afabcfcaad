/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives: those that there are, with their place and file; adding and taking off. */
#include "settings/settings_priv.h"

#include "client/wording.h"
#include "dialog.h"
#include "file_picker.h"
#include "form.h"
#include "named.h"

/* A row has "place" (an existing one, "ide:0:1"), or "option" and "value" (a new one); "gone": it is to be
 * taken off. */

static void add_text(GtkWidget *row, const char *text)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_MIDDLE);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_widget_set_tooltip_text(label, text);
	gtk_box_append(GTK_BOX(gtk_list_box_row_get_child(GTK_LIST_BOX_ROW(row))), label);
	g_object_set_data(G_OBJECT(row), "label", label);
}

static void on_remove(GtkButton *button, gpointer row)
{
	struct gui_settings *settings = g_object_get_data(G_OBJECT(button), "settings");
	gboolean is_gone = g_object_get_data(row, "gone") == NULL;

	if (!g_object_get_data(row, "place")) {
		gtk_list_box_remove(GTK_LIST_BOX(settings->drives), row);
	} else {
		g_object_set_data(row, "gone", is_gone ? row : NULL);
		gtk_button_set_label(button, is_gone ? "_Keep" : "Take _Off");
		gtk_widget_set_opacity(g_object_get_data(row, "label"), is_gone ? 0.5 : 1);
	}
	gui_settings_touched(settings);
}

static GtkWidget *add_row(struct gui_settings *settings, const char *text, gboolean is_new)
{
	GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12),
		  *button = gui_button_new(is_new ? "_Remove" : "Take _Off");

	gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
	add_text(row, text);
	gtk_box_append(GTK_BOX(box), button);
	g_object_set_data(G_OBJECT(button), "settings", settings);
	g_signal_connect(button, "clicked", G_CALLBACK(on_remove), row);
	gtk_widget_set_sensitive(button, settings->is_off);
	gtk_list_box_append(GTK_LIST_BOX(settings->drives), row);
	return row;
}

static void add_existing(struct gui_settings *settings, GVariant *drive)
{
	const char *media = "disk", *controller = "ide", *path = "";
	guint64 number = 0, location = 0, min = 0, max = 0;
	char *place, *text, *plain;

	g_variant_lookup(drive, "media", "&s", &media);
	g_variant_lookup(drive, "controller", "&s", &controller);
	g_variant_lookup(drive, "path", "&s", &path);
	g_variant_lookup(drive, "controller-number", "t", &number);
	g_variant_lookup(drive, "location", "t", &location);
	g_variant_lookup(drive, "min-iops", "t", &min);
	g_variant_lookup(drive, "max-iops", "t", &max);
	place = g_strdup_printf("%s:%u:%u", controller, (guint)number, (guint)location);
	text =
	    g_strdup_printf("%s %u, location %u: %s %s%s", *controller == 'i' ? "IDE" : "SCSI", (guint)number,
			    (guint)location, *media == 'd' && media[1] == 'v' ? "DVD drive" : "hard disk",
			    *path ? path : "(empty)", max ? ", limited" : "");
	plain = vmc_plain_text(text);
	g_object_set_data_full(G_OBJECT(add_row(settings, plain, FALSE)), "place", g_strdup(place), g_free);
	g_free(place);
	g_free(text);
	g_free(plain);
}

static void add_new(struct gui_settings *settings, const char *option, const char *value, const char *what)
{
	char *text = g_strdup_printf("new %s: %s", what, value);
	GtkWidget *row = add_row(settings, text, TRUE);

	g_object_set_data(G_OBJECT(row), "option", (gpointer)option);
	g_object_set_data_full(G_OBJECT(row), "value", g_strdup(value), g_free);
	gui_settings_touched(settings);
	g_free(text);
}

/* --- adding
 * -----------------------------------------------------------------------------------------------------------
 */

static void on_new_disk(GtkWidget *widget, const char *size, gpointer settings)
{
	char *value = g_strdup_printf("new:%s", size);

	add_new(settings, "disk", value, "hard disk");
	g_free(value);
}

static void on_old_disk(GtkWidget *widget, const char *path, gpointer settings)
{
	add_new(settings, "disk", path, "hard disk");
}

static void on_disc(GtkWidget *widget, const char *path, gpointer settings)
{
	add_new(settings, "cdrom", *path ? path : "none", "DVD drive");
}

static const struct {
	const char *label, *title, *text, *entry, *entry_label;
	gboolean picks_file;
	gui_answer_fn fn;
} adds[] = {
	{ "_New Hard Disk…", "New Hard Disk",
	  "A dynamically expanding VHDX is made in the machine's own folder.", "40G", "_Size:", FALSE,
	  on_new_disk },
	{ "_Existing Hard Disk…", "Existing Hard Disk",
	  "VHDX, VHD or a raw image; the file is opened with your rights. For a physical disk give its "
	  "device and "
	  "\",physical\", such as /dev/sdb,physical.",
	  "", "_File:", TRUE, on_old_disk },
	{ "_DVD Drive…", "DVD Drive", "An ISO image, or nothing for an empty drive.", "", "_File:", TRUE,
	  on_disc },
};

static void on_add(GtkButton *button, gpointer settings)
{
	guint i = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "number"));

	gui_ask(GTK_WIDGET(button),
		&(struct gui_question){
		    .title = adds[i].title,
		    .text = adds[i].text,
		    .label = "_Add",
		    .entry = adds[i].entry,
		    .entry_label = adds[i].entry_label,
		    .picks_file = adds[i].picks_file &&
				  !*vmc_host_place(((struct gui_settings *)settings)->machine->host) },
		adds[i].fn, settings, NULL);
}

void gui_drives_collect(struct gui_settings *settings, struct gui_options *options)
{
	GtkListBoxRow *row;

	for (int i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(settings->drives), i)); i++) {
		const char *option = g_object_get_data(G_OBJECT(row), "option");

		if (option)
			gui_options_add(options, option, g_object_get_data(G_OBJECT(row), "value"));
		else if (g_object_get_data(G_OBJECT(row), "gone"))
			gui_options_add(options, "detach", g_object_get_data(G_OBJECT(row), "place"));
	}
}

GtkWidget *gui_drives_make(struct gui_settings *settings)
{
	GVariant *drives = g_variant_lookup_value(settings->settings, "disks", G_VARIANT_TYPE("aa{sv}"));
	GtkWidget *form = gui_form_new(), *buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

	settings->drives = gtk_list_box_new();
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(settings->drives), GTK_SELECTION_NONE);
	gtk_widget_set_hexpand(settings->drives, TRUE);
	for (gsize i = 0; drives && i < g_variant_n_children(drives); i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);

		add_existing(settings, drive);
		g_variant_unref(drive);
	}
	gui_form_text(
	    form, settings->is_off
		      ? "Files stay when a drive is taken off."
		      : "Drives can be added and taken off while the machine is off; discs are changed in "
			"the menu Media of its connection.");
	gui_form_widget(form, NULL, settings->drives, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(adds); i++) {
		GtkWidget *button = gui_button_new(adds[i].label);

		g_object_set_data(G_OBJECT(button), "number", GUINT_TO_POINTER(i));
		g_signal_connect(button, "clicked", G_CALLBACK(on_add), settings);
		gtk_widget_set_sensitive(button, settings->is_off);
		gtk_box_append(GTK_BOX(buttons), button);
	}
	gui_form_widget(form, NULL, buttons, NULL);
	g_clear_pointer(&drives, g_variant_unref);
	return form;
}
