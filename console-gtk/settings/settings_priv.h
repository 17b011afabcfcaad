/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the panes of the settings share. */
#ifndef GUI_SETTINGS_PRIV_H
#define GUI_SETTINGS_PRIV_H

#include "client/setting_pages.h"
#include "client/settings.h"
#include "settings/settings.h"
#include "wizards/options.h"

struct gui_settings {
	struct gui_app *app;
	struct gui_machine *machine;
	GtkWindow *window;
	GtkWidget *list, *stack, *command, *problem, *apply, *ok;
	GVariant *settings; /* a{sv}, as they were */
	GPtrArray *fields;  /* struct field of fields.c, of the panes that were seen */
	GPtrArray *devices; /* struct gui_device: drives and adapters, those that are to be added too */
	GStrv switches;
	char *shown; /* title of the pane */
	gboolean is_off, is_generation_2, closes_after;
};

/* A pane that is no table of plain settings: one of both. */
struct gui_setting_maker {
	const char *title;
	void (*fill)(struct gui_settings *settings, GtkWidget *form, gpointer unused);
	void (*add)(struct gui_settings *settings); /* adds panes itself */
};

const struct gui_setting_maker *gui_setting_maker_of(const struct vmc_setting_page *page); /* NULL: none */

extern const char gui_settings_when_off[]; /* why a field cannot be changed now */

/* Something was changed by hand. */
void gui_settings_touched(struct gui_settings *settings);
/* The row of the list, after those that there are; `depth`: 1 is below a controller. */
GtkWidget *gui_settings_add_pane(struct gui_settings *settings, const char *title, unsigned depth,
				 GtkWidget *page);
/* The same below `above`. */
GtkWidget *gui_settings_insert_pane(struct gui_settings *settings, GtkWidget *above, const char *title,
				    unsigned depth, GtkWidget *page);
/* What is on its page comes when it is first seen: a machine may have hundreds of devices. */
typedef void (*gui_fill_fn)(struct gui_settings *settings, GtkWidget *form, gpointer opaque);
void gui_settings_fill_later(GtkWidget *row, gui_fill_fn fill, gpointer opaque);
void gui_settings_show_pane(struct gui_settings *settings, GtkWidget *row);
void gui_settings_remove_pane(struct gui_settings *settings, GtkWidget *row);
void gui_settings_mark_pane(GtkWidget *row, gboolean is_gone);

/* Of a struct vmc_setting_page. */
void gui_fields_fill(struct gui_settings *settings, GtkWidget *form, gpointer pane);
/* Those that differ from what they were. */
void gui_fields_collect(struct gui_settings *settings, struct gui_options *options);

/* --- devices: device.c --------------------------------------------------------------------------------- */

struct gui_device {
	struct gui_settings *settings;
	gboolean is_drive, is_gone;
	char *place;	   /* "ide:0:1", or an adapter's number; NULL: it is to be added */
	GVariant *values;  /* a{sv}; NULL: it is to be added */
	GPtrArray *fields; /* struct device_field of device.c; none until it was seen */
	GtkWidget *row, *page, *remove;
	/* Of one that is to be added: its option of `bulkhead vm set`; free it. */
	char *(*value)(const struct gui_device *device);
	const char *option;
	GtkWidget *source, *path, *size, *controller, *is_read_only; /* of a drive that is to be added */
};

/*
 * `place` and `values` NULL: it is to be added. Its page is a form; the caller adds the pane and sets `row`.
 */
struct gui_device *gui_device_new(struct gui_settings *settings, gboolean is_drive, const char *place,
				  GVariant *values);
/* What the table of the model has for it, as it is in `values` (a{sv}). */
void gui_device_add_fields(struct gui_device *device, GVariant *values, const char *except);
GtkWidget *gui_device_widget(const struct gui_device *device, const char *name); /* NULL: it has none */
/* The button that takes it off; `why` it cannot be taken off now, or NULL. */
void gui_device_add_remove(struct gui_device *device, const char *label, const char *why);
void gui_devices_collect(struct gui_settings *settings, struct gui_options *options);
guint gui_devices_count(struct gui_settings *settings, gboolean are_drives);

void gui_drives_add(struct gui_settings *settings);
void gui_adapters_add(struct gui_settings *settings);
void gui_security_fill(struct gui_settings *settings, GtkWidget *form, gpointer unused);

#endif
