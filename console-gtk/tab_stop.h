/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list that Tab goes to once and then leaves; inside it the arrows move. GTK before 4.12 goes through all
 * rows.
 */
#ifndef GUI_TAB_STOP_H
#define GUI_TAB_STOP_H

#include <gtk/gtk.h>

/* Holds `child`, such as a scrolled list. */
GtkWidget *gui_tab_stop_new(GtkWidget *child);

#endif
