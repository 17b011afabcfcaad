/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desktop manager as a whole: one process for each desktop session, with its hosts and windows.
 *
 * Threads    The main one; what could wait goes through call.h, or a GTask.
 */
#ifndef GUI_APP_H
#define GUI_APP_H

#include "client/host.h"

#include <gtk/gtk.h>

#define GUI_APP_ID "org.bulkhead.Manager"

struct gui_state;
struct gui_theme;

struct gui_app {
	GtkApplication *gtk;
	GListStore *hosts; /* VmcHost; the first one is this computer */
	struct gui_state *state;
	struct gui_theme *theme;
	struct gui_main *main; /* NULL: its window is not open */
};

struct gui_app *gui_app_new(void);
struct gui_app *gui_app_free(struct gui_app *app);
int gui_app_run(struct gui_app *app, int argc, char **argv);

/* The host of this place; added when there is none. Not owned. */
VmcHost *gui_app_add_host(struct gui_app *app, const char *place);
void gui_app_remove_host(struct gui_app *app, VmcHost *host);

#endif
