/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing graphics modes: lines of video memory to lines of 32-bit pixels. */
#include <string.h>

#include "vga_priv.h"

enum { LINE_BYTES_MAX = VGA_MAX_WIDTH * 4 };

/* --- one line ------------------------------------------------------------------------------------------ */

/* A planar pixel is a bit of each of four bytes. */
static void draw_planar(const uint8_t *line, uint32_t *pixels, unsigned width, const uint32_t *colors)
{
	for (unsigned x = 0; x < width; x++) {
		const uint8_t *planes = line + x / 8 * 4;
		unsigned bit = 7 - x % 8;

		pixels[x] = colors[(planes[0] >> bit & 1) | (planes[1] >> bit & 1) << 1 |
				   (planes[2] >> bit & 1) << 2 | (planes[3] >> bit & 1) << 3];
	}
}

/* CGA: two bits a pixel, the bytes of planes 0 and 1 in turn. */
static void draw_pairs(const uint8_t *line, uint32_t *pixels, unsigned width, const uint32_t *colors)
{
	for (unsigned x = 0; x < width; x++)
		pixels[x] = colors[line[x / 8 * 4 + x / 4 % 2] >> (3 - x % 4) * 2 & 3];
}

static void draw_bytes(const uint8_t *line, uint32_t *pixels, unsigned width, const uint32_t *colors)
{
	for (unsigned x = 0; x < width; x++)
		pixels[x] = colors[line[x]];
}

static uint32_t widen(uint32_t value, unsigned bits)
{
	return value << (8 - bits) | value >> (2 * bits - 8);
}

static void draw_words(const uint8_t *line, uint32_t *pixels, unsigned width, unsigned bits)
{
	unsigned green = bits == 16 ? 6 : 5;

	for (unsigned x = 0; x < width; x++) {
		uint32_t word = line[x * 2] | (uint32_t)line[x * 2 + 1] << 8;

		pixels[x] = widen(word >> (5 + green) & 31, 5) << 16 |
			    widen(word >> 5 & ((1u << green) - 1), green) << 8 | widen(word & 31, 5);
	}
}

static void draw_true_color(const uint8_t *line, uint32_t *pixels, unsigned width, unsigned bytes)
{
	for (unsigned x = 0; x < width; x++)
		pixels[x] = line[x * bytes] | (uint32_t)line[x * bytes + 1] << 8 |
			    (uint32_t)line[x * bytes + 2] << 16;
}

static void draw_line(const uint8_t *line, uint32_t *pixels, unsigned width, unsigned bits,
		      const uint32_t *colors)
{
	switch (bits) {
	case 2: draw_pairs(line, pixels, width, colors); break;
	case 4: draw_planar(line, pixels, width, colors); break;
	case 8: draw_bytes(line, pixels, width, colors); break;
	case 15:
	case 16: draw_words(line, pixels, width, bits); break;
	case 24: draw_true_color(line, pixels, width, 3); break;
	default: draw_true_color(line, pixels, width, 4); break;
	}
}

static uint32_t line_bytes(unsigned width, unsigned bits)
{
	if (bits <= 4)
		return (width + 7) / 8 * 4;
	return width * ((bits + 7) / 8);
}

/* --- which lines --------------------------------------------------------------------------------------- */

static bool is_page_dirty(const struct vga *vga, uint32_t page)
{
	return vga->dirty[page / 64] >> page % 64 & 1;
}

static bool is_range_dirty(const struct vga *vga, uint32_t start, uint32_t size)
{
	for (uint32_t page = start / VGA_PAGE_SIZE; page <= (start + size - 1) / VGA_PAGE_SIZE; page++)
		if (is_page_dirty(vga, page % VGA_PAGES))
			return true;
	return false;
}

/* CGA modes have odd lines 8 KiB after even ones, Hercules' four banks likewise (CRTC mode control, bits 0
 * and 1). */
static uint32_t bank_offset(const struct vga *vga, unsigned y, unsigned *line)
{
	uint8_t mode = vga->crtc[CRTC_MODE];
	uint32_t unit = mode & CRTC_MODE_BYTES ? 4 : 2; /* in word mode an address is two of the guest's */
	uint32_t offset = 0;

	*line = y;
	if (vga_has_vbe(vga))
		return 0;
	if (!(mode & 1)) {
		offset = (y & 1) * 0x2000 * unit;
		*line = y / 2;
	}
	if (!(mode & 2)) {
		offset += (*line & 1) * 0x4000 * unit;
		*line /= 2;
	}
	return offset;
}

/* Where line y of the picture begins. */
static uint32_t line_start(const struct vga *vga, const struct vga_layout *layout, unsigned y)
{
	uint32_t start = layout->start, offset;
	unsigned line = y;

	if (y >= layout->split) { /* the lower part of a split screen begins at 0 */
		start = 0;
		line -= layout->split;
	}
	offset = bank_offset(vga, line, &line);
	return (start + offset + line * layout->stride) % (vga_has_vbe(vga) ? VGA_MEMORY_SIZE : PLANAR_SIZE);
}

/* A line that runs over the end of memory goes on at its beginning: copied together. */
static const uint8_t *get_line(const struct vga *vga, uint32_t start, uint32_t size, uint8_t *copy)
{
	uint32_t first = VGA_MEMORY_SIZE - start;

	if (size <= first)
		return vga->memory + start;
	memcpy(copy, vga->memory + start, first);
	memcpy(copy + first, vga->memory, size - first);
	return copy;
}

static void mark_lines(const struct vga_marker *marker, const struct vga_mode *mode, unsigned first,
		       unsigned end)
{
	if (first < end)
		marker->mark(marker->opaque, 0, first, mode->width, end - first);
}

static bool draw_graphics(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride,
			  bool is_all, const struct vga_marker *marker)
{
	uint8_t copy[LINE_BYTES_MAX];
	uint32_t colors[256];
	struct vga_layout layout;
	unsigned first = 0, end = 0; /* lines drawn and not marked */
	bool has_changed = false;

	vga_get_layout(vga, &layout);
	vga_get_palette(vga, layout.bits <= 4, colors);
	for (unsigned y = 0; y < mode->height; y++) {
		uint32_t start = line_start(vga, &layout, y), size = line_bytes(mode->width, layout.bits);

		if (!is_all && !is_range_dirty(vga, start, size))
			continue;
		draw_line(get_line(vga, start, size, copy), pixels + y * stride, mode->width, layout.bits,
			  colors);
		if (y != end) {
			mark_lines(marker, mode, first, end);
			first = y;
		}
		end = y + 1;
		has_changed = true;
	}
	mark_lines(marker, mode, first, end);
	return has_changed;
}

static bool draw_blank(const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
		       const struct vga_marker *marker)
{
	if (!is_all)
		return false;
	for (unsigned y = 0; y < mode->height; y++)
		memset(pixels + y * stride, 0, mode->width * sizeof(*pixels));
	mark_lines(marker, mode, 0, mode->height);
	return true;
}

bool vga_draw(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
	      const struct vga_marker *marker)
{
	bool has_changed;

	is_all |= vga->is_stale;
	if (mode->kind == VGA_TEXT)
		has_changed = vga_draw_text(vga, mode, pixels, stride, is_all, marker);
	else if (mode->kind == VGA_GRAPHICS)
		has_changed = draw_graphics(vga, mode, pixels, stride, is_all, marker);
	else
		has_changed = draw_blank(mode, pixels, stride, is_all, marker);
	vga->is_stale = false;
	memset(vga->dirty, 0, sizeof(vga->dirty));
	return has_changed;
}

void vga_mark_dirty(struct vga *vga, const uint64_t *bitmap)
{
	for (unsigned i = 0; i < VGA_PAGES / 64; i++) {
		vga->dirty[i] |= bitmap[i];
		if (bitmap[i] && i < PLANAR_SIZE / VGA_PAGE_SIZE / 64)
			vga->is_font_stale = true; /* which bytes of the pages is not known */
	}
}
