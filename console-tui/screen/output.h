/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bytes make the terminal show a surface: only what is different from what it shows.
 * Threads: one.
 */
#ifndef SCREEN_OUTPUT_H
#define SCREEN_OUTPUT_H

#include "screen/cells.h"

enum tui_colors {
	TUI_COLORS_NONE,
	TUI_COLORS_8,
	TUI_COLORS_16,
	TUI_COLORS_256,
	TUI_COLORS_TRUE,
};

struct tui_output {
	struct tui_surface shown; /* what the terminal shows */
	gboolean is_known;	  /* FALSE: everything must be written */
	enum tui_colors colors;
	struct theme_style style; /* of the terminal now */
	gboolean has_style, has_cursor;
	int x, y; /* of the terminal's cursor; -1: unknown */
};

void tui_output_init(struct tui_output *output, enum tui_colors colors);
void tui_output_deinit(struct tui_output *output);
/* The terminal was used by somebody else, or has another size. */
void tui_output_forget(struct tui_output *output);
/* Appends to `bytes`; afterwards `surface` is what is shown. */
void tui_output_update(struct tui_output *output, const struct tui_surface *surface, GString *bytes);
/* The nearest of the 256 colours of xterm, and of the first 16 or 8. */
guint tui_color_256(guint32 rgb);
guint tui_color_16(guint32 rgb, guint count);

#endif
