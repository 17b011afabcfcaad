/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8042 keyboard controller (IBM PS/2 technical reference): reset line, A20 bit, and two ports for
 * PS/2 devices.
 *
 * Ports      60h data, 64h status and command. Interrupts 1 (keyboard) and 12 (mouse).
 * Has        Command byte, self and interface tests, output port with CPU reset (command FEh too),
 *            port enables, translation of scan code set 2 to 1, devices by i8042_connect(). A
 *            port without a device reports a time-out.
 * A20        is always open; the output port only keeps its bit.
 * Threads    Under the bus lock (io_bus.h); on_reset() too.
 * Limits     I8042_QUEUE_MAX answers of the controller; a device keeps its own queue.
 */
#ifndef CHIPSET_I8042_H
#define CHIPSET_I8042_H

#include <stdbool.h>
#include <stdint.h>

#include "irq.h"
#include "reset_control.h"

struct state;

enum {
	I8042_KEYBOARD = 0,
	I8042_MOUSE = 1,
	I8042_QUEUE_MAX = 16,
};

struct i8042;
struct io_bus;

/* A device on a port. It calls i8042_device_ready() when it has bytes. */
struct ps2_device_ops {
	void (*write)(void *opaque, uint8_t byte); /* a byte from the host */
	int (*read)(void *opaque);		   /* the next byte, or -1 */
	void (*reset)(void *opaque);
};

int i8042_new(const struct irq_line irqs[2], const struct reset_ops *ops, void *opaque,
	      struct i8042 **ret_i8042);
struct i8042 *i8042_free(struct i8042 *i8042);
int i8042_attach(struct i8042 *i8042, struct io_bus *bus);
void i8042_reset(struct i8042 *i8042);

void i8042_connect(struct i8042 *i8042, unsigned port, const struct ps2_device_ops *ops, void *opaque);
void i8042_device_ready(struct i8042 *i8042, unsigned port);

/* The controller; its devices are saved by themselves. */
void i8042_state(struct i8042 *i8042, struct state *state);

#endif
