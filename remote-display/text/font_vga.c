/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fonts inside a VGA BIOS: 256 glyphs of the PC's character set, one byte a line. Where they lie is found
 * by the look of the letter A.
 */
#include "text/font_priv.h"

#include <errno.h>
#include <string.h>

static const uint16_t cp437_low[32] = {
	' ',	0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
	0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7,
	0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc,
};

static const uint16_t cp437_high[129] = {
	0x2302, 0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8,
	0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb,
	0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3,
	0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab,
	0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551,
	0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e,
	0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565,
	0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590,
	0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9,
	0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7,
	0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

uint32_t rd_cp437(uint8_t code)
{
	return code < 32 ? cp437_low[code] : code < 127 ? code : cp437_high[code - 127];
}

static const struct {
	unsigned height;
	uint8_t letter_a[16];
} sizes[] = {
	{ 16, { 0, 0, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6, 0xc6 } },
	{ 14, { 0, 0, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6 } },
	{ 8, { 0x30, 0x78, 0xcc, 0xcc, 0xfc, 0xcc, 0xcc, 0 } },
};

/* The place of the first glyph; NULL: there is no such font. */
static const uint8_t *find(const uint8_t *data, size_t size, unsigned height, const uint8_t *letter_a)
{
	for (size_t at = (size_t)height * 'A'; at + (size_t)height * (256 - 'A') <= size; at++) {
		const uint8_t *glyphs = data + at - (size_t)height * 'A';
		bool is_blank = true;

		for (unsigned i = 0; i < height; i++)
			is_blank &= glyphs[height * ' ' + i] == 0;
		if (is_blank && memcmp(data + at, letter_a, height) == 0)
			return glyphs;
	}
	return NULL;
}

/* The Linux kernel's 8x16 font is that of VGA but for these, as its screens show. */
static const struct {
	uint8_t character, lines[16];
} linux_letters[] = {
	{ 'v', { [5] = 0xc6, 0xc6, 0xc6, 0xc6, 0xc6, 0x6c, 0x38 } },
	{ '~', { [1] = 0x76, 0xdc } }, /* a line higher: a shell's prompt has it */
};

static void put_linux_letters(struct rd_font *font)
{
	for (unsigned i = 0; i < sizeof(linux_letters) / sizeof(linux_letters[0]); i++) {
		uint32_t rows[RD_GLYPH_HEIGHT_MAX] = { 0 };

		for (unsigned y = 0; y < 16; y++)
			rows[y] = (uint32_t)linux_letters[i].lines[y] << (font->width - 8);
		rd_font_put(font, linux_letters[i].character, rows);
	}
}

/* `dots` 9: as text modes show it, with a blank column, or the last one again for line drawing. */
static void put_font(struct rd_fonts *fonts, const uint8_t *glyphs, unsigned dots, unsigned height)
{
	struct rd_font *font = rd_fonts_open(fonts, dots, height);

	for (unsigned code = 0; font && code < 256; code++) {
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];

		for (unsigned y = 0; y < height; y++) {
			rows[y] = glyphs[code * height + y];
			if (dots == 9)
				rows[y] = rows[y] << 1 | (code >= 0xc0 && code <= 0xdf ? rows[y] & 1 : 0);
		}
		rd_font_put(font, rd_cp437((uint8_t)code), rows);
	}
	if (font && height == 16)
		put_linux_letters(font);
	if (font)
		rd_fonts_close(fonts);
}

int rd_font_read_vga_bios(struct rd_fonts *fonts, const uint8_t *data, size_t size)
{
	int r = -EBADMSG;

	if (size < 2 || data[0] != 0x55 || data[1] != 0xaa)
		return -EBADMSG;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint8_t *glyphs = find(data, size, sizes[i].height, sizes[i].letter_a);

		if (!glyphs)
			continue;
		put_font(fonts, glyphs, 8, sizes[i].height);
		if (sizes[i].height > 8)
			put_font(fonts, glyphs, 9, sizes[i].height);
		r = 0;
	}
	return r;
}
