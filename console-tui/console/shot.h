/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of a machine's screen in a file: `bulkhead vm screenshot` makes it, here or on the machine's
 * host. */
#ifndef CONSOLE_SHOT_H
#define CONSOLE_SHOT_H

#include "app/app.h"

/* Asks for the file first. */
void screen_shoot(struct tui_view *owner, VmcHost *host, VmcObject *machine);

#endif
