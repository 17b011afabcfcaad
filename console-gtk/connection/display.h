/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display of a connection: the guest's screen with keyboard, mouse and pointer shape, connected while the
 * machine runs, and again when the connection ends although it does.
 */
#ifndef GUI_DISPLAY_H
#define GUI_DISPLAY_H

#include "connection/screen.h"
#include "machine.h"

struct gui_display;

struct gui_display_events {
	/* Connected, ended, resized, keyboard held or not, LEDs: what a status line shows. */
	void (*on_changed)(gpointer opaque);
	void (*on_full_screen)(gpointer opaque); /* the keys for it were pressed */
};

struct gui_display *gui_display_new(const struct gui_machine *machine,
				    const struct gui_display_events *events, gpointer opaque);
struct gui_display *gui_display_free(struct gui_display *display);
GuiScreen *gui_display_screen(struct gui_display *display);
/* Once, when all of the window that holds it is made: what its keys do. */
void gui_display_take_keys(struct gui_display *display, GtkWidget *window);
/* The keyboard comes back to the screen after a menu, and goes to the guest if it did before. */
void gui_display_return(struct gui_display *display);
/* The machine has a worker, or none: connects, or lets go. */
void gui_display_set_running(struct gui_display *display, gboolean is_running);
/* At once, when its connection has ended. */
void gui_display_reconnect(struct gui_display *display);
/* Its guest runs, and takes keys and pointer; one that is paused does not. */
void gui_display_set_awake(struct gui_display *display, gboolean is_awake);
void gui_display_set_view_only(struct gui_display *display, gboolean is_view_only);
gboolean gui_display_is_view_only(struct gui_display *display);
gboolean gui_display_is_connected(struct gui_display *display);
gboolean gui_display_is_held(struct gui_display *display);    /* the keyboard goes to the guest */
const char *gui_display_problem(struct gui_display *display); /* ""; a sentence */
guint gui_display_viewer(struct gui_display *display);	      /* its number among the viewers; 0: not known */
unsigned gui_display_leds(struct gui_display *display);	      /* enum rd_client_leds */

/* Presses and releases, in turn: for menus and clipboards. NULL-safe while nothing is connected. */
void gui_display_key(struct gui_display *display, guint16 code, gboolean is_down);
void gui_display_send_secure(struct gui_display *display);	   /* Ctrl+Alt+Del */
struct rd_client *gui_display_client(struct gui_display *display); /* NULL: not now */

#endif
