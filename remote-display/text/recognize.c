/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNKNOWN = 0xfffd,
	NOTHING = ' ',
	SHAPES = 0x2500, /* lines and blocks from here on, which pictures have, too */
	GLYPHS_MIN = 8,	 /* that must be recognized before a screen counts as text */
	SHARE_MIN = 50,	 /* percent of the cells with ink */
	INK_MIN = 6,	 /* dots */
	CHANGES_MIN = 4, /* from line to line */
	BANDS = 3,	 /* parts of the picture that are looked at to find the grid */
	NEAR_DOTS = 16,	 /* one dot in so many may be wrong */
	SHIFT_DOTS = 2,	 /* what a shift counts */
	CURSOR_LINES_MAX = 3,
};

struct grid {
	const struct rd_font *font;
	unsigned left, top;
};

enum cell_kind { CELL_PLAIN, CELL_INK, CELL_PICTURE };

struct cell {
	enum cell_kind kind; /* one colour, two, more */
	uint32_t foreground, background;
	uint32_t rows[RD_GLYPH_HEIGHT_MAX];
};

/* --- cells ------------------------------------------------------------------------------------------- */

static void load_cell(const struct rd_picture *picture, const struct rd_font *font, unsigned x, unsigned y,
		      struct cell *ret_cell)
{
	const uint32_t *line = picture->pixels + (size_t)y * picture->stride + x;
	uint32_t background = line[0] & 0xffffff, foreground = background;

	ret_cell->kind = CELL_PLAIN;
	for (unsigned i = 0; i < font->height; i++, line += picture->stride) {
		uint32_t row = 0;

		for (unsigned j = 0; j < font->width; j++) {
			uint32_t pixel = line[j] & 0xffffff;

			row <<= 1;
			if (pixel == background)
				continue;
			if (foreground == background) {
				foreground = pixel;
				ret_cell->kind = CELL_INK;
			}
			if (pixel != foreground) {
				ret_cell->kind = CELL_PICTURE;
				return;
			}
			row |= 1;
		}
		ret_cell->rows[i] = row;
	}
	ret_cell->foreground = foreground;
	ret_cell->background = background;
}

static void invert(const struct rd_font *font, struct cell *cell)
{
	uint32_t mask = font->width == 32 ? UINT32_MAX : (1u << font->width) - 1;
	uint32_t foreground = cell->foreground;

	for (unsigned i = 0; i < font->height; i++)
		cell->rows[i] ^= mask;
	cell->foreground = cell->background;
	cell->background = foreground;
}

/* A glyph of few dots, or one of blocks, occurs in every picture. */
static bool means_something(const struct rd_font *font, const uint32_t *rows)
{
	unsigned ink = 0, changes = 0;

	for (unsigned i = 0; i < font->height; i++) {
		ink += (unsigned)__builtin_popcount(rows[i]);
		changes += i > 0 && rows[i] != rows[i - 1];
	}
	return ink >= INK_MIN && changes >= CHANGES_MIN;
}

/* In either polarity; the cell is turned to the one that fits. */
static const struct rd_glyph *find_exactly(const struct rd_font *font, struct cell *cell)
{
	const struct rd_glyph *glyph = rd_font_find(font, cell->rows);

	if (glyph)
		return glyph;
	invert(font, cell);
	glyph = rd_font_find(font, cell->rows);
	if (!glyph)
		invert(font, cell);
	return glyph;
}

/* --- the grid: which font, and where its cells begin --------------------------------------------------- */

struct score {
	unsigned glyphs; /* recognized, of those with enough ink to mean something */
	unsigned ink;	 /* cells that are not plain */
};

static void score_line(const struct rd_picture *picture, const struct grid *grid, unsigned y,
		       struct score *score)
{
	for (unsigned x = grid->left; x + grid->font->width <= picture->width; x += grid->font->width) {
		const struct rd_glyph *glyph = NULL;
		struct cell cell;

		load_cell(picture, grid->font, x, y, &cell);
		if (cell.kind == CELL_PLAIN)
			continue;
		score->ink++;
		if (cell.kind == CELL_INK && means_something(grid->font, cell.rows))
			glyph = find_exactly(grid->font, &cell);
		if (glyph && glyph->character < SHAPES)
			score->glyphs++;
	}
}

/* Lines of pixels where the colour changes most often: where text is, if it is anywhere. */
static void find_bands(const struct rd_picture *picture, unsigned height, unsigned bands[BANDS])
{
	unsigned best[BANDS] = { 0 };

	for (unsigned i = 0; i < BANDS; i++)
		bands[i] = picture->height; /* none */
	for (unsigned y = 0; y + height <= picture->height; y += height) {
		unsigned changes = 0;

		for (unsigned line = y; line < y + height; line += 2)
			for (unsigned x = 1; x < picture->width; x++)
				changes += picture->pixels[line * picture->stride + x] !=
					   picture->pixels[line * picture->stride + x - 1];
		for (unsigned i = 0; i < BANDS; i++)
			if (changes > best[i]) {
				memmove(&best[i + 1], &best[i], (BANDS - 1 - i) * sizeof(best[0]));
				memmove(&bands[i + 1], &bands[i], (BANDS - 1 - i) * sizeof(bands[0]));
				best[i] = changes;
				bands[i] = y;
				break;
			}
	}
}

/* Where lines begin at `top`, the line that covers pixel line y. */
static unsigned align(unsigned y, unsigned top, unsigned height)
{
	return y < top ? top : top + (y - top) / height * height;
}

static struct score score_bands(const struct rd_picture *picture, const struct grid *grid,
				const unsigned bands[BANDS])
{
	unsigned height = grid->font->height;
	struct score score = { 0, 0 };

	for (unsigned i = 0; i < BANDS && bands[i] < picture->height; i++) {
		unsigned y = align(bands[i] + height / 2, grid->top, height);

		if (y + height <= picture->height)
			score_line(picture, grid, y, &score);
	}
	return score;
}

static bool is_better(const struct score *a, const struct score *b)
{
	/* by share of what is recognized, and how much that is */
	uint64_t left = (uint64_t)a->glyphs * a->glyphs * (b->ink ? b->ink : 1);
	uint64_t right = (uint64_t)b->glyphs * b->glyphs * (a->ink ? a->ink : 1);

	return left > right;
}

static bool is_text(const struct score *score)
{
	return score->glyphs >= GLYPHS_MIN && score->glyphs * 100 >= score->ink * SHARE_MIN;
}

static void try_grid(const struct rd_picture *picture, const struct grid *grid, const unsigned bands[BANDS],
		     struct grid *best, struct score *best_score)
{
	struct score score = score_bands(picture, grid, bands);

	if (is_better(&score, best_score)) {
		*best_score = score;
		*best = *grid;
	}
}

/* Consoles begin at the corner; only when none does, all places are tried. */
static bool find_grid(const struct rd_fonts *fonts, const struct rd_picture *picture, struct grid *ret_grid)
{
	struct score score = { 0, 0 };
	unsigned bands[BANDS];

	for (unsigned i = 0; i < fonts->count; i++) {
		struct grid grid = { &fonts->fonts[i], 0, 0 };

		find_bands(picture, grid.font->height, bands);
		try_grid(picture, &grid, bands, ret_grid, &score);
	}
	if (is_text(&score))
		return true;
	for (unsigned i = 0; i < fonts->count; i++) {
		struct grid grid = { &fonts->fonts[i], 0, 0 };

		find_bands(picture, grid.font->height, bands);
		for (grid.top = 0; grid.top < grid.font->height; grid.top++)
			for (grid.left = 0; grid.left < grid.font->width; grid.left++)
				try_grid(picture, &grid, bands, ret_grid, &score);
	}
	return is_text(&score);
}

/* --- reading ----------------------------------------------------------------------------------------- */

/* A cursor is some full lines at the bottom of a cell, over what stands there. */
static const struct rd_glyph *find_under_cursor(const struct rd_font *font, struct cell *cell)
{
	uint32_t full = font->width == 32 ? UINT32_MAX : (1u << font->width) - 1;
	struct cell bare = *cell;

	for (unsigned i = 1; i <= CURSOR_LINES_MAX && bare.rows[font->height - i] == full; i++) {
		const struct rd_glyph *glyph;

		bare.rows[font->height - i] = 0;
		glyph = rd_font_find(font, bare.rows);
		if (glyph)
			return glyph;
	}
	return NULL;
}

static unsigned distance(const struct rd_font *font, const uint32_t *a, const uint32_t *b, unsigned limit)
{
	unsigned dots = 0;

	for (unsigned i = 0; i < font->height && dots < limit; i++)
		dots += (unsigned)__builtin_popcount(a[i] ^ b[i]);
	return dots;
}

static void shift(const struct rd_font *font, const uint32_t *rows, int by, uint32_t *ret_rows)
{
	uint32_t mask = font->width == 32 ? UINT32_MAX : (1u << font->width) - 1;

	for (unsigned i = 0; i < font->height; i++)
		ret_rows[i] = (by < 0 ? rows[i] << -by : rows[i] >> by) & mask;
}

/* Of two versions of a font, one often has a letter a dot further left or right. */
static const struct rd_glyph *find_near(const struct rd_font *font, const struct cell *cell,
					unsigned *ret_dots)
{
	unsigned limit = font->width * font->height / NEAR_DOTS;
	const struct rd_glyph *best = NULL;

	for (int by = -1; by <= 1; by++) {
		unsigned cost = by ? SHIFT_DOTS : 0;
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];

		shift(font, cell->rows, by, rows);
		for (unsigned i = 0; i < font->count && limit > cost; i++) {
			unsigned dots = cost + distance(font, font->glyphs[i].rows, rows, limit - cost);

			if (dots < limit) {
				limit = dots;
				best = &font->glyphs[i];
			}
		}
	}
	*ret_dots = limit;
	return best;
}

static const struct rd_glyph *find_in_others(const struct rd_fonts *fonts, const struct rd_font *font,
					     struct cell *cell)
{
	const struct rd_glyph *glyph = NULL;

	for (unsigned i = 0; i < fonts->count && !glyph; i++)
		if (&fonts->fonts[i] != font && fonts->fonts[i].width == font->width &&
		    fonts->fonts[i].height == font->height)
			glyph = find_exactly(&fonts->fonts[i], cell);
	return glyph;
}

static void read_ink(const struct rd_fonts *fonts, const struct grid *grid, struct cell *cell,
		     struct rd_text *text, unsigned index)
{
	struct rd_text_cell *to = &text->cells[index];
	const struct rd_glyph *glyph = find_exactly(grid->font, cell);
	unsigned dots = 0;

	if (!glyph && (glyph = find_under_cursor(grid->font, cell))) {
		text->has_cursor = true;
		text->cursor_column = index % text->columns;
		text->cursor_row = index / text->columns;
	}
	if (!glyph)
		glyph = find_in_others(fonts, grid->font, cell);
	if (!glyph)
		glyph = find_near(grid->font, cell, &dots);
	*to = (struct rd_text_cell){
		.character = glyph ? glyph->character : UNKNOWN,
		.foreground = cell->foreground,
		.background = cell->background,
		.confidence = glyph ? (uint8_t)(100 - 100 * dots * NEAR_DOTS / 2 /
							  (grid->font->width * grid->font->height))
				    : 0,
	};
}

static void read_cell(const struct rd_fonts *fonts, const struct rd_picture *picture, const struct grid *grid,
		      struct rd_text *text, unsigned column, unsigned row)
{
	unsigned index = row * text->columns + column;
	struct cell cell;

	load_cell(picture, grid->font, grid->left + column * grid->font->width,
		  grid->top + row * grid->font->height, &cell);
	switch (cell.kind) {
	case CELL_PLAIN:
		text->cells[index] = (struct rd_text_cell){ NOTHING, cell.background, cell.background, 100 };
		return;
	case CELL_INK: read_ink(fonts, grid, &cell, text, index); return;
	case CELL_PICTURE: text->cells[index] = (struct rd_text_cell){ .character = NOTHING }; return;
	}
}

int rd_text_recognize(const struct rd_fonts *fonts, const struct rd_picture *picture,
		      struct rd_text *ret_text)
{
	struct rd_text text = { 0 };
	struct grid grid;

	*ret_text = text;
	if (!find_grid(fonts, picture, &grid))
		return 0;
	text.cell_width = grid.font->width;
	text.cell_height = grid.font->height;
	text.left = grid.left;
	text.top = grid.top;
	text.columns = (picture->width - grid.left) / text.cell_width;
	text.rows = (picture->height - grid.top) / text.cell_height;
	text.cells = calloc((size_t)text.columns * text.rows, sizeof(*text.cells));
	if (!text.cells)
		return -ENOMEM;
	for (unsigned row = 0; row < text.rows; row++)
		for (unsigned column = 0; column < text.columns; column++)
			read_cell(fonts, picture, &grid, &text, column, row);
	*ret_text = text;
	return 0;
}

void rd_text_deinit(struct rd_text *text)
{
	free(text->cells);
	memset(text, 0, sizeof(*text));
}

/* --- as UTF-8 ---------------------------------------------------------------------------------------- */

static char *put_utf8(char *at, uint32_t c)
{
	if (c < 0x80) {
		*at++ = (char)c;
	} else if (c < 0x800) {
		*at++ = (char)(0xc0 | c >> 6);
		*at++ = (char)(0x80 | (c & 0x3f));
	} else {
		*at++ = (char)(0xe0 | (c >> 12 & 0x0f));
		*at++ = (char)(0x80 | (c >> 6 & 0x3f));
		*at++ = (char)(0x80 | (c & 0x3f));
	}
	return at;
}

char *rd_text_format(const struct rd_text *text)
{
	char *out = malloc((size_t)text->rows * (text->columns * 3 + 1) + 1), *at = out;

	if (!out)
		return NULL;
	for (unsigned row = 0; row < text->rows; row++) {
		const struct rd_text_cell *cells = text->cells + (size_t)row * text->columns;
		unsigned end = text->columns;

		while (end > 0 && cells[end - 1].character == NOTHING)
			end--;
		for (unsigned i = 0; i < end; i++)
			at = put_utf8(at, cells[i].character);
		*at++ = '\n';
	}
	*at = '\0';
	return out;
}
