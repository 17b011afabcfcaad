/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buttons with a mnemonic, whose name for screen readers has no underscore: GTK before 4.10 leaves it there.
 */
#ifndef GUI_NAMED_H
#define GUI_NAMED_H

#include <gtk/gtk.h>

GtkWidget *gui_button_new(const char *label);
/* The same for one that there is: GTK names it by the label, with its underscore. */
void gui_button_set_label(GtkWidget *button, const char *label);
GtkWidget *gui_check_new(const char *label);
/* Without its mnemonic: for what a menu has with one, so that no two of a window are the same. */
GtkWidget *gui_plain_label_new(const char *label);
void gui_set_name(GtkWidget *widget, const char *label);
/* A row of a list box, named `name`. */
GtkWidget *gui_row_new(GtkWidget *child, const char *name);
/* A button that each row of a list has: without a mnemonic, and described by the name of its row. */
GtkWidget *gui_row_button_new(const char *label, const char *row_name);
/* The row of the list or column view that `cell` is in: GTK before 4.12 has no names for rows. */
void gui_name_row(GtkWidget *cell, const char *name);

/* A page of a stack or notebook: while it is behind another one, screen readers are told that it cannot be
 * seen, which GTK before 4.10 does not do. */
void gui_tell_hidden(GtkWidget *page);

#endif
