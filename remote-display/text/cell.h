/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One cell of a picture as dots of two colours. */
#ifndef RD_TEXT_CELL_H
#define RD_TEXT_CELL_H

#include "text/text.h"

enum rd_cell_kind { RD_CELL_PLAIN, RD_CELL_INK, RD_CELL_PICTURE }; /* one colour, two, more */

struct rd_cell {
	enum rd_cell_kind kind;
	uint32_t foreground, background;
	uint32_t rows[RD_GLYPH_HEIGHT_MAX]; /* as a glyph's */
};

/* The cell must lie inside. The colour of its first dot counts as the background. */
void rd_cell_load(const struct rd_picture *picture, unsigned x, unsigned y, unsigned width, unsigned height,
		  struct rd_cell *ret_cell);
/* Foreground and background change places. */
void rd_cell_invert(struct rd_cell *cell, unsigned width, unsigned height);
/* In either polarity; the cell is turned to the one that fits. NULL: nothing looks exactly so. */
const struct rd_glyph *rd_cell_find(const struct rd_font *font, struct rd_cell *cell);

static inline uint32_t rd_cell_mask(unsigned width)
{
	return width == 32 ? UINT32_MAX : (1u << width) - 1;
}

#endif
