/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions on a host, as a GActionGroup "host" of a window: one table. */
#ifndef GUI_HOST_ACTIONS_H
#define GUI_HOST_ACTIONS_H

#include "app.h"

struct gui_host_actions;

struct gui_host_actions *gui_host_actions_new(struct gui_app *app, GtkWidget *window,
					      VmcHost *(*host)(gpointer opaque), gpointer opaque);
struct gui_host_actions *gui_host_actions_free(struct gui_host_actions *actions);
/* After the host, or the state of its connection, is another one. */
void gui_host_actions_update(struct gui_host_actions *actions);
GtkWidget *gui_host_actions_button(struct gui_host_actions *actions, const char *name);
/* NULL-terminated names in the order to show them. */
const char *const *gui_host_action_names(void);
GMenu *gui_host_actions_menu(void);
void gui_host_actions_set_keys(GtkApplication *gtk);

#endif
