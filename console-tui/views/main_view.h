/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main screen: hosts, machines, details, actions, and the menus over them. */
#ifndef VIEWS_MAIN_VIEW_H
#define VIEWS_MAIN_VIEW_H

#include "app/app.h"

struct tui_view *main_view_new(struct tui_app *app);
/* The machine with this path is selected, as soon as it is there. */
void main_view_select(struct tui_app *app, const char *path);

#endif
