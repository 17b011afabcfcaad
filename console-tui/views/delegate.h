/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Granting a role: who, which, where, and what that means; as a form. */
#ifndef VIEWS_DELEGATE_H
#define VIEWS_DELEGATE_H

#include "app/app.h"

/* `machine`: its name to begin with; NULL: to be chosen. */
void delegate_open(struct tui_app *app, VmcHost *host, const char *machine);

#endif
