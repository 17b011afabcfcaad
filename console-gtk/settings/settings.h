/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a machine: a list of panes beside the chosen one. */
#ifndef GUI_SETTINGS_H
#define GUI_SETTINGS_H

#include "app.h"
#include "machine.h"

void gui_settings_open(struct gui_app *app, GtkWidget *window, const struct gui_machine *machine);

#endif
