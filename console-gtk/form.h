/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forms: rows of a label and a field, an explanation under the field, and under that what is wrong with it.
 * Each field is named for screen readers, and reached by the mnemonic of its label.
 */
#ifndef GUI_FORM_H
#define GUI_FORM_H

#include <gtk/gtk.h>

GtkWidget *gui_form_new(void);
void gui_form_text(GtkWidget *form, const char *text); /* a paragraph over all columns */
/* What the whole form is about. */
GtkWidget *gui_form_title(GtkWidget *form, const char *text);
/* What follows belongs to the check or radio button above it, and begins below its words. */
void gui_form_below_check(GtkWidget *form, gboolean is_below);
GtkWidget *gui_form_heading(GtkWidget *form, const char *text);
/* `hint` NULL: none. Each returns the field. */
GtkWidget *gui_form_entry(GtkWidget *form, const char *label, const char *text, const char *hint);
GtkWidget *gui_form_spin(GtkWidget *form, const char *label, double min, double max, double value,
			 const char *hint);
/* NULL-terminated words. */
GtkWidget *gui_form_choice(GtkWidget *form, const char *label, const char *const *words, const char *hint);
GtkWidget *gui_form_check(GtkWidget *form, const char *label, gboolean is_on, const char *hint);
/* Several lines; the field is a text view. */
GtkWidget *gui_form_lines(GtkWidget *form, const char *label, const char *text, const char *hint);
char *gui_form_lines_text(GtkWidget *view); /* free it */
/* `group` NULL: the first one of a group, which is chosen. */
GtkWidget *gui_form_radio(GtkWidget *form, const char *label, GtkWidget *group, const char *hint);
/* Any widget in the column of the fields. */
void gui_form_widget(GtkWidget *form, const char *label, GtkWidget *widget, const char *hint);
/* What a wizard ends in: the steps of a plan (a label to be filled) under `title`, and a command
 * (gui_command_set()). */
GtkWidget *gui_form_steps(GtkWidget *form, const char *title);
GtkWidget *gui_form_command(GtkWidget *form);
/* Beside the field: such as "Browse...". */
void gui_form_beside(GtkWidget *field, GtkWidget *widget);

/* NULL: nothing is wrong with it. */
void gui_form_set_error(GtkWidget *field, const char *text);
/*
 * FALSE: no whole path of a file that is there, or, with `is_new`, of one that is not; marked. Whether it is there, the last look
 * at the field tells (file_look.h), if there was one; the service opens it, with the user's rights.
 */
gboolean gui_form_check_file(GtkWidget *entry, gboolean is_new);
/* The same of a folder that must be there. */
gboolean gui_form_check_folder(GtkWidget *entry);
/* The field with its label, explanation and error. */
void gui_form_show(GtkWidget *field, gboolean is_shown);
/* The field and what is beside it cannot be used, and their tooltip says why; NULL: they can. */
void gui_form_refuse(GtkWidget *field, const char *why);
const char *gui_form_value(GtkWidget *entry);
/* Of a spin button, as it is typed: GTK takes what was typed only when the keyboard leaves it. */
double gui_form_number(GtkWidget *spin);
gboolean gui_form_is_on(GtkWidget *check);
/* `fn` on each change of the field, whatever kind it is. */
void gui_form_watch(GtkWidget *field, GCallback fn, gpointer opaque);

#endif
