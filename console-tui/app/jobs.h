/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long work of all hosts: what becomes of it is said when it is over, whatever is on the screen. */
#ifndef APP_JOBS_H
#define APP_JOBS_H

#include "app/app.h"

/* After each change of a host: its jobs are followed as long as it is connected. */
void tui_jobs_follow(struct tui_app *app, VmcHost *host);
/* Of the present host: "Export of web 45%, 2 min left"; "" without one. Free it. */
char *tui_jobs_text(struct tui_app *app);

#endif
