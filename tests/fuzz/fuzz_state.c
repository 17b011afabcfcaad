/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved state that somebody changed: a PC that was used a little is saved, bytes of its sections are changed as the input says,
 * checksums made right, and another PC takes that back. It refuses it, or is a PC that keeps to its limits: its disk is asked for
 * nothing beyond its end, and it can be saved again.
 */
#include "fuzz_pc.h"
#include "fuzz_sections.h"

#include "chipset/block.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"
#include "chipset/vga.h"
#include "state/state.h"

enum { DISK_SIZE = 64 * 1024, SCREEN_LINES = 1600 };

struct machine {
	struct pc *pc;
	struct ps2_keyboard *keyboard;
	struct ps2_mouse *mouse;
	struct vga *vga;
	uint8_t *video;
	struct block disk, disc;
};

static uint8_t content[DISK_SIZE];

static void submit(struct block *block, struct block_request *request)
{
	CHECK(request->kind == BLOCK_FLUSH || (request->length > 0 && request->offset <= DISK_SIZE &&
					       request->length <= DISK_SIZE - request->offset));
	if (request->kind == BLOCK_READ)
		memcpy(request->data, content + request->offset, request->length);
	request->on_done(request, 0);
}

static void make(struct machine *machine)
{
	static const struct ps2_keyboard_ops keyboard_ops = { 0 };
	static const struct vga_ops vga_ops = { 0 };
	static const struct ide_identity identity = { .model = "disk" };

	*machine =
	    (struct machine){ .disk = { submit, DISK_SIZE, false }, .disc = { submit, DISK_SIZE, true } };
	machine->pc = fuzz_pc_new(true);
	machine->video = calloc(1, VGA_MEMORY_SIZE);
	CHECK(machine->video &&
	      ps2_keyboard_new(machine->pc->i8042, &keyboard_ops, NULL, &machine->keyboard) == 0 &&
	      ps2_mouse_new(machine->pc->i8042, &machine->mouse) == 0 &&
	      vga_new(machine->pc->bus, machine->pc->pci, machine->pc->clock, machine->video, &vga_ops, NULL,
		      &machine->vga) == 0 &&
	      vga_attach(machine->vga) == 0 &&
	      ide_connect_disk(machine->pc->ide, 0, &machine->disk, &identity) == 0 &&
	      ide_connect_cdrom(machine->pc->ide, 2, &machine->disc, &identity) == 0);
}

static void unmake(struct machine *machine)
{
	machine->pc->ide = ide_free(machine->pc->ide);
	ps2_mouse_free(machine->mouse);
	ps2_keyboard_free(machine->keyboard);
	vga_free(machine->vga);
	free(machine->video);
	fuzz_pc_free(machine->pc);
}

static void all_state(struct machine *machine, struct state *state)
{
	pc_state(machine->pc, state);
	ide_state(machine->pc->ide, state);
	ps2_keyboard_state(machine->keyboard, state);
	ps2_mouse_state(machine->mouse, state);
	vga_state(machine->vga, state);
}

static const uint16_t ports[] = { 0x20,	 0x21,	0xa0,  0x40,  0x42,  0x43,  0x61,  0x70,   0x71,
				  0x60,	 0x64,	0x600, 0x602, 0x608, 0x1f0, 0x1f2, 0x1f3,  0x1f6,
				  0x1f7, 0x3f6, 0x170, 0x174, 0x176, 0x177, 0x376, 0xc000, 0xcf8,
				  0xcfc, 0x3c0, 0x3c5, 0x3c9, 0x3cf, 0x3d4, 0x3d5, 0x1ce,  0x1cf };

static void use(struct machine *machine, struct fuzz_input *input, unsigned most)
{
	for (unsigned i = 0; i < most && fuzz_more(input); i++)
		if (fuzz_u8(input) % 8 == 0)
			fuzz_pass_time(&fuzz_clock, input);
		else
			fuzz_port_access(machine->pc->bus, input, ports, sizeof(ports) / sizeof(ports[0]));
}

static void draw(struct machine *machine)
{
	static uint32_t pixels[VGA_MAX_WIDTH * SCREEN_LINES];
	struct vga_marker marker = { 0 };
	struct vga_mode mode;

	vga_get_mode(machine->vga, &mode);
	CHECK(mode.width <= VGA_MAX_WIDTH && mode.height <= SCREEN_LINES);
	if (mode.kind != VGA_BLANK && mode.kind != VGA_TEXT)
		vga_draw(machine->vga, &mode, pixels, VGA_MAX_WIDTH, true, &marker);
}

static uint8_t *save(struct machine *machine, size_t *ret_size)
{
	struct state *state;
	const void *bytes;
	uint8_t *copy;

	CHECK(state_writer_new(&state) == 0);
	all_state(machine, state);
	CHECK(state_finish_writing(state, &bytes, ret_size) == 0);
	copy = malloc(*ret_size);
	CHECK(copy);
	memcpy(copy, bytes, *ret_size);
	state_free(state);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	char reason[STATE_REASON_MAX];
	struct machine machine;
	size_t state_size;
	struct state *state;
	uint8_t *bytes;

	make(&machine);
	use(&machine, &input, 40);
	bytes = save(&machine, &state_size);
	unmake(&machine);
	fuzz_sections(bytes, state_size, &input);

	make(&machine);
	CHECK(state_reader_new(bytes, state_size, &state, reason) == 0);
	all_state(&machine, state);
	if (state_finish_reading(state) == 0) {
		use(&machine, &input, 200);
		draw(&machine);
		free(bytes);
		bytes = save(&machine, &state_size);
	} else {
		CHECK(state_reason(state)[0]);
	}
	state_free(state);
	free(bytes);
	unmake(&machine);
	return 0;
}
