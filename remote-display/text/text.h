/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen as text: what a console wrote into a framebuffer, read back by its fixed font.
 *
 * Purpose    A cell of two colours that looks exactly like a glyph is that character; one that nearly does (a
 *            cursor, a damaged picture) has less confidence. A picture without text gives no character.
 * Use        rd_text_recognize() for one picture; a struct rd_text_reader for a screen that goes on: it
 *            remembers font, place and picture, and reads again only the cells that changed.
 * Threads    Any, one at a time for a reader. The fonts are only read.
 * Trust      The pixels may change while they are read, and may be anything.
 */
#ifndef RD_TEXT_H
#define RD_TEXT_H

#include "text/font.h"

struct rd_picture {
	const uint32_t *pixels; /* 0x00RRGGBB; the highest byte is ignored */
	unsigned width, height;
	size_t stride; /* pixels a line */
};

struct rd_text_cell {
	uint32_t character; /* Unicode; ' ' where there is nothing, U+FFFD where something is that no glyph
			       looks like */
	uint32_t foreground, background;
	uint8_t confidence; /* 0..100 */
};

struct rd_text {
	unsigned columns, rows; /* 0: no text */
	unsigned cell_width, cell_height;
	unsigned left, top; /* pixels before the first cell */
	struct rd_text_cell *cells;
	bool has_cursor;
	unsigned cursor_column, cursor_row;
};

/* 0, also when there is no text; -ENOMEM. */
int rd_text_recognize(const struct rd_fonts *fonts, const struct rd_picture *picture,
		      struct rd_text *ret_text);
void rd_text_deinit(struct rd_text *text);
/* UTF-8, a line for each row, without the blanks at its end. The caller frees it; NULL: no memory. */
char *rd_text_format(const struct rd_text *text);

/*
 * For who listens to a screen: the lines of `now` that `before` did not have, without the empty ones; both as
 * rd_text_format() makes them. Lines that scrolled are no news. The caller frees it; NULL: no memory.
 */
char *rd_text_news(const char *before, const char *now);

struct rd_text_reader;

/* The fonts must stay. NULL: no memory. */
struct rd_text_reader *rd_text_reader_new(const struct rd_fonts *fonts);
struct rd_text_reader *rd_text_reader_free(struct rd_text_reader *reader); /* NULL is fine; returns NULL */
/* The text is the reader's, until its next call. Errors as above. */
int rd_text_reader_read(struct rd_text_reader *reader, const struct rd_picture *picture,
			const struct rd_text **ret_text);

#endif
