/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Console fonts of Linux: PSF 1 and 2, whose tables say which characters a glyph stands for. */
#include "text/font_priv.h"

#include <errno.h>
#include <string.h>

enum {
	PSF1_HEADER = 4,
	PSF1_MODE_512 = 1,
	PSF1_MODE_TABLE = 2,
	PSF1_SEPARATOR = 0xffff,
	PSF1_SEQUENCE = 0xfffe,
	PSF2_HEADER_MIN = 32,
	PSF2_TABLE = 1,
	PSF2_SEPARATOR = 0xff,
	PSF2_SEQUENCE = 0xfe,
};

struct psf {
	const uint8_t *glyphs, *table, *end; /* table: NULL without */
	unsigned count, width, height, glyph_size;
	bool is_version_2;
};

static uint32_t get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool read_header_1(const uint8_t *data, size_t size, struct psf *psf)
{
	if (size < PSF1_HEADER || data[0] != 0x36 || data[1] != 0x04)
		return false;
	psf->glyphs = data + PSF1_HEADER;
	psf->count = data[2] & PSF1_MODE_512 ? 512 : 256;
	psf->width = 8;
	psf->height = psf->glyph_size = data[3];
	psf->table = data[2] & PSF1_MODE_TABLE ? data : NULL;
	return true;
}

static bool read_header_2(const uint8_t *data, size_t size, struct psf *psf)
{
	uint32_t header;

	if (size < PSF2_HEADER_MIN || memcmp(data, "\x72\xb5\x4a\x86", 4) != 0)
		return false;
	header = get32(data + 8);
	if (header < PSF2_HEADER_MIN || header > size)
		return false;
	psf->is_version_2 = true;
	psf->table = get32(data + 12) & PSF2_TABLE ? data : NULL;
	psf->glyphs = data + header;
	psf->count = get32(data + 16);
	psf->glyph_size = get32(data + 20);
	psf->height = get32(data + 24);
	psf->width = get32(data + 28);
	return true;
}

static bool is_possible(struct psf *psf, const uint8_t *data, size_t size)
{
	size_t room = size - (size_t)(psf->glyphs - data);

	psf->end = data + size;
	if (psf->width < 1 || psf->width > RD_GLYPH_WIDTH_MAX || psf->height < 1 ||
	    psf->height > RD_GLYPH_HEIGHT_MAX || psf->count > RD_GLYPHS_MAX ||
	    psf->glyph_size != (psf->width + 7) / 8 * psf->height ||
	    (size_t)psf->count * psf->glyph_size > room)
		return false;
	if (psf->table)
		psf->table = psf->glyphs + (size_t)psf->count * psf->glyph_size;
	return true;
}

static void read_rows(const struct psf *psf, unsigned index, uint32_t *rows)
{
	unsigned bytes = (psf->width + 7) / 8;
	const uint8_t *at = psf->glyphs + (size_t)index * psf->glyph_size;

	for (unsigned y = 0; y < psf->height; y++) {
		uint32_t row = 0;

		for (unsigned i = 0; i < bytes; i++)
			row = row << 8 | *at++;
		rows[y] = row >> (bytes * 8 - psf->width);
	}
}

/* One character of a table; false at the end of the file. 0: the end of this glyph's list. */
static bool next_1(struct psf *psf, uint32_t *ret_character)
{
	if (psf->end - psf->table < 2)
		return false;
	*ret_character = psf->table[0] | (uint32_t)psf->table[1] << 8;
	psf->table += 2;
	return true;
}

static bool next_2(struct psf *psf, uint32_t *ret_character)
{
	unsigned more;
	uint32_t c;

	if (psf->table >= psf->end)
		return false;
	c = *psf->table++;
	if (c == PSF2_SEPARATOR || c == PSF2_SEQUENCE) {
		*ret_character = c == PSF2_SEPARATOR ? PSF1_SEPARATOR : PSF1_SEQUENCE;
		return true;
	}
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	c &= more ? 0x3fu >> more : 0x7f;
	for (; more > 0 && psf->table < psf->end; more--)
		c = c << 6 | (*psf->table++ & 0x3f);
	*ret_character = c;
	return true;
}

/* The first single character of a glyph's list; those after it look alike. */
static bool read_list(struct psf *psf, uint32_t *ret_character)
{
	bool is_sequence = false;
	uint32_t c;

	*ret_character = 0;
	while (psf->is_version_2 ? next_2(psf, &c) : next_1(psf, &c)) {
		if (c == PSF1_SEPARATOR)
			return true;
		if (c == PSF1_SEQUENCE)
			is_sequence = true;
		else if (!is_sequence && *ret_character == 0)
			*ret_character = c;
	}
	return false;
}

int rd_font_read_psf(struct rd_fonts *fonts, const uint8_t *data, size_t size)
{
	struct psf psf = { NULL };
	struct rd_font *font;

	if ((!read_header_1(data, size, &psf) && !read_header_2(data, size, &psf)) ||
	    !is_possible(&psf, data, size))
		return -EBADMSG;
	font = rd_fonts_open(fonts, psf.width, psf.height);
	if (!font)
		return -ENOSPC;
	for (unsigned i = 0; i < psf.count; i++) {
		uint32_t rows[RD_GLYPH_HEIGHT_MAX], character = i < 256 ? rd_cp437((uint8_t)i) : 0;

		if (psf.table && !read_list(&psf, &character))
			break;
		read_rows(&psf, i, rows);
		if (character)
			rd_font_put(font, character, rows);
	}
	rd_fonts_close(fonts);
	return 0;
}
