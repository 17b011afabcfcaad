/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VGA adapter: registers, the window in all its modes, VBE, drawing of each kind of mode, and random
 * nonsense. */
#include <stdlib.h>
#include <string.h>

#include "chipset/pc.h"
#include "chipset/vga.h"
#include "fake.h"

static struct fake_clock vm;
static struct pc *pc;
static struct vga *vga;
static uint8_t *memory;
static uint32_t mapped_at;
static uint32_t *pixels;
static struct rect {
	unsigned x, y, width, height;
} rect; /* all that was marked */
static unsigned marks;
static struct vga_mode mode;

static void ignore_level(void *opaque, bool level)
{
}

static void ignore_message(void *opaque, uint64_t address, uint32_t data)
{
}

static void ignore(void *opaque)
{
}

static void on_map(void *opaque, uint32_t gpa)
{
	mapped_at = gpa;
}

static const struct pc_ops pc_ops = { ignore_level, ignore_message, ignore, ignore };
static const struct vga_ops vga_ops = { on_map };

static void out(unsigned port, unsigned value)
{
	pc_port_write(pc, (uint16_t)port, 1, value & 0xff);
}

static uint8_t in(unsigned port)
{
	return (uint8_t)pc_port_read(pc, (uint16_t)port, 1);
}

static void poke(uint32_t address, uint8_t value)
{
	pc_mmio_write(pc, address, 1, value);
}

static uint8_t peek(uint32_t address)
{
	return (uint8_t)pc_mmio_read(pc, address, 1);
}

static void set_indexed(unsigned port, unsigned index, unsigned value)
{
	pc_port_write(pc, (uint16_t)port, 2,
		      (value << 8 | index) & 0xffff); /* as guests do: index and data in one word */
}

static void set_attribute(unsigned index, unsigned value)
{
	in(0x3da);
	out(0x3c0, index);
	out(0x3c0, value);
	out(0x3c0, 0x20); /* the palette on */
}

static void vbe_set(unsigned index, unsigned value)
{
	pc_port_write(pc, 0x1ce, 2, index);
	pc_port_write(pc, 0x1cf, 2, value);
}

static uint16_t vbe_get(unsigned index)
{
	pc_port_write(pc, 0x1ce, 2, index);
	return (uint16_t)pc_port_read(pc, 0x1cf, 2);
}

static void begin(void)
{
	struct pc_config config = { .ops = &pc_ops, .clock = &vm.base, .has_pci = true };

	fake_clock_init(&vm);
	EXPECT(pc_new(&config, &pc), 0);
	EXPECT(vga_new(pc->bus, pc->pci, pc->clock, memory, &vga_ops, NULL, &vga), 0);
	EXPECT(vga_attach(vga), 0);
	pc_port_write(pc, 0xcf8, 4, 0x80004004);
	pc_port_write(pc, 0xcfc, 2, 3);
	for (unsigned i = 0; i < 16; i++)
		set_attribute(i, i);
	set_attribute(0x12, 15);
	for (unsigned i = 0; i < 256; i++) { /* each entry of the DAC is another colour */
		out(0x3c8, i);
		out(0x3c9, i % 64);
		out(0x3c9, i / 4);
		out(0x3c9, 63);
	}
	vga_get_mode(vga, &mode);
}

static void end(void)
{
	vga_free(vga);
	pc_free(pc);
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void on_mark(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
	unsigned right = larger(rect.x + rect.width, x + width),
		 bottom = larger(rect.y + rect.height, y + height);

	EXPECT(width > 0 && height > 0 && x + width <= mode.width && y + height <= mode.height, true);
	rect.x = marks && rect.x < x ? rect.x : x;
	rect.y = marks && rect.y < y ? rect.y : y;
	rect.width = right - rect.x;
	rect.height = bottom - rect.y;
	marks++;
}

static bool draw(bool is_all)
{
	const struct vga_marker marker = { .mark = on_mark };
	bool has_changed;

	rect = (struct rect){ 0 };
	marks = 0;
	vga_get_mode(vga, &mode);
	EXPECT(mode.width <= VGA_MAX_WIDTH && mode.height <= VGA_MAX_HEIGHT && mode.width && mode.height,
	       true);
	has_changed = vga_draw(vga, &mode, pixels, VGA_MAX_WIDTH, is_all, &marker);
	EXPECT(has_changed, marks > 0);
	return has_changed;
}

static uint32_t pixel(unsigned x, unsigned y)
{
	return pixels[y * VGA_MAX_WIDTH + x];
}

static uint32_t widen(uint32_t six_bits)
{
	return six_bits << 2 | six_bits >> 4;
}

/* What begin() put into the DAC. */
static uint32_t color(unsigned i)
{
	return widen(i % 64) << 16 | widen(i / 4) << 8 | 0xff;
}

/* The timings of the BIOS modes: columns - 1, scan lines - 1, lines of a cell, offset, mode control. */
static void set_crtc(unsigned columns, unsigned lines, unsigned cell, unsigned offset, unsigned control)
{
	set_indexed(0x3d4, 0x11, 0);
	set_indexed(0x3d4, 1, columns - 1);
	set_indexed(0x3d4, 0x12, (lines - 1) & 0xff);
	set_indexed(0x3d4, 7, 0x10 | ((lines - 1) >> 8 & 1) << 1 | ((lines - 1) >> 9 & 1) << 6);
	set_indexed(0x3d4, 9, 0x40 | cell);
	set_indexed(0x3d4, 0x18, 0xff);
	set_indexed(0x3d4, 0x13, offset);
	set_indexed(0x3d4, 0x17, control);
	set_indexed(0x3d4, 0x0c, 0);
	set_indexed(0x3d4, 0x0d, 0);
}

static void set_text_mode(void)
{
	/* a font in plane 2: character c has the dots c in each line */
	set_indexed(0x3c4, 2, 4);
	set_indexed(0x3c4, 4, 6);
	set_indexed(0x3ce, 5, 0);
	set_indexed(0x3ce, 6, 4);
	set_indexed(0x3ce, 8, 0xff);
	for (unsigned i = 0; i < 256 * 32; i++)
		poke(0xa0000 + i, (uint8_t)(i / 32));
	set_indexed(0x3c4, 1, 1); /* 8 dots */
	set_indexed(0x3c4, 2, 3);
	set_indexed(0x3c4, 3, 0);
	set_indexed(0x3c4, 4, 2);
	set_indexed(0x3ce, 4, 0);
	set_indexed(0x3ce, 5, 0x10);
	set_indexed(0x3ce, 6, 0x0e); /* B8000h */
	set_crtc(80, 400, 15, 40, 0xa3);
	set_indexed(0x3d4, 0x0a, 0x20); /* no cursor */
	set_attribute(0x10, 0x04);
}

static void test_registers(void)
{
	begin();
	EXPECT(in(0x3cc) & 1, 1);
	EXPECT(in(0x3b4), 0xff); /* the monochrome place is off */
	set_indexed(0x3d4, 0x0e, 0x12);
	EXPECT(in(0x3d5), 0x12);
	out(0x3c2, 0x02);
	EXPECT(in(0x3d5), 0xff);
	EXPECT(in(0x3b5), 0x12);
	out(0x3c2, 0x03);
	set_indexed(0x3d4, 1, 0x4f);
	set_indexed(0x3d4, 0x11, 0x80); /* protects 0-7 */
	set_indexed(0x3d4, 1, 0x11);
	out(0x3d4, 1);
	EXPECT(in(0x3d5), 0x4f);
	set_indexed(0x3d4, 0x11, 0);
	set_indexed(0x3d4, 7, 0x42);
	set_indexed(0x3d4, 0x11, 0x80);
	set_indexed(0x3d4, 7, 0x10); /* but for the line compare bit */
	out(0x3d4, 7);
	EXPECT(in(0x3d5), 0x52);
	out(0x3c7, 7);
	EXPECT(in(0x3c7), 3);
	EXPECT(in(0x3c9), 7);
	EXPECT(in(0x3c9), 1);
	EXPECT(in(0x3c9), 63);
	EXPECT(in(0x3c9), 8); /* the next entry */
	out(0x3c8, 0);
	EXPECT(in(0x3c7), 0);
	in(0x3da);
	out(0x3c0, 0x10);
	EXPECT(in(0x3c1), 0);
	vga_get_mode(vga, &mode);
	EXPECT(mode.kind, VGA_BLANK); /* the palette is off */
	EXPECT(draw(true), true);
	EXPECT(pixel(0, 0), 0);
	/* retrace comes and goes */
	for (unsigned i = 0, seen = 0; i < 40; i++) {
		seen |= in(0x3da) & 8 ? 1 : 2;
		fake_clock_advance(&vm, 500000);
		if (i == 39)
			EXPECT(seen, 3);
	}
	/* the PCI range */
	pc_port_write(pc, 0xcf8, 4, 0x80004010);
	pc_port_write(pc, 0xcfc, 4, 0xf8000000);
	EXPECT(mapped_at, 0xf8000000);
	pc_port_write(pc, 0xcf8, 4, 0x80004004);
	pc_port_write(pc, 0xcfc, 2, 0);
	EXPECT(mapped_at, 0);
	EXPECT(peek(0xa0000), 0xff); /* so is the window */
	end();
}

/* The corners of the screen: two marks of a cell each, not one of everything. */
static void test_marks_of_text(void)
{
	pc_mmio_write(pc, 0xb8000, 2, 0x0741);
	pc_mmio_write(pc, 0xb8000 + (24 * 80 + 79) * 2, 2, 0x0742);
	EXPECT(draw(false), true);
	EXPECT(marks, 2);
	EXPECT(rect.width, 640);
	EXPECT(rect.height, 400);
}

static void test_text(void)
{
	static uint8_t fonts[VGA_FONT_SIZE];
	struct vga_text_style style;
	uint16_t cells[80 * 25 + 10];

	begin();
	set_text_mode();
	EXPECT(draw(true), true);
	EXPECT(mode.kind, VGA_TEXT);
	EXPECT(mode.columns, 80);
	EXPECT(mode.rows, 25);
	EXPECT(mode.width, 640);
	EXPECT(mode.height, 400);
	EXPECT(draw(false), false);
	pc_mmio_write(pc, 0xb8000 + (2 * 80 + 5) * 2, 2,
		      0x1fa5); /* row 2, column 5: character A5h, white on blue */
	EXPECT(pc_mmio_read(pc, 0xb8000 + (2 * 80 + 5) * 2, 2), 0x1fa5);
	EXPECT(draw(false), true);
	EXPECT(rect.x, 40);
	EXPECT(rect.y, 32);
	EXPECT(rect.width, 8);
	EXPECT(rect.height, 16);
	for (unsigned x = 0; x < 8; x++)
		EXPECT(pixel(40 + x, 33), 0xa5 >> (7 - x) & 1 ? color(15) : color(1));
	EXPECT(draw(false), false);
	EXPECT(vga_read_text(vga, cells, sizeof(cells) / 2), 2000);
	EXPECT(cells[2 * 80 + 5], 0x1fa5);
	EXPECT(vga_read_text(vga, cells, 10), 10);
	test_marks_of_text();
	/* a new font under text that stays */
	EXPECT(vga_take_fonts(vga, fonts), true);
	EXPECT(vga_take_fonts(vga, fonts), false);
	EXPECT(fonts[0xa5 * 32 + 1], 0xa5);
	set_indexed(0x3c4, 2, 4);
	set_indexed(0x3c4, 4, 6);
	set_indexed(0x3ce, 5, 0);
	set_indexed(0x3ce, 6, 4);
	draw(false);
	poke(0xa0000 + 0xa5 * 32 + 1, 0x5a);
	EXPECT(draw(false), true);
	EXPECT(pixel(40, 33), color(1));
	EXPECT(pixel(41, 33), color(15));
	EXPECT(vga_take_fonts(vga, fonts), true);
	EXPECT(fonts[0xa5 * 32 + 1], 0x5a);
	poke(0xa0000 + 0xa5 * 32 + 1, 0xa5);
	set_indexed(0x3c4, 2, 3);
	set_indexed(0x3c4, 4, 2);
	set_indexed(0x3ce, 5, 0x10);
	set_indexed(0x3ce, 6, 0x0e);
	draw(false);
	/* the cursor */
	set_indexed(0x3d4, 0x0a, 14);
	set_indexed(0x3d4, 0x0b, 15);
	set_indexed(0x3d4, 0x0e, 0);
	set_indexed(0x3d4, 0x0f, 1);
	draw(false);
	pc_mmio_write(pc, 0xb8002, 2, 0x0700);
	draw(false);
	EXPECT(pixel(8, 13), color(0));
	EXPECT(pixel(8, 14), color(7));
	set_indexed(0x3d4, 0x0f, 2);
	EXPECT(draw(false), true);
	EXPECT(rect.x, 8);
	EXPECT(rect.width, 16);
	EXPECT(pixel(8, 14), color(0));
	vga_get_text_style(vga, &style);
	EXPECT(style.has_cursor, true);
	EXPECT(style.cursor_column, 2);
	EXPECT(style.cursor_row, 0);
	EXPECT(style.cursor_first, 14);
	EXPECT(style.cursor_last, 15);
	EXPECT(style.colors[1], color(1));
	set_indexed(0x3d4, 0x0a, 0x2e);
	vga_get_text_style(vga, &style);
	EXPECT(style.has_cursor, false);
	set_indexed(0x3d4, 0x0a, 14);
	/* 9 dots, scrolling by the start address */
	set_indexed(0x3c4, 1, 0);
	set_indexed(0x3d4, 0x0d, 160);
	EXPECT(draw(false), true);
	EXPECT(mode.width, 720);
	EXPECT(pixel(45, 1), color(15)); /* row 2 is row 0 now */
	EXPECT(pixel(45 + 8, 1), color(1));
	end();
}

static void set_planar_mode(void)
{
	set_indexed(0x3c4, 1, 1);
	set_indexed(0x3c4, 2, 15);
	set_indexed(0x3c4, 4, 6);
	set_indexed(0x3ce, 0, 0);
	set_indexed(0x3ce, 1, 0);
	set_indexed(0x3ce, 3, 0);
	set_indexed(0x3ce, 5, 0);
	set_indexed(0x3ce, 6, 5);
	set_indexed(0x3ce, 7, 15);
	set_indexed(0x3ce, 8, 0xff);
	set_crtc(80, 480, 0, 40, 0xe3);
	set_attribute(0x10, 1);
}

static uint8_t plane(unsigned n, uint32_t address)
{
	set_indexed(0x3ce, 4, n);
	return peek(address);
}

static void test_planar(void)
{
	begin();
	set_planar_mode();
	EXPECT(draw(true), true);
	EXPECT(mode.kind, VGA_GRAPHICS);
	EXPECT(mode.width, 640);
	EXPECT(mode.height, 480);
	set_indexed(0x3c4, 2, 5); /* write mode 0, planes 0 and 2 */
	poke(0xa0000 + 80, 0x81);
	EXPECT(plane(0, 0xa0050), 0x81);
	EXPECT(plane(1, 0xa0050), 0);
	EXPECT(plane(2, 0xa0050), 0x81);
	EXPECT(draw(false), true);
	EXPECT(pixel(0, 1), color(5));
	EXPECT(pixel(1, 1), color(0));
	EXPECT(pixel(7, 1), color(5));
	set_indexed(0x3c4, 2, 15);
	set_indexed(0x3ce, 5, 2); /* write mode 2: a colour through the bit mask */
	set_indexed(0x3ce, 8, 0x40);
	peek(0xa0050);
	poke(0xa0050, 9);
	EXPECT(plane(0, 0xa0050), 0xc1);
	EXPECT(plane(3, 0xa0050), 0x40);
	set_indexed(0x3ce, 5, 3); /* write mode 3: set/reset through data and bit mask */
	set_indexed(0x3ce, 0, 6);
	set_indexed(0x3ce, 8, 0x0f);
	peek(0xa0050);
	poke(0xa0050, 0xf6);
	EXPECT(plane(1, 0xa0050), 0x06);
	EXPECT(plane(0, 0xa0050), 0xc1);
	set_indexed(0x3ce, 8, 0xff);
	set_indexed(0x3ce, 5, 1); /* write mode 1: the latch */
	peek(0xa0050);
	poke(0xa0100, 0);
	EXPECT(plane(1, 0xa0100), 0x06);
	EXPECT(plane(3, 0xa0100), 0x40);
	set_indexed(0x3ce, 5, 0); /* set/reset for planes 0 and 1, XOR, rotation */
	set_indexed(0x3ce, 0, 1);
	set_indexed(0x3ce, 1, 3);
	set_indexed(0x3ce, 3, 0x18 | 3);
	peek(0xa0100);
	poke(0xa0100, 0x12);
	EXPECT(plane(0, 0xa0100), 0xc1 ^ 0xff);
	EXPECT(plane(1, 0xa0100), 0x06);
	EXPECT(plane(2, 0xa0100), 0x87 ^ 0x42); /* 12h turned right by 3 */
	set_indexed(0x3ce, 5, 8);		/* read mode 1: where is colour 5? */
	set_indexed(0x3ce, 2, 5);
	EXPECT(peek(0xa0050) & 0xf0, 0x80);
	/* split screen */
	set_planar_mode();
	set_indexed(0x3d4, 0x0d, 80);
	set_indexed(0x3d4, 0x18, 99);
	set_indexed(0x3d4, 7, 0x42);
	set_indexed(0x3d4, 9, 0);
	poke(0xa0000, 0xff);
	draw(true);
	EXPECT(pixel(0, 100), color(15));
	end();
}

static void test_256_colors(void)
{
	begin();
	set_planar_mode();
	set_indexed(0x3c4, 4, 0x0e); /* chained */
	set_indexed(0x3ce, 5, 0x40);
	set_crtc(80, 400, 1, 40, 0xa3);
	set_attribute(0x10, 0x41);
	for (unsigned x = 0; x < 320; x++)
		poke(0xa0000 + 320 * 7 + x, (uint8_t)x);
	EXPECT(draw(true), true);
	EXPECT(mode.width, 320);
	EXPECT(mode.height, 200);
	for (unsigned x = 0; x < 320; x++)
		EXPECT(pixel(x, 7), color(x & 255));
	/* unchained, 4 planes of 80 columns */
	set_indexed(0x3c4, 4, 6);
	set_indexed(0x3d4, 0x17, 0xe3);
	set_indexed(0x3c4, 2, 2);
	poke(0xa0000 + 80 * 9 + 3, 0x77);
	EXPECT(draw(false), true);
	EXPECT(pixel(13, 9), color(0x77));
	/* CGA, 4 colours: odd lines 8 KiB up */
	set_indexed(0x3c4, 2, 3);
	set_indexed(0x3c4, 4, 2);
	set_indexed(0x3ce, 4, 0);
	set_indexed(0x3ce, 5, 0x30);
	set_indexed(0x3ce, 6, 0x0f);
	set_crtc(40, 400, 1, 20, 0xa2);
	set_indexed(0x3d4, 9, 0xc1);
	set_attribute(0x10, 1);
	poke(0xb8000 + 0x2000 + 80 * 3 + 2, 0x1b);
	EXPECT(peek(0xb8000 + 0x2000 + 80 * 3 + 2), 0x1b);
	draw(true);
	EXPECT(mode.width, 320);
	EXPECT(mode.height, 200);
	for (unsigned x = 0; x < 4; x++)
		EXPECT(pixel(8 + x, 7), color(x));
	end();
}

static void set_vbe(unsigned width, unsigned height, unsigned bits, unsigned flags)
{
	vbe_set(4, 0);
	vbe_set(1, width);
	vbe_set(2, height);
	vbe_set(3, bits);
	vbe_set(4, 1 | flags);
}

static void test_vbe_maximum(void)
{
	begin();
	vga_set_maximum(vga, 1280, 1024);
	vbe_set(4, 2);
	EXPECT(vbe_get(1), 1280);
	EXPECT(vbe_get(2), 1024);
	set_vbe(1280, 1024, 32, 0x40);
	EXPECT(vbe_get(4), 0x41);
	set_vbe(1288, 1024, 32, 0x40);
	EXPECT(vbe_get(4) & 1, 0);
	set_vbe(1280, 1025, 32, 0x40);
	EXPECT(vbe_get(4) & 1, 0);
	vga_set_maximum(vga, 9999, 0);
	vbe_set(4, 2);
	EXPECT(vbe_get(1), VGA_MAX_WIDTH);
	EXPECT(vbe_get(2), VGA_MAX_HEIGHT);
	end();
}

static void test_vbe(void)
{
	uint64_t bitmap[VGA_PAGES / 64] = { 0 };

	begin();
	EXPECT(vbe_get(0), 0xb0c5);
	vbe_set(0, 0xb0c0);
	EXPECT(vbe_get(0), 0xb0c0);
	vbe_set(0, 0x1234);
	EXPECT(vbe_get(0), 0xb0c0);
	EXPECT(vbe_get(10), VGA_MEMORY_SIZE >> 16);
	vbe_set(4, 2);
	EXPECT(vbe_get(1), VGA_MAX_WIDTH);
	EXPECT(vbe_get(2), VGA_MAX_HEIGHT);
	EXPECT(vbe_get(3), 32);
	set_vbe(1024, 768, 32, 0x40);
	EXPECT(vbe_get(4), 0x41);
	EXPECT(vbe_get(6), 1024);
	EXPECT(vbe_get(7), VGA_MEMORY_SIZE / 4096);
	draw(true);
	EXPECT(mode.width, 1024);
	EXPECT(mode.height, 768);
	EXPECT(draw(false), false);
	memcpy(memory + (5 * 1024 + 9) * 4, "\x11\x22\x33\x44", 4); /* the guest through the linear range */
	EXPECT(draw(false), false);				    /* not reported */
	bitmap[0] = 1 << 5;
	vga_mark_dirty(vga, bitmap);
	EXPECT(draw(false), true);
	EXPECT(pixel(9, 5), 0x332211);
	EXPECT(rect.y, 5);
	EXPECT(rect.height, 1);
	EXPECT(draw(false), false);
	/* the window, by banks */
	vbe_set(5, 3);
	poke(0xa0000 + 4, 0x99);
	EXPECT(memory[0x30004], 0x99);
	EXPECT(draw(false), true);
	EXPECT(pixel(1, 48), 0x99);
	/* scrolling and a wider screen than is seen */
	vbe_set(6, 2048);
	vbe_set(8, 3);
	vbe_set(9, 2);
	draw(false);
	EXPECT(pixel(6, 0), memory[(2 * 2048 + 9) * 4] | (uint32_t)memory[(2 * 2048 + 9) * 4 + 1] << 8);
	/* other depths; the memory is cleared unless it is asked to stay */
	memcpy(memory, "\x34\x12\xff", 3);
	set_vbe(800, 600, 16, 0x80 | 0x40);
	draw(true);
	EXPECT(pixel(0, 0), 0x10 << 16 | 0x45 << 8 | 0xa5);
	set_vbe(800, 600, 24, 0xc0);
	draw(true);
	EXPECT(pixel(0, 0), 0xff1234);
	set_vbe(640, 400, 8, 0xc0);
	draw(true);
	EXPECT(pixel(0, 0), color(0x34));
	set_vbe(640, 400, 8, 0x60); /* 8-bit DAC */
	out(0x3c8, 0);
	out(0x3c9, 0xfe);
	out(0x3c9, 0x81);
	out(0x3c9, 0x01);
	draw(false);
	EXPECT(memory[0], 0);
	EXPECT(pixel(0, 0), 0xfe8101);
	set_vbe(VGA_MAX_WIDTH, VGA_MAX_HEIGHT, 32, 0x40);
	EXPECT(vbe_get(4), 0x41);
	EXPECT(draw(true), true);
	/* what does not fit stays off */
	set_vbe(VGA_MAX_WIDTH + 8, 100, 32, 0);
	EXPECT(vbe_get(4) & 1, 0);
	set_vbe(100, 100, 17, 0);
	EXPECT(vbe_get(4) & 1, 0);
	set_vbe(0, 0, 32, 0);
	EXPECT(vbe_get(4) & 1, 0);
	/* 16 colours: planar */
	set_planar_mode();
	set_vbe(800, 600, 4, 0);
	set_indexed(0x3c4, 2, 10);
	poke(0xa0000 + 100 * 3, 0x80);
	draw(true);
	EXPECT(pixel(0, 3), color(10));
	end();
}

static void test_nonsense(void)
{
	static const uint16_t ports[] = { 0x3c0, 0x3c0, 0x3c2, 0x3c4, 0x3c5, 0x3c8,
					  0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3da };

	begin();
	for (unsigned i = 0; i < 60000; i++) {
		unsigned r = (unsigned)rand();

		switch (r % 8) {
		case 0: vbe_set(r / 8 % 12, r % 3 ? r / 100 % 3000 : r / 100); break;
		case 1: vbe_set(4, r / 8); break;
		case 2:
		case 3: set_indexed(r & 16 ? 0x3d4 : r & 32 ? 0x3c4 : 0x3ce, r / 64 % 32, r / 4096); break;
		case 4: poke(0xa0000 + r / 8 % 0x20000, (uint8_t)(r >> 20)); break;
		case 5: peek(0xa0000 + r / 8 % 0x20000); break;
		case 6: set_attribute(r / 8 % 32, r / 256); break;
		default:
			out(ports[r / 8 % 12], r / 100);
			in(ports[r / 1200 % 12]);
			break;
		}
		if (i % 500 == 0)
			draw(rand() % 2);
		if (i % 20000 == 0)
			vga_reset(vga);
	}
	end();
}

int main(void)
{
	memory = calloc(1, VGA_MEMORY_SIZE);
	pixels = calloc((size_t)VGA_MAX_WIDTH * VGA_MAX_HEIGHT, sizeof(*pixels));
	if (!memory || !pixels)
		return 1;
	srand(1);
	test_registers();
	test_text();
	test_planar();
	test_256_colors();
	test_vbe();
	test_vbe_maximum();
	test_nonsense();
	free(memory);
	free(pixels);
	return finish("vga");
}
