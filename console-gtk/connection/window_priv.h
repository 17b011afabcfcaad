/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a connection window, for the files of this folder. */
#ifndef GUI_CONNECTION_WINDOW_PRIV_H
#define GUI_CONNECTION_WINDOW_PRIV_H

#include "connection/display.h"
#include "connection/record.h"
#include "connection/serial.h"
#include "connection/typing.h"
#include "connection/window.h"
#include "vm_actions.h"

struct gui_connection {
	struct gui_app *app;
	struct gui_machine *machine;
	GtkWidget *window, *menu_bar, *toolbar, *footer, *stack, *status, *keyboard, *viewers;
	GtkWidget *overlay, *overlay_box, *overlay_text, *overlay_start, *scrolled;
	struct gui_display *display;
	struct gui_serial *serial;
	struct gui_vm_actions *actions;
	struct gui_typing *typing;
	struct gui_record *record; /* NULL: nothing is recorded */
	GSimpleActionGroup *group;
	VmcObject *followed;
	gulong host_changed, machine_changed;
	gboolean is_full_screen;
};

/* The actions "view.*" and the menus of the window: menus.c. */
void gui_connection_add_actions(struct gui_connection *connection);
GtkWidget *gui_connection_menu_bar(struct gui_connection *connection);
void gui_connection_toggle_full_screen(gpointer connection);
/* The disc of its first DVD drive: media.c. */
void gui_connection_insert_disc(struct gui_connection *connection);
void gui_connection_eject_disc(struct gui_connection *connection);
/* Who looks at it: viewers.c. */
void gui_connection_show_viewers(struct gui_connection *connection);
/* A PNG of the screen: capture.c. */
void gui_connection_capture(struct gui_connection *connection);

/* Title, overlay, footer and actions, as things are now. */
void gui_connection_show_state(struct gui_connection *connection);

#endif
