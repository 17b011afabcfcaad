/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last page of the disk wizards: what will be done, the command line that does the same, and doing it as
 * a job. */
#ifndef GUI_DISK_TASK_H
#define GUI_DISK_TASK_H

#include "client/disks.h"
#include "wizards/wizard.h"

struct gui_disk_summary {
	GtkWidget *steps, *command;
};

/* NULL: a sentence. */
typedef struct vmc_disk_draft *(*gui_disk_draft_fn)(gpointer data, GError **error);

GtkWidget *gui_disk_summary_make(struct gui_disk_summary *summary);
void gui_disk_summary_enter(struct gui_disk_summary *summary, struct gui_wizard *wizard, VmcHost *host,
			    gui_disk_draft_fn draft, gpointer data);
/* Closes the wizard when the job is under way: the list of jobs shows how it goes. */
void gui_disk_summary_finish(struct gui_disk_summary *summary, struct gui_wizard *wizard, VmcHost *host,
			     gui_disk_draft_fn draft, gpointer data);

#endif
