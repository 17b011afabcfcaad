/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random accesses to all of the bus, with time, input, acknowledges and resets in between: nothing may crash,
 * hang or reach outside (run it in the sanitizer build). Then the same from several threads over the host's
 * clock.
 *
 *     hammer_test [--seed N] [--count N]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "chipset/ide.h"
#include "chipset/pc.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"
#include "fake.h"
#include "fake_block.h"
#include "loop/loop.h"

static uint64_t seed = 1, count = 300000;
static atomic_uint events;

struct random {
	uint64_t state;
};

static uint32_t next_random(struct random *random)
{
	random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random->state >> 33);
}

static void set_extint(void *opaque, bool level)
{
	events++;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	events++;
	if ((address & ~0xff00cull) != 0xfee00000 || data & ~0xc7ffu) {
		failures++;
		printf("seed %llu: message %llx %x\n", (unsigned long long)seed, (unsigned long long)address,
		       data);
	}
}

static void on_event(void *opaque)
{
	events++;
}

static const struct pc_ops ops = { set_extint, on_interrupt, on_event, on_event };
static const struct uart_ops uart_ops = { on_event, on_event };

/* Mostly ports that exist; the rest anywhere. */
static uint16_t random_port(struct random *random)
{
	static const uint16_t bases[] = { 0x20,	 0xa0,	0x40,  0x43,  0x60,  0x61,   0x64,  0x70,
					  0x71,	 0x80,	0x92,  0xb2,  0xed,  0xf0,   0x2f8, 0x3f8,
					  0x3fd, 0x4d0, 0x600, 0x608, 0x60c, 0xcf8,  0xcf9, 0xcfc,
					  0x1f0, 0x1f0, 0x170, 0x170, 0x3f6, 0xc000, 0xc008 };
	uint32_t r = next_random(random);

	if (r % 8 == 0)
		return (uint16_t)next_random(random);
	return bases[r / 8 % (sizeof(bases) / sizeof(bases[0]))] + r / 1024 % 8;
}

static void access_port(struct pc *pc, struct random *random)
{
	uint16_t port = random_port(random);
	unsigned size = 1u << next_random(random) % 3;
	uint32_t value = next_random(random) ^ next_random(random) << 12;

	if (next_random(random) % 3 == 0)
		value &= 0xff;
	if (next_random(random) % 2)
		pc_port_write(pc, port, size, value);
	else if (pc_port_read(pc, port, size) >> (size * 8 - 1) >> 1)
		failures++; /* bits beyond the size */
}

/* Configuration space: an address that mostly exists, then a byte, word or dword of it. */
static void access_pci(struct pc *pc, struct random *random)
{
	static const uint8_t devfns[] = { 0, 8, 9, 11, 16, 0xff };
	uint32_t address =
	    1u << 31 | (uint32_t)devfns[next_random(random) % 6] << 8 | (next_random(random) & 0xff);
	uint16_t port = 0xcfc + next_random(random) % 4;
	unsigned size = 1u << next_random(random) % 3;

	pc_port_write(pc, 0xcf8, 4, next_random(random) % 32 ? address : next_random(random));
	if (next_random(random) % 2)
		pc_port_write(pc, port, size, next_random(random) << 1 | (next_random(random) & 1));
	else
		pc_port_read(pc, port, size);
}

static void access_mmio(struct pc *pc, struct random *random)
{
	static const uint16_t offsets[] = { 0, 0x10, 0x10, 0x40, 0xffc, 0x1000 };
	uint64_t gpa = IOAPIC_GPA + offsets[next_random(random) % 6] +
		       (next_random(random) % 16 ? 0 : next_random(random) % 9);
	unsigned size = next_random(random) % 4 ? 4 : next_random(random) % 8 + 1;

	if (next_random(random) % 16 == 0)
		gpa = (uint64_t)next_random(random) << 32 | next_random(random) << 1;
	if (next_random(random) % 4)
		pc_mmio_write(pc, gpa, size,
			      next_random(random) % 2 ? next_random(random) % 64 : next_random(random));
	else
		pc_mmio_read(pc, gpa, size);
}

static void use_uart(struct pc *pc, struct random *random)
{
	uint8_t bytes[300];
	struct uart *uart = pc->uarts[next_random(random) % 2];
	size_t room, n = next_random(random) % sizeof(bytes);

	memset(bytes, 'x', sizeof(bytes));
	io_bus_lock(pc->bus);
	room = uart_input_room(uart);
	switch (next_random(random) % 4) {
	case 0: uart_take_output(uart, bytes, n); break;
	case 1:
		if (uart_input(uart, bytes, n) != (n < room ? n : room))
			failures++;
		break;
	case 2: uart_input_break(uart); break;
	default: uart_set_carrier(uart, n & 1); break;
	}
	io_bus_unlock(pc->bus);
}

static void press_something(struct pc *pc, struct random *random)
{
	io_bus_lock(pc->bus);
	if (next_random(random) % 2)
		acpi_pm_power_button(pc->pm);
	else
		acpi_pm_sleep_button(pc->pm);
	io_bus_unlock(pc->bus);
}

static uint8_t pick(struct random *random, const uint8_t *from, size_t size)
{
	return from[next_random(random) % size];
}

static void send_packet(struct pc *pc, struct random *random, uint16_t base)
{
	static const uint8_t packets[] = { 0x12, 0x03, 0x25, 0x28, 0x28, 0xa8, 0xbe, 0x43,
					   0x4a, 0x46, 0x5a, 0x1b, 0x1e, 0x51, 0x52, 0xbd };
	uint8_t bytes[12] = { pick(random, packets, sizeof(packets)) };

	for (unsigned i = 1; i < 12; i++)
		if (next_random(random) % 6 == 0)
			bytes[i] = (uint8_t)(next_random(random) % 2 ? next_random(random)
								     : next_random(random) % 4);
	if (next_random(random) % 2)
		bytes[8] = 1; /* a length in many of them */
	for (unsigned i = 0; i < 12; i += 2)
		pc_port_write(pc, base, 2, bytes[i] | (uint32_t)bytes[i + 1] << 8);
}

static void move_data(struct pc *pc, struct random *random, uint16_t base)
{
	bool is_write = next_random(random) % 2;

	for (uint32_t n = next_random(random) % 600; n > 0; n--)
		if (is_write)
			pc_port_write(pc, base, 2, next_random(random));
		else
			pc_port_read(pc, base, 4);
}

static void command_ide(struct pc *pc, struct random *random, uint16_t base)
{
	static const uint8_t commands[] = {
		0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0xc4, 0xc5, 0xc6,
		0xc8, 0xca, 0xec, 0xa1, 0xe7, 0xef, 0x90, 0x08, 0xa0, 0xa0, 0xa0
	};
	uint8_t command = pick(random, commands, sizeof(commands));

	if (base == 0x170 && next_random(random) % 2)
		command = 0xa0;
	pc_port_write(pc, base + 6, 1, 0xe0 | (next_random(random) % 4 ? 0 : 0x10));
	for (uint16_t reg = 1; reg < 6; reg++)
		pc_port_write(pc, base + reg, 1,
			      next_random(random) % 4 ? next_random(random) % 4 : next_random(random));
	pc_port_write(pc, base + 7, 1, command);
	if (command == 0xa0)
		send_packet(pc, random, base);
	pc_port_write(pc, base == 0x1f0 ? 0xc000 : 0xc008, 1, next_random(random) & 9);
	move_data(pc, random, base);
}

/* Whole commands after a reset, since random registers seldom make one. */
static void use_ide(struct pc *pc, struct random *random)
{
	uint16_t base = next_random(random) % 2 ? 0x1f0 : 0x170;

	if (next_random(random) % 4) {
		pc_port_write(pc, base + 0x206, 1, 4);
		pc_port_write(pc, base + 0x206, 1, 0);
	}
	for (unsigned i = next_random(random) % 4; i > 0; i--)
		command_ide(pc, random, base);
}

static void touch_inputs(struct ps2_keyboard *keyboard, struct ps2_mouse *mouse, struct random *random)
{
	if (next_random(random) % 2)
		ps2_keyboard_key(
		    keyboard,
		    (uint16_t)(next_random(random) % 2 ? next_random(random) % 128 : next_random(random)),
		    next_random(random) % 2);
	else
		ps2_mouse_move(mouse, (int)next_random(random), -(int)next_random(random),
			       (int)next_random(random) % 9, next_random(random));
}

static void step(struct pc *pc, struct random *random)
{
	uint32_t r = next_random(random) % 100;

	if (r < 50)
		access_port(pc, random);
	else if (r < 60)
		access_pci(pc, random);
	else if (r < 80)
		access_mmio(pc, random);
	else if (r < 87)
		use_uart(pc, random);
	else if (r < 93)
		pc_eoi(pc, (uint8_t)next_random(random));
	else if (r < 98)
		pc_extint_vector(pc);
	else
		press_something(pc, random);
}

/* Disks and inputs that pc.c does not make by itself. */
struct extras {
	struct fake_disk disks[3];
	struct ps2_keyboard *keyboard;
	struct ps2_mouse *mouse;
};

static void add_extras(struct pc *pc, struct extras *extras)
{
	static const struct ps2_keyboard_ops keyboard_ops = { 0 };
	static const struct ide_identity identity = { "model", "serial", "1" };
	for (unsigned i = 0; i < 3; i++) {
		fake_disk_init(&extras->disks[i], 2 << 20);
		extras->disks[i].is_late = i == 0;
	}
	EXPECT(ide_connect_disk(pc->ide, 0, &extras->disks[0].base, &identity), 0);
	EXPECT(ide_connect_disk(pc->ide, 1, &extras->disks[1].base, &identity), 0);
	EXPECT(ide_connect_cdrom(pc->ide, 2, &extras->disks[2].base, &identity), 0);
	EXPECT(ps2_keyboard_new(pc->i8042, &keyboard_ops, NULL, &extras->keyboard), 0);
	EXPECT(ps2_mouse_new(pc->i8042, &extras->mouse), 0);
}

static void remove_extras(struct extras *extras)
{
	ps2_mouse_free(extras->mouse);
	ps2_keyboard_free(extras->keyboard);
	for (unsigned i = 0; i < 3; i++)
		fake_disk_deinit(&extras->disks[i]);
}

static void step_extras(struct pc *pc, struct extras *extras, struct random *random)
{
	switch (next_random(random) % 64) {
	case 0: use_ide(pc, random); break;
	case 1:
	case 2: fake_disk_run(&extras->disks[0]); break;
	case 3: ide_change_medium(pc->ide, 2, &extras->disks[2].base, next_random(random) % 2); break;
	case 4 ... 8: touch_inputs(extras->keyboard, extras->mouse, random); break;
	case 9: fake_memory[next_random(random) % FAKE_MEMORY_SIZE] = (uint8_t)next_random(random); break;
	case 10: extras->disks[1].fails = next_random(random) % 8 == 0; break;
	case 11: /* the bus master where the accesses are */
		pc_port_write(pc, 0xcf8, 4, 0x80000920);
		pc_port_write(pc, 0xcfc, 4, 0xc000);
		pc_port_write(pc, 0xcf8, 4, 0x80000904);
		pc_port_write(pc, 0xcfc, 2, 5);
		pc_port_write(pc, 0xc004, 4, next_random(random) % FAKE_MEMORY_SIZE);
		break;
	}
}

static void hammer_alone(void)
{
	struct random random = { seed };
	struct fake_clock vm;
	static const struct ide_ops ide_ops = { 0 };
	struct pc_config config = {
		.ops = &ops,
		.clock = &vm.base,
		.uart_ops = { &uart_ops, &uart_ops },
		.has_pci = true,
		.dma = &fake_dma,
		.ide_ops = &ide_ops,
	};
	struct extras extras;
	struct pc *pc;

	fake_clock_init(&vm);
	EXPECT(pc_new(&config, &pc), 0);
	add_extras(pc, &extras);
	for (uint64_t i = 0; i < count; i++) {
		step(pc, &random);
		step_extras(pc, &extras, &random);
		if (next_random(&random) % 8 == 0)
			fake_clock_advance(&vm, next_random(&random) % 1000000);
		if (next_random(&random) % 1000 == 0)
			fake_clock_jump(&vm, (uint64_t)next_random(&random) * 1000);
		if (next_random(&random) % 5000 == 0) {
			pc_reset(pc);
		}
	}
	printf("%u, %u, %u disk requests\n", extras.disks[0].requests, extras.disks[1].requests,
	       extras.disks[2].requests);
	for (unsigned i = 0; i < 3; i++)
		EXPECT(extras.disks[i].requests > 0, true);
	fake_disk_run(&extras.disks[0]);
	EXPECT(ide_is_idle(pc->ide), true);
	remove_extras(&extras); /* the disks' contents: the controller goes with the PC */
	pc_free(pc);
}

static struct pc *shared;

static void *hammer_thread(void *opaque)
{
	struct random random = { seed + (uintptr_t)opaque };

	for (uint64_t i = 0; i < count / 16; i++)
		step(shared, &random);
	return NULL;
}

static void *run_loop(void *opaque)
{
	loop_run(opaque);
	return NULL;
}

static void hammer_together(void)
{
	struct loop *loop;
	struct pc_config config = { .ops = &ops, .has_pci = true, .uart_ops = { &uart_ops, &uart_ops } };
	pthread_t threads[3];

	EXPECT(loop_new(&loop), 0);
	config.loop = loop;
	EXPECT(pc_new(&config, &shared), 0);
	pthread_create(&threads[0], NULL, run_loop, loop);
	pthread_create(&threads[1], NULL, hammer_thread, (void *)1);
	pthread_create(&threads[2], NULL, hammer_thread, (void *)2);
	pthread_join(threads[1], NULL);
	pthread_join(threads[2], NULL);
	loop_quit(loop);
	pthread_join(threads[0], NULL);
	pc_free(shared);
	loop_free(loop);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--count"))
			count = strtoull(argv[i + 1], NULL, 0);
	}
	hammer_alone();
	hammer_together();
	if (events == 0)
		failures++; /* then nothing was tested */
	printf("seed %llu, %llu accesses, %u events\n", (unsigned long long)seed, (unsigned long long)count,
	       (unsigned)events);
	return finish("hammer");
}
