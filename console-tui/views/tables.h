/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screens that are lists. */
#ifndef VIEWS_TABLES_H
#define VIEWS_TABLES_H

#include "app/app.h"

void jobs_open(struct tui_app *app);
void events_open(struct tui_app *app);
void trash_open(struct tui_app *app);
void switches_open(struct tui_app *app);
void administrators_open(struct tui_app *app);
void host_check_open(struct tui_app *app);
void host_settings_open(struct tui_app *app);

#endif
