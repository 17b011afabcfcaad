/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VGA's window at A0000h: how the graphics controller and the sequencer see a byte of the guest's. */
#include <string.h>

#include "vga_priv.h"

/* Offset from A0000h to offset in the window that is on, or false outside it. */
static bool find_address(const struct vga *vga, uint32_t *address)
{
	static const struct {
		uint32_t first, size;
	} windows[4] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
	unsigned map = vga->gfx[GFX_MISC] >> 2 & 3;

	if (!(vga->misc & MISC_MEMORY) || *address < windows[map].first ||
	    *address - windows[map].first >= windows[map].size)
		return false;
	*address -= windows[map].first;
	if (vga_has_vbe(vga))
		*address += (uint32_t)vga->vbe[VBE_BANK] << 16;
	return true;
}

/* VBE modes of 8 bits and more are linear whatever the sequencer says: guests leave it chained. */
static bool is_linear(const struct vga *vga)
{
	return vga->seq[SEQ_MODE] & SEQ_MODE_CHAIN4 || (vga_has_vbe(vga) && vga->vbe[VBE_BITS] != 4);
}

static uint32_t load_planes(const struct vga *vga, uint32_t address)
{
	uint32_t value;

	memcpy(&value, vga->memory + address * 4, 4);
	return value;
}

/* Four bits to four bytes. */
static uint32_t spread(uint8_t bits)
{
	return (bits & 1 ? 0xffu : 0) | (bits & 2 ? 0xff00u : 0) | (bits & 4 ? 0xff0000u : 0) |
	       (bits & 8 ? 0xff000000u : 0);
}

static uint8_t read_planar(struct vga *vga, uint32_t address)
{
	uint32_t differs;

	vga->latch = load_planes(vga, address);
	if (!(vga->gfx[GFX_MODE] & GFX_MODE_READ))
		return (uint8_t)(vga->latch >> vga->gfx[GFX_READ_PLANE] * 8);
	/* Read mode 1: a bit is 1 where all planes that are cared for have the colour compared with. */
	differs = (vga->latch ^ spread(vga->gfx[GFX_COMPARE])) & spread(vga->gfx[GFX_DONT_CARE]);
	return (uint8_t) ~(differs | differs >> 8 | differs >> 16 | differs >> 24);
}

uint8_t vga_window_read(struct vga *vga, uint32_t offset)
{
	uint32_t address = offset;

	if (!find_address(vga, &address))
		return 0xff;
	if (is_linear(vga))
		return address < VGA_MEMORY_SIZE ? vga->memory[address] : 0xff;
	if (vga->gfx[GFX_MODE] & GFX_MODE_ODD_EVEN) {
		unsigned plane = (vga->gfx[GFX_READ_PLANE] & 2) | (address & 1);

		address = (address & ~1u) << 1 | plane;
		return address < VGA_MEMORY_SIZE ? vga->memory[address] : 0xff;
	}
	return address < VGA_MEMORY_SIZE / 4 ? read_planar(vga, address) : 0xff;
}

static uint8_t rotate_right(uint8_t value, unsigned count)
{
	return (uint8_t)(value >> count | value << (8 - count));
}

/* The logic function with the latch, then the bit mask. */
static uint32_t combine(const struct vga *vga, uint32_t value, uint8_t bit_mask)
{
	uint32_t mask = bit_mask * 0x01010101u;

	switch (vga->gfx[GFX_ROTATE] >> 3) {
	case 1: value &= vga->latch; break;
	case 2: value |= vga->latch; break;
	case 3: value ^= vga->latch; break;
	}
	return (value & mask) | (vga->latch & ~mask);
}

/* The four write modes (VGA XGA technical reference, "Graphics mode register"). */
static uint32_t planar_value(const struct vga *vga, uint8_t byte)
{
	uint32_t set = spread(vga->gfx[GFX_SET_RESET]), enable = spread(vga->gfx[GFX_ENABLE_SET_RESET]);
	uint8_t bit_mask = vga->gfx[GFX_BIT_MASK];
	uint8_t rotated = rotate_right(byte, vga->gfx[GFX_ROTATE] & 7);

	switch (vga->gfx[GFX_MODE] & 3) {
	case 0: return combine(vga, (rotated * 0x01010101u & ~enable) | (set & enable), bit_mask);
	case 1: return vga->latch;
	case 2: return combine(vga, spread(byte & 15), bit_mask);
	default: return combine(vga, set, bit_mask & rotated);
	}
}

static void write_planar(struct vga *vga, uint32_t address, uint8_t byte)
{
	uint32_t planes = spread(vga->seq[SEQ_PLANES]);
	uint32_t value = (load_planes(vga, address) & ~planes) | (planar_value(vga, byte) & planes);

	memcpy(vga->memory + address * 4, &value, 4);
	vga->is_font_stale |= vga->seq[SEQ_PLANES] >> PLANE_FONT & 1;
	vga_touch(vga, address * 4);
}

void vga_window_write(struct vga *vga, uint32_t offset, uint8_t value)
{
	uint32_t address = offset;

	if (!find_address(vga, &address))
		return;
	if (!is_linear(vga) && !(vga->gfx[GFX_MODE] & GFX_MODE_ODD_EVEN)) {
		if (address < VGA_MEMORY_SIZE / 4)
			write_planar(vga, address, value);
		return;
	}
	if (!is_linear(vga)) /* even addresses to planes 0 and 2, odd to 1 and 3: here always the first two */
		address = (address & ~1u) << 1 | (address & 1);
	/* In VBE modes the plane mask is nobody's. */
	if (address >= VGA_MEMORY_SIZE || (!vga_has_vbe(vga) && !(vga->seq[SEQ_PLANES] >> (address & 3) & 1)))
		return;
	vga->memory[address] = value;
	vga->is_font_stale |= (address & 3) == PLANE_FONT;
	vga_touch(vga, address);
}
