/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing text modes, cell by cell, and reading the text. */
#include <string.h>

#include "vga_priv.h"

enum {
	FONT_STRIDE = 32, /* lines of a character in plane 2 */
	NO_CURSOR = 0xffff,
	ATTRIBUTE_FONT = 1 << 3, /* with two fonts: which one */
};

/* Everything that all cells of a picture share. */
struct text_style {
	uint32_t colors[256];
	uint32_t fonts[2]; /* planar addresses, by attribute bit 3 */
	bool has_blink, has_line_9;
	unsigned cursor_first, cursor_last; /* lines of a cell */
};

static uint16_t cell_at(const struct vga *vga, const struct vga_layout *layout, unsigned column, unsigned row)
{
	uint32_t at = (layout->start + row * layout->stride + column * 4) % PLANAR_SIZE;

	return (uint16_t)(vga->memory[at] | vga->memory[at + 1] << 8);
}

/* Character map select: three bits for each font, in the order that history made. */
static uint32_t font_address(unsigned map)
{
	return ((map & 3) << 1 | map >> 2) * 0x2000u;
}

static void get_style(const struct vga *vga, struct text_style *style)
{
	uint8_t fonts = vga->seq[SEQ_FONTS];

	vga_get_palette(vga, true, style->colors);
	style->fonts[1] = font_address((fonts >> 2 & 3) | (fonts >> 5 & 1) << 2);
	style->fonts[0] = font_address((fonts & 3) | (fonts >> 4 & 1) << 2);
	style->has_blink = vga->attr[ATTR_MODE] & ATTR_MODE_BLINK;
	style->has_line_9 = vga->attr[ATTR_MODE] & ATTR_MODE_LINE_9;
	style->cursor_first = vga->crtc[CRTC_CURSOR_START] & 0x1f;
	style->cursor_last = vga->crtc[CRTC_CURSOR_END] & 0x1f;
}

/* The cell that the cursor is in, or NO_CURSOR. */
static uint16_t find_cursor(const struct vga *vga, const struct vga_mode *mode,
			    const struct vga_layout *layout)
{
	uint32_t at = (vga->crtc[CRTC_CURSOR_HIGH] << 8 | vga->crtc[CRTC_CURSOR_HIGH + 1]) * 4u;
	uint32_t row, column;

	if (vga->crtc[CRTC_CURSOR_START] & CRTC_CURSOR_OFF || at < layout->start || layout->stride == 0)
		return NO_CURSOR;
	row = (at - layout->start) / layout->stride;
	column = (at - layout->start) % layout->stride / 4;
	if (row >= mode->rows || column >= mode->columns)
		return NO_CURSOR;
	return (uint16_t)(row * mode->columns + column);
}

static void draw_cell(const struct vga *vga, const struct text_style *style, const struct vga_mode *mode,
		      uint16_t cell, bool has_cursor, uint32_t *pixels, size_t stride)
{
	uint8_t character = (uint8_t)cell, attribute = (uint8_t)(cell >> 8);
	uint32_t font = style->fonts[attribute & ATTRIBUTE_FONT ? 1 : 0] + character * FONT_STRIDE;
	uint32_t front = style->colors[attribute & 15];
	uint32_t back = style->colors[attribute >> 4 & (style->has_blink ? 7 : 15)];
	bool repeats_dot_8 = style->has_line_9 && character >= 0xc0 && character <= 0xdf;

	for (unsigned y = 0; y < mode->cell_height; y++, pixels += stride) {
		uint8_t dots = vga->memory[(font + y) * 4 + 2];
		bool is_cursor = has_cursor && y >= style->cursor_first && y <= style->cursor_last;

		for (unsigned x = 0; x < 8; x++)
			pixels[x] = is_cursor || dots >> (7 - x) & 1 ? front : back;
		if (mode->cell_width == 9)
			pixels[8] = is_cursor || (repeats_dot_8 && dots & 1) ? front : back;
	}
}

static bool is_memory_dirty(const struct vga *vga)
{
	for (unsigned i = 0; i < PLANAR_SIZE / VGA_PAGE_SIZE / 64; i++)
		if (vga->dirty[i])
			return true;
	return false;
}

/* One round of drawing. */
struct drawing {
	struct text_style style;
	struct vga_layout layout;
	uint16_t cursor;
	bool is_all;
	uint32_t *pixels;
	size_t stride;
};

static bool draw_cell_if_changed(struct vga *vga, const struct vga_mode *mode, const struct drawing *drawing,
				 unsigned column, unsigned row)
{
	unsigned i = row * mode->columns + column;
	uint16_t cell = cell_at(vga, &drawing->layout, column, row);
	bool cursor_moved =
	    (i == drawing->cursor || i == vga->drawn_cursor) && drawing->cursor != vga->drawn_cursor;

	if (!drawing->is_all && !cursor_moved && cell == vga->drawn_cells[i])
		return false;
	vga->drawn_cells[i] = cell;
	draw_cell(vga, &drawing->style, mode, cell, i == drawing->cursor,
		  drawing->pixels + row * mode->cell_height * drawing->stride + column * mode->cell_width,
		  drawing->stride);
	return true;
}

static bool draw_row(struct vga *vga, const struct vga_mode *mode, const struct drawing *drawing,
		     unsigned row, const struct vga_marker *marker)
{
	unsigned first = 0, end = 0;

	for (unsigned column = 0; column < mode->columns; column++)
		if (draw_cell_if_changed(vga, mode, drawing, column, row)) {
			first = end == 0 ? column : first;
			end = column + 1;
		}
	if (end == 0)
		return false;
	marker->mark(marker->opaque, first * mode->cell_width, row * mode->cell_height,
		     (end - first) * mode->cell_width, mode->cell_height);
	return true;
}

bool vga_draw_text(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
		   const struct vga_marker *marker)
{
	struct drawing drawing = { .is_all = is_all, .pixels = pixels, .stride = stride };
	bool has_changed = false;

	drawing.is_all |= vga->is_font_stale && is_memory_dirty(vga);
	vga->is_font_stale = false;
	vga->has_new_fonts |= drawing.is_all;
	vga_get_layout(vga, &drawing.layout);
	drawing.cursor = find_cursor(vga, mode, &drawing.layout);
	if (!drawing.is_all && drawing.cursor == vga->drawn_cursor && !is_memory_dirty(vga))
		return false;
	get_style(vga, &drawing.style);
	for (unsigned row = 0; row < mode->rows; row++)
		has_changed |= draw_row(vga, mode, &drawing, row, marker);
	vga->drawn_cursor = drawing.cursor;
	return has_changed;
}

size_t vga_read_text(const struct vga *vga, uint16_t *cells, size_t max)
{
	struct vga_layout layout;
	struct vga_mode mode;
	size_t count;

	vga_get_mode(vga, &mode);
	if (mode.kind != VGA_TEXT)
		return 0;
	vga_get_layout(vga, &layout);
	count = (size_t)mode.columns * mode.rows;
	for (size_t i = 0; i < count && i < max; i++)
		cells[i] = cell_at(vga, &layout, (unsigned)i % mode.columns, (unsigned)i / mode.columns);
	return count < max ? count : max;
}

void vga_get_text_style(const struct vga *vga, struct vga_text_style *ret_style)
{
	struct vga_layout layout;
	struct text_style style;
	struct vga_mode mode;
	uint16_t cursor;

	vga_get_mode(vga, &mode);
	vga_get_layout(vga, &layout);
	get_style(vga, &style);
	cursor = mode.kind == VGA_TEXT ? find_cursor(vga, &mode, &layout) : NO_CURSOR;
	*ret_style = (struct vga_text_style){ .has_cursor = cursor != NO_CURSOR,
					      .cursor_first = style.cursor_first,
					      .cursor_last = style.cursor_last,
					      .has_blink = style.has_blink };
	memcpy(ret_style->colors, style.colors, sizeof(ret_style->colors));
	if (ret_style->has_cursor) {
		ret_style->cursor_column = cursor % mode.columns;
		ret_style->cursor_row = cursor / mode.columns;
	}
}

bool vga_take_fonts(struct vga *vga, uint8_t fonts[VGA_FONT_SIZE])
{
	struct text_style style;

	if (!vga->has_new_fonts)
		return false;
	vga->has_new_fonts = false;
	get_style(vga, &style);
	for (unsigned font = 0; font < 2; font++)
		for (unsigned i = 0; i < VGA_FONT_SIZE / 2; i++)
			fonts[font * (VGA_FONT_SIZE / 2) + i] =
			    vga->memory[(style.fonts[font] + i) * 4 + PLANE_FONT];
	return true;
}
