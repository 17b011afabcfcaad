/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/font_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TABLE_SIZE = 2 * RD_GLYPHS_MAX };

/* --- a font ------------------------------------------------------------------------------------------ */

static size_t row_bytes(const struct rd_font *font)
{
	return font->height * sizeof(uint32_t);
}

static unsigned hash(const struct rd_font *font, const uint32_t *rows)
{
	uint32_t h = 2166136261u; /* FNV-1a, by words */

	for (unsigned i = 0; i < font->height; i++)
		h = (h ^ rows[i]) * 16777619u;
	return (h ^ h >> 15) % TABLE_SIZE;
}

const struct rd_glyph *rd_font_find(const struct rd_font *font, const uint32_t *rows)
{
	for (unsigned i = hash(font, rows); font->table[i]; i = (i + 1) % TABLE_SIZE) {
		const struct rd_glyph *glyph = &font->glyphs[font->table[i] - 1];

		if (memcmp(glyph->rows, rows, row_bytes(font)) == 0)
			return glyph;
	}
	return NULL;
}

/* What is read goes to terminals. */
static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

void rd_font_put(struct rd_font *font, uint32_t character, const uint32_t *rows)
{
	struct rd_glyph *glyph = &font->glyphs[font->count];
	unsigned i;

	if (font->count == RD_GLYPHS_MAX || rd_font_find(font, rows) || is_control(character))
		return;
	glyph->character = character;
	memcpy(glyph->rows, rows, row_bytes(font));
	for (i = hash(font, rows); font->table[i]; i = (i + 1) % TABLE_SIZE)
		;
	font->table[i] = ++font->count;
}

/* --- the set ----------------------------------------------------------------------------------------- */

void rd_fonts_init(struct rd_fonts *fonts)
{
	memset(fonts, 0, sizeof(*fonts));
}

static void deinit_font(struct rd_font *font)
{
	free(font->glyphs);
	free(font->table);
	memset(font, 0, sizeof(*font));
}

void rd_fonts_deinit(struct rd_fonts *fonts)
{
	for (unsigned i = 0; i < fonts->count; i++)
		deinit_font(&fonts->fonts[i]);
	fonts->count = 0;
}

struct rd_font *rd_fonts_open(struct rd_fonts *fonts, unsigned width, unsigned height)
{
	struct rd_font *font = &fonts->fonts[fonts->count];

	if (fonts->count == RD_FONTS_MAX || width < 4 || width > RD_GLYPH_WIDTH_MAX || height < 6 ||
	    height > RD_GLYPH_HEIGHT_MAX)
		return NULL;
	font->width = width;
	font->height = height;
	font->glyphs = calloc(RD_GLYPHS_MAX, sizeof(*font->glyphs));
	font->table = calloc(TABLE_SIZE, sizeof(*font->table));
	if (!font->glyphs || !font->table) {
		deinit_font(font);
		return NULL;
	}
	fonts->count++;
	return font;
}

void rd_fonts_close(struct rd_fonts *fonts)
{
	struct rd_font *font = &fonts->fonts[fonts->count - 1];
	struct rd_glyph *glyphs;

	if (font->count == 0) {
		deinit_font(font);
		fonts->count--;
		return;
	}
	glyphs = realloc(font->glyphs, font->count * sizeof(*glyphs));
	if (glyphs)
		font->glyphs = glyphs;
}

/* --- files ------------------------------------------------------------------------------------------- */

int rd_fonts_add(struct rd_fonts *fonts, const uint8_t *data, size_t size)
{
	int r = rd_font_read_psf(fonts, data, size);

	if (r == -EBADMSG)
		r = rd_font_read_pff2(fonts, data, size);
	if (r == -EBADMSG)
		r = rd_font_read_vga_bios(fonts, data, size);
	return r;
}

/* gzread() reads plain files as they are. */
int rd_fonts_add_file(struct rd_fonts *fonts, const char *path)
{
	uint8_t *data = malloc(RD_FONT_FILE_MAX);
	gzFile file = gzopen(path, "rb");
	int size = data && file ? gzread(file, data, RD_FONT_FILE_MAX) : -1;
	int r = !data ? -ENOMEM : !file ? -ENOENT : size < 0 ? -EIO : rd_fonts_add(fonts, data, (size_t)size);

	if (file)
		gzclose(file);
	free(data);
	return r;
}

unsigned rd_fonts_add_installed(struct rd_fonts *fonts)
{
#define CONSOLE_FONT(name) "/usr/share/consolefonts/Lat15-" name ".psf.gz"
	static const char *const paths[] = {
		"/usr/share/seabios/vgabios-stdvga.bin",
		"/usr/share/grub/unicode.pf2",
		CONSOLE_FONT("VGA16"),
		CONSOLE_FONT("Fixed16"),
		CONSOLE_FONT("Terminus16"),
		CONSOLE_FONT("TerminusBold16"),
		CONSOLE_FONT("TerminusBoldVGA16"),
		CONSOLE_FONT("VGA14"),
		CONSOLE_FONT("Fixed14"),
		CONSOLE_FONT("Terminus14"),
		CONSOLE_FONT("TerminusBold14"),
		CONSOLE_FONT("VGA8"),
		CONSOLE_FONT("Fixed13"),
		CONSOLE_FONT("Fixed15"),
		CONSOLE_FONT("Fixed18"),
		CONSOLE_FONT("Terminus12x6"),
		CONSOLE_FONT("Terminus18x10"),
		CONSOLE_FONT("TerminusBold18x10"),
		CONSOLE_FONT("Terminus20x10"),
		CONSOLE_FONT("TerminusBold20x10"),
		CONSOLE_FONT("Terminus22x11"),
		CONSOLE_FONT("TerminusBold22x11"),
		CONSOLE_FONT("Terminus24x12"),
		CONSOLE_FONT("TerminusBold24x12"),
		CONSOLE_FONT("Terminus28x14"),
		CONSOLE_FONT("TerminusBold28x14"),
		CONSOLE_FONT("Terminus32x16"),
		CONSOLE_FONT("TerminusBold32x16"),
		CONSOLE_FONT("VGA28x16"),
		CONSOLE_FONT("VGA32x16"),
	};
#undef CONSOLE_FONT

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)rd_fonts_add_file(fonts, paths[i]);
	rd_font_add_uefi(fonts);
	return fonts->count;
}
