/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The font of UEFI's console (EDK II), 8x19 dots (UEFI 2.10, 33.3.1.1: narrow glyphs). No package has it as a
 * file: it lies packed inside of firmware. So its shapes were read from a picture of the shell that printed
 * every character; tests/remote-display/make-uefi-font does it again.
 */
#include "text/font_priv.h"
#include "text/font_uefi_glyphs.h"

enum { WIDTH = 8, HEIGHT = 19 };

static uint32_t hex_digit(char c)
{
	return (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void read_lines(const char *lines, uint32_t *rows)
{
	for (unsigned y = 0; y < HEIGHT; y++)
		rows[y] = hex_digit(lines[2 * y]) << 4 | hex_digit(lines[2 * y + 1]);
}

void rd_font_add_uefi(struct rd_fonts *fonts)
{
	struct rd_font *font = rd_fonts_open(fonts, WIDTH, HEIGHT);

	if (!font)
		return;
	for (unsigned i = 0; i < sizeof(uefi_glyphs) / sizeof(uefi_glyphs[0]); i++) {
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];

		read_lines(uefi_glyphs[i].lines, rows);
		rd_font_put(font, uefi_glyphs[i].character, rows);
	}
	rd_fonts_close(fonts);
}
