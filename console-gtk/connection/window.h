/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Virtual Machine Connection: one window for each machine, with its screen and its serial console. */
#ifndef GUI_CONNECTION_WINDOW_H
#define GUI_CONNECTION_WINDOW_H

#include "app.h"
#include "machine.h"

/* The one that there is comes to the front. */
void gui_connection_open(struct gui_app *app, const struct gui_machine *machine);

#endif
