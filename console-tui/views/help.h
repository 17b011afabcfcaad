/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help on a screen, out of the table of keys. */
#ifndef VIEWS_HELP_H
#define VIEWS_HELP_H

#include "app/app.h"

void help_open(struct tui_app *app, unsigned contexts);

#endif
