/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content.h"
#include "side.h"

#include <string.h>

static uint32_t hash(uint32_t n)
{
	n ^= n >> 16;
	n *= 0x7feb352du;
	n ^= n >> 15;
	n *= 0x846ca68bu;
	return n ^ n >> 16;
}

static void fill(uint32_t *picture, unsigned x, unsigned y, unsigned width, unsigned height, uint32_t colour)
{
	for (unsigned line = y; line < y + height; line++)
		for (unsigned column = x; column < x + width; column++)
			picture[line * WIDTH + column] = colour;
}

/* --- a console: letters of 8 x 16 that nobody can read, but that look like some ---------------------- */

enum { CELL_WIDTH = 8, CELL_HEIGHT = 16, LINE_HEIGHT = CELL_HEIGHT, ROWS = HEIGHT / CELL_HEIGHT };

static void draw_letter(uint32_t *picture, unsigned column, unsigned row, uint32_t letter)
{
	for (unsigned y = 2; y < 13; y++) {
		uint32_t dots = hash(letter % 64 * 16 + y / 2) & 0x7e;

		for (unsigned x = 0; x < CELL_WIDTH; x++)
			picture[(row * CELL_HEIGHT + y) * WIDTH + column * CELL_WIDTH + x] =
			    dots >> x & 1 ? 0xaaaaaa : 0;
	}
}

static void draw_console_line(uint32_t *picture, unsigned row, unsigned number)
{
	unsigned length = 20 + hash(number) % 80;

	fill(picture, 0, row * CELL_HEIGHT, WIDTH, CELL_HEIGHT, 0);
	for (unsigned column = 0; column < length; column++)
		if (hash(number * 251 + column) % 6)
			draw_letter(picture, column, row, hash(number * 977 + column));
}

static void draw_scrolling(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines)
{
	if (number == 0) {
		memset(picture, 0, WIDTH * HEIGHT * 4);
		for (unsigned row = 0; row < ROWS; row++)
			draw_console_line(picture, row, row);
	} else {
		memmove(picture, picture + LINE_HEIGHT * WIDTH, (ROWS - 1) * LINE_HEIGHT * WIDTH * 4);
		draw_console_line(picture, ROWS - 1, ROWS + number);
	}
	*ret_top = 0;
	*ret_lines = HEIGHT;
}

static void draw_typing(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines)
{
	if (number == 0) {
		draw_scrolling(picture, 0, ret_top, ret_lines);
		fill(picture, 0, 30 * CELL_HEIGHT, WIDTH, CELL_HEIGHT, 0);
		return;
	}
	draw_letter(picture, number, 30, hash(number));
	*ret_top = 30 * CELL_HEIGHT;
	*ret_lines = CELL_HEIGHT;
}

/* --- a desktop: a window that moves over a picture --------------------------------------------------- */

static uint32_t background(unsigned x, unsigned y)
{
	return (40 + y / 8) << 16 | (60 + x / 24) << 8 | 120;
}

static void draw_window(uint32_t *picture, unsigned left, unsigned top)
{
	fill(picture, left, top, 640, 400, 0xf0f0f0);
	fill(picture, left, top, 640, 24, 0x3060c0);
	for (unsigned row = 2; row < 24; row++)
		for (unsigned column = 2; column < 60; column++)
			if (hash(row * 71 + column) % 5)
				for (unsigned y = 0; y < 11; y++)
					for (unsigned x = 0; x < 8; x++)
						if (hash(hash(row * 71 + column) % 64 * 16 + y / 2) >> x & 1)
							picture[(top + row * 16 + y) * WIDTH + left +
								column * 10 + x] = 0x202020;
}

static void draw_desktop(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines)
{
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			picture[y * WIDTH + x] = background(x, y);
	draw_window(picture, 100 + number * 12 % 1000, 200 + number * 5 % 300);
	*ret_top = number ? 200 : 0;
	*ret_lines = number ? 700 : HEIGHT;
}

/* --- moving pictures --------------------------------------------------------------------------------- */

/* Smooth, with some noise, as a film is. */
static uint32_t film(unsigned x, unsigned y, unsigned number)
{
	unsigned a = (x + number * 7) * (y + number * 3) / 512, b = hash(y * 4096 + x + number) & 3;

	return ((a & 0xff) ^ b) << 16 | ((a / 2 + x / 4) & 0xff) << 8 | ((y / 2 + number) & 0xff);
}

static void draw_film(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines)
{
	if (number == 0)
		draw_desktop(picture, 0, ret_top, ret_lines);
	for (unsigned y = 300; y < 300 + 270; y++)
		for (unsigned x = 500; x < 500 + 480; x++)
			picture[y * WIDTH + x] = film(x, y, number);
	*ret_top = number ? 300 : 0;
	*ret_lines = number ? 270 : HEIGHT;
}

static void draw_whole(uint32_t *picture, unsigned number, unsigned *ret_top, unsigned *ret_lines)
{
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			picture[y * WIDTH + x] = film(x / 2, y / 2, number);
	*ret_top = 0;
	*ret_lines = HEIGHT;
}

const struct content contents[] = {
	{ "typing", 40, draw_typing }, { "console", 30, draw_scrolling }, { "desktop", 30, draw_desktop },
	{ "film", 30, draw_film },     { "whole", 10, draw_whole },
};
const unsigned content_count = sizeof(contents) / sizeof(contents[0]);
