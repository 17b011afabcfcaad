/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line at the bottom that is typed into: the filter, and the command line with completion and history. */
#ifndef VIEWS_PROMPT_H
#define VIEWS_PROMPT_H

#include "app/app.h"

/* fn at each change (is_done FALSE) and at Enter (TRUE); Esc: the text of before, done. */
void prompt_filter(struct tui_view *owner, const char *text,
		   void (*fn)(struct tui_view *owner, const char *text, gboolean is_done));
/* `machine`: the name that stands for % in a command; may be NULL. */
void prompt_command(struct tui_view *owner, const char *machine, const char *text);
/* As if typed into it. */
void prompt_run(struct tui_app *app, const char *machine, const char *line);

#endif
