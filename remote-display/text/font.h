/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed fonts that machines write with before any desktop: read from the packages that bring them.
 *
 * Sources    The VGA BIOS (8x16, 8x14, 8x8, and from them the 9-dot fonts), console fonts (PSF 1 and 2, also
 *            packed with gzip), GRUB's (PFF2); UEFI's is part of this library.
 * Threads    A set is made by one thread and then only read, by any.
 * Limits     RD_FONTS_MAX fonts, RD_GLYPHS_MAX glyphs each, files of RD_FONT_FILE_MAX.
 * Trust      Files are checked as if they were hostile: what is no font is refused.
 * Errors     Negative errno.
 */
#ifndef RD_FONT_H
#define RD_FONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RD_FONTS_MAX = 48,
	RD_GLYPHS_MAX = 4096,
	RD_GLYPH_WIDTH_MAX = 32,
	RD_GLYPH_HEIGHT_MAX = 32,
	RD_FONT_FILE_MAX = 4 << 20,
};

struct rd_glyph {
	uint32_t character;		    /* Unicode */
	uint32_t rows[RD_GLYPH_HEIGHT_MAX]; /* the leftmost dot is bit width - 1 */
};

struct rd_font {
	unsigned width, height, count;
	struct rd_glyph *glyphs;
	unsigned *table; /* by hash of the rows: index + 1; 0: free. 2 * RD_GLYPHS_MAX entries */
};

struct rd_fonts {
	struct rd_font fonts[RD_FONTS_MAX];
	unsigned count;
};

void rd_fonts_init(struct rd_fonts *fonts);
void rd_fonts_deinit(struct rd_fonts *fonts);
/* All fonts of a file. -EBADMSG: it holds none. */
int rd_fonts_add_file(struct rd_fonts *fonts, const char *path);
int rd_fonts_add(struct rd_fonts *fonts, const uint8_t *data, size_t size);
/* Those of Debian's packages that are installed here, and UEFI's; how many fonts there are then. */
unsigned rd_fonts_add_installed(struct rd_fonts *fonts);
/* NULL: the font has no glyph that looks exactly so. */
const struct rd_glyph *rd_font_find(const struct rd_font *font, const uint32_t *rows);

#endif
