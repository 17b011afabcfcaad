/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bar at the top of a connection that fills the screen: the machine's name, Ctrl+Alt+Del, and the way
 * back. It comes when the pointer touches the upper edge, goes when that leaves, and stays while it is
 * pinned.
 */
#ifndef GUI_FULL_SCREEN_H
#define GUI_FULL_SCREEN_H

#include "state.h"

#include <gtk/gtk.h>

struct gui_full_screen;

/* `child` is what it lies over; actions are those of the group "view" of the window. */
struct gui_full_screen *gui_full_screen_new(struct gui_state *state, GtkWidget *child);
struct gui_full_screen *gui_full_screen_free(struct gui_full_screen *bar);
GtkWidget *gui_full_screen_widget(struct gui_full_screen *bar);
void gui_full_screen_set_title(struct gui_full_screen *bar, const char *title);
void gui_full_screen_set_on(struct gui_full_screen *bar, gboolean is_on);

#endif
