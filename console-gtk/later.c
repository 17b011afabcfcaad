/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows that are still to be written. */
#include "admin/admin.h"
#include "connection/window.h"
#include "dialog.h"
#include "disks/disks.h"
#include "hosts/host_windows.h"
#include "main_window.h"
#include "settings/settings.h"
#include "wizards/wizards.h"

#define LATER(name, ...)                                                                                     \
	void name(__VA_ARGS__)                                                                               \
	{                                                                                                    \
	}
#define HOST struct gui_app *app, GtkWidget *window, VmcHost *host

LATER(gui_new_disk_open, HOST)
LATER(gui_edit_disk_open, HOST)
LATER(gui_inspect_disk_open, HOST)
LATER(gui_quick_create_open, HOST)
LATER(gui_import_open, HOST)
LATER(gui_main_ask_group, struct gui_main *main)
