/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Bochs VBE extensions: registers behind 1CEh and 1CFh. */
#include <string.h>

#include "vga_priv.h"

enum {
	ID_FIRST = 0xb0c0,
	ID_LAST = 0xb0c5,
	MEMORY_UNITS = VGA_MEMORY_SIZE >> 16,
};

static bool is_valid_depth(uint16_t bits)
{
	return bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

/* Bytes of a line; planar: of the four planes together. */
static uint32_t line_bytes(const struct vga *vga, uint32_t pixels)
{
	uint16_t bits = vga->vbe[VBE_BITS];

	return bits == 4 ? pixels / 2 : pixels * ((bits + 7u) / 8);
}

/* The virtual screen is at least as wide as the visible one, and as high as memory allows. */
static void fit_virtual(struct vga *vga)
{
	uint32_t bytes, lines;

	if (vga->vbe[VBE_VIRTUAL_WIDTH] < vga->vbe[VBE_WIDTH])
		vga->vbe[VBE_VIRTUAL_WIDTH] = vga->vbe[VBE_WIDTH];
	bytes = line_bytes(vga, vga->vbe[VBE_VIRTUAL_WIDTH]);
	lines = bytes ? VGA_MEMORY_SIZE / bytes : 0;
	vga->vbe[VBE_VIRTUAL_HEIGHT] = lines > 0xffff ? 0xffff : (uint16_t)lines;
}

static bool fits(const struct vga *vga)
{
	uint16_t width = vga->vbe[VBE_WIDTH], height = vga->vbe[VBE_HEIGHT];

	return width >= 8 && width <= vga->width_max && height >= 1 && height <= vga->height_max &&
	       is_valid_depth(vga->vbe[VBE_BITS]) && line_bytes(vga, width) * height <= VGA_MEMORY_SIZE;
}

static void clear_screen(struct vga *vga)
{
	uint32_t size = line_bytes(vga, vga->vbe[VBE_WIDTH]) * vga->vbe[VBE_HEIGHT];

	memset(vga->memory, 0, size);
}

static void write_enable(struct vga *vga, uint16_t value)
{
	bool is_on = value & VBE_ENABLED, was_on = vga_has_vbe(vga);

	if (is_on && !was_on && !fits(vga))
		value &= (uint16_t)~VBE_ENABLED;
	else if (is_on && !was_on) {
		vga->vbe[VBE_VIRTUAL_WIDTH] = vga->vbe[VBE_WIDTH];
		vga->vbe[VBE_X] = vga->vbe[VBE_Y] = 0;
		fit_virtual(vga);
		if (!(value & VBE_NO_CLEAR))
			clear_screen(vga);
	}
	if (!is_on)
		vga->vbe[VBE_BANK] = 0;
	vga->vbe[VBE_ENABLE] =
	    value & (VBE_ENABLED | VBE_CAPABILITIES | VBE_8BIT_DAC | VBE_LINEAR | VBE_NO_CLEAR);
}

uint16_t vga_vbe_read(const struct vga *vga)
{
	uint16_t index = vga->vbe_index;

	if (vga->vbe[VBE_ENABLE] & VBE_CAPABILITIES) {
		switch (index) {
		case VBE_WIDTH: return vga->width_max;
		case VBE_HEIGHT: return vga->height_max;
		case VBE_BITS: return 32;
		}
	}
	if (index == VBE_MEMORY)
		return MEMORY_UNITS;
	return index < VBE_COUNT ? vga->vbe[index] : 0;
}

void vga_vbe_write(struct vga *vga, uint16_t value)
{
	bool is_on = vga_has_vbe(vga);

	switch (vga->vbe_index) {
	case VBE_ID:
		if (value >= ID_FIRST && value <= ID_LAST)
			vga->vbe[VBE_ID] = value;
		return;
	case VBE_WIDTH: /* the mode is set while the extensions are off */
	case VBE_HEIGHT:
	case VBE_BITS:
		if (!is_on)
			vga->vbe[vga->vbe_index] = value;
		break;
	case VBE_ENABLE: write_enable(vga, value); break;
	case VBE_BANK: /* moves the window only */
		vga->vbe[VBE_BANK] = value < MEMORY_UNITS * 4 ? value : 0;
		return;
	case VBE_VIRTUAL_WIDTH:
		vga->vbe[VBE_VIRTUAL_WIDTH] = value;
		fit_virtual(vga);
		break;
	case VBE_X:
	case VBE_Y: vga->vbe[vga->vbe_index] = value; break;
	default: return;
	}
	vga->is_stale = true;
}

void vga_vbe_reset(struct vga *vga)
{
	memset(vga->vbe, 0, sizeof(vga->vbe));
	vga->vbe[VBE_ID] = ID_LAST;
	vga->vbe_index = 0;
}

void vga_vbe_check(struct vga *vga)
{
	if (vga->vbe[VBE_ID] < ID_FIRST || vga->vbe[VBE_ID] > ID_LAST)
		vga->vbe[VBE_ID] = ID_LAST;
	if (vga->vbe[VBE_BANK] >= MEMORY_UNITS * 4)
		vga->vbe[VBE_BANK] = 0;
	vga->vbe[VBE_ENABLE] &= VBE_ENABLED | VBE_CAPABILITIES | VBE_8BIT_DAC | VBE_LINEAR | VBE_NO_CLEAR;
	if (vga_has_vbe(vga) && !fits(vga))
		vga->vbe[VBE_ENABLE] &= (uint16_t)~VBE_ENABLED;
	if (vga_has_vbe(vga))
		fit_virtual(vga);
}
