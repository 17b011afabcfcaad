/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/glyph.h"
#include "text/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SURE = 90 };

struct rd_text_reader {
	const struct rd_fonts *fonts;
	struct rd_near_cache near;
	uint32_t *pixels; /* the picture that was read */
	unsigned width, height;
	struct rd_grid grid; /* font NULL: none known */
	struct rd_text text;
	unsigned misses; /* pictures without text, one after the other */
};

/* --- cells ---------------------------------------------------------------------------------------------- */

static struct rd_picture own_picture(const struct rd_text_reader *reader)
{
	return (struct rd_picture){ reader->pixels, reader->width, reader->height, reader->width };
}

/* Takes over one cell's pixels, so that what is read does not change meanwhile. False: nothing was new. */
static bool take_cell(struct rd_text_reader *reader, const struct rd_picture *picture, unsigned x, unsigned y)
{
	size_t bytes = reader->text.cell_width * sizeof(uint32_t);
	bool is_new = false;

	for (unsigned line = y; line < y + reader->text.cell_height; line++) {
		uint32_t *to = reader->pixels + (size_t)line * reader->width + x;
		const uint32_t *from = picture->pixels + (size_t)line * picture->stride + x;

		if (memcmp(to, from, bytes) != 0) {
			memcpy(to, from, bytes);
			is_new = true;
		}
	}
	return is_new;
}

static void read_cell(struct rd_text_reader *reader, const struct rd_picture *picture, unsigned column,
		      unsigned row)
{
	struct rd_text *text = &reader->text;
	struct rd_text_cell *to = &text->cells[row * text->columns + column];
	bool is_cursor = false;
	struct rd_cell cell;

	rd_cell_load(picture, text->left + column * text->cell_width, text->top + row * text->cell_height,
		     text->cell_width, text->cell_height, &cell);
	*to = (struct rd_text_cell){ ' ', cell.background, cell.background,
				     cell.kind == RD_CELL_PLAIN ? 100 : 0 };
	if (cell.kind == RD_CELL_INK)
		is_cursor = rd_glyph_read(reader->fonts, reader->grid.font, &reader->near, &cell, to);
	if (is_cursor) {
		text->has_cursor = true;
		text->cursor_column = column;
		text->cursor_row = row;
	} else if (text->cursor_column == column && text->cursor_row == row) {
		text->has_cursor = false;
	}
}

/* `picture`: all cells are read that differ from it; NULL: all. */
static void read_cells(struct rd_text_reader *reader, const struct rd_picture *picture)
{
	struct rd_picture own = own_picture(reader);
	const struct rd_text *text = &reader->text;

	for (unsigned row = 0; row < text->rows; row++)
		for (unsigned column = 0; column < text->columns; column++)
			if (!picture || take_cell(reader, picture, text->left + column * text->cell_width,
						  text->top + row * text->cell_height))
				read_cell(reader, &own, column, row);
}

/* --- the grid ---------------------------------------------------------------------------------------- */

/* More is known than not; a screen that was cleared still belongs to its grid. */
static bool fits_grid(const struct rd_text_reader *reader)
{
	const struct rd_text *text = &reader->text;
	unsigned known = 0, unknown = 0;

	for (unsigned i = 0; i < text->columns * text->rows; i++) {
		known += text->cells[i].character != ' ' && text->cells[i].confidence >= SURE;
		unknown += text->cells[i].confidence == 0;
	}
	return unknown <= known;
}

static void forget_grid(struct rd_text_reader *reader)
{
	rd_text_deinit(&reader->text);
	reader->grid.font = NULL;
}

static int set_grid(struct rd_text_reader *reader, const struct rd_grid *grid)
{
	struct rd_text text = {
		.cell_width = grid->font->width,
		.cell_height = grid->font->height,
		.left = grid->left,
		.top = grid->top,
		.columns = (reader->width - grid->left) / grid->font->width,
		.rows = (reader->height - grid->top) / grid->font->height,
	};

	text.cells = calloc((size_t)text.columns * text.rows, sizeof(*text.cells));
	if (!text.cells)
		return -ENOMEM;
	rd_text_deinit(&reader->text);
	reader->text = text;
	reader->grid = *grid;
	return 0;
}

/*
 * All places are tried for the first picture without text, then for the second, fourth, eighth: a film has
 * none, and shall not cost the time again and again.
 */
static int search(struct rd_text_reader *reader)
{
	struct rd_picture own = own_picture(reader);
	bool at_any_place = (reader->misses & (reader->misses - 1)) == 0;
	struct rd_grid grid;
	int r;

	forget_grid(reader);
	if (!rd_grid_find(reader->fonts, &own, false, &grid) &&
	    !(at_any_place && rd_grid_find(reader->fonts, &own, true, &grid))) {
		reader->misses++;
		return 0;
	}
	reader->misses = 0;
	r = set_grid(reader, &grid);
	if (r == 0)
		read_cells(reader, NULL);
	return r;
}

/* --- reading ----------------------------------------------------------------------------------------- */

static int take_size(struct rd_text_reader *reader, const struct rd_picture *picture)
{
	if (reader->pixels && reader->width == picture->width && reader->height == picture->height)
		return 0;
	forget_grid(reader);
	free(reader->pixels);
	reader->pixels = calloc((size_t)picture->width * picture->height + 1, sizeof(uint32_t));
	reader->width = picture->width;
	reader->height = picture->height;
	reader->misses = 0;
	return reader->pixels ? 0 : -ENOMEM;
}

/* False: it is what it was. */
static bool take_picture(struct rd_text_reader *reader, const struct rd_picture *picture)
{
	size_t bytes = reader->width * sizeof(uint32_t);
	bool is_new = false;

	for (unsigned y = 0; y < reader->height; y++) {
		uint32_t *to = reader->pixels + (size_t)y * reader->width;
		const uint32_t *from = picture->pixels + (size_t)y * picture->stride;

		if (memcmp(to, from, bytes) != 0) {
			memcpy(to, from, bytes);
			is_new = true;
		}
	}
	return is_new;
}

int rd_text_reader_read(struct rd_text_reader *reader, const struct rd_picture *picture,
			const struct rd_text **ret_text)
{
	int r = take_size(reader, picture);

	if (r < 0)
		return r;
	*ret_text = &reader->text;
	if (reader->grid.font) {
		read_cells(reader, picture);
		if (fits_grid(reader))
			return 0;
		take_picture(reader, picture); /* what lies beside the cells, too */
		return search(reader);
	}
	return take_picture(reader, picture) ? search(reader) : 0;
}

struct rd_text_reader *rd_text_reader_new(const struct rd_fonts *fonts)
{
	struct rd_text_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		reader->fonts = fonts;
	return reader;
}

struct rd_text_reader *rd_text_reader_free(struct rd_text_reader *reader)
{
	if (!reader)
		return NULL;
	rd_text_deinit(&reader->text);
	free(reader->pixels);
	free(reader);
	return NULL;
}

int rd_text_recognize(const struct rd_fonts *fonts, const struct rd_picture *picture,
		      struct rd_text *ret_text)
{
	struct rd_text_reader *reader = rd_text_reader_new(fonts);
	const struct rd_text *text;
	int r = reader ? rd_text_reader_read(reader, picture, &text) : -ENOMEM;

	if (r == 0) {
		*ret_text = *text;
		memset(&reader->text, 0, sizeof(reader->text)); /* the caller's */
	}
	rd_text_reader_free(reader);
	return r;
}

void rd_text_deinit(struct rd_text *text)
{
	free(text->cells);
	memset(text, 0, sizeof(*text));
}
