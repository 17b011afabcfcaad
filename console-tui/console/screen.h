/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's screen inside of the terminal: as text where it is text, as a picture elsewhere; keys and mouse
 * go to it. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include "app/app.h"

void screen_open(struct tui_app *app, VmcHost *host, VmcObject *machine);

#endif
