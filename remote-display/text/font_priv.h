/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of font formats need. */
#ifndef RD_FONT_PRIV_H
#define RD_FONT_PRIV_H

#include "text/font.h"

/* The new last font, without glyphs; NULL: there is no room, or the size is not one that we know. */
struct rd_font *rd_fonts_open(struct rd_fonts *fonts, unsigned width, unsigned height);
/* Ignores what looks like a glyph that is there already, and what has no room. */
void rd_font_put(struct rd_font *font, uint32_t character, const uint32_t *rows);
/* Takes the last font away again when it is empty. */
void rd_fonts_close(struct rd_fonts *fonts);

/* The Unicode character of a place in the PC's character set (code page 437). */
uint32_t rd_cp437(uint8_t code);

/* Each: 0 when the file was of that kind, -EBADMSG when not. */
int rd_font_read_psf(struct rd_fonts *fonts, const uint8_t *data, size_t size);
int rd_font_read_pff2(struct rd_fonts *fonts, const uint8_t *data, size_t size);
int rd_font_read_vga_bios(struct rd_fonts *fonts, const uint8_t *data, size_t size);

/* Nothing, where there is no room for it. */
void rd_font_add_uefi(struct rd_fonts *fonts);

#endif
