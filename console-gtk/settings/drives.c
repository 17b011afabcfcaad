/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Controllers, with a pane for each drive below its own: as it is, or as it is to be added. */
#include "settings/settings_priv.h"

#include "disks/disks.h"
#include "file_picker.h"
#include "focus.h"
#include "form.h"
#include "named.h"

#include "client/wording.h"

#include <string.h>

enum { IDE_CONTROLLERS = 2, IDE_LOCATIONS = 2, SCSI_CONTROLLERS = 4, NEW_GIB = 40 };

struct place {
	const char *kind; /* "ide" */
	guint64 number, location;
};

static struct place place_of(GVariant *drive)
{
	struct place place = { "ide", 0, 0 };
	const char *kind = "ide";

	g_variant_lookup(drive, "controller", "&s", &kind);
	g_variant_lookup(drive, "controller-number", "t", &place.number);
	g_variant_lookup(drive, "location", "t", &place.location);
	place.kind = strcmp(kind, "scsi") == 0 ? "scsi" : "ide";
	return place;
}

static const char *name_of(const char *kind)
{
	return strcmp(kind, "scsi") == 0 ? "SCSI" : "IDE";
}

static gboolean is_dvd(GVariant *drive)
{
	const char *media = "disk";

	g_variant_lookup(drive, "media", "&s", &media);
	return strcmp(media, "dvd") == 0;
}

/* --- one that is there ------------------------------------------------------------------------------- */

/* "0: Hard Drive disk.vhdx" */
static char *title_of(GVariant *drive, const struct place *place)
{
	const char *path = "";
	char *name, *text, *plain;

	g_variant_lookup(drive, "path", "&s", &path);
	name = *path ? g_path_get_basename(path) : g_strdup("(empty)");
	text = g_strdup_printf("%u: %s %s", (guint)place->location,
			       is_dvd(drive) ? "DVD Drive" : "Hard Drive", name);
	plain = vmc_plain_text(text);
	g_free(name);
	g_free(text);
	return plain;
}

static void on_inspect(GtkButton *button, gpointer settings)
{
	struct gui_settings *own = settings;

	gui_inspect_disk_show(own->app, GTK_WIDGET(own->window), own->machine->host,
			      g_object_get_data(G_OBJECT(button), "path"));
}

static void add_inspect(struct gui_device *device, GVariant *drive)
{
	const char *path = "";
	GtkWidget *button;

	g_variant_lookup(drive, "path", "&s", &path);
	if (is_dvd(drive) || *path != '/')
		return;
	button = gui_button_new("In_spect…");
	gtk_widget_set_halign(button, GTK_ALIGN_START);
	g_object_set_data_full(G_OBJECT(button), "path", g_strdup(path), g_free);
	g_signal_connect(button, "clicked", G_CALLBACK(on_inspect), device->settings);
	gui_form_widget(device->page, NULL, button, NULL);
}

static void fill_drive(struct gui_settings *settings, GtkWidget *form, gpointer opaque)
{
	struct gui_device *device = opaque;
	GVariant *drive = device->values;
	struct place place = place_of(drive);
	gboolean can_go = settings->is_off || strcmp(place.kind, "scsi") == 0;

	gui_form_title(form, is_dvd(drive) ? "DVD drive" : "Hard drive");
	gui_form_text(
	    form, is_dvd(drive)
		      ? "The image of its disc; empty: no disc. Discs can be changed while the machine runs."
		      : "Its file, or the physical disk of the host that it is, and where it is attached.");
	gui_device_add_fields(device, drive,
			      is_dvd(drive) ? "read-only pass-through min-iops max-iops" : NULL);
	add_inspect(device, drive);
	gui_device_add_remove(
	    device, "_Take It Off",
	    can_go ? NULL
		   : "An IDE drive can be taken off only while the machine is off; shut it down first.");
	gui_form_text(form, "Its file stays when a drive is taken off.");
}

static void add_drive(struct gui_settings *settings, GVariant *drive)
{
	struct place place = place_of(drive);
	char *name = g_strdup_printf("%s:%u:%u", place.kind, (guint)place.number, (guint)place.location),
	     *title = title_of(drive, &place);
	struct gui_device *device = gui_device_new(settings, TRUE, name, drive);

	device->row = gui_settings_add_pane(settings, title, 1, device->page);
	gui_settings_fill_later(device->row, fill_drive, device);
	g_free(name);
	g_free(title);
}

/* --- one that is to be added ------------------------------------------------------------------------- */

static char *disk_value(const struct gui_device *device)
{
	GString *value = g_string_new(NULL);
	guint source = gtk_drop_down_get_selected(GTK_DROP_DOWN(device->source));

	if (source == 0)
		g_string_append_printf(value, "new:%.0fG", gui_form_number(device->size));
	else
		g_string_append(value, gui_form_value(device->path));
	g_string_append_printf(value, ",controller=%s",
			       (const char *)g_object_get_data(G_OBJECT(device->page), "controller"));
	if (source != 0 && gui_form_is_on(device->is_read_only))
		g_string_append(value, ",readonly");
	if (source == 2)
		g_string_append(value, ",physical");
	return g_string_free(value, FALSE);
}

static char *disc_value(const struct gui_device *device)
{
	const char *path = gui_form_value(device->path);

	return g_strdup_printf("%s,controller=%s", *path ? path : "none",
			       (const char *)g_object_get_data(G_OBJECT(device->page), "controller"));
}

static void on_source(struct gui_device *device)
{
	guint source = gtk_drop_down_get_selected(GTK_DROP_DOWN(device->source));

	gui_form_show(device->size, source == 0);
	gui_form_show(device->path, source != 0);
	gui_form_show(device->is_read_only, source != 0);
	gui_settings_touched(device->settings);
}

static void add_path(struct gui_device *device, const char *hint, const char *patterns)
{
	device->path = gui_form_entry(device->page, "_File:", "", hint);
	gui_file_field(device->path, vmc_host_place(device->settings->machine->host), GUI_PICK_FILE,
		       patterns);
	gui_form_watch(device->path, G_CALLBACK(gui_settings_touched), device->settings);
}

static void fill_new_disk(struct gui_device *device)
{
	static const char *const sources[] = { "A new virtual hard disk", "An existing virtual hard disk",
					       "A physical disk of the host", NULL };

	device->option = "disk";
	device->value = disk_value;
	gui_form_title(device->page, "New hard drive");
	device->source = gui_form_choice(device->page, "_What:", sources, NULL);
	device->size = gui_form_spin(device->page, "_Size (GiB):", 1, 65536, NEW_GIB,
				     "A dynamically expanding VHDX in the machine's own folder.");
	add_path(device,
		 "VHDX, VHD or a raw image, opened with your rights; a physical disk is a device such as "
		 "/dev/sdb.",
		 "*.vhdx;*.vhd;*.avhdx;*.img;*.raw");
	device->is_read_only = gui_form_check(device->page, "_Read-only", FALSE, NULL);
	gui_form_watch(device->size, G_CALLBACK(gui_settings_touched), device->settings);
	gui_form_watch(device->is_read_only, G_CALLBACK(gui_settings_touched), device->settings);
	gui_form_watch(device->source, G_CALLBACK(on_source), device);
	gui_form_text(
	    device->page,
	    "Its place on the controller is the first one that is free; once it is there, it can be "
	    "moved, and limited in its operations a second.");
}

static void on_add(GtkButton *button, gpointer opaque)
{
	struct gui_settings *settings = opaque;
	gboolean is_disc = g_object_get_data(G_OBJECT(button), "is-disc") != NULL;
	struct gui_device *device = gui_device_new(settings, TRUE, NULL, NULL);

	g_object_set_data_full(G_OBJECT(device->page), "controller",
			       g_strdup(g_object_get_data(G_OBJECT(button), "controller")), g_free);
	if (is_disc) {
		device->option = "cdrom";
		device->value = disc_value;
		gui_form_title(device->page, "New DVD drive");
		add_path(device, "The image of its disc; empty: no disc.", "*.iso");
	} else {
		fill_new_disk(device);
	}
	gui_device_add_remove(device, "Do Not _Add It", NULL);
	device->row = gui_settings_insert_pane(settings, g_object_get_data(G_OBJECT(button), "row"),
					       is_disc ? "new DVD Drive" : "new Hard Drive", 1, device->page);
	if (!is_disc)
		on_source(device);
	gui_settings_show_pane(settings, device->row);
	gui_settings_touched(settings);
}

/* --- controllers ------------------------------------------------------------------------------------- */

static void add_button(struct gui_settings *settings, GtkWidget *page, GtkWidget **ret_button,
		       const char *label, const char *controller, gboolean is_disc, const char *why,
		       const char *hint)
{
	GtkWidget *button = gui_button_new(label);

	gtk_widget_set_halign(button, GTK_ALIGN_START);
	g_object_set_data_full(G_OBJECT(button), "controller", g_strdup(controller), g_free);
	g_object_set_data(G_OBJECT(button), "is-disc", is_disc ? button : NULL);
	g_signal_connect(button, "clicked", G_CALLBACK(on_add), settings);
	if (why)
		gui_set_refused(button, why);
	gui_form_widget(page, NULL, button, hint);
	*ret_button = button;
}

static const char *refusal(struct gui_settings *settings, const char *kind, guint there)
{
	if (strcmp(kind, "ide") == 0 && !settings->is_off)
		return "IDE drives can be added only while the machine is off; shut it down first, or add "
		       "one to the "
		       "SCSI controller.";
	if (strcmp(kind, "ide") == 0 && there >= IDE_LOCATIONS)
		return "Both of its places are taken; take a drive off, or use another controller.";
	return NULL;
}

static void add_controller(struct gui_settings *settings, const char *kind, guint number, GVariant *drives,
			   gboolean has_disc)
{
	GtkWidget *page = gui_form_new(), *disk, *disc, *row;
	char *title = g_strdup_printf("%s Controller %u", name_of(kind), number),
	     *name = g_strdup_printf("%s:%u", kind, number);
	const char *why, *why_disc;
	guint there = 0;

	for (gsize i = 0; drives && i < g_variant_n_children(drives); i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);
		struct place place = place_of(drive);

		there += strcmp(place.kind, kind) == 0 && place.number == number;
		g_variant_unref(drive);
	}
	gui_form_title(page, title);
	gui_form_text(
	    page,
	    strcmp(kind, "ide") == 0
		? "Two drives, from which the firmware of generation 1 can start."
		: "Up to 64 drives, by the guest's own driver (hv_storvsc): the fastest way, and drives can "
		  "come and go while the machine runs.");
	why = refusal(settings, kind, there);
	why_disc = has_disc ? "It has a DVD drive already: choose a disc there." : why;
	add_button(settings, page, &disk, "Add _Hard Drive", name, FALSE, why, why == why_disc ? NULL : why);
	add_button(settings, page, &disc, "Add _DVD Drive", name, TRUE, why_disc,
		   why_disc); /* said once for both */
	row = gui_settings_add_pane(settings, title, 0, page);
	g_object_set_data(G_OBJECT(disk), "row", row);
	g_object_set_data(G_OBJECT(disc), "row", row);
	for (gsize i = 0; drives && i < g_variant_n_children(drives); i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);
		struct place place = place_of(drive);

		if (strcmp(place.kind, kind) == 0 && place.number == number)
			add_drive(settings, drive);
		g_variant_unref(drive);
	}
	g_free(name);
	g_free(title);
}

void gui_drives_add(struct gui_settings *settings)
{
	GVariant *drives = g_variant_lookup_value(settings->settings, "disks", G_VARIANT_TYPE("aa{sv}"));
	guint scsi = 1;
	gboolean has_disc = FALSE;

	for (gsize i = 0; drives && i < g_variant_n_children(drives); i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);
		struct place place = place_of(drive);

		has_disc |= is_dvd(drive);
		if (strcmp(place.kind, "scsi") == 0)
			scsi = MAX(scsi, MIN((guint)place.number + 1, SCSI_CONTROLLERS));
		g_variant_unref(drive);
	}
	for (guint i = 0; i < IDE_CONTROLLERS && !settings->is_generation_2; i++)
		add_controller(settings, "ide", i, drives, has_disc);
	for (guint i = 0; i < scsi; i++)
		add_controller(settings, "scsi", i, drives, has_disc);
	g_clear_pointer(&drives, g_variant_unref);
}
