/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VGA adapter: registers, the window, the linear range, and drawing into a surface of exactly the mode's
 * size. The video memory lies between pages that nobody may touch. What a partial draw leaves on the surface
 * is what a full one gives.
 */
#include "fuzz_pc.h"

#include <sys/mman.h>

#include "chipset/vga.h"

/* clang-format off */
enum {
	GUARD = 64 << 20,
	PIXELS_MAX =
	    1 << 20, /* after so many nothing is drawn for this input: else large modes take all the time */
	VBE_INDEX = 0x1ce,
	VBE_DATA = 0x1cf,
	VGA_DEVFN = PCI_DEVFN(8, 0),
};
/* clang-format on */

static const uint16_t ports[] = { 0x3c0, 0x3c1, 0x3c2, 0x3c4, 0x3c5, 0x3c6, 0x3c7, 0x3c8, 0x3c9, 0x3cc, 0x3ce,
				  0x3cf, 0x3d4, 0x3d5, 0x3da, 0x3b4, 0x3b5, 0x3ba, 0x1ce, 0x1cf, 0x1d0 };
static const uint8_t devfns[] = { VGA_DEVFN, VGA_DEVFN, PCI_DEVFN(2, 0) };
static uint8_t *memory;
static struct vga *vga;
static struct pc *pc;
static size_t pixels_drawn;

/* Between two draws: what the console shows. */
static struct {
	struct vga_mode mode;
	uint32_t *pixels;
} screen;

static void on_map(void *opaque, uint32_t gpa)
{
	CHECK(gpa % VGA_MEMORY_SIZE == 0);
}

static void make_memory(void)
{
	uint8_t *all = mmap(NULL, VGA_MEMORY_SIZE + 2ul * GUARD, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(all != MAP_FAILED && mprotect(all + GUARD, VGA_MEMORY_SIZE, PROT_READ | PROT_WRITE) == 0);
	memory = all + GUARD;
}

static uint32_t *new_surface(const struct vga_mode *mode)
{
	uint32_t *pixels = malloc((size_t)mode->width * mode->height * 4 + 1);

	CHECK(pixels);
	return pixels;
}

static void check_mode(const struct vga_mode *mode)
{
	CHECK(mode->width > 0 && mode->width <= VGA_MAX_WIDTH && mode->height > 0 &&
	      mode->height <= VGA_MAX_HEIGHT);
	if (mode->kind == VGA_TEXT)
		CHECK(mode->columns * mode->rows <= VGA_TEXT_CELLS &&
		      mode->columns * mode->cell_width <= mode->width &&
		      mode->rows * mode->cell_height <= mode->height);
}

struct rect {
	unsigned x, y, right, bottom;
};

static void on_mark(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
	struct rect *rect = opaque;
	bool is_first = !rect->right;

	CHECK(width > 0 && height > 0);
	rect->x = is_first || x < rect->x ? x : rect->x;
	rect->y = is_first || y < rect->y ? y : rect->y;
	rect->right = x + width > rect->right ? x + width : rect->right;
	rect->bottom = y + height > rect->bottom ? y + height : rect->bottom;
}

static void compare_with_full(const struct vga_mode *mode)
{
	size_t count = (size_t)mode->width * mode->height;
	uint32_t *full = new_surface(mode);
	struct rect rect = { 0 };
	const struct vga_marker marker = { on_mark, &rect };

	CHECK(vga_draw(vga, mode, full, mode->width, true, &marker));
	CHECK(rect.x == 0 && rect.y == 0 && rect.right == mode->width && rect.bottom == mode->height);
	CHECK(memcmp(full, screen.pixels, count * 4) == 0);
	free(full);
}

static void draw(bool is_compared)
{
	struct rect rect = { 0 };
	const struct vga_marker marker = { on_mark, &rect };
	struct vga_mode mode;
	bool is_new;

	vga_get_mode(vga, &mode);
	check_mode(&mode);
	if (pixels_drawn > PIXELS_MAX)
		return;
	pixels_drawn += (size_t)mode.width * mode.height * (1 + is_compared);
	is_new = !screen.pixels || memcmp(&mode, &screen.mode, sizeof(mode)) != 0;
	if (is_new) {
		free(screen.pixels);
		screen.pixels = new_surface(&mode);
		screen.mode = mode;
	}
	CHECK(vga_draw(vga, &mode, screen.pixels, mode.width, is_new, &marker) == (rect.right > 0));
	CHECK(rect.right <= mode.width && rect.bottom <= mode.height);
	if (is_compared)
		compare_with_full(&mode);
}

static void read_text(void)
{
	static uint16_t cells[VGA_TEXT_CELLS];
	static uint8_t fonts[VGA_FONT_SIZE];
	struct vga_text_style style;
	struct vga_mode mode;

	vga_get_mode(vga, &mode);
	vga_get_text_style(vga, &style);
	CHECK(!style.has_cursor || (style.cursor_column < mode.columns && style.cursor_row < mode.rows));
	vga_take_fonts(vga, fonts);
	CHECK(vga_read_text(vga, cells, VGA_TEXT_CELLS) <= VGA_TEXT_CELLS);
	CHECK(vga_read_text(vga, cells, 10) <= VGA_TEXT_CELLS);
}

/* A register behind an index: sequencer, graphics controller, CRTC, attributes, palette, VBE. */
static void set_indexed(struct fuzz_input *input)
{
	static const uint16_t bases[] = { 0x3c4, 0x3ce, 0x3d4, 0x3d4 };
	uint8_t how = fuzz_u8(input);
	uint8_t index = how >> 3;

	switch (how & 7) {
	case 0 ... 3: pc_port_write(pc, bases[how & 3], 2, index | (uint32_t)fuzz_u8(input) << 8); break;
	case 4:
		pc_port_read(pc, 0x3da, 1);
		pc_port_write(pc, 0x3c0, 1, index);
		pc_port_write(pc, 0x3c0, 1, fuzz_u8(input));
		break;
	case 5: pc_port_write(pc, 0x3c2, 1, fuzz_u8(input)); break;
	default:
		pc_port_write(pc, VBE_INDEX, 2, index % 12);
		pc_port_write(pc, VBE_DATA, 2, fuzz_u16(input));
		break;
	}
}

/* A whole VBE mode: random registers seldom make one. */
static void set_vbe(struct fuzz_input *input)
{
	static const uint16_t widths[] = { 320, 640, 1024, 2560, 8 }, heights[] = { 200, 480, 768, 1600, 1 };
	static const uint8_t bits[] = { 4, 8, 15, 16, 24, 32, 7, 0 };
	uint8_t size = fuzz_u8(input), how = fuzz_u8(input);
	uint16_t values[] = { 0, widths[size % 5], heights[size / 5 % 5], bits[how & 7], 0x41 };

	for (unsigned i = 1; i < 5; i++) {
		pc_port_write(pc, VBE_INDEX, 2, i);
		pc_port_write(pc, VBE_DATA, 2, values[i]);
	}
	for (unsigned i = 5; i < 10; i++) /* bank, virtual size, offsets */
		if (how & 1 << (i - 2)) {
			pc_port_write(pc, VBE_INDEX, 2, i);
			pc_port_write(pc, VBE_DATA, 2, fuzz_u16(input));
		}
}

static void access_window(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	uint64_t gpa = 0xa0000 + (fuzz_u16(input) << 1 | how >> 7);
	unsigned size = 1u << (how >> 1 & 3), count = how & 8 ? 64 : 1;

	for (; count > 0; count--, gpa += size)
		if (how & 1)
			pc_mmio_write(pc, gpa, size, how & 0x70 ? gpa * 0x9e3779b97f4a7c15ull >> 7 : 0);
		else
			pc_mmio_read(pc, gpa, size);
}

/* Through the range that the worker maps: the memory itself, then a report of the pages. */
static void write_linear(struct fuzz_input *input)
{
	uint32_t at = fuzz_u32(input) % (VGA_MEMORY_SIZE - 64);
	uint64_t bitmap[VGA_PAGES / 64] = { 0 };

	memset(memory + at, fuzz_u8(input), 64);
	bitmap[at / VGA_PAGE_SIZE / 64] |= 1ull << at / VGA_PAGE_SIZE % 64;
	bitmap[(at + 63) / VGA_PAGE_SIZE / 64] |= 1ull << (at + 63) / VGA_PAGE_SIZE % 64;
	vga_mark_dirty(vga, bitmap);
}

static void step(struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 32)
		fuzz_port_access(pc->bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 112)
		set_indexed(input);
	else if (op < 128)
		set_vbe(input);
	else if (op < 176)
		access_window(input);
	else if (op < 200)
		write_linear(input);
	else if (op < 232)
		draw(op & 1);
	else if (op < 240)
		read_text();
	else if (op < 252)
		fuzz_config_access(pc, input, devfns, sizeof(devfns));
	else
		vga_reset(vga);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vga_ops ops = { on_map };
	struct fuzz_input input = { data, data + (size < 512 ? size : 512) };

	if (!memory)
		make_memory();
	madvise(memory, VGA_MEMORY_SIZE, MADV_DONTNEED); /* zeros again */
	pixels_drawn = 0;
	pc = fuzz_pc_new(false);
	CHECK(vga_new(pc->bus, pc->pci, pc->clock, memory, &ops, NULL, &vga) == 0 && vga_attach(vga) == 0);
	fuzz_config_write(pc, VGA_DEVFN, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	while (fuzz_more(&input))
		step(&input);
	draw(true);
	read_text();
	free(screen.pixels);
	screen.pixels = NULL;
	vga_free(vga);
	fuzz_pc_free(pc);
	return 0;
}
