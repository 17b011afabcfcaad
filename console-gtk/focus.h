/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields that cannot be used for now. GTK 4.8 tells no field that it lost the keyboard because it became
 * insensitive: its cursor blinks on, and a warning follows. So the keyboard leaves it first.
 */
#ifndef GUI_FOCUS_H
#define GUI_FOCUS_H

#include <gtk/gtk.h>

void gui_set_sensitive(GtkWidget *widget, gboolean is_sensitive);
/* Sensitive when `why` is NULL; otherwise that is its tooltip. */
void gui_set_refused(GtkWidget *widget, const char *why);

#endif
