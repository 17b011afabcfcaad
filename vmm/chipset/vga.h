/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VGA adapter (IBM VGA XGA technical reference) with the Bochs VBE extensions.
 *
 * Ports      3B4h-3B5h, 3BAh, 3C0h-3CFh, 3D4h-3D5h, 3DAh; 1CEh index and 1CFh data of the extensions.
 * Memory     A0000h-BFFFFh as the graphics controller says; all of the video memory as a linear range
 *            that the caller maps to the guest by itself (on_map()).
 * Has        Text modes with 8 and 9 dots, planar, CGA, 256-colour and unchained modes, split screen;
 *            VBE 8, 15, 16, 24 and 32 bits up to VGA_MAX_WIDTH x VGA_MAX_HEIGHT, and 4 bits planar.
 *            The cursor and blinking text stand still: a screen where nothing changes costs nothing.
 * Drawing    Nobody draws until somebody looks: vga_draw() converts what changed since the last call
 *            to 32-bit pixels, by lines (graphics) or cells (text).
 * PCI        1414:5353, as Hyper-V's generation 1 adapter; the linear range is its first.
 * Threads    Under the bus lock (io_bus.h), vga_draw() too.
 * Trust      The guest may write the video memory at any time and set registers to nonsense; every
 *            address is cut to the memory, every size to the surface.
 */
#ifndef CHIPSET_VGA_H
#define CHIPSET_VGA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VGA_MEMORY_SIZE = 16 << 20,
	VGA_PAGE_SIZE = 4096,
	VGA_PAGES = VGA_MEMORY_SIZE / VGA_PAGE_SIZE,
	VGA_MAX_WIDTH = 2560,
	VGA_MAX_HEIGHT = 1600,
	VGA_TEXT_CELLS = 256 * 128,
};

struct io_bus;
struct pci_bus;
struct state;
struct vga;
struct vm_clock;

struct vga_ops {
	/*
	 * The guest wants the linear range at gpa, 0 = nowhere. Optional. Pages that the guest writes
	 * there are reported by vga_mark_dirty().
	 */
	void (*on_map)(void *opaque, uint32_t gpa);
};

/* memory: VGA_MEMORY_SIZE bytes of the caller, which outlive the adapter. pci: NULL = only the ports and the
 * window. */
int vga_new(struct io_bus *bus, struct pci_bus *pci, struct vm_clock *clock, uint8_t *memory,
	    const struct vga_ops *ops, void *opaque, struct vga **ret_vga);
struct vga *vga_free(struct vga *vga);
/* The largest VBE mode, at most VGA_MAX_WIDTH x VGA_MAX_HEIGHT; 0: that. Before the VPs run. */
void vga_set_maximum(struct vga *vga, unsigned width, unsigned height);
int vga_attach(struct vga *vga);
void vga_reset(struct vga *vga);

/*
 * Bits of pages that were written through the linear range (hv_query_dirty()); `bitmap` has VGA_PAGES bits.
 */
void vga_mark_dirty(struct vga *vga, const uint64_t *bitmap);

enum vga_kind { VGA_BLANK, VGA_TEXT, VGA_GRAPHICS };

struct vga_mode {
	enum vga_kind kind;
	unsigned width, height; /* pixels */
	unsigned columns, rows; /* text */
	unsigned cell_width, cell_height;
};

void vga_get_mode(const struct vga *vga, struct vga_mode *ret_mode);

/* Told of each rectangle that was drawn: lines of graphics, parts of a row of text. */
struct vga_marker {
	void (*mark)(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height);
	void *opaque;
};

/*
 * Brings pixels (0x00RRGGBB, `stride` pixels a line) up to date and says where they changed; false
 * when nothing did. The mode is what vga_get_mode() gave: the surface has room for it. is_all: draw
 * everything.
 */
bool vga_draw(struct vga *vga, const struct vga_mode *mode, uint32_t *pixels, size_t stride, bool is_all,
	      const struct vga_marker *marker);

/* The text on the screen: code page 437 characters, attributes in the high bytes. Returns the cells, 0 in
 * graphics. */
size_t vga_read_text(const struct vga *vga, uint16_t *cells, size_t max);

/* How text cells become pixels. */
struct vga_text_style {
	bool has_cursor; /* in this cell, on these lines of it */
	unsigned cursor_column, cursor_row, cursor_first, cursor_last;
	bool has_blink;	     /* attribute bit 7 blinks; else it is the background's highest bit */
	uint32_t colors[16]; /* 0x00RRGGBB */
};

void vga_get_text_style(const struct vga *vga, struct vga_text_style *ret_style);

enum { VGA_FONT_SIZE = 2 * 256 * 32 };

/*
 * Copies both fonts (attribute bit 3 chooses; each has 32 lines of 8 dots for each of 256 characters, the
 * left dot highest) when vga_draw() has drawn with others than at the last copy. In graphics modes memory
 * holds no fonts.
 */
bool vga_take_fonts(struct vga *vga, uint8_t fonts[VGA_FONT_SIZE]);

/* Not the memory; taken back after that, and after the state of PCI. */
void vga_state(struct vga *vga, struct state *state);

#endif
