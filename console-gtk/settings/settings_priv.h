/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the panes of the settings share. */
#ifndef GUI_SETTINGS_PRIV_H
#define GUI_SETTINGS_PRIV_H

#include "client/settings.h"
#include "settings/settings.h"
#include "wizards/options.h"

struct gui_settings {
	struct gui_app *app;
	struct gui_machine *machine;
	GtkWindow *window;
	GtkWidget *list, *stack, *command, *problem, *apply, *ok;
	GVariant *settings; /* a{sv}, as they were */
	GPtrArray *fields;  /* struct field of fields.c */
	GtkWidget *drives, *adapters;
	GStrv switches;
	gboolean is_off, closes_after;
};

/* A pane of plain settings, by table. */
struct gui_setting_row {
	const char *name;    /* of the setting; NULL: `label` is a heading, "" a paragraph */
	const char *label;   /* with a mnemonic */
	const char *hint;    /* NULL: none */
	const char *choices; /* words for people, "|" between; NULL: the setting's own */
};

struct gui_setting_pane {
	const char *title, *text;
	const struct gui_setting_row *rows; /* ends with an empty one; NULL: `make` */
	GtkWidget *(*make)(struct gui_settings *settings);
};

extern const struct gui_setting_pane gui_setting_panes[];
extern const unsigned gui_setting_panes_count;

/* Something was changed by hand. */
void gui_settings_touched(struct gui_settings *settings);

GtkWidget *gui_fields_make(struct gui_settings *settings, const struct gui_setting_pane *pane);
/* Those that differ from what they were. */
void gui_fields_collect(struct gui_settings *settings, struct gui_options *options);

GtkWidget *gui_drives_make(struct gui_settings *settings);
void gui_drives_collect(struct gui_settings *settings, struct gui_options *options);
GtkWidget *gui_adapters_make(struct gui_settings *settings);
/* aa{sv}, floating; NULL: as they were. */
GVariant *gui_adapters_collect(struct gui_settings *settings);
GtkWidget *gui_security_make(struct gui_settings *settings);

#endif
