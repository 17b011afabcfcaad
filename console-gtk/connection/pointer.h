/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mouse over a guest's screen: absolute positions, buttons, the wheel, and the shape that the guest gives
 * it. */
#ifndef GUI_POINTER_H
#define GUI_POINTER_H

#include "connection/screen.h"

struct gui_pointer;

/* `on_click`: a button was pressed over it. */
struct gui_pointer *gui_pointer_new(GuiScreen *screen, void (*on_click)(gpointer), gpointer opaque);
struct gui_pointer *gui_pointer_free(struct gui_pointer *pointer);
/* NULL: nothing is sent. */
void gui_pointer_set_client(struct gui_pointer *pointer, struct rd_client *client);
void gui_pointer_set_shape(struct gui_pointer *pointer, const struct rd_client_pointer *shape);

#endif
