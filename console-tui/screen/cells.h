/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen as cells in memory, and drawing into it.
 *
 * Purpose    Views draw everything anew into a surface; output.c finds what is different from what the
 *            terminal shows. Colours come by role from the theme.
 * Text       Whatever a guest, a file or a user wrote may be given: control characters, wrong UTF-8 and
 *            marks that turn the direction never get into a cell; wide characters take two, combining
 *            ones none. Right-to-left words are put in visual order here, and the terminal is told to
 *            leave that to us.
 * Areas      A rectangle of a surface; nothing is drawn outside of it. Coordinates count from its
 *            corner.
 * Threads    One.
 */
#ifndef SCREEN_CELLS_H
#define SCREEN_CELLS_H

#include "themes/theme.h"

enum { TUI_COMBINING_MAX = 2, TUI_SIZE_MAX = 1000 };

struct tui_cell {
	guint32 text[1 + TUI_COMBINING_MAX]; /* Unicode; 0: no more */
	guint32 foreground, background;	     /* as theme_style has them */
	guint8 attributes;
	guint8 width; /* 1 or 2; 0: the right half of the one before */
};

struct tui_surface {
	int width, height;
	struct tui_cell *cells;
	const struct theme *theme;
	gboolean is_ascii; /* the terminal knows nothing else */
	int cursor_x, cursor_y;
	gboolean has_cursor;
};

struct tui_area {
	struct tui_surface *surface;
	int x, y, width, height;
};

void tui_surface_resize(struct tui_surface *surface, int width, int height);
void tui_surface_deinit(struct tui_surface *surface);
struct tui_area tui_surface_area(struct tui_surface *surface);
/* A part of it; as much as there is. */
struct tui_area tui_area_part(const struct tui_area *area, int x, int y, int width, int height);
gboolean tui_area_has(const struct tui_area *area, int x, int y); /* in the surface's coordinates */

void tui_fill(const struct tui_area *area, enum theme_role role);
void tui_put(const struct tui_area *area, int x, int y, enum theme_role role, guint32 character);
void tui_put_style(const struct tui_area *area, int x, int y, const struct theme_style *style,
		   guint32 character);
/*
 * At most `width` columns (-1: to the edge); cut with an ellipsis when it does not fit. Returns the columns.
 */
int tui_text(const struct tui_area *area, int x, int y, int width, enum theme_role role, const char *text);
int tui_text_right(const struct tui_area *area, int x, int y, int width, enum theme_role role,
		   const char *text);
/* Several lines, broken at blanks; returns how many. */
int tui_text_wrap(const struct tui_area *area, int y, enum theme_role role, const char *text);
int tui_text_lines(const char *text, int width); /* how many it would be */
/* Repeats a character to the right. */
void tui_row(const struct tui_area *area, int x, int y, int width, enum theme_role role, guint32 character);
/* A frame with a title (NULL: none); returns what is inside. */
struct tui_area tui_box(const struct tui_area *area, enum theme_role role, const char *title);
void tui_cursor(const struct tui_area *area, int x, int y);
/* A different look for what is there already. */
void tui_restyle(const struct tui_area *area, enum theme_role role);
/* As a row of blocks: 0 to 1. */
void tui_bar(const struct tui_area *area, int x, int y, int width, enum theme_role role, double part);

#endif
