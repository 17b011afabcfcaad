/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to reset a PC: reset control register CF9h (PIIX3, 290550), system control port A 92h
 * (fast reset, A20).
 *
 * FADT       RESET_REG = port CF9h, 8 bits; RESET_VALUE = RESET_CONTROL_VALUE.
 * A20        is always open; port 92h only keeps its bit.
 * Threads    Under the bus lock (io_bus.h); on_reset() too, on a VP's thread: it notes the wish and
 *            cancels the VPs.
 */
#ifndef CHIPSET_RESET_CONTROL_H
#define CHIPSET_RESET_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct state;

enum {
	RESET_CONTROL_PORT = 0xcf9,
	RESET_CONTROL_VALUE = 6,
};

struct io_bus;
struct reset_control;

struct reset_ops {
	void (*on_reset)(void *opaque);
};

int reset_control_new(const struct reset_ops *ops, void *opaque, struct reset_control **ret_reset);
struct reset_control *reset_control_free(struct reset_control *reset);
/* with_cf9: false where a host bridge has the ports around CF9h and passes them on. */
int reset_control_attach(struct reset_control *reset, struct io_bus *bus, bool with_cf9);
void reset_control_reset(struct reset_control *reset);

/* The register at CF9h, for a host bridge that owns the ports around it. */
uint8_t reset_control_read(const struct reset_control *reset);
void reset_control_write(struct reset_control *reset, uint8_t value);

void reset_control_state(struct reset_control *reset, struct state *state);

#endif
