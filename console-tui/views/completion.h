/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can follow in a command line: the nouns, verbs and options of `bulkhead` (as its own completion for
 * the shell has them), commands of the key table, names of machines, paths of this computer.
 */
#ifndef VIEWS_COMPLETION_H
#define VIEWS_COMPLETION_H

#include "app/app.h"
#include "views/menu.h"
#include "widgets/line.h"

/* Asks `bulkhead` for its words, once. */
void completion_begin(struct tui_app *app);
/* The words that the last word of `line` can become, sorted; g_ptr_array_unref(). */
GPtrArray *completion_list(struct tui_app *app, const char *line);
/* The longest beginning that all have; free it. */
char *completion_common(const GPtrArray *words);
/* Files whose path begins so; folders with a slash. */
GPtrArray *completion_paths(const char *text);
/* A path that is typed: as far as it is without doubt; else a menu under x, y, with `fn` for what is chosen. */
void completion_path(struct tui_view *owner, struct tui_line *line, const char *title, menu_fn fn, int x,
		     int y);
/* A path that begins with "~/" becomes the whole one at once: no service knows whose folder is meant. */
void completion_home(struct tui_line *line);

#endif
