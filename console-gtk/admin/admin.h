/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may do what: the wizard that grants a role, and the list and matrix of what was granted. */
#ifndef GUI_ADMIN_H
#define GUI_ADMIN_H

#include "app.h"
#include "machine.h"

/* `machine`: the one to begin with; NULL: the host. */
void gui_admin_wizard_open(struct gui_app *app, GtkWidget *window, VmcHost *host,
			   const struct gui_machine *machine);
void gui_admin_window_open(struct gui_app *app, GtkWidget *window, VmcHost *host);

#endif
