/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands over a guest's screen: why there is nothing to see, or why it stands still, and the buttons
 * that change it. One row of overlay.c for each state of a machine.
 */
#ifndef GUI_OVERLAY_H
#define GUI_OVERLAY_H

#include "machine.h"
#include "vm_actions.h"

struct gui_overlay;

/* `child` is what it lies over, `home` the part of it that gets the keyboard when a button goes. Its buttons
 * are those of `actions`, which lives longer, and the window's action view.reconnect. */
struct gui_overlay *gui_overlay_new(GtkWidget *child, GtkWidget *home, struct gui_vm_actions *actions);
struct gui_overlay *gui_overlay_free(struct gui_overlay *overlay);
GtkWidget *gui_overlay_widget(struct gui_overlay *overlay);
/* `object` NULL: it is gone, or its host is not connected. `problem`: why there is no screen; "". */
void gui_overlay_show(struct gui_overlay *overlay, const struct gui_machine *machine, VmcObject *object,
		      gboolean has_screen, const char *problem);
/* The keyboard at its first button; FALSE: it has none now. */
gboolean gui_overlay_focus(struct gui_overlay *overlay);

#endif
