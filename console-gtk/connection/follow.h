/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes: a guest that is asked to follow its window, and a window that follows its guest.
 *
 * The guest    is told the size of the window as the one that it should prefer. Linux' driver asks for that
 *              when it starts only, so that it takes it at the next start, or at once when it is started again; see the README.
 * The window   gets the size of the guest's screen, one to one or as it is zoomed, as far as the monitor
 * goes.
 */
#ifndef GUI_FOLLOW_H
#define GUI_FOLLOW_H

#include "connection/display.h"

struct gui_follow;

/* `scrolled`: what the screen lies in, which is as large as the window leaves. */
struct gui_follow *gui_follow_new(struct gui_display *display, GtkWidget *scrolled);
struct gui_follow *gui_follow_free(struct gui_follow *follow);
void gui_follow_set_guest(struct gui_follow *follow, gboolean is_on);
/* It is asked for by `ask` instead, which starts its driver again (fit.h); NULL: it is not. */
void gui_follow_set_at_once(struct gui_follow *follow,
			    void (*ask)(gpointer opaque, unsigned width, unsigned height), gpointer opaque);
/* `ask` has no answer yet: nothing more is asked for meanwhile. */
void gui_follow_set_waiting(struct gui_follow *follow, gboolean is_waiting);
/* What the guest's screen has to fit into, in its own pixels. */
void gui_follow_window_size(struct gui_follow *follow, unsigned *ret_width, unsigned *ret_height);
void gui_follow_set_window(struct gui_follow *follow, gboolean is_on);
/* After the display changed: its size may be another. */
void gui_follow_update(struct gui_follow *follow);

#endif
