/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checkpoints of a machine as a tree that ends in "Now", with what can be done with each: a pane of the
 * main screen where that is high enough, else a tab of the details. */
#ifndef VIEWS_CHECKPOINTS_H
#define VIEWS_CHECKPOINTS_H

#include "app/app.h"

struct checkpoints;

struct checkpoints *checkpoints_new(struct tui_view *view);
struct checkpoints *checkpoints_free(struct checkpoints *checkpoints);
/* Follows this machine from now on (NULL: none); `rights` of GetRights, or NULL: not known yet. */
void checkpoints_draw(struct checkpoints *checkpoints, const struct tui_area *area, VmcObject *machine,
		      const char *const *rights, gboolean has_focus);
/* The mouse, where it was drawn last. */
gboolean checkpoints_event(struct checkpoints *checkpoints, const struct tui_event *event);
/* For whoever has the focus: moves; the keys of the machine's actions are those of the checkpoint's. */
gboolean checkpoints_command(struct checkpoints *checkpoints, const char *command);

#endif
