/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jobs of a host at the bottom of the main window: title, progress, time left, Cancel. */
#ifndef GUI_JOB_BAR_H
#define GUI_JOB_BAR_H

#include "app.h"

struct gui_job_bar;

struct gui_job_bar *gui_job_bar_new(struct gui_app *app);
struct gui_job_bar *gui_job_bar_free(struct gui_job_bar *bar);
GtkWidget *gui_job_bar_widget(struct gui_job_bar *bar);
void gui_job_bar_set_host(struct gui_job_bar *bar, VmcHost *host);

#endif
