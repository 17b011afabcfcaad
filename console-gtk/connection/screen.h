/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's screen as a widget: pictures of a viewer core, drawn in tiles, so that only those tiles are made
 * anew, and drawn anew, in which something changed.
 *
 * Scaling    GUI_ZOOM_FIT: the whole screen, in its proportions; otherwise a whole number of percent,
 *            where 100 is one pixel of the guest for one pixel of the monitor, whatever scale the
 *            desktop has.
 */
#ifndef GUI_SCREEN_H
#define GUI_SCREEN_H

#include "client/client.h"

#include <gtk/gtk.h>

#define GUI_TYPE_SCREEN (gui_screen_get_type())
G_DECLARE_FINAL_TYPE(GuiScreen, gui_screen, GUI, SCREEN, GtkWidget)

enum { GUI_ZOOM_FIT = 0 };

GtkWidget *gui_screen_new(void);
/* The size of the guest's screen; 0 x 0: there is none. */
void gui_screen_resize(GuiScreen *screen, unsigned width, unsigned height);
/* The frame is locked by the caller. */
void gui_screen_draw(GuiScreen *screen, const struct rd_client_frame *frame,
		     const struct rd_client_rect *rects, unsigned count);
void gui_screen_set_zoom(GuiScreen *screen, int percent);
int gui_screen_zoom(GuiScreen *screen);
void gui_screen_get_size(GuiScreen *screen, unsigned *ret_width, unsigned *ret_height);
/* A point of the widget as a pixel of the guest; FALSE: beside its screen, and the nearest pixel is given. */
gboolean gui_screen_pixel_at(GuiScreen *screen, double x, double y, unsigned *ret_x, unsigned *ret_y);

#endif
