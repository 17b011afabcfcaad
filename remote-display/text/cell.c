/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cell.h"

#include <string.h>

enum { COLOUR = 0xffffff };

/* The first pixel of another colour than the first one; false: there is none. */
static bool find_foreground(const uint32_t *line, size_t stride, unsigned width, unsigned height,
			    uint32_t *ret_colour)
{
	uint32_t background = line[0] & COLOUR;

	for (unsigned i = 0; i < height; i++, line += stride) {
		uint32_t difference = 0;

		for (unsigned j = 0; j < width; j++)
			difference |= line[j] ^ background;
		for (unsigned j = 0; difference & COLOUR && j < width; j++)
			if ((line[j] ^ background) & COLOUR) {
				*ret_colour = line[j] & COLOUR;
				return true;
			}
	}
	return false;
}

void rd_cell_load(const struct rd_picture *picture, unsigned x, unsigned y, unsigned width, unsigned height,
		  struct rd_cell *ret_cell)
{
	const uint32_t *line = picture->pixels + (size_t)y * picture->stride + x;
	uint32_t background = line[0] & COLOUR, foreground = background;

	ret_cell->background = background;
	ret_cell->kind = RD_CELL_PLAIN;
	if (!find_foreground(line, picture->stride, width, height, &foreground)) {
		ret_cell->foreground = background;
		return;
	}
	ret_cell->foreground = foreground;
	ret_cell->kind = RD_CELL_INK;
	for (unsigned i = 0; i < height; i++, line += picture->stride) {
		uint32_t row = 0, others = 0;

		for (unsigned j = 0; j < width; j++) {
			uint32_t pixel = line[j] & COLOUR;
			bool is_ink = pixel == foreground;

			row = row << 1 | is_ink;
			others |= !is_ink & (pixel != background);
		}
		ret_cell->rows[i] = row;
		if (others) {
			ret_cell->kind = RD_CELL_PICTURE;
			return;
		}
	}
}

void rd_cell_invert(struct rd_cell *cell, unsigned width, unsigned height)
{
	uint32_t mask = rd_cell_mask(width), foreground = cell->foreground;

	for (unsigned i = 0; i < height; i++)
		cell->rows[i] ^= mask;
	cell->foreground = cell->background;
	cell->background = foreground;
}

const struct rd_glyph *rd_cell_find(const struct rd_font *font, struct rd_cell *cell)
{
	const struct rd_glyph *glyph = rd_font_find(font, cell->rows);

	if (glyph)
		return glyph;
	rd_cell_invert(cell, font->width, font->height);
	glyph = rd_font_find(font, cell->rows);
	if (!glyph)
		rd_cell_invert(cell, font->width, font->height);
	return glyph;
}
