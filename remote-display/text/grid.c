/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a grid is found: some lines of the picture in which the colour changes most often are cut into cells,
 * in each size that some font has; the font that recognizes most of them wins. Fonts of one size share the
 * cells.
 */
#include "text/grid.h"
#include "text/cell.h"

#include <string.h>

enum {
	SHAPES = 0x2500, /* lines and blocks from here on, which pictures have, too */
	GLYPHS_MIN = 8,	 /* that must be recognized before a screen counts as text */
	SHARE_MIN = 50,	 /* percent of the cells with ink */
	INK_MIN = 6,	 /* dots */
	CHANGES_MIN = 4, /* from line to line */
	BANDS = 3,	 /* parts of the picture that are looked at */
};

struct score {
	unsigned glyphs; /* recognized, of those with enough ink to mean something */
	unsigned ink;	 /* cells that are not plain */
};

struct search {
	const struct rd_fonts *fonts;
	const struct rd_picture *picture;
	unsigned width, height; /* of the cells */
	unsigned bands[BANDS];	/* first lines; the picture's height: none */
	struct rd_grid best;
	struct score best_score;
};

/* A glyph of few dots, or one of blocks, occurs in every picture. */
static bool means_something(const struct search *search, const uint32_t *rows)
{
	unsigned ink = 0, changes = 0;

	for (unsigned i = 0; i < search->height; i++) {
		ink += (unsigned)__builtin_popcount(rows[i]);
		changes += i > 0 && rows[i] != rows[i - 1];
	}
	return ink >= INK_MIN && changes >= CHANGES_MIN;
}

static bool has_size(const struct search *search, const struct rd_font *font)
{
	return font->width == search->width && font->height == search->height;
}

/* All fonts of this size; scores by their index. */
static void score_line(const struct search *search, unsigned left, unsigned y, struct score *scores)
{
	const struct rd_fonts *fonts = search->fonts;
	unsigned ink = 0;

	for (unsigned x = left; x + search->width <= search->picture->width; x += search->width) {
		struct rd_cell cell;

		rd_cell_load(search->picture, x, y, search->width, search->height, &cell);
		ink += cell.kind != RD_CELL_PLAIN;
		if (cell.kind != RD_CELL_INK || !means_something(search, cell.rows))
			continue;
		for (unsigned i = 0; i < fonts->count; i++) {
			const struct rd_glyph *glyph =
			    has_size(search, &fonts->fonts[i]) ? rd_cell_find(&fonts->fonts[i], &cell) : NULL;

			scores[i].glyphs += glyph && glyph->character < SHAPES;
		}
	}
	for (unsigned i = 0; i < fonts->count; i++)
		scores[i].ink += ink;
}

static unsigned count_changes(const struct rd_picture *picture, unsigned y, unsigned height)
{
	unsigned changes = 0;

	for (unsigned line = y; line < y + height; line += 2) {
		const uint32_t *pixels = picture->pixels + line * picture->stride;

		for (unsigned x = 1; x < picture->width; x++)
			changes += pixels[x] != pixels[x - 1];
	}
	return changes;
}

/* The lines in which the colour changes most often: where text is, if it is anywhere. */
static void find_bands(struct search *search)
{
	unsigned best[BANDS] = { 0 }, *bands = search->bands;

	for (unsigned i = 0; i < BANDS; i++)
		bands[i] = search->picture->height;
	for (unsigned y = 0; y + search->height <= search->picture->height; y += search->height) {
		unsigned changes = count_changes(search->picture, y, search->height);

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

static void try_place(struct search *search, unsigned left, unsigned top)
{
	struct score scores[RD_FONTS_MAX] = { { 0, 0 } };

	for (unsigned i = 0; i < BANDS && search->bands[i] < search->picture->height; i++) {
		unsigned y = align(search->bands[i] + search->height / 2, top, search->height), seen = 0;

		if (y + search->height <= search->picture->height)
			score_line(search, left, y, scores);
		for (unsigned j = 0; j < search->fonts->count; j++)
			seen += scores[j].glyphs;
		if (seen == 0)
			return; /* the line with most on it has nothing that is known */
	}
	for (unsigned i = 0; i < search->fonts->count; i++)
		if (is_better(&scores[i], &search->best_score)) {
			search->best_score = scores[i];
			search->best = (struct rd_grid){ &search->fonts->fonts[i], left, top };
		}
}

/* Whether this is the first font of its size. */
static bool begins_size(const struct rd_fonts *fonts, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (fonts->fonts[i].width == fonts->fonts[index].width &&
		    fonts->fonts[i].height == fonts->fonts[index].height)
			return false;
	return true;
}

static void try_size(struct search *search, bool at_any_place)
{
	find_bands(search);
	for (unsigned top = 0; top < (at_any_place ? search->height : 1); top++)
		for (unsigned left = 0; left < (at_any_place ? search->width : 1); left++)
			try_place(search, left, top);
}

bool rd_grid_find(const struct rd_fonts *fonts, const struct rd_picture *picture, bool at_any_place,
		  struct rd_grid *ret_grid)
{
	struct search search = { .fonts = fonts, .picture = picture };

	for (unsigned i = 0; i < fonts->count; i++) {
		if (!begins_size(fonts, i))
			continue;
		search.width = fonts->fonts[i].width;
		search.height = fonts->fonts[i].height;
		try_size(&search, at_any_place);
	}
	if (!is_text(&search.best_score))
		return false;
	*ret_grid = search.best;
	return true;
}
