/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, and who did it: a list with a filter, that follows the service. */
#ifndef GUI_EVENTS_H
#define GUI_EVENTS_H

#include "app.h"

void gui_events_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
/* The list alone, for one machine; gui_event_list_show() fills it. */
GtkWidget *gui_event_list_new(struct gui_app *app);
/* `id`: the identity of a machine; "": of the whole host. `kind`: "" for all. `words`: as typed. */
void gui_event_list_show(GtkWidget *list, VmcHost *host, const char *id, const char *kind, const char *words);

#endif
