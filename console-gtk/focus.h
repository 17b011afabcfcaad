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
/* A GtkPopoverMenuBar, all filled: GTK 4 gives the keyboard to each of its items that the pointer passes
 * over, and takes it from what had it for good. Afterwards it does not; a click, F10 and mnemonics open its
 * menus as before. */
void gui_menu_bar_keep_focus(GtkWidget *menu_bar);
/* `fn` each time that one of its menus has closed: GTK 4 leaves the keyboard with the bar then. */
void gui_menu_bar_watch_closed(GtkWidget *menu_bar, void (*fn)(gpointer), gpointer opaque);

#endif
