/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual hard disks: the wizards that make and change them, and what one is. */
#ifndef GUI_DISKS_H
#define GUI_DISKS_H

#include "app.h"

void gui_new_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_edit_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_inspect_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
/* At once, of this file. */
void gui_inspect_disk_show(struct gui_app *app, GtkWidget *window, VmcHost *host, const char *path);

#endif
