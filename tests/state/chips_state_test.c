/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PC that is saved and taken back is the same PC: after random accesses its state goes to a second one, and from there on both are
 * accessed alike, and must answer alike, raise the same interrupts, and end in the same state, byte by byte.
 * chips_state_test [SEED [ROUNDS]]
 */
#include "../chipset/fake.h"
#include "../chipset/fake_block.h"
#include "chipset/pc.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"
#include "chipset/vga.h"
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 3000, AFTER = 3000, RAM_SIZE = 1 << 20, DISK_SIZE = 256 * 1024 };

struct machine {
	struct fake_clock clock;
	struct pc *pc;
	struct ps2_keyboard *keyboard;
	struct ps2_mouse *mouse;
	struct vga *vga;
	uint8_t *ram, *video;
	struct dma dma;
	struct fake_disk disks[2];
	uint64_t interrupts; /* a sum over all of them */
	bool extint;
	uint8_t uart_out[UART_OUTPUT_MAX];
};

static uint64_t seed;

static uint32_t random_number(void) /* xorshift */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static void set_extint(void *opaque, bool level)
{
	((struct machine *)opaque)->extint = level;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	struct machine *machine = opaque;

	machine->interrupts = machine->interrupts * 31 + address * 7 + data;
}

static void ignore(void *opaque)
{
}

static int dma_read(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	struct machine *machine = opaque;

	if (gpa > RAM_SIZE || size > RAM_SIZE - gpa)
		return -EFAULT;
	memcpy(buffer, machine->ram + gpa, size);
	return 0;
}

static int dma_write(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	struct machine *machine = opaque;

	if (gpa > RAM_SIZE || size > RAM_SIZE - gpa)
		return -EFAULT;
	memcpy(machine->ram + gpa, buffer, size);
	return 0;
}

static const struct pc_ops ops = { set_extint, on_interrupt, ignore, ignore };
static const struct ide_ops ide_ops = { 0 };
static const struct uart_ops uart_ops = { .on_output = ignore };
static const struct ps2_keyboard_ops keyboard_ops = { 0 };
static const struct vga_ops vga_ops = { 0 };
static const struct ide_identity identity = { .model = "disk" };

static void make(struct machine *machine)
{
	struct pc_config config = { .ops = &ops,
				    .opaque = machine,
				    .clock = &machine->clock.base,
				    .uart_ops = { &uart_ops, &uart_ops },
				    .uart_opaque = { machine, machine },
				    .has_pci = true,
				    .dma = &machine->dma,
				    .ide_ops = &ide_ops };

	memset(machine, 0, sizeof(*machine));
	fake_clock_init(&machine->clock);
	machine->ram = calloc(1, RAM_SIZE);
	machine->video = calloc(1, VGA_MEMORY_SIZE);
	machine->dma = (struct dma){ dma_read, dma_write, machine };
	EXPECT(pc_new(&config, &machine->pc), 0);
	EXPECT(ps2_keyboard_new(machine->pc->i8042, &keyboard_ops, NULL, &machine->keyboard), 0);
	EXPECT(ps2_mouse_new(machine->pc->i8042, &machine->mouse), 0);
	EXPECT(vga_new(machine->pc->bus, machine->pc->pci, &machine->clock.base, machine->video, &vga_ops,
		       machine, &machine->vga),
	       0);
	EXPECT(vga_attach(machine->vga), 0);
	for (unsigned i = 0; i < 2; i++)
		fake_disk_init(&machine->disks[i], DISK_SIZE);
	EXPECT(ide_connect_disk(machine->pc->ide, 0, &machine->disks[0].base, &identity), 0);
	EXPECT(ide_connect_cdrom(machine->pc->ide, 2, &machine->disks[1].base, &identity), 0);
}

static void unmake(struct machine *machine)
{
	machine->pc->ide = ide_free(machine->pc->ide);
	ps2_mouse_free(machine->mouse);
	ps2_keyboard_free(machine->keyboard);
	vga_free(machine->vga);
	pc_free(machine->pc);
	for (unsigned i = 0; i < 2; i++)
		fake_disk_deinit(&machine->disks[i]);
	free(machine->ram);
	free(machine->video);
}

/* --- one access, of which both machines see the same ------------------------------------------------------- */

struct access {
	unsigned kind, size, amount;
	uint16_t port;
	uint32_t value;
};

static const uint16_t ports[] = {
	0x20,  0x21,  0xa0,   0xa1,   0x4d0,  0x4d1,  0x40,  0x41,  0x42,  0x43,  0x61,	 0x70,
	0x71,  0x71,  0x3f8,  0x3f9,  0x3fa,  0x3fb,  0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x2f8, 0x2f9,
	0x2fc, 0x60,  0x64,   0x60,   0x64,   0x92,   0x600, 0x602, 0x608, 0x1f0, 0x1f1, 0x1f2,
	0x1f3, 0x1f4, 0x1f5,  0x1f6,  0x1f7,  0x1f7,  0x3f6, 0x170, 0x172, 0x174, 0x175, 0x176,
	0x177, 0x376, 0xc000, 0xc002, 0xc004, 0xc008, 0xcf8, 0xcfc, 0x3c0, 0x3c1, 0x3c2, 0x3c4,
	0x3c5, 0x3c6, 0x3c7,  0x3c8,  0x3c9,  0x3ce,  0x3cf, 0x3d4, 0x3d5, 0x1ce, 0x1cf,
};

static struct access next_access(void)
{
	static const uint8_t commands[] = { 0x20, 0x30, 0xc8, 0xca, 0xec, 0xef, 0xa0,
					    0xa1, 0xc6, 0x91, 0xe7, 0x25, 0x35 };
	struct access access = { .kind = random_number() % 16,
				 .amount = random_number(),
				 .value = random_number() };

	access.port = ports[random_number() % (sizeof(ports) / sizeof(ports[0]))];
	access.size = access.port == 0xcf8						     ? 4
		      : access.port == 0x1ce || access.port == 0x1cf || access.port == 0x1f0 ? 2
											     : 1;
	if ((access.port == 0x1f7 || access.port == 0x177) && access.value & 1)
		access.value = commands[access.amount % sizeof(commands)];
	if (access.port == 0xcf8) /* a function that there is */
		access.value = 1u << 31 | (access.amount % 4 ? 0x3900 : 0x800) | (access.value & 0xfc);
	return access;
}

/* What can be seen of it. */
static uint64_t perform(struct machine *machine, const struct access *access)
{
	static const uint64_t steps[] = { 100, 5000, 1000000, 60000000, 1200000000 };
	struct pc *pc = machine->pc;

	switch (access->kind) {
	case 0: fake_clock_advance(&machine->clock, steps[access->amount % 5]); return machine->interrupts;
	case 1: return pc_mmio_read(pc, 0xfec00010, 4);
	case 2:
		pc_mmio_write(pc, 0xfec00000, 4, access->value % 0x40);
		pc_mmio_write(pc, 0xfec00010, 4, access->amount);
		return machine->interrupts;
	case 3: pc_eoi(pc, (uint8_t)access->value); return machine->interrupts;
	case 4: return machine->extint ? pc_extint_vector(pc) : 0x100;
	case 5: ps2_keyboard_key(machine->keyboard, access->value % 0x58, access->amount & 1); return 0;
	case 6:
		ps2_mouse_move(machine->mouse, (int)(access->value % 9) - 4, 2, 0, access->amount % 8);
		return 0;
	case 7: return uart_input(pc->uarts[0], (const uint8_t *)"abcdefgh", access->amount % 8);
	case 8: return uart_take_output(pc->uarts[access->amount & 1], machine->uart_out, access->value % 64);
	case 9: return pc_mmio_read(pc, 0xa0000 + access->value % 0x20000, 1);
	case 10: pc_mmio_write(pc, 0xa0000 + access->value % 0x20000, 1, access->amount & 0xff); return 0;
	case 11:
	case 12:
	case 13: return pc_port_read(pc, access->port, access->size);
	default: pc_port_write(pc, access->port, access->size, access->value); return machine->interrupts;
	}
}

/* --- saving ------------------------------------------------------------------------------------------------ */

static void all_state(struct machine *machine, struct state *state)
{
	pc_state(machine->pc, state);
	io_bus_lock(machine->pc->bus);
	ide_state(machine->pc->ide, state);
	ps2_keyboard_state(machine->keyboard, state);
	ps2_mouse_state(machine->mouse, state);
	vga_state(machine->vga, state);
	io_bus_unlock(machine->pc->bus);
}

static uint8_t *save(struct machine *machine, size_t *ret_size)
{
	struct state *state;
	const void *bytes;
	uint8_t *copy;

	EXPECT(state_writer_new(&state), 0);
	all_state(machine, state);
	if (state_finish_writing(state, &bytes, ret_size) < 0) {
		printf("not saved: %s\n", state_reason(state));
		exit(1);
	}
	copy = malloc(*ret_size);
	memcpy(copy, bytes, *ret_size);
	state_free(state);
	return copy;
}

static void take_back(struct machine *to, const struct machine *from, const uint8_t *bytes, size_t size)
{
	char reason[STATE_REASON_MAX] = "";
	struct state *state;

	to->clock.now = from->clock.now;
	to->clock.wall_minus_now = from->clock.wall_minus_now;
	memcpy(to->ram, from->ram, RAM_SIZE);
	memcpy(to->video, from->video, VGA_MEMORY_SIZE);
	for (unsigned i = 0; i < 2; i++)
		memcpy(to->disks[i].content, from->disks[i].content, DISK_SIZE);
	EXPECT(state_reader_new(bytes, size, &state, reason), 0);
	all_state(to, state);
	if (state_finish_reading(state) < 0) {
		printf("not taken back: %s\n", state_reason(state));
		failures++;
	}
	state_free(state);
	to->interrupts = from->interrupts;
}

/* Which section a byte is of, and which of that: heads have 64 bytes, the length at 52. */
static void name_place(const uint8_t *bytes, size_t at)
{
	size_t head = 0, next = 0;
	uint32_t size;

	for (; next <= at; next = head + 64 + size) {
		head = next;
		memcpy(&size, bytes + head + STATE_NAME_MAX + 4, sizeof(size));
	}
	printf("in section %s, byte %zd\n", (const char *)bytes + head, (ssize_t)(at - head - 64));
}

static void compare(struct machine *a, struct machine *b, uint64_t from)
{
	size_t size_a, size_b;
	uint8_t *bytes_a = save(a, &size_a), *bytes_b = save(b, &size_b);

	if (size_a != size_b || memcmp(bytes_a, bytes_b, size_a) != 0) {
		size_t at = 0;

		while (at < size_a && at < size_b && bytes_a[at] == bytes_b[at])
			at++;
		at += 8; /* the checksums */
		while (at < size_a && at < size_b && bytes_a[at] == bytes_b[at])
			at++;
		printf("seed %llu: the states differ at byte %zu of %zu and %zu\n", (unsigned long long)from,
		       at, size_a, size_b);
		name_place(bytes_a, at);
		failures++;
	}
	free(bytes_a);
	free(bytes_b);
}

static void run(uint64_t from)
{
	static struct machine a, b;
	size_t size;
	uint8_t *bytes;

	seed = from * 2654435761u + 88172645463325252ull;
	make(&a);
	make(&b);
	for (unsigned i = 0; i < BEFORE; i++) {
		struct access access = next_access();

		perform(&a, &access);
	}
	/* what a mouse was moved and did not tell is forgotten */
	ps2_mouse_move(a.mouse, 0, 0, 0, 0);
	bytes = save(&a, &size);
	take_back(&b, &a, bytes, size);
	compare(&a, &b, from);
	for (unsigned i = 0; i < AFTER && failures == 0; i++) {
		struct access access = next_access();
		uint64_t one = perform(&a, &access), two = perform(&b, &access);

		if (one == two)
			continue;
		printf("seed %llu, access %u: kind %u, port %#x, size %u, value %#x: %#llx and %#llx\n",
		       (unsigned long long)from, i, access.kind, access.port, access.size, access.value,
		       (unsigned long long)one, (unsigned long long)two);
		failures++;
	}
	if (failures == 0)
		compare(&a, &b, from);
	free(bytes);
	unmake(&a);
	unmake(&b);
}

int main(int argc, char **argv)
{
	uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 40;

	for (unsigned i = 0; i < rounds && failures == 0; i++)
		run(from + i);
	return finish("chips_state");
}
