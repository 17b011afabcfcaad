/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The windows of a host: its settings, its switches, what it has for machines, its trash, and other hosts. */
#ifndef GUI_HOST_WINDOWS_H
#define GUI_HOST_WINDOWS_H

#include "app.h"

void gui_host_settings_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_switches_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_host_check_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_trash_open(struct gui_app *app, GtkWidget *window, VmcHost *host);
void gui_connect_host_open(struct gui_app *app, GtkWidget *window);

#endif
