/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUI_MAIN_GROUP_H
#define GUI_MAIN_GROUP_H

#include "app.h"

/* `ids`: the identities of the selected machines; taken. `on_chosen`: this group, or "" for all, is to be
 * shown. */
void gui_group_ask(struct gui_app *app, GtkWidget *window, char **ids,
		   void (*on_chosen)(const char *group, gpointer opaque), gpointer opaque);

#endif
