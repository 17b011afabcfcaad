/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/glyph.h"

#include <string.h>

enum {
	NEAR_DOTS = 16, /* one dot in so many may be wrong */
	SHIFT_DOTS = 2, /* what a shift counts */
	UNSURE = 90,	/* percent: what shows through a cursor */
};

static size_t row_bytes(const struct rd_font *font)
{
	return font->height * sizeof(uint32_t);
}

/* --- under a cursor ------------------------------------------------------------------------------------ */

/* All lines but those from `first` to `last`. */
static bool is_equal_around(const struct rd_font *font, const uint32_t *a, const uint32_t *b, unsigned first,
			    unsigned last)
{
	for (unsigned i = 0; i < font->height; i++)
		if (a[i] != b[i] && (i < first || i > last))
			return false;
	return true;
}

/* A cursor is some full lines near the bottom of a cell, over what stands there. */
static bool find_cursor(const struct rd_font *font, const struct rd_cell *cell, unsigned *ret_first,
			unsigned *ret_last)
{
	uint32_t full = rd_cell_mask(font->width);
	unsigned last = font->height - 1, first;

	while (last > font->height * 3 / 4 && cell->rows[last] != full)
		last--;
	if (cell->rows[last] != full)
		return false;
	for (first = last; first > font->height / 2 && cell->rows[first - 1] == full; first--)
		;
	*ret_first = first;
	*ret_last = last;
	return true;
}

static const struct rd_glyph *find_under_cursor(const struct rd_font *font, const struct rd_cell *cell)
{
	struct rd_cell bare = *cell;
	unsigned first, last;
	const struct rd_glyph *glyph;

	if (!find_cursor(font, cell, &first, &last))
		return NULL;
	memset(bare.rows + first, 0, (last - first + 1) * sizeof(bare.rows[0]));
	glyph = rd_font_find(font, bare.rows);
	for (unsigned i = 0; i < font->count && !glyph; i++)
		if (is_equal_around(font, font->glyphs[i].rows, cell->rows, first, last))
			glyph = &font->glyphs[i];
	return glyph;
}

/* --- nearly -------------------------------------------------------------------------------------------- */

static unsigned distance(const struct rd_font *font, const uint32_t *a, const uint32_t *b, unsigned limit)
{
	unsigned dots = 0;

	for (unsigned i = 0; i < font->height && dots < limit; i++)
		dots += (unsigned)__builtin_popcount(a[i] ^ b[i]);
	return dots;
}

static void shift(const struct rd_font *font, const uint32_t *rows, int by, uint32_t *ret_rows)
{
	uint32_t mask = rd_cell_mask(font->width);

	for (unsigned i = 0; i < font->height; i++)
		ret_rows[i] = (by < 0 ? rows[i] << -by : rows[i] >> by) & mask;
}

/* Of two versions of a font, one often has a letter a dot further left or right. */
static const struct rd_glyph *search_near(const struct rd_font *font, const uint32_t *cell,
					  unsigned *ret_dots)
{
	unsigned limit = font->width * font->height / NEAR_DOTS;
	const struct rd_glyph *best = NULL;

	for (int by = -1; by <= 1; by++) {
		unsigned cost = by ? SHIFT_DOTS : 0;
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];

		shift(font, cell, by, rows);
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

static unsigned hash(const struct rd_font *font, const uint32_t *rows)
{
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < font->height; i++)
		h = (h ^ rows[i]) * 16777619u;
	return (h ^ h >> 15) % RD_NEAR_CACHE;
}

static const struct rd_glyph *find_near(const struct rd_font *font, struct rd_near_cache *cache,
					const struct rd_cell *cell, unsigned *ret_dots)
{
	unsigned i = hash(font, cell->rows);

	if (cache->entries[i].font != font ||
	    memcmp(cache->entries[i].rows, cell->rows, row_bytes(font)) != 0) {
		cache->entries[i].font = font;
		memcpy(cache->entries[i].rows, cell->rows, row_bytes(font));
		cache->entries[i].glyph = search_near(font, cell->rows, &cache->entries[i].dots);
	}
	*ret_dots = cache->entries[i].dots;
	return cache->entries[i].glyph;
}

/* --- all ------------------------------------------------------------------------------------------------ */

static const struct rd_glyph *find_in_others(const struct rd_fonts *fonts, const struct rd_font *font,
					     struct rd_cell *cell)
{
	const struct rd_glyph *glyph = NULL;

	for (unsigned i = 0; i < fonts->count && !glyph; i++)
		if (&fonts->fonts[i] != font && fonts->fonts[i].width == font->width &&
		    fonts->fonts[i].height == font->height)
			glyph = rd_cell_find(&fonts->fonts[i], cell);
	return glyph;
}

bool rd_glyph_read(const struct rd_fonts *fonts, const struct rd_font *font, struct rd_near_cache *cache,
		   struct rd_cell *cell, struct rd_text_cell *ret_cell)
{
	const struct rd_glyph *glyph = rd_cell_find(font, cell);
	unsigned dots = 0, confidence = 100;
	bool has_cursor = false;

	if (!glyph)
		glyph = find_in_others(fonts, font, cell);
	if (!glyph && (glyph = find_under_cursor(font, cell))) {
		has_cursor = true;
		confidence = UNSURE;
	}
	if (!glyph && (glyph = find_near(font, cache, cell, &dots)))
		confidence = 100 - 100 * dots * NEAR_DOTS / 2 / (font->width * font->height);
	*ret_cell = (struct rd_text_cell){
		.character = glyph ? glyph->character : RD_UNKNOWN,
		.foreground = cell->foreground,
		.background = cell->background,
		.confidence = (uint8_t)(glyph ? confidence : 0),
	};
	return has_cursor;
}
