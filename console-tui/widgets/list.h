/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one is in a list that is longer than its area. Threads: one. */
#ifndef WIDGETS_LIST_H
#define WIDGETS_LIST_H

#include "input/keys.h"
#include "screen/cells.h"

struct tui_list {
	int count, selected, top;
};

/* Keeps what is selected in sight. */
void tui_list_fit(struct tui_list *list, int count, int height);
/* "up", "page.down" and so on; FALSE: another command. */
gboolean tui_list_command(struct tui_list *list, const char *command, int height);
/* The wheel. FALSE: something else. */
gboolean tui_list_wheel(struct tui_list *list, const struct tui_event *event);
/* At the right edge, only when something is out of sight. */
void tui_list_scrollbar(const struct tui_list *list, const struct tui_area *area);

#endif
