/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of text that is typed: with a cursor, the keys of readline, scrolling, and pasting.
 * Limits: `max` bytes; control characters do not get in. Threads: one.
 */
#ifndef WIDGETS_LINE_H
#define WIDGETS_LINE_H

#include "input/keys.h"
#include "screen/cells.h"

struct tui_line {
	GString *text;
	gsize cursor; /* bytes */
	gsize max;
	gboolean is_secret;
	/* what is typed or pasted first replaces it; a key that moves or edits takes it over */
	gboolean is_suggestion;
};

void tui_line_init(struct tui_line *line, const char *text, gsize max);
void tui_line_deinit(struct tui_line *line);
void tui_line_set(struct tui_line *line, const char *text);
void tui_line_insert(struct tui_line *line, const char *text);
/* TRUE: it was a key for it; *ret_changed (may be NULL): the text is another one. */
gboolean tui_line_event(struct tui_line *line, const struct tui_event *event, gboolean *ret_changed);
/* With the cursor when it has the focus. */
void tui_line_draw(const struct tui_line *line, const struct tui_area *area, int x, int y, int width,
		   enum theme_role role, gboolean has_focus);

#endif
