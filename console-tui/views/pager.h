/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to be read: help, answers, the output of a command. Scrolls both ways, finds. */
#ifndef VIEWS_PAGER_H
#define VIEWS_PAGER_H

#include "app/app.h"

enum { PAGER_BYTES_MAX = 4 << 20 };

struct tui_view *pager_new(struct tui_app *app, const char *title, const char *text);
/* More of it; what is beyond PAGER_BYTES_MAX is left out. */
void pager_add(struct tui_view *pager, const char *text, gsize size);
void pager_set_title(struct tui_view *pager, const char *title);
/* What `y` copies; NULL: nothing. */
void pager_set_command(struct tui_view *pager, const char *command);
/* Called when it is closed. */
void pager_on_close(struct tui_view *pager, GDestroyNotify fn, gpointer opaque);

#endif
