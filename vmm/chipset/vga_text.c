/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing text modes, cell by cell, and reading the text. */
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

static void extend(struct vga_rect *rect, unsigned x, unsigned y, const struct vga_mode *mode)
{
	unsigned right = x + mode->cell_width, bottom = y + mode->cell_height;

	if (rect->width == 0) {
		*rect = (struct vga_rect){ x, y, mode->cell_width, mode->cell_height };
		return;
	}
	if (rect->x + rect->width > right)
		right = rect->x + rect->width;
	if (rect->y + rect->height > bottom)
		bottom = rect->y + rect->height;
	rect->x = rect->x < x ? rect->x : x;
	rect->y = rect->y < y ? rect->y : y;
	rect->width = right - rect->x;
	rect->height = bottom - rect->y;
}

static bool is_memory_dirty(const struct vga *vga)
{
	for (unsigned i = 0; i < PLANAR_SIZE / VGA_PAGE_SIZE / 64; i++)
		if (vga->dirty[i])
			return true;
	return false;
}

bool vga_draw_text(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
		   struct vga_rect *ret_rect)
{
	struct vga_rect rect = { 0 };
	struct vga_layout layout;
	struct text_style style;
	uint16_t cursor;

	is_all |= vga->is_font_stale && is_memory_dirty(vga);
	vga->is_font_stale = false;
	vga_get_layout(vga, &layout);
	cursor = find_cursor(vga, mode, &layout);
	if (!is_all && cursor == vga->drawn_cursor && !is_memory_dirty(vga))
		return false;
	get_style(vga, &style);
	for (unsigned i = 0; i < mode->columns * mode->rows; i++) {
		unsigned column = i % mode->columns, row = i / mode->columns;
		unsigned x = column * mode->cell_width, y = row * mode->cell_height;
		uint16_t cell = cell_at(vga, &layout, column, row);
		bool cursor_moved = (i == cursor || i == vga->drawn_cursor) && cursor != vga->drawn_cursor;

		if (!is_all && !cursor_moved && cell == vga->drawn_cells[i])
			continue;
		vga->drawn_cells[i] = cell;
		draw_cell(vga, &style, mode, cell, i == cursor, pixels + y * stride + x, stride);
		extend(&rect, x, y, mode);
	}
	vga->drawn_cursor = cursor;
	*ret_rect = rect;
	return rect.width;
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
