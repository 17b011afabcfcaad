/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's screen as what a terminal can show: text where a console's font is recognized, else a picture
 * of symbols, or of pixels (sixel, kitty, iTerm). Made by a thread; the only file that includes libchafa is
 * picture.c.
 *
 * Threads    picture_start() and its answer: the main context's. The pixels are copied before it returns.
 */
#ifndef CONSOLE_PICTURE_H
#define CONSOLE_PICTURE_H

#include "screen/cells.h"

#include <gio/gio.h>

enum picture_way { PICTURE_SYMBOLS, PICTURE_SIXEL, PICTURE_KITTY, PICTURE_ITERM, PICTURE_WAYS };

struct picture_wish {
	int columns, rows;	     /* of the terminal */
	int cell_width, cell_height; /* pixels; 0: unknown */
	enum picture_way way;
	gboolean is_mono, is_ascii, wants_picture; /* wants_picture: also where there is text */
};

/* `columns` * `rows` cells at `x`, `y` of the area that was wished for; or `bytes` for the terminal. */
struct picture {
	int x, y, columns, rows;
	struct tui_cell *cells; /* NULL: pixels */
	GString *bytes;
	gboolean is_text, has_cursor;
	int cursor_x, cursor_y;
	guint32 checksum;
};

/* What the terminal is known to take, by its environment. */
enum picture_way picture_best_way(void);
const char *picture_way_name(enum picture_way way);

/* `pixels` 0x00RRGGBB. */
void picture_start(const guint32 *pixels, guint width, guint height, gsize stride,
		   const struct picture_wish *wish, GAsyncReadyCallback callback, gpointer opaque);
struct picture *picture_finish(GAsyncResult *result);
struct picture *picture_free(struct picture *picture);
/* Its cells, with the upper left one at `x`, `y`; `plain` has the colours where the picture has none of its own. */
void picture_draw(const struct picture *picture, const struct tui_area *area, int x, int y,
		  const struct theme_style *plain);

#endif
