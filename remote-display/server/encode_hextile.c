/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hextile, RFC 6143, 7.7.4: tiles of 16 x 16. A tile is looked at once, as 32-bit values whatever the
 * viewer's pixels are; one that cannot become smaller than its pixels is known by its corners before any
 * rectangle is sought.
 */
#include "server/encode.h"

#include <rfb/rfb.h>
#include <string.h>

enum {
	TILE = 16,
	PIXELS = TILE * TILE,
	CHUNK = 256 << 10,
	TILE_MAX = 1 + 4 * PIXELS,
	RAW = rfbHextileRaw,
	BACKGROUND = rfbHextileBackgroundSpecified,
	FOREGROUND = rfbHextileForegroundSpecified,
	SUBRECTS = rfbHextileAnySubrects,
	COLOURED = rfbHextileSubrectsColoured,
};

struct tile {
	int width, height;
	unsigned pixel_size;
	uint8_t raw[4 * PIXELS]; /* what the viewer would get */
	uint32_t pixels[PIXELS]; /* the same, one in each */
	uint32_t background, foreground;
	unsigned colours; /* 1, 2, or more: 3 */
};

/* What the viewer remembers of the tiles before. */
struct memory {
	bool has_background, has_foreground;
	uint32_t background, foreground;
};

static void widen(struct tile *tile)
{
	int count = tile->width * tile->height;

	if (tile->pixel_size == 4)
		memcpy(tile->pixels, tile->raw, 4 * (size_t)count);
	else if (tile->pixel_size == 2)
		for (int i = 0; i < count; i++) {
			uint16_t pixel;

			memcpy(&pixel, tile->raw + 2 * i, 2);
			tile->pixels[i] = pixel;
		}
	else
		for (int i = 0; i < count; i++)
			tile->pixels[i] = tile->raw[i];
}

static int count_colour(const struct tile *tile, uint32_t colour)
{
	int count = 0;

	for (int i = 0; i < tile->width * tile->height; i++)
		count += tile->pixels[i] == colour;
	return count;
}

/* The background is the more frequent one of the first two. */
static void find_colours(struct tile *tile)
{
	int count = tile->width * tile->height, first = count_colour(tile, tile->pixels[0]), second, i = 1;

	tile->background = tile->foreground = tile->pixels[0];
	tile->colours = 1;
	if (first == count)
		return;
	while (tile->pixels[i] == tile->background)
		i++;
	tile->foreground = tile->pixels[i];
	second = count_colour(tile, tile->foreground);
	tile->colours = first + second == count ? 2 : 3;
	if (second > first) {
		tile->foreground = tile->background;
		tile->background = tile->pixels[i];
	}
}

/*
 * Each rectangle of one colour has a corner that is unlike what is left of it and above it: at least so many.
 */
static unsigned count_corners(const struct tile *tile)
{
	unsigned count = 0;

	for (int y = 1; y < tile->height; y++) {
		const uint32_t *line = tile->pixels + y * tile->width, *above = line - tile->width;

		for (int x = 1; x < tile->width; x++)
			count +=
			    (line[x] != line[x - 1]) & (line[x] != above[x]) & (line[x] != tile->background);
	}
	return count;
}

static uint8_t *put_pixel(uint8_t *at, uint32_t pixel, unsigned size)
{
	uint16_t pixel16 = (uint16_t)pixel;

	if (size == 4)
		memcpy(at, &pixel, 4);
	else if (size == 2)
		memcpy(at, &pixel16, 2);
	else
		*at = (uint8_t)pixel;
	return at + size;
}

/* The largest rectangle of one colour whose first pixel this is. */
static void find_rect(const struct tile *tile, int x, int y, int *ret_width, int *ret_height)
{
	const uint32_t *at = tile->pixels + y * tile->width + x;
	int width = tile->width - x, area = 0;

	*ret_width = *ret_height = 1;
	for (int line = 0; line < tile->height - y; line++, at += tile->width) {
		int same = 0;

		while (same < width && at[same] == tile->pixels[y * tile->width + x])
			same++;
		if (same == 0)
			break;
		width = same;
		if (width * (line + 1) > area) {
			area = width * (line + 1);
			*ret_width = width;
			*ret_height = line + 1;
		}
	}
}

/* What was sent becomes background, so that nothing is sent twice. */
static void paint(struct tile *tile, int x, int y, int width, int height)
{
	for (int line = y; line < y + height; line++)
		for (int column = x; column < x + width; column++)
			tile->pixels[line * tile->width + column] = tile->background;
}

/* NULL: not smaller than `end`. */
static uint8_t *put_rects(struct tile *tile, uint8_t *at, const uint8_t *end)
{
	bool is_coloured = tile->colours > 2;
	unsigned size = (is_coloured ? tile->pixel_size : 0) + 2;
	uint8_t *count = at++;

	*count = 0;
	for (int y = 0; y < tile->height; y++)
		for (int x = 0; x < tile->width; x++) {
			uint32_t pixel = tile->pixels[y * tile->width + x];
			int width, height;

			if (pixel == tile->background)
				continue;
			if (at + size >= end || *count == UINT8_MAX)
				return NULL;
			find_rect(tile, x, y, &width, &height);
			if (is_coloured)
				at = put_pixel(at, pixel, tile->pixel_size);
			*at++ = (uint8_t)(x << 4 | y);
			*at++ = (uint8_t)((width - 1) << 4 | (height - 1));
			++*count;
			paint(tile, x, y, width, height);
		}
	return at;
}

/* NULL: its pixels are not more. */
static uint8_t *put_packed(struct tile *tile, struct memory *memory, uint8_t *flags)
{
	unsigned raw_size = (unsigned)(tile->width * tile->height) * tile->pixel_size;
	const uint8_t *end = flags + 1 + raw_size;
	uint8_t *at = flags + 1;

	if (tile->colours > 2 && count_corners(tile) * (tile->pixel_size + 2) >= raw_size)
		return NULL;
	*flags = tile->colours > 1 ? SUBRECTS : 0;
	if (!memory->has_background || memory->background != tile->background) {
		*flags |= BACKGROUND;
		at = put_pixel(at, tile->background, tile->pixel_size);
	}
	if (tile->colours == 2 && (!memory->has_foreground || memory->foreground != tile->foreground)) {
		*flags |= FOREGROUND;
		at = put_pixel(at, tile->foreground, tile->pixel_size);
	}
	if (tile->colours > 2)
		*flags |= COLOURED;
	if (tile->colours > 1)
		at = put_rects(tile, at, end);
	if (!at || at >= end)
		return NULL;
	memory->has_background = true;
	memory->background = tile->background;
	if (tile->colours > 1) { /* one of one colour leaves it as it was */
		memory->has_foreground = tile->colours == 2;
		memory->foreground = tile->foreground;
	}
	return at;
}

static uint8_t *put_tile(struct tile *tile, struct memory *memory, uint8_t *at)
{
	size_t size = (size_t)(tile->width * tile->height) * tile->pixel_size;
	uint8_t *end;

	widen(tile);
	find_colours(tile);
	end = put_packed(tile, memory, at);
	if (end)
		return end;
	*memory = (struct memory){ 0 };
	*at++ = RAW;
	memcpy(at, tile->raw, size);
	return at + size;
}

rfbBool rfbSendRectEncodingHextile(rfbClientPtr client, int x, int y, int width, int height)
{
	struct rd_encode *encode = rd_encode_begin(CHUNK);
	struct memory memory = { 0 };
	struct tile tile = { .pixel_size = client->format.bitsPerPixel / 8 };

	if (!encode)
		return FALSE;
	rd_encode_rect(encode, x, y, width, height, rfbEncodingHextile);
	for (int top = y; top < y + height; top += TILE)
		for (int left = x; left < x + width; left += TILE) {
			if (CHUNK - encode->used < TILE_MAX && !rd_encode_write(encode, client))
				return FALSE;
			tile.width = x + width - left < TILE ? x + width - left : TILE;
			tile.height = y + height - top < TILE ? y + height - top : TILE;
			rd_encode_translate(client, left, top, tile.width, tile.height, tile.raw);
			encode->used =
			    (size_t)(put_tile(&tile, &memory, encode->bytes + encode->used) - encode->bytes);
		}
	return rd_encode_write(encode, client);
}
