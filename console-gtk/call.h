/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of a management service for a window: nothing waits, and no answer comes to a window that is gone. */
#ifndef GUI_CALL_H
#define GUI_CALL_H

#include "client/host.h"

#include <gtk/gtk.h>

/* `result`: the tuple, not owned; NULL: `error`. `opaque` must live as long as the owner. */
typedef void (*gui_done_fn)(GtkWidget *owner, GVariant *result, const GError *error, gpointer opaque);

/* `done` NULL: a failure is shown in the owner's window, a success by what changes. Takes floating
 * parameters. */
void gui_call(GtkWidget *owner, VmcHost *host, const char *path, const char *interface, const char *method,
	      GVariant *parameters, gui_done_fn done, gpointer opaque);
void gui_call_vm(GtkWidget *owner, VmcHost *host, const char *path, const char *method, GVariant *parameters,
		 gui_done_fn done, gpointer opaque);

#endif
