/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of buttons that gives way: those that have no place, from the end, are not shown. So a window may be as narrow as what it
 * is for; what the buttons do is in a menu, too.
 */
#ifndef GUI_GIVE_WAY_H
#define GUI_GIVE_WAY_H

#include <gtk/gtk.h>

#define GUI_TYPE_GIVE_WAY gui_give_way_get_type()
G_DECLARE_FINAL_TYPE(GuiGiveWay, gui_give_way, GUI, GIVE_WAY, GtkWidget)

GtkWidget *gui_give_way_new(int spacing);
void gui_give_way_append(GuiGiveWay *row, GtkWidget *child);

#endif
