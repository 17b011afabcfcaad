/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's fonts (PFF2): big-endian sections of four letters and a length; glyphs are cut to their ink. */
#include "text/font_priv.h"

#include <errno.h>
#include <string.h>

enum {
	SECTION_HEADER = 8,
	INDEX_ENTRY = 9,   /* u32 character, u8 flags, u32 offset in the file */
	GLYPH_HEADER = 10, /* u16 width, height, s16 x, y, u16 advance */
	CHARACTER_END = 0x3000,
};

struct pff2 {
	const uint8_t *data;
	size_t size;
	const uint8_t *index;
	size_t index_count;
	unsigned ascent, descent;
};

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static bool read_sections(struct pff2 *font)
{
	size_t at = 0;

	while (font->size - at >= SECTION_HEADER) {
		const uint8_t *section = font->data + at;
		uint32_t size = get32(section + 4);

		if (memcmp(section, "DATA", 4) == 0)
			break;
		at += SECTION_HEADER;
		if (size > font->size - at)
			return false;
		if (memcmp(section, "ASCE", 4) == 0 && size == 2)
			font->ascent = get16(font->data + at);
		else if (memcmp(section, "DESC", 4) == 0 && size == 2)
			font->descent = get16(font->data + at);
		else if (memcmp(section, "CHIX", 4) == 0) {
			font->index = font->data + at;
			font->index_count = size / INDEX_ENTRY;
		}
		at += size;
	}
	return font->index && font->ascent + font->descent <= RD_GLYPH_HEIGHT_MAX;
}

/* Places the ink in a cell of 8 dots. */
static bool read_glyph(const struct pff2 *font, uint32_t offset, unsigned cell_width, uint32_t *rows)
{
	const uint8_t *at = font->data + offset;
	unsigned width, height;
	int x, top;

	if (offset > font->size || font->size - offset < GLYPH_HEADER)
		return false;
	width = get16(at);
	height = get16(at + 2);
	x = (int16_t)get16(at + 4);
	top = (int)font->ascent - (int16_t)get16(at + 6) - (int)height;
	if (get16(at + 8) != cell_width || x < 0 || top < 0 || width > cell_width ||
	    (unsigned)x + width > cell_width || (unsigned)top + height > font->ascent + font->descent ||
	    font->size - offset - GLYPH_HEADER < (width * height + 7) / 8)
		return false;
	memset(rows, 0, sizeof(uint32_t) * RD_GLYPH_HEIGHT_MAX);
	at += GLYPH_HEADER;
	for (unsigned i = 0; i < width * height; i++)
		if (at[i / 8] >> (7 - i % 8) & 1)
			rows[(unsigned)top + i / width] |= 1u << (cell_width - 1 - (unsigned)x - i % width);
	return true;
}

int rd_font_read_pff2(struct rd_fonts *fonts, const uint8_t *data, size_t size)
{
	struct pff2 file = { .data = data, .size = size };
	struct rd_font *font;

	if (size < 12 || memcmp(data, "FILE\0\0\0\4PFF2", 12) != 0 || !read_sections(&file))
		return -EBADMSG;
	font = rd_fonts_open(fonts, 8, file.ascent + file.descent);
	if (!font)
		return -ENOSPC;
	for (size_t i = 0; i < file.index_count; i++) {
		const uint8_t *entry = file.index + i * INDEX_ENTRY;
		uint32_t rows[RD_GLYPH_HEIGHT_MAX];

		if (get32(entry) < CHARACTER_END && read_glyph(&file, get32(entry + 5), font->width, rows))
			rd_font_put(font, get32(entry), rows);
	}
	rd_fonts_close(fonts);
	return 0;
}
