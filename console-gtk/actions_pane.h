/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pane of actions at the right: those on the host, and those on the selected machines. */
#ifndef GUI_ACTIONS_PANE_H
#define GUI_ACTIONS_PANE_H

#include "host_actions.h"
#include "vm_actions.h"

GtkWidget *gui_actions_pane_new(struct gui_host_actions *host, struct gui_vm_actions *vm);

#endif
