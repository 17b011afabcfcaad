/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of hosts at the left: this computer, and others through ssh, each with its state. */
#ifndef GUI_HOST_LIST_H
#define GUI_HOST_LIST_H

#include "app.h"

/* `on_selected`: another one was chosen. The widget ends with its window. */
GtkWidget *gui_host_list_new(struct gui_app *app, void (*on_selected)(VmcHost *host, gpointer opaque),
			     gpointer opaque);
void gui_host_list_select(GtkWidget *list, VmcHost *host);

#endif
