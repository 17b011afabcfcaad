/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which font a screen is written with, and where its cells begin. */
#ifndef RD_TEXT_GRID_H
#define RD_TEXT_GRID_H

#include "text/text.h"

struct rd_grid {
	const struct rd_font *font;
	unsigned left, top;
};

/*
 * Only at the corner, where consoles begin, or at any place, which takes about a hundred times as long.
 * False: no text is there.
 */
bool rd_grid_find(const struct rd_fonts *fonts, const struct rd_picture *picture, bool at_any_place,
		  struct rd_grid *ret_grid);

#endif
