/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing what was chosen: the question before it, the calls, and what comes after them. */
#ifndef GUI_VM_ACTION_RUN_H
#define GUI_VM_ACTION_RUN_H

#include "app.h"
#include "machine.h"

/* `targets`: struct gui_machine *, at least one. */
void gui_vm_action_run(struct gui_app *app, GtkWidget *window, const struct vmc_action *action,
		       const GPtrArray *targets);
gboolean gui_vm_action_takes_many(const struct vmc_action *action);

#endif
