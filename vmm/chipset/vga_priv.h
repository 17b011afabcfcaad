/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the VGA adapter: vga.c has the ports, vga_memory.c the window at A0000h, vga_vbe.c the
 * Bochs extensions, vga_mode.c what the registers mean, vga_draw.c and vga_text.c the drawing.
 *
 * Memory layout: plane p of planar address a is byte a * 4 + p, so that chained and VBE modes are
 * linear and a planar access is one 32-bit word. In odd/even modes cell c has its character at plane
 * 0 of address c and its attribute at plane 1.
 */
#ifndef CHIPSET_VGA_PRIV_H
#define CHIPSET_VGA_PRIV_H

#include "pci.h"
#include "vga.h"

enum {
	SEQ_COUNT = 8,
	SEQ_CLOCKING = 1,
	SEQ_PLANES = 2,
	SEQ_FONTS = 3,
	SEQ_MODE = 4,
	SEQ_MODE_CHAIN4 = 1 << 3,
	SEQ_MODE_NO_ODD_EVEN = 1 << 2,

	GFX_COUNT = 16,
	GFX_SET_RESET = 0,
	GFX_ENABLE_SET_RESET = 1,
	GFX_COMPARE = 2,
	GFX_ROTATE = 3,
	GFX_READ_PLANE = 4,
	GFX_MODE = 5,
	GFX_MODE_READ = 1 << 3,
	GFX_MODE_ODD_EVEN = 1 << 4,
	GFX_MODE_SHIFT = 5, /* 0 planes, 1 CGA pairs, 2 and 3 bytes */
	GFX_MISC = 6,
	GFX_DONT_CARE = 7,
	GFX_BIT_MASK = 8,

	CRTC_COUNT = 32,
	CRTC_COLUMNS = 1,
	CRTC_OVERFLOW = 7,
	CRTC_LINES = 9,
	CRTC_LINES_DOUBLE = 1 << 7,
	CRTC_CURSOR_START = 0x0a,
	CRTC_CURSOR_OFF = 1 << 5,
	CRTC_CURSOR_END = 0x0b,
	CRTC_START_HIGH = 0x0c,
	CRTC_CURSOR_HIGH = 0x0e,
	CRTC_PROTECT = 0x11,
	CRTC_DISPLAY_END = 0x12,
	CRTC_OFFSET = 0x13,
	CRTC_MODE = 0x17,
	CRTC_MODE_BYTES = 1 << 6,
	CRTC_COMPARE = 0x18,

	ATTR_COUNT = 32,
	ATTR_MODE = 0x10,
	ATTR_MODE_GRAPHICS = 1 << 0,
	ATTR_MODE_LINE_9 = 1 << 2,
	ATTR_MODE_BLINK = 1 << 3,
	ATTR_MODE_P54 = 1 << 7,
	ATTR_PLANE_ENABLE = 0x12,
	ATTR_COLOR_SELECT = 0x14,
	ATTR_PALETTE_ON = 1 << 5, /* of the index */

	MISC_COLOR = 1 << 0, /* the CRTC is at 3D4h */
	MISC_MEMORY = 1 << 1,

	VBE_ID = 0,
	VBE_WIDTH = 1,
	VBE_HEIGHT = 2,
	VBE_BITS = 3,
	VBE_ENABLE = 4,
	VBE_ENABLED = 1 << 0,
	VBE_CAPABILITIES = 1 << 1,
	VBE_8BIT_DAC = 1 << 5,
	VBE_LINEAR = 1 << 6,
	VBE_NO_CLEAR = 1 << 7,
	VBE_BANK = 5,
	VBE_VIRTUAL_WIDTH = 6,
	VBE_VIRTUAL_HEIGHT = 7,
	VBE_X = 8,
	VBE_Y = 9,
	VBE_MEMORY = 10,
	VBE_COUNT = 11,

	PLANAR_SIZE = 256 * 1024, /* what the VGA's own modes can reach */
	PLANE_FONT = 2,
};

struct vga {
	struct io_bus *bus;
	struct pci_function *function; /* NULL without PCI */
	struct vm_clock *clock;
	const struct vga_ops *ops;
	void *opaque;
	uint8_t *memory;
	uint16_t width_max, height_max; /* of VBE */
	bool has_window;		/* A0000h-BFFFFh is on the bus */

	uint8_t misc, feature;
	uint8_t seq_index, seq[SEQ_COUNT];
	uint8_t gfx_index, gfx[GFX_COUNT];
	uint8_t crtc_index, crtc[CRTC_COUNT];
	uint8_t attr_index, attr[ATTR_COUNT];
	bool attr_takes_data; /* 3C0h: index or data next */
	uint8_t dac_mask, dac_state, dac_read_index, dac_write_index, dac_sub, dac_latch[3];
	uint8_t dac[256][3];
	uint16_t vbe_index, vbe[VBE_COUNT];
	uint32_t latch;

	/* drawing */
	uint64_t dirty[VGA_PAGES / 64];
	bool is_stale;	       /* a register changed: all must be drawn */
	bool is_font_stale;    /* plane 2 changed: all text must be drawn */
	bool has_new_fonts;    /* drawn with, but not taken */
	uint16_t *drawn_cells; /* VGA_TEXT_CELLS, as they are on the surface */
	uint16_t drawn_cursor;
};

static inline bool vga_has_vbe(const struct vga *vga)
{
	return vga->vbe[VBE_ENABLE] & VBE_ENABLED;
}

static inline void vga_touch(struct vga *vga, uint32_t offset)
{
	vga->dirty[offset / VGA_PAGE_SIZE / 64] |= 1ull << (offset / VGA_PAGE_SIZE % 64);
}

/* vga.c: A0000h on the bus or not, as the function's command register says */
void vga_update_window(struct vga *vga);
/* vga_vbe.c: brings registers that were not written by vga_vbe_write() to what is possible */
void vga_vbe_check(struct vga *vga);

/* vga_memory.c: offset from A0000h */
uint8_t vga_window_read(struct vga *vga, uint32_t offset);
void vga_window_write(struct vga *vga, uint32_t offset, uint8_t value);
/* vga_vbe.c */
void vga_vbe_reset(struct vga *vga);
uint16_t vga_vbe_read(const struct vga *vga);
void vga_vbe_write(struct vga *vga, uint16_t value);

/* vga_mode.c: the layout of the present mode in memory */
struct vga_layout {
	uint32_t start;	 /* byte offset of the first pixel or cell */
	uint32_t stride; /* bytes to the next line (of pixels or cells) */
	unsigned bits;	 /* 4 planar, 2 CGA pairs, 8, 15, 16, 24, 32 */
	unsigned repeat; /* lines drawn for one line of memory */
	unsigned split;	 /* the line from which memory begins at 0 again */
};
void vga_get_layout(const struct vga *vga, struct vga_layout *ret_layout);
/* The 256 colours (or 16 in the first places, through the attribute controller). */
void vga_get_palette(const struct vga *vga, bool through_attributes, uint32_t colors[256]);

/* vga_text.c */
bool vga_draw_text(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
		   const struct vga_marker *marker);

#endif
