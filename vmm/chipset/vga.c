/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VGA adapter's ports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"
#include "vga_priv.h"
#include "vm_clock.h"

enum {
	PORT_MONO = 0x3b0,
	PORT_COLOR = 0x3c0,
	PORT_VBE = 0x1ce,
	WINDOW_GPA = 0xa0000,
	WINDOW_SIZE = 0x20000,
	PCI_LATE_DEVICE = 8, /* where Hyper-V has it */

	STATUS1_NO_DISPLAY = 1 << 0,
	STATUS1_RETRACE = 1 << 3,
	FRAME_NS = 16666667,
	RETRACE_NS = 1000000,
	LINE_NS = 31778,
	BLANK_NS = 6000,

	DAC_WRITE = 0, /* what 3C7h reads */
	DAC_READ = 3,
};

/* --- CRTC, sequencer, graphics ----------------------------------------------------------------------- */

static uint8_t read_indexed(const uint8_t *registers, uint8_t index, uint8_t count)
{
	return index < count ? registers[index] : 0xff;
}

/* A register that changes what is seen. */
static void set_register(struct vga *vga, uint8_t *place, uint8_t value)
{
	if (*place == value)
		return;
	*place = value;
	vga->is_stale = true;
}

static void write_sequencer(struct vga *vga, uint8_t value)
{
	static const uint8_t masks[SEQ_COUNT] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };

	if (vga->seq_index == SEQ_PLANES) /* set for each write by planar programs; the picture stays */
		vga->seq[SEQ_PLANES] = value & 0x0f;
	else if (vga->seq_index < SEQ_COUNT)
		set_register(vga, &vga->seq[vga->seq_index], value & masks[vga->seq_index]);
}

static void write_graphics(struct vga *vga, uint8_t value)
{
	static const uint8_t masks[GFX_COUNT] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
	uint8_t index = vga->gfx_index;

	if (index == GFX_MODE && (vga->gfx[GFX_MODE] ^ value) >> GFX_MODE_SHIFT)
		vga->is_stale = true;
	if (index == GFX_MISC)
		set_register(vga, &vga->gfx[index], value & masks[index]);
	else if (index < GFX_COUNT)
		vga->gfx[index] = value & masks[index];
}

static void write_crtc(struct vga *vga, uint8_t value)
{
	uint8_t index = vga->crtc_index;

	if (index >= CRTC_COUNT)
		return;
	/* 0-7 can be write protected, all but the line compare bit. */
	if (index <= CRTC_OVERFLOW && vga->crtc[CRTC_PROTECT] & 0x80) {
		if (index != CRTC_OVERFLOW)
			return;
		value = (vga->crtc[CRTC_OVERFLOW] & ~0x10) | (value & 0x10);
	}
	if (index >= CRTC_CURSOR_HIGH && index <= CRTC_CURSOR_HIGH + 1)
		vga->crtc[index] = value; /* the text drawer sees the cursor move */
	else
		set_register(vga, &vga->crtc[index], value);
}

/* --- attribute controller and DAC --------------------------------------------------------------------- */

static void write_attribute(struct vga *vga, uint8_t value)
{
	uint8_t index = vga->attr_index & 0x1f;

	vga->attr_takes_data = !vga->attr_takes_data;
	if (vga->attr_takes_data)
		set_register(vga, &vga->attr_index, value & 0x3f);
	else if (index < 16)
		set_register(vga, &vga->attr[index], value & 0x3f);
	else
		set_register(vga, &vga->attr[index], value);
}

static uint8_t read_dac(struct vga *vga)
{
	uint8_t value = vga->dac[vga->dac_read_index][vga->dac_sub];

	if (++vga->dac_sub == 3) {
		vga->dac_sub = 0;
		vga->dac_read_index++;
	}
	return value;
}

static void write_dac(struct vga *vga, uint8_t value)
{
	bool is_8bit = vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC;

	vga->dac_latch[vga->dac_sub] = is_8bit ? value : value & 0x3f;
	if (++vga->dac_sub < 3)
		return;
	vga->dac_sub = 0;
	memcpy(vga->dac[vga->dac_write_index++], vga->dac_latch, 3);
	vga->is_stale = true;
}

/* Retrace and blanking go by the clock; guests wait for them. Reading makes 3C0h take an index. */
static uint8_t read_status1(struct vga *vga)
{
	uint64_t frame = vm_clock_now(vga->clock) % FRAME_NS;

	vga->attr_takes_data = false;
	if (frame < RETRACE_NS)
		return STATUS1_RETRACE | STATUS1_NO_DISPLAY;
	return frame % LINE_NS < BLANK_NS ? STATUS1_NO_DISPLAY : 0;
}

/* --- ports -------------------------------------------------------------------------------------------- */

static bool is_other_crtc(const struct vga *vga, unsigned port)
{
	bool is_color = vga->misc & MISC_COLOR;

	return (port >= 0x3b0 && port <= 0x3bf && is_color) || (port >= 0x3d0 && port <= 0x3df && !is_color);
}

static uint8_t read_port(struct vga *vga, unsigned port)
{
	if (is_other_crtc(vga, port))
		return 0xff;
	switch (port) {
	case 0x3c0: return vga->attr_index;
	case 0x3c1: return vga->attr[vga->attr_index & 0x1f];
	case 0x3c2: return 0x10; /* a colour monitor is there */
	case 0x3c4: return vga->seq_index;
	case 0x3c5: return read_indexed(vga->seq, vga->seq_index, SEQ_COUNT);
	case 0x3c6: return vga->dac_mask;
	case 0x3c7: return vga->dac_state;
	case 0x3c8: return vga->dac_write_index;
	case 0x3c9: return read_dac(vga);
	case 0x3ca: return vga->feature;
	case 0x3cc: return vga->misc;
	case 0x3ce: return vga->gfx_index;
	case 0x3cf: return read_indexed(vga->gfx, vga->gfx_index, GFX_COUNT);
	case 0x3b4:
	case 0x3d4: return vga->crtc_index;
	case 0x3b5:
	case 0x3d5: return read_indexed(vga->crtc, vga->crtc_index, CRTC_COUNT);
	case 0x3ba:
	case 0x3da: return read_status1(vga);
	default: return 0xff;
	}
}

static void set_dac_index(struct vga *vga, uint8_t state, uint8_t *place, uint8_t value)
{
	vga->dac_state = state;
	vga->dac_sub = 0;
	*place = value;
}

static void write_port(struct vga *vga, unsigned port, uint8_t value)
{
	if (is_other_crtc(vga, port))
		return;
	switch (port) {
	case 0x3c0: write_attribute(vga, value); break;
	case 0x3c2: set_register(vga, &vga->misc, value & 0xef); break;
	case 0x3c4: vga->seq_index = value & 7; break;
	case 0x3c5: write_sequencer(vga, value); break;
	case 0x3c6: set_register(vga, &vga->dac_mask, value); break;
	case 0x3c7: set_dac_index(vga, DAC_READ, &vga->dac_read_index, value); break;
	case 0x3c8: set_dac_index(vga, DAC_WRITE, &vga->dac_write_index, value); break;
	case 0x3c9: write_dac(vga, value); break;
	case 0x3ce: vga->gfx_index = value & 15; break;
	case 0x3cf: write_graphics(vga, value); break;
	case 0x3b4:
	case 0x3d4: vga->crtc_index = value; break;
	case 0x3b5:
	case 0x3d5: write_crtc(vga, value); break;
	case 0x3ba:
	case 0x3da: vga->feature = value; break;
	}
}

static uint64_t mono_read(void *opaque, uint64_t offset, unsigned size)
{
	return read_port(opaque, PORT_MONO + (unsigned)offset);
}

static void mono_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	write_port(opaque, PORT_MONO + (unsigned)offset, (uint8_t)value);
}

static uint64_t color_read(void *opaque, uint64_t offset, unsigned size)
{
	return read_port(opaque, PORT_COLOR + (unsigned)offset);
}

static void color_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	write_port(opaque, PORT_COLOR + (unsigned)offset, (uint8_t)value);
}

/* 1CEh index, 1CFh data: two words that overlap, so the place of an access says which it means. */
static uint64_t vbe_read(void *opaque, uint64_t offset, unsigned size)
{
	struct vga *vga = opaque;

	return offset == 0 ? vga->vbe_index : offset == 1 ? vga_vbe_read(vga) : UINT64_MAX;
}

static void vbe_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct vga *vga = opaque;

	if (offset == 0)
		vga->vbe_index = (uint16_t)value;
	else if (offset == 1 && size == 2)
		vga_vbe_write(vga, (uint16_t)value);
}

static uint64_t window_read(void *opaque, uint64_t offset, unsigned size)
{
	return vga_window_read(opaque, (uint32_t)offset);
}

static void window_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	vga_window_write(opaque, (uint32_t)offset, (uint8_t)value);
}

static const struct io_handler mono_handler = { mono_read, mono_write, 1 };
static const struct io_handler color_handler = { color_read, color_write, 1 };
static const struct io_handler vbe_handler = { vbe_read, vbe_write, 2, .any_address = true };
static const struct io_handler window_handler = { window_read, window_write, 1 };

/* --- making -------------------------------------------------------------------------------------------- */

/* Without PCI the window is always there; with it, while the command register lets memory through. */
void vga_update_window(struct vga *vga)
{
	bool is_on = !vga->function || pci_get(vga->function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;

	if (is_on == vga->has_window)
		return;
	vga->has_window = is_on;
	if (is_on)
		vga->has_window =
		    io_bus_add_mmio(vga->bus, WINDOW_GPA, WINDOW_SIZE, &window_handler, vga) == 0;
	else
		io_bus_remove_mmio(vga->bus, WINDOW_GPA);
}

static void on_config_write(void *opaque, unsigned offset, unsigned size)
{
	if (offset < PCI_COMMAND + 2)
		vga_update_window(opaque);
}

static void on_config_reset(void *opaque)
{
	vga_update_window(opaque);
}

static void on_map(void *opaque, uint32_t gpa)
{
	struct vga *vga = opaque;

	if (vga->ops->on_map)
		vga->ops->on_map(vga->opaque, gpa);
}

static int add_function(struct vga *vga, struct pci_bus *pci)
{
	const struct pci_function_config config = {
		.vendor = 0x1414,
		.device = 0x5353,
		.class_code = 0x030000,
		.on_write = on_config_write,
		.on_reset = on_config_reset,
		.opaque = vga,
	};
	int r = pci_function_new(pci, PCI_DEVFN(PCI_LATE_DEVICE, 0), &config, &vga->function);

	return r < 0 ? r : pci_add_mapped_bar(vga->function, 0, VGA_MEMORY_SIZE, on_map, vga);
}

int vga_attach(struct vga *vga)
{
	/* 3BCh-3BFh is a printer's. */
	int r = io_bus_add_ports(vga->bus, PORT_MONO, 0x0c, &mono_handler, vga);

	if (r == 0)
		r = io_bus_add_ports(vga->bus, PORT_COLOR, 0x20, &color_handler, vga);
	if (r == 0)
		r = io_bus_add_ports(vga->bus, PORT_VBE, 3, &vbe_handler, vga);
	if (r == 0)
		vga_update_window(vga);
	return r;
}

void vga_reset(struct vga *vga)
{
	vga->misc = MISC_COLOR | MISC_MEMORY;
	vga->feature = 0;
	memset(vga->seq, 0, sizeof(vga->seq));
	memset(vga->gfx, 0, sizeof(vga->gfx));
	memset(vga->crtc, 0, sizeof(vga->crtc));
	memset(vga->attr, 0, sizeof(vga->attr));
	memset(vga->dac, 0, sizeof(vga->dac));
	vga->seq_index = vga->gfx_index = vga->crtc_index = vga->attr_index = 0;
	vga->attr_takes_data = false;
	vga->dac_mask = 0xff;
	vga->dac_state = vga->dac_read_index = vga->dac_write_index = vga->dac_sub = 0;
	vga->latch = 0;
	memset(vga->memory, 0, PLANAR_SIZE);
	vga_vbe_reset(vga);
	vga->is_stale = true;
}

int vga_new(struct io_bus *bus, struct pci_bus *pci, struct vm_clock *clock, uint8_t *memory,
	    const struct vga_ops *ops, void *opaque, struct vga **ret_vga)
{
	struct vga *vga = calloc(1, sizeof(*vga));
	int r = 0;

	if (!vga)
		return -ENOMEM;
	vga->bus = bus;
	vga->clock = clock;
	vga->memory = memory;
	vga->ops = ops;
	vga->opaque = opaque;
	vga_set_maximum(vga, 0, 0);
	vga->drawn_cells = calloc(VGA_TEXT_CELLS, sizeof(*vga->drawn_cells));
	if (!vga->drawn_cells)
		r = -ENOMEM;
	if (r == 0 && pci)
		r = add_function(vga, pci);
	if (r < 0) {
		vga_free(vga);
		return r;
	}
	vga_reset(vga);
	*ret_vga = vga;
	return 0;
}

void vga_set_maximum(struct vga *vga, unsigned width, unsigned height)
{
	vga->width_max = width > 0 && width < VGA_MAX_WIDTH ? (uint16_t)width : VGA_MAX_WIDTH;
	vga->height_max = height > 0 && height < VGA_MAX_HEIGHT ? (uint16_t)height : VGA_MAX_HEIGHT;
}

struct vga *vga_free(struct vga *vga)
{
	if (!vga)
		return NULL;
	if (vga->has_window)
		io_bus_remove_mmio(vga->bus, WINDOW_GPA);
	pci_function_free(vga->function);
	free(vga->drawn_cells);
	free(vga);
	return NULL;
}
