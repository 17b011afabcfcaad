/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small live picture of a machine's screen; a sign for its state while there is none. */
#ifndef GUI_THUMBNAIL_H
#define GUI_THUMBNAIL_H

#include "app.h"
#include "machine.h"

GtkWidget *gui_thumbnail_new(struct gui_app *app);
void gui_thumbnail_show(GtkWidget *thumbnail, const struct gui_machine *machine);

#endif
