/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's serial console: libvterm understands the guest; what it says never gets to our terminal itself.
 */
#ifndef CONSOLE_SERIAL_H
#define CONSOLE_SERIAL_H

#include "app/app.h"

void serial_open(struct tui_app *app, VmcHost *host, VmcObject *machine);

#endif
