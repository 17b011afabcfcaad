/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizards that make machines, and move them. */
#ifndef GUI_WIZARDS_H
#define GUI_WIZARDS_H

#include "app.h"
#include "machine.h"

void gui_new_vm_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_quick_create_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_import_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_move_open(struct gui_app *app, GtkWidget *window, const struct gui_machine *machine);

#endif
