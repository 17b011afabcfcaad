/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reset control register CF9h and system control port A (92h). */
#include <errno.h>
#include <stdlib.h>

#include "io_bus.h"
#include "reset_control.h"
#include "state/state.h"

enum {
	CF9_SYSTEM = 1 << 1, /* hard instead of soft: no difference here */
	CF9_RESET = 1 << 2,  /* resets when it goes from 0 to 1 */
	CF9_KEPT = CF9_SYSTEM | CF9_RESET | 1 << 3,

	PORT_A = 0x92,
	PORT_A_FAST_RESET = 1 << 0, /* resets when it goes from 0 to 1 */
	PORT_A_A20 = 1 << 1,
};

struct reset_control {
	const struct reset_ops *ops;
	void *opaque;
	uint8_t cf9, port_a;
};

uint8_t reset_control_read(const struct reset_control *reset)
{
	return reset->cf9;
}

void reset_control_write(struct reset_control *reset, uint8_t value)
{
	bool rises = value & ~reset->cf9 & CF9_RESET;

	reset->cf9 = value & CF9_KEPT;
	if (rises)
		reset->ops->on_reset(reset->opaque);
}

static uint64_t cf9_read(void *opaque, uint64_t offset, unsigned size)
{
	return reset_control_read(opaque);
}

static void cf9_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	reset_control_write(opaque, (uint8_t)value);
}

static uint64_t port_a_read(void *opaque, uint64_t offset, unsigned size)
{
	struct reset_control *reset = opaque;

	return reset->port_a;
}

static void port_a_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct reset_control *reset = opaque;
	bool rises = value & ~(uint64_t)reset->port_a & PORT_A_FAST_RESET;

	reset->port_a = value & (PORT_A_A20 | PORT_A_FAST_RESET);
	if (rises)
		reset->ops->on_reset(reset->opaque);
}

static const struct io_handler cf9_handler = { cf9_read, cf9_write, 1 };
static const struct io_handler port_a_handler = { port_a_read, port_a_write, 1 };

int reset_control_attach(struct reset_control *reset, struct io_bus *bus, bool with_cf9)
{
	int r = io_bus_add_ports(bus, PORT_A, 1, &port_a_handler, reset);

	if (r == 0 && with_cf9)
		r = io_bus_add_ports(bus, RESET_CONTROL_PORT, 1, &cf9_handler, reset);
	return r;
}

void reset_control_reset(struct reset_control *reset)
{
	reset->cf9 = 0;
	reset->port_a = PORT_A_A20;
}

int reset_control_new(const struct reset_ops *ops, void *opaque, struct reset_control **ret_reset)
{
	struct reset_control *reset = calloc(1, sizeof(*reset));

	if (!reset)
		return -ENOMEM;
	reset->ops = ops;
	reset->opaque = opaque;
	reset_control_reset(reset);
	*ret_reset = reset;
	return 0;
}

struct reset_control *reset_control_free(struct reset_control *reset)
{
	free(reset);
	return NULL;
}

void reset_control_state(struct reset_control *reset, struct state *state)
{
	if (!state_begin(state, "reset", 1))
		return;
	state_u8(state, &reset->cf9);
	state_u8(state, &reset->port_a);
	state_end(state);
}
