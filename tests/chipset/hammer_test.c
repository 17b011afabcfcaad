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

#include "chipset/pc.h"
#include "fake.h"
#include "loop/loop.h"

static uint64_t seed = 1, count = 400000;
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
	static const uint16_t bases[] = { 0x20,	 0xa0,	0x40,  0x43,  0x60,  0x61,  0x64,  0x70,  0x71,
					  0x80,	 0x92,	0xb2,  0xed,  0xf0,  0x2f8, 0x3f8, 0x3fd, 0x4d0,
					  0x600, 0x608, 0x60c, 0xcf8, 0xcf9, 0xcfc, 0x1f0, 0x3c0 };
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

static void hammer_alone(void)
{
	struct random random = { seed };
	struct fake_clock vm;
	struct pc_config config = {
		.ops = &ops, .has_pci = true, .clock = &vm.base, .uart_ops = { &uart_ops, &uart_ops }
	};
	struct pc *pc;

	fake_clock_init(&vm);
	EXPECT(pc_new(&config, &pc), 0);
	for (uint64_t i = 0; i < count; i++) {
		step(pc, &random);
		if (next_random(&random) % 8 == 0)
			fake_clock_advance(&vm, next_random(&random) % 1000000);
		if (next_random(&random) % 1000 == 0)
			fake_clock_jump(&vm, (uint64_t)next_random(&random) * 1000);
		if (next_random(&random) % 5000 == 0)
			pc_reset(pc);
	}
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
