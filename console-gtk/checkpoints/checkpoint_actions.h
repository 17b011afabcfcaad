/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with a checkpoint: by the table of the client library, with its questions. */
#ifndef GUI_CHECKPOINT_ACTIONS_H
#define GUI_CHECKPOINT_ACTIONS_H

#include "machine.h"

#include "client/checkpoints.h"

#include <gtk/gtk.h>

/* Asks what there is to ask, then does it. */
void gui_checkpoint_run(GtkWidget *window, const struct gui_machine *machine,
			const struct vmc_checkpoint_action *action, VmcCheckpoint *row);

#endif
