/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's screen and keyboard, for the verbs that look at it and type. */
#ifndef CLI_VM_DISPLAY_H
#define CLI_VM_DISPLAY_H

#include "client/keys.h"
#include "ui/viewer.h"

struct invocation;

/* FALSE: said, and the exit status is in invocation->failure. */
gboolean vm_display_open(struct invocation *invocation, struct viewer_link *viewer);
void vm_display_close(struct viewer_link *viewer);

/* A copy of the screen as it is now; -errno: the machine ended (-EPIPE), or does not draw (-ETIMEDOUT). */
int vm_display_look(struct viewer_link *viewer, gboolean with_pixels, struct screen *ret_screen);
/* Asks for DISPLAY_DRAWN without waiting for it; FALSE: the machine is gone. */
gboolean vm_display_ask(const struct viewer_link *viewer);

/* Presses them as fast as a guest can read. FALSE: the machine is gone. */
gboolean vm_display_press(struct viewer_link *viewer, const GArray *keys);

#endif
