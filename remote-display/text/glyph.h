/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which character a cell with ink shows. */
#ifndef RD_TEXT_GLYPH_H
#define RD_TEXT_GLYPH_H

#include "text/cell.h"

enum { RD_UNKNOWN = 0xfffd, RD_NEAR_CACHE = 256 };

/* What looked nearly like a glyph once does so again: screens repeat themselves. */
struct rd_near_cache {
	struct {
		const struct rd_font *font; /* NULL: free */
		const struct rd_glyph *glyph;
		unsigned dots;
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];
	} entries[RD_NEAR_CACHE];
};

/* `font`: the grid's; others of its size are tried, too. True: a cursor lies over the character. */
bool rd_glyph_read(const struct rd_fonts *fonts, const struct rd_font *font, struct rd_near_cache *cache,
		   struct rd_cell *cell, struct rd_text_cell *ret_cell);

#endif
