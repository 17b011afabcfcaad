/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of a serial port: a stream socket, a listening socket, a file, or nothing.
 *
 * Purpose    Carries bytes between a UART and a descriptor, losing none: output that the other side does
 *            not take stays in the UART, which then reports a busy transmitter; input is read only as the
 *            UART takes it. Without a client (LISTEN) output goes nowhere, as on a cable without a listener.
 * Threads    The loop's thread, except for the callbacks in serial_uart_ops (under the bus lock, any
 *            thread).
 * Ownership  Owns its descriptors. Free it after the UART stopped calling (no VP runs).
 * Limits     SERIAL_CHUNK bytes in each direction; one client at a time, the others wait in the socket's
 *            backlog.
 * Trust      The client is trusted with the guest's console, not with the worker: it can neither block nor
 *            break it.
 */
#ifndef WORKER_SERIAL_H
#define WORKER_SERIAL_H

#include "chipset/uart.h"
#include "link/worker_link.h"
#include "loop/loop.h"

enum { SERIAL_CHUNK = 4096 };

struct serial;
struct io_bus;

extern const struct uart_ops serial_uart_ops; /* with the serial as `opaque` */

/* Takes `fd` over, on failure too. warn() gets a sentence for the user, on the loop's thread. */
int serial_new(struct loop *loop, enum worker_serial kind, int fd,
	       void (*warn)(void *opaque, const char *text), void *opaque, struct serial **ret_serial);
struct serial *serial_free(struct serial *serial);

/* Before the VPs run: the UART, whose callbacks were registered with this serial, and its bus. */
int serial_attach(struct serial *serial, struct io_bus *bus, struct uart *uart);
/* Writes out what the guest has sent, for at most timeout_ms. While no VP runs. */
void serial_drain(struct serial *serial, unsigned timeout_ms);

#endif
