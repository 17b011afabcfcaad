/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of the selected machine, small: looked at once a second while it is seen (client/thumbnail.h),
 * drawn when it is another picture; the sign of its state while there is none.
 */
#ifndef GUI_THUMBNAIL_H
#define GUI_THUMBNAIL_H

#include "app.h"
#include "machine.h"

GtkWidget *gui_thumbnail_new(struct gui_app *app);
/* Once a second, and when something changed. `machine` NULL: none. */
void gui_thumbnail_show(GtkWidget *thumbnail, const struct gui_machine *machine);

#endif
