/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with machines, by the client library's table: asked for where something is lost, made,
 * reported. */
#ifndef VIEWS_ACTIONS_H
#define VIEWS_ACTIONS_H

#include "app/app.h"
#include "client/action.h"
#include "views/menu.h"

/* `machines` of VmcObject, which it takes; `name` as vmc_actions has it. */
void actions_run(struct tui_view *owner, GPtrArray *machines, const char *name);
/* Why it can be done with none of the machines, of which there may be many: the first one's reason. NULL: it can, with
 * those that it fits. `rights` NULL: not known yet. Free it. */
char *actions_refusal(const struct vmc_action *action, GPtrArray *machines, const char *const *rights);
/* All of them, with why one cannot be done. */
void actions_fill_menu(struct menu *menu, GPtrArray *machines, const char *const *rights);
/* Those with a form or a name to be typed. */
void actions_rename(struct tui_view *owner, VmcObject *machine);
void actions_clone(struct tui_view *owner, VmcObject *machine);
void actions_export(struct tui_view *owner, VmcObject *machine);
void actions_move(struct tui_view *owner, VmcObject *machine);
void actions_undo_delete(struct tui_view *owner);

/* Lines of "- step" of an answer whose last part is an array of sentences; free it. */
char *actions_steps(GVariant *result);

#endif
