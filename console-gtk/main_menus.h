/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menus of the main window, and the context menu of its list. */
#ifndef GUI_MAIN_MENUS_H
#define GUI_MAIN_MENUS_H

#include "app.h"

/* `columns`: the entries that show and hide columns. Adds the actions "app.*" that only this window needs. */
GtkWidget *gui_main_menus_new(struct gui_app *app, GtkWidget *window, GMenuModel *columns);
/* At a point of the widget; goes when it is closed. */
void gui_menu_popup(GtkWidget *widget, GMenuModel *menu, double x, double y);
void gui_main_menus_popup(GtkWidget *widget, double x, double y, struct gui_state *state);

#endif
