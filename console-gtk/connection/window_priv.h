/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a connection window, for the files of this folder. */
#ifndef GUI_CONNECTION_WINDOW_PRIV_H
#define GUI_CONNECTION_WINDOW_PRIV_H

#include "connection/display.h"
#include "connection/follow.h"
#include "connection/full_screen.h"
#include "connection/overlay.h"
#include "connection/record.h"
#include "connection/serial.h"
#include "connection/typing.h"
#include "connection/window.h"
#include "vm_actions.h"

struct gui_connection {
	struct gui_app *app;
	struct gui_machine *machine;
	char *name; /* of the machine, when it was known at last */
	GtkWidget *window, *menu_bar, *toolbar, *footer, *stack, *status, *keyboard, *viewers, *secure;
	GtkWidget *viewer_list; /* weak: of the dialog; NULL: it is not open */
	struct gui_display *display;
	struct gui_overlay *overlay;
	struct gui_follow *follow;
	struct gui_full_screen *bar;
	struct gui_serial *serial;
	struct gui_vm_actions *actions;
	struct gui_typing *typing;
	struct gui_record *record; /* NULL: nothing is recorded */
	GSimpleActionGroup *group;
	VmcObject *followed;
	GListModel *machines; /* of the host, while there is a connection to it */
	gulong host_changed, machine_changed, machines_changed;
	guint seen_viewers; /* how many there were when they were listed */
	gboolean is_full_screen, wants_toolbar, is_fitting;
};

/* The actions "view.*" and the menus of the window: menus.c. */
void gui_connection_add_actions(struct gui_connection *connection);
GtkWidget *gui_connection_menu_bar(struct gui_connection *connection);
void gui_connection_toggle_full_screen(gpointer connection);
/* After the window is filled: zoom, sizes and keyboard as they were at last. */
void gui_connection_restore_view(struct gui_connection *connection);
/* The guest's keyboard: layout.c. */
void gui_connection_ask_layout(struct gui_connection *connection);
void gui_connection_set_layout(struct gui_connection *connection, const char *name);
/* The disc of its first DVD drive: media.c. */
void gui_connection_insert_disc(struct gui_connection *connection);
void gui_connection_eject_disc(struct gui_connection *connection);
/* Who looks at it: viewers.c. The dialog; what it shows, anew; no answer comes any more. */
void gui_connection_show_viewers(struct gui_connection *connection);
void gui_connection_update_viewers(struct gui_connection *connection, VmcObject *object);
void gui_connection_forget_viewers(struct gui_connection *connection);
/* The screen as a PNG file, or into the clipboard: capture.c. */
void gui_connection_capture(struct gui_connection *connection);
void gui_connection_copy_screen(struct gui_connection *connection);
/* The actions that can be done now: allowed.c. `object` NULL: the machine is not there. */
void gui_connection_allow(struct gui_connection *connection, VmcObject *object);
/* Whether the machine has a worker, which has a screen and a serial port. */
gboolean gui_connection_has_worker(VmcObject *object);

/* Title, overlay, footer and actions, as things are now. */
void gui_connection_show_state(struct gui_connection *connection);

#endif
