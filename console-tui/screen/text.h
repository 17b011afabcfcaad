/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from anywhere as what a terminal may be given. Threads: any. */
#ifndef SCREEN_TEXT_H
#define SCREEN_TEXT_H

#include <glib.h>

/*
 * The next character at *text, which is moved on; 0 at the end. Control characters, wrong UTF-8, unassigned
 * and private characters come as U+FFFD, tabs and new lines as a blank; marks that only change direction or
 * shape are left out.
 */
guint32 tui_text_next(const char **text);
/* Columns that it takes: 0 (combining), 1, 2. */
int tui_character_width(guint32 character);
int tui_text_width(const char *text);
/* Its characters as they stand from left to right: runs of right-to-left script turned around. Free it. */
guint32 *tui_text_visual(const char *text, gsize *ret_count);
/* What an ASCII terminal shows for it. */
char tui_character_ascii(guint32 character);

#endif
