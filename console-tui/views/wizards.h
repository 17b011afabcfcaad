/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms: wizards, and the settings of a machine. */
#ifndef VIEWS_WIZARDS_H
#define VIEWS_WIZARDS_H

#include "app/app.h"

void wizard_vm_open(struct tui_app *app);
void wizard_quick_open(struct tui_app *app);
void wizard_import_open(struct tui_app *app);
void wizard_disk_open(struct tui_app *app);
/* Which image, then what can be done with it, or what it is. */
void disk_edit_open(struct tui_view *owner);
void disk_inspect_open(struct tui_view *owner);
void wizard_move_open(struct tui_view *owner, VmcObject *machine);
void vm_settings_open(struct tui_view *owner, VmcObject *machine);

/* `existing`: the switch that is edited, of Switches1.List (a{sv}); NULL: a new one. */
void wizard_switch_open(struct tui_view *owner, GVariant *existing);

#endif
