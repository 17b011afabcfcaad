/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions of the application: theme, search, groups, other hosts, help, quit. */
#ifndef GUI_APP_ACTIONS_H
#define GUI_APP_ACTIONS_H

#include "app.h"

void gui_app_actions_add(struct gui_app *app);

#endif
