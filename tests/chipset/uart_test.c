/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 16550A, along its data sheet; and that no byte is lost in either direction. */
#include <stdlib.h>
#include <string.h>

#include "chipset/uart.h"
#include "chipset/uart_regs.h"
#include "fake.h"

enum { COM = UART_COM1 };

static struct fake_clock vm;
static struct fake_irq irq;
static struct io_bus *bus;
static struct uart *uart;
static unsigned outputs, rooms;
static bool feeds; /* on_input_room() gives the next bytes itself */
static uint8_t feed_next;
static size_t feed_left;

static void on_output(void *opaque)
{
	outputs++;
}

static void on_input_room(void *opaque)
{
	uint8_t bytes[100];
	size_t count = feed_left < sizeof(bytes) ? feed_left : sizeof(bytes), taken;

	rooms++;
	if (!feeds)
		return;
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(feed_next + i);
	taken = uart_input(uart, bytes, count);
	feed_next += (uint8_t)taken;
	feed_left -= taken;
}

static const struct uart_ops ops = { on_output, on_input_room };

static void begin(void)
{
	struct irq_line line = fake_irq_line(&irq);

	fake_clock_init(&vm);
	irq = (struct fake_irq){ 0 };
	outputs = rooms = 0;
	feeds = false;
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(uart_new(&vm.base, &line, &ops, NULL, &uart), 0);
	EXPECT(uart_attach(uart, bus, COM), 0);
}

static void end(void)
{
	uart_free(uart);
	io_bus_free(bus);
}

static uint8_t reg(unsigned index)
{
	return (uint8_t)in8(bus, (uint16_t)(COM + index));
}

static void set(unsigned index, unsigned value)
{
	out8(bus, (uint16_t)(COM + index), value);
}

static void open_port(void)
{
	set(UART_IIR, 0xc7);
	set(UART_LCR, 3);
	set(UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	reg(UART_MSR);
}

static void test_registers(void)
{
	begin();
	EXPECT(reg(UART_LSR), 0x60);
	EXPECT(reg(UART_MSR), 0xb0);
	EXPECT(reg(UART_IIR), 0x01);
	for (unsigned i = 0; i < 256; i++) {
		set(UART_SCRATCH, i);
		EXPECT(reg(UART_SCRATCH), i);
		set(UART_IER, i);
		EXPECT(reg(UART_IER), i & 15);
		set(UART_IER, 0);
		set(UART_LCR, i | 0x80);
		EXPECT(reg(UART_LCR), i | 0x80);
		set(UART_DATA, i);
		set(UART_IER, 255 - i);
		EXPECT(reg(UART_DATA), i);
		EXPECT(reg(UART_IER), 255 - i);
		set(UART_LCR, 0);
		set(UART_MCR, i & ~(unsigned)UART_MCR_LOOP);
		EXPECT(reg(UART_MCR), i & 0x0f);
	}
	EXPECT(outputs, 0);
	set(UART_IIR, 0x01);
	EXPECT(reg(UART_IIR), 0xc1);
	set(UART_IIR, 0xfe); /* without the enable bit nothing else counts */
	EXPECT(reg(UART_IIR), 0x01);
	end();
}

static void test_output(void)
{
	static uint8_t bytes[UART_OUTPUT_MAX + 100];
	size_t sent = 0, taken;

	begin();
	open_port();
	set(UART_DATA, 'a');
	set(UART_DATA, 'b');
	EXPECT(reg(UART_LSR), 0x60);
	EXPECT(outputs, 0);
	fake_clock_advance(&vm, UART_BATCH_NS);
	EXPECT(outputs, 1);
	set(UART_DATA, 'c');
	fake_clock_advance(&vm, NS_PER_SECOND);
	EXPECT(outputs, 1); /* told already */
	EXPECT(uart_take_output(uart, bytes, sizeof(bytes)), 3);
	EXPECT(memcmp(bytes, "abc", 3), 0);
	EXPECT(uart_take_output(uart, bytes, sizeof(bytes)), 0);
	EXPECT(fake_clock_is_idle(&vm), true);

	/* a guest that looks at LSR loses nothing, however late the backend is */
	outputs = 0;
	while (reg(UART_LSR) & UART_LSR_THRE)
		for (unsigned i = 0; i < UART_FIFO_SIZE; i++)
			set(UART_DATA, (uint8_t)sent++);
	EXPECT(sent, UART_OUTPUT_MAX);
	EXPECT(outputs, 1); /* at half a buffer, without waiting */
	EXPECT(reg(UART_LSR) & UART_LSR_TEMT, 0);
	set(UART_IER, UART_IER_THRE);
	EXPECT(irq.level, false);
	EXPECT(uart_take_output(uart, bytes, 15), 15);
	EXPECT(irq.level, false); /* no room for a FIFO yet */
	EXPECT(uart_take_output(uart, bytes + 15, 1000), 1000);
	EXPECT(irq.level, true);
	EXPECT(reg(UART_IIR), 0xc2);
	EXPECT(irq.level, false);
	taken = 1015;
	for (unsigned i = 0; i < UART_FIFO_SIZE; i++)
		set(UART_DATA, (uint8_t)sent++);
	while (taken < sent) {
		size_t n = uart_take_output(uart, bytes + taken, (size_t)rand() % 700 + 1);

		EXPECT(n > 0, true);
		taken += n;
	}
	for (size_t i = 0; i < taken; i++)
		EXPECT(bytes[i], (uint8_t)i);
	EXPECT(uart_take_output(uart, bytes, 1), 0);
	/* and one that does not look does no harm */
	for (unsigned i = 0; i < 3 * UART_OUTPUT_MAX; i++)
		set(UART_DATA, i);
	EXPECT(uart_take_output(uart, bytes, sizeof(bytes)), UART_OUTPUT_MAX);
	end();
}

static void test_thre_interrupt(void)
{
	begin();
	open_port();
	set(UART_IER, UART_IER_THRE);
	EXPECT(irq.level, true); /* enabling with an empty transmitter interrupts */
	EXPECT(reg(UART_IIR), 0xc2);
	EXPECT(irq.level, false);
	EXPECT(reg(UART_IIR), 0xc1);
	set(UART_DATA, 'x');
	EXPECT(irq.level, true);
	set(UART_IER, 0);
	EXPECT(irq.level, false);
	set(UART_IER, UART_IER_THRE);
	EXPECT(reg(UART_IIR), 0xc2);
	set(UART_MCR, UART_MCR_RTS); /* without OUT2 the line is cut off */
	set(UART_DATA, 'x');
	EXPECT(irq.level, false);
	set(UART_MCR, UART_MCR_RTS | UART_MCR_OUT2);
	EXPECT(irq.level, true);
	end();
}

static void test_input(void)
{
	static const uint8_t triggers[4] = { 1, 4, 8, 14 };
	const uint8_t text[] = "0123456789abcdefXYZ";

	begin();
	EXPECT(uart_input_room(uart), 0); /* nobody has the port open */
	EXPECT(uart_input(uart, text, 5), 0);
	open_port();
	EXPECT(rooms, 1);
	EXPECT(uart_input_room(uart), 16);
	for (unsigned t = 0; t < 4; t++) {
		set(UART_IIR, 0x03 | t << 6);
		set(UART_IER, UART_IER_DATA);
		for (unsigned i = 1; i < 16; i++) {
			EXPECT(uart_input(uart, text + i - 1, 1), 1);
			EXPECT(irq.level, true);
			EXPECT(reg(UART_IIR), i >= triggers[t] ? 0xc4 : 0xcc);
		}
		EXPECT(reg(UART_LSR), 0x61);
		EXPECT(uart_input(uart, text + 15, 4), 1);
		for (unsigned i = 0; i < 16; i++) {
			EXPECT(irq.level, true);
			EXPECT(reg(UART_DATA), text[i]);
		}
		EXPECT(irq.level, false);
		EXPECT(rooms, t + 2);
		EXPECT(reg(UART_LSR), 0x60);
		EXPECT(reg(UART_DATA), 0);
	}
	set(UART_IIR, 0); /* as a 16450 */
	EXPECT(uart_input_room(uart), 1);
	EXPECT(uart_input(uart, text, 3), 1);
	EXPECT(reg(UART_IIR), 0x04);
	set(UART_IIR, 1); /* switching empties */
	EXPECT(reg(UART_LSR), 0x60);
	EXPECT(uart_input(uart, text, 3), 3);
	set(UART_IIR, 3);
	EXPECT(reg(UART_LSR), 0x60);
	set(UART_MCR, UART_MCR_OUT2);
	EXPECT(uart_input_room(uart), 0); /* RTS low */
	rooms = 0;
	set(UART_MCR, UART_MCR_OUT2 | UART_MCR_RTS);
	EXPECT(rooms, 1);
	end();
}

static void test_firmware_polls(void)
{
	begin();
	EXPECT(uart_input_room(uart), 0);
	for (unsigned i = 0; i < 10; i++) { /* output with its usual look at LSR is no polling for input */
		reg(UART_LSR);
		reg(UART_LSR);
		set(UART_DATA, 'x');
	}
	EXPECT(rooms, 0);
	for (unsigned i = 0; i < 16; i++)
		reg(UART_LSR);
	EXPECT(rooms, 1);
	EXPECT(uart_input_room(uart), 1);
	EXPECT(uart_input(uart, (const uint8_t *)"q", 1), 1);
	EXPECT(reg(UART_LSR), 0x61);
	EXPECT(reg(UART_DATA), 'q');
	end();
}

static void test_line_status(void)
{
	begin();
	open_port();
	set(UART_IER, UART_IER_LINE | UART_IER_DATA);
	uart_input(uart, (const uint8_t *)"a", 1);
	uart_input_break(uart);
	uart_input(uart, (const uint8_t *)"b", 1);
	EXPECT(reg(UART_IIR), 0xcc); /* the break is not at the front yet */
	EXPECT(reg(UART_LSR), 0xe1);
	EXPECT(reg(UART_DATA), 'a');
	EXPECT(reg(UART_IIR), 0xc6);
	EXPECT(reg(UART_LSR), 0xf1);
	EXPECT(reg(UART_IIR), 0xcc);
	EXPECT(reg(UART_LSR), 0x61);
	EXPECT(reg(UART_DATA), 0);
	EXPECT(reg(UART_DATA), 'b');
	set(UART_MCR, UART_MCR_LOOP);
	for (unsigned i = 0; i < 17; i++)
		set(UART_DATA, i);
	EXPECT(reg(UART_IIR), 0xc6);
	EXPECT(reg(UART_LSR), 0x63); /* overrun */
	EXPECT(reg(UART_LSR), 0x61);
	for (unsigned i = 0; i < 16; i++)
		EXPECT(reg(UART_DATA), i);
	EXPECT(reg(UART_LSR), 0x60);
	end();
}

static void test_modem(void)
{
	begin();
	open_port();
	set(UART_IER, UART_IER_MODEM);
	EXPECT(reg(UART_MSR), 0xb0);
	uart_set_carrier(uart, false);
	EXPECT(irq.level, true);
	EXPECT(reg(UART_IIR), 0xc0);
	EXPECT(reg(UART_MSR), 0x0b);
	EXPECT(irq.level, false);
	uart_set_carrier(uart, true);
	EXPECT(reg(UART_MSR), 0xbb);
	for (unsigned mcr = 0; mcr < 16; mcr++) {
		unsigned lines = (mcr & 2) << 3 | (mcr & 1) << 5 | (mcr & 4) << 4 | (mcr & 8) << 4;

		set(UART_MCR, UART_MCR_LOOP | mcr);
		EXPECT(reg(UART_MSR) & 0xf0, lines);
		EXPECT(reg(UART_MSR), lines);
	}
	set(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT1);
	reg(UART_MSR);
	set(UART_MCR, UART_MCR_LOOP);
	EXPECT(reg(UART_MSR), 0x04); /* the trailing edge of RI */
	EXPECT(uart_input_room(uart), 0);
	set(UART_DATA, 'l');
	EXPECT(uart_take_output(uart, (uint8_t[1]){ 0 }, 1), 0);
	EXPECT(reg(UART_DATA), 'l');
	end();
}

/* A driver's interrupt handler reads while the backend refills: 64 KiB arrive, each once, in order. */
static void test_paste(void)
{
	uint8_t wanted = 0;
	size_t count = 0;

	begin();
	feeds = true;
	feed_next = 0;
	feed_left = 65536;
	uart_input_room(uart); /* before the port is open: on_input_room() follows */
	open_port();
	set(UART_IER, UART_IER_DATA);
	for (unsigned turn = 0; turn < 100000 && irq.level; turn++) {
		uint8_t iir = reg(UART_IIR) & 0x0f;
		unsigned burst = (unsigned)rand() % 40;

		EXPECT(iir == UART_IIR_DATA || iir == UART_IIR_TIMEOUT, true);
		while (burst-- && reg(UART_LSR) & UART_LSR_DR) {
			EXPECT(reg(UART_DATA), wanted++);
			count++;
		}
	}
	EXPECT(count, 65536);
	EXPECT(feed_left, 0);
	uart_reset(uart);
	EXPECT(reg(UART_IIR), 1);
	EXPECT(irq.level, false);
	end();
}

int main(void)
{
	test_registers();
	test_output();
	test_thre_interrupt();
	test_input();
	test_firmware_polls();
	test_line_status();
	test_modem();
	test_paste();
	return finish("uart");
}
