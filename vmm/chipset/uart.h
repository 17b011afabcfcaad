/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 16550A serial port (National Semiconductor PC16550D).
 *
 * Has        FIFOs with trigger levels, all interrupts with their priorities, character time-out,
 *            loopback, modem lines, break, scratch. The line speed is ignored: output leaves at once,
 *            and a character time-out comes as soon as the backend has no more. The interrupt passes
 *            only with OUT2, as on a PC.
 * Output     collects in a buffer of UART_OUTPUT_MAX bytes; on_output() is called when there is a
 *            batch (after UART_BATCH_NS or half a buffer), and the backend takes it with
 *            uart_take_output(). While the buffer has no room for a FIFO the transmitter reports "not
 *            empty", so that a guest that looks loses nothing; a guest that does not, loses bytes.
 * Input      The backend gives at most uart_input_room() bytes; on_input_room() says when there is
 *            room again after it was told less than it wanted. uart_input() may be called inside
 *            on_input_room(). So no byte is ever lost on the way into the FIFO. And since a driver
 *            empties the FIFO when it opens the port, bytes wait with the backend while RTS is low,
 *            unless the guest never raised RTS and polls the line status for input (firmware).
 * Threads    Under the bus lock (io_bus.h), both callbacks too: on_output() comes on the loop's or a
 *            VP's thread, on_input_room() on a VP's.
 */
#ifndef CHIPSET_UART_H
#define CHIPSET_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irq.h"

struct state;

enum {
	UART_FIFO_SIZE = 16,
	UART_OUTPUT_MAX = 8192,
	UART_BATCH_NS = 1000000,
	UART_COM1 = 0x3f8, /* interrupt 4 */
	UART_COM2 = 0x2f8,
	UART_COM2_IRQ = 3,
};

struct io_bus;
struct uart;
struct vm_clock;

struct uart_ops {
	void (*on_output)(void *opaque);     /* optional: without it output is thrown away */
	void (*on_input_room)(void *opaque); /* optional */
};

int uart_new(struct vm_clock *clock, const struct irq_line *irq, const struct uart_ops *ops, void *opaque,
	     struct uart **ret_uart);
struct uart *uart_free(struct uart *uart);
int uart_attach(struct uart *uart, struct io_bus *bus, uint16_t port);
void uart_reset(struct uart *uart); /* output that was not taken yet stays */

/*
 * Moves up to `size` bytes of output to `buffer`; returns how many. May be called without waiting for
 * on_output(), which does not come again before the buffer was emptied.
 */
size_t uart_take_output(struct uart *uart, uint8_t *buffer, size_t size);

/* How many bytes uart_input() takes now; asking counts as wanting, so that on_input_room() follows a 0. */
size_t uart_input_room(struct uart *uart);
/* Returns how many were taken; when fewer than count, on_input_room() will come. */
size_t uart_input(struct uart *uart, const uint8_t *bytes, size_t count);
void uart_input_break(struct uart *uart);
/* Whether somebody is at the other end: CTS, DSR and DCD. Starts as true. */
void uart_set_carrier(struct uart *uart, bool is_present);

/* `name` of its section. The line stays as it is (the interrupt router has it). */
void uart_state(struct uart *uart, struct state *state, const char *name);

#endif
