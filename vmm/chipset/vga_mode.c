/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the VGA's registers mean: size of the picture, its layout in memory, colours. */
#include "vga_priv.h"

enum { FULL_SPLIT = 1 << 16 }; /* no line comes after it */

static bool is_text(const struct vga *vga)
{
	return !(vga->attr[ATTR_MODE] & ATTR_MODE_GRAPHICS);
}

static unsigned scan_lines(const struct vga *vga)
{
	return 1u + (vga->crtc[CRTC_DISPLAY_END] | (vga->crtc[CRTC_OVERFLOW] & 0x02) << 7 |
		     (vga->crtc[CRTC_OVERFLOW] & 0x40) << 3);
}

static unsigned shift_mode(const struct vga *vga)
{
	return vga->gfx[GFX_MODE] >> GFX_MODE_SHIFT & 3;
}

/* Scan lines drawn for one line of memory. */
static unsigned line_repeat(const struct vga *vga)
{
	unsigned repeat = (vga->crtc[CRTC_LINES] & 0x1f) + 1u;

	/* CGA and Hercules modes take the low bits of the line counter as address bits instead. */
	if (!(vga->crtc[CRTC_MODE] & 1) && repeat > 1)
		repeat /= 2;
	return vga->crtc[CRTC_LINES] & CRTC_LINES_DOUBLE ? repeat * 2 : repeat;
}

static unsigned at_most(unsigned value, unsigned max)
{
	return value < max ? value : max;
}

static void get_text_mode(const struct vga *vga, struct vga_mode *mode)
{
	mode->kind = VGA_TEXT;
	mode->cell_width = vga->seq[SEQ_CLOCKING] & 1 ? 8 : 9;
	mode->cell_height = (vga->crtc[CRTC_LINES] & 0x1f) + 1u;
	mode->columns = at_most(vga->crtc[CRTC_COLUMNS] + 1u, VGA_MAX_WIDTH / 9);
	mode->rows = at_most(scan_lines(vga) / mode->cell_height, VGA_TEXT_CELLS / 256);
	if (mode->rows == 0)
		mode->rows = 1;
	mode->columns = at_most(mode->columns, 256);
	mode->width = mode->columns * mode->cell_width;
	mode->height = mode->rows * mode->cell_height;
}

static void get_graphics_mode(const struct vga *vga, struct vga_mode *mode)
{
	unsigned dots = shift_mode(vga) >= 2 ? 4 : 8; /* of a character clock: 256-colour pixels take two */

	mode->kind = VGA_GRAPHICS;
	mode->width = at_most((vga->crtc[CRTC_COLUMNS] + 1u) * dots, VGA_MAX_WIDTH);
	mode->height = at_most(scan_lines(vga) / line_repeat(vga), VGA_MAX_HEIGHT);
	if (mode->height == 0)
		mode->height = 1;
}

void vga_get_mode(const struct vga *vga, struct vga_mode *ret_mode)
{
	*ret_mode = (struct vga_mode){ .kind = VGA_BLANK, .width = 640, .height = 480 };
	if (vga_has_vbe(vga)) {
		ret_mode->kind = VGA_GRAPHICS;
		ret_mode->width = vga->vbe[VBE_WIDTH];
		ret_mode->height = vga->vbe[VBE_HEIGHT];
	} else if (!(vga->attr_index & ATTR_PALETTE_ON) || vga->seq[SEQ_CLOCKING] & 0x20) {
		return; /* the screen is off */
	} else if (is_text(vga)) {
		get_text_mode(vga, ret_mode);
	} else {
		get_graphics_mode(vga, ret_mode);
	}
}

static void get_vbe_layout(const struct vga *vga, struct vga_layout *layout)
{
	unsigned bytes = (vga->vbe[VBE_BITS] + 7u) / 8;

	layout->bits = vga->vbe[VBE_BITS];
	layout->repeat = 1;
	layout->split = FULL_SPLIT;
	if (layout->bits == 4) {
		layout->stride = vga->vbe[VBE_VIRTUAL_WIDTH] / 2;
		layout->start = vga->vbe[VBE_Y] * layout->stride + vga->vbe[VBE_X] / 8 * 4;
		return;
	}
	layout->stride = vga->vbe[VBE_VIRTUAL_WIDTH] * bytes;
	layout->start = vga->vbe[VBE_Y] * layout->stride + vga->vbe[VBE_X] * bytes;
}

void vga_get_layout(const struct vga *vga, struct vga_layout *ret_layout)
{
	unsigned compare = vga->crtc[CRTC_COMPARE] | (vga->crtc[CRTC_OVERFLOW] & 0x10) << 4 |
			   (vga->crtc[CRTC_LINES] & 0x40) << 3;

	if (vga_has_vbe(vga)) {
		get_vbe_layout(vga, ret_layout);
		return;
	}
	/* An address of the CRTC is one of each plane: four bytes here. */
	ret_layout->start = (vga->crtc[CRTC_START_HIGH] << 8 | vga->crtc[CRTC_START_HIGH + 1]) * 4u;
	ret_layout->stride = vga->crtc[CRTC_OFFSET] * 2u * 4;
	ret_layout->repeat = line_repeat(vga);
	ret_layout->split = (compare + 1) / ret_layout->repeat;
	if (shift_mode(vga) >= 2)
		ret_layout->bits = 8;
	else
		ret_layout->bits = shift_mode(vga) == 1 ? 2 : 4;
}

static uint32_t color_of(const struct vga *vga, uint8_t index)
{
	const uint8_t *entry = vga->dac[index & vga->dac_mask];
	bool is_8bit = vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC;
	uint32_t color = 0;

	for (unsigned i = 0; i < 3; i++) {
		unsigned part = is_8bit ? entry[i] : (unsigned)(entry[i] << 2 | entry[i] >> 4) & 0xff;

		color = color << 8 | part;
	}
	return color;
}

void vga_get_palette(const struct vga *vga, bool through_attributes, uint32_t colors[256])
{
	uint8_t select = vga->attr[ATTR_COLOR_SELECT];

	for (unsigned i = 0; i < 256; i++) {
		uint8_t index = (uint8_t)i;

		if (through_attributes && i < 16) {
			index = vga->attr[i & vga->attr[ATTR_PLANE_ENABLE] & 15];
			if (vga->attr[ATTR_MODE] & ATTR_MODE_P54)
				index = (index & 0x0f) | (select & 3) << 4;
			index |= (select & 0x0c) << 4;
		}
		colors[i] = color_of(vga, index);
	}
}
