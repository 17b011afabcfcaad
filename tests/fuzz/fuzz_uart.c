/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial port: registers from the guest, bytes and lines from the backend. */
#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/uart.h"

static const uint16_t ports[] = { 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff };
static struct uart *uart;
static bool gives_inside;

static void on_output(void *opaque)
{
	uint8_t bytes[100];

	CHECK(uart_take_output(uart, bytes, sizeof(bytes)) <= sizeof(bytes));
}

static void give(const uint8_t *bytes, size_t count)
{
	size_t room = uart_input_room(uart);
	size_t taken;

	CHECK(room <= UART_FIFO_SIZE);
	taken = uart_input(uart, bytes, count);
	CHECK(taken == (count < room ? count : room));
}

/* uart.h allows to give input from in here. */
static void on_input_room(void *opaque)
{
	static const uint8_t bytes[5] = "room";

	if (!gives_inside)
		return;
	gives_inside = false;
	give(bytes, sizeof(bytes));
}

static void step(struct io_bus *bus, struct fake_clock *clock, struct fuzz_input *input)
{
	uint8_t bytes[UART_OUTPUT_MAX + 1] = { 0 };
	uint8_t op = fuzz_u8(input);

	if (op < 128)
		fuzz_port_access(bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 160)
		for (unsigned i = 0; i < (op & 31u) * 64; i++) /* many bytes */
			io_bus_port_write(bus, 0x3f8, 1, i);
	else if (op < 176)
		fuzz_pass_time(clock, input);
	else if (op < 208)
		give(bytes, op & 31);
	else if (op < 216)
		uart_input_break(uart);
	else if (op < 224)
		uart_set_carrier(uart, op & 1);
	else if (op < 232)
		gives_inside = true;
	else if (op < 254)
		CHECK(uart_take_output(uart, bytes, (op & 1) ? 7 : sizeof(bytes)) <= UART_OUTPUT_MAX);
	else
		uart_reset(uart);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uart_ops ops = { on_output, on_input_room };
	struct fuzz_input input = { data, data + (size < 2048 ? size : 2048) };
	struct fake_irq irq = { 0 };
	struct irq_line line = fake_irq_line(&irq);
	struct fake_clock clock;
	struct io_bus *bus;

	gives_inside = false;
	fake_clock_init(&clock);
	CHECK(io_bus_new(&bus) == 0 && uart_new(&clock.base, &line, &ops, NULL, &uart) == 0 &&
	      uart_attach(uart, bus, UART_COM1) == 0);
	while (fuzz_more(&input))
		step(bus, &clock, &input);
	uart_free(uart);
	io_bus_free(bus);
	return 0;
}
