/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8254's registers, port 61h, and the interrupt of counter 0. The counting itself is in pit_counter.c. */
#include <errno.h>
#include <stdlib.h>

#include "io_bus.h"
#include "pit.h"
#include "pit_counter.h"
#include "vm_clock.h"
#include "state/state.h"

enum {
	PORT_CONTROL = 3,
	CONTROL_READ_BACK = 3, /* in the place of the counter's number */
	READ_BACK_NO_STATUS = 1 << 4,
	READ_BACK_NO_COUNT = 1 << 5,

	PORT61_GATE2 = 1 << 0,
	PORT61_SPEAKER = 1 << 1,
	PORT61_KEPT = 0x0f, /* 2 and 3: enables of parity and channel check */
	PORT61_REFRESH = 1 << 4,
	PORT61_OUT2 = 1 << 5,
	REFRESH_NS = 15085,
};

struct pit {
	struct vm_clock *clock;
	struct irq_line irq;
	struct vm_timer *timer;
	struct pit_counter counters[3];
	uint8_t port61;

	bool is_listened;
	uint64_t edges_given; /* of counter 0, counted as pit_counter_edges() does */
	unsigned owed;	      /* edges that came too late to be given in time */
	uint64_t last_edge_ns;
};

static void pulse(struct pit *pit, uint64_t now)
{
	pit->last_edge_ns = now;
	irq_line_pulse(&pit->irq);
}

/* Makes one edge of all that are due; returns how many more there were. */
static uint64_t give_one(struct pit *pit, uint64_t now)
{
	uint64_t edges = pit_counter_edges(&pit->counters[0], now);
	uint64_t due = edges - pit->edges_given;

	pit->edges_given = edges;
	if (due == 0)
		return 0;
	pulse(pit, now);
	return due - 1;
}

static void arm(struct pit *pit, uint64_t now)
{
	uint64_t deadline = pit_counter_next_edge_ns(&pit->counters[0], now);
	uint64_t pause = pit_counter_period_ns(&pit->counters[0]) / 2;

	if (!pit->is_listened) {
		vm_timer_set(pit->timer, VM_CLOCK_NEVER);
		return;
	}
	/* Not right before an edge that is due by itself. */
	if (pit->owed && pit->last_edge_ns + pause + PIT_MIN_PERIOD_NS <= deadline)
		deadline = pit->last_edge_ns + pause;
	if (deadline < pit->last_edge_ns + PIT_MIN_PERIOD_NS)
		deadline = pit->last_edge_ns + PIT_MIN_PERIOD_NS;
	vm_timer_set(pit->timer, deadline);
}

static void on_timer(void *opaque)
{
	struct pit *pit = opaque;
	uint64_t now = vm_clock_now(pit->clock);
	uint64_t before = pit->last_edge_ns;
	uint64_t late = give_one(pit, now);

	if (pit_counter_period_ns(&pit->counters[0]) < PIT_MIN_PERIOD_NS)
		pit->owed = 0;
	else
		pit->owed = late > PIT_MAX_OWED - pit->owed ? PIT_MAX_OWED : pit->owed + (unsigned)late;
	if (pit->owed && pit->last_edge_ns == before) { /* none of its own at this time: one that is owed */
		pit->owed--;
		pulse(pit, now);
	}
	arm(pit, now);
}

void pit_sync(struct pit *pit)
{
	if (!pit->is_listened)
		give_one(pit, vm_clock_now(pit->clock));
}

void pit_set_listened(struct pit *pit, bool is_listened)
{
	uint64_t now = vm_clock_now(pit->clock);

	if (is_listened == pit->is_listened)
		return;
	pit->is_listened = is_listened;
	pit->owed = 0;
	give_one(pit, now);
	arm(pit, now);
}

static void write_counter(struct pit *pit, unsigned index, uint8_t byte)
{
	uint64_t now = vm_clock_now(pit->clock);

	if (index == 0)
		give_one(pit, now); /* of the old count */
	if (pit_counter_write(&pit->counters[index], byte, now) && index == 0) {
		pit->edges_given = 0;
		pit->owed = 0;
		if (pit->counters[0].mode == 0)
			irq_line_set(&pit->irq, false);
	}
	if (index == 0)
		arm(pit, now);
}

static void write_read_back(struct pit *pit, uint8_t control)
{
	uint64_t now = vm_clock_now(pit->clock);

	for (unsigned i = 0; i < 3; i++)
		if (control >> (i + 1) & 1)
			pit_counter_latch(&pit->counters[i], !(control & READ_BACK_NO_COUNT),
					  !(control & READ_BACK_NO_STATUS), now);
}

static void write_control(struct pit *pit, uint8_t control)
{
	uint64_t now = vm_clock_now(pit->clock);
	unsigned index = control >> 6;

	if (index == CONTROL_READ_BACK) {
		write_read_back(pit, control);
		return;
	}
	if ((control >> 4 & 3) == PIT_ACCESS_LATCH) {
		pit_counter_latch(&pit->counters[index], true, false, now);
		return;
	}
	if (index == 0)
		give_one(pit, now);
	pit_counter_control(&pit->counters[index], control, now);
	if (index != 0)
		return;
	pit->edges_given = 0;
	pit->owed = 0;
	if (pit->counters[0].mode == 0)
		irq_line_set(&pit->irq, false);
	arm(pit, now);
}

static void pit_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pit *pit = opaque;

	if (offset == PORT_CONTROL)
		write_control(pit, (uint8_t)value);
	else
		write_counter(pit, (unsigned)offset, (uint8_t)value);
}

static uint64_t pit_read(void *opaque, uint64_t offset, unsigned size)
{
	struct pit *pit = opaque;

	if (offset == PORT_CONTROL)
		return 0xff; /* write only */
	return pit_counter_read(&pit->counters[offset], vm_clock_now(pit->clock));
}

static uint64_t port61_read(void *opaque, uint64_t offset, unsigned size)
{
	struct pit *pit = opaque;
	uint64_t now = vm_clock_now(pit->clock);
	uint8_t value = pit->port61;

	if (now / REFRESH_NS & 1)
		value |= PORT61_REFRESH;
	if (pit_counter_output(&pit->counters[2], now))
		value |= PORT61_OUT2;
	return value;
}

static void port61_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pit *pit = opaque;

	pit->port61 = value & PORT61_KEPT;
	pit_counter_set_gate(&pit->counters[2], value & PORT61_GATE2, vm_clock_now(pit->clock));
}

static const struct io_handler pit_handler = { pit_read, pit_write, 1 };
static const struct io_handler port61_handler = { port61_read, port61_write, 1 };

int pit_attach(struct pit *pit, struct io_bus *bus)
{
	int r = io_bus_add_ports(bus, 0x40, 4, &pit_handler, pit);

	return r < 0 ? r : io_bus_add_ports(bus, 0x61, 1, &port61_handler, pit);
}

void pit_reset(struct pit *pit)
{
	for (unsigned i = 0; i < 3; i++)
		pit->counters[i] = (struct pit_counter){ .gate = i != 2, .access = PIT_ACCESS_WORD };
	pit->port61 = 0;
	pit->edges_given = 0;
	pit->owed = 0;
	pit->last_edge_ns = 0;
	irq_line_set(&pit->irq, false);
	vm_timer_set(pit->timer, VM_CLOCK_NEVER);
}

int pit_new(struct vm_clock *clock, const struct irq_line *irq, struct pit **ret_pit)
{
	struct pit *pit = calloc(1, sizeof(*pit));
	int r;

	if (!pit)
		return -ENOMEM;
	pit->clock = clock;
	pit->irq = *irq;
	pit->is_listened = true;
	r = vm_timer_new(clock, on_timer, pit, &pit->timer);
	if (r < 0) {
		pit_free(pit);
		return r;
	}
	pit_reset(pit);
	*ret_pit = pit;
	return 0;
}

struct pit *pit_free(struct pit *pit)
{
	if (!pit)
		return NULL;
	vm_timer_free(pit->timer);
	free(pit);
	return NULL;
}

void pit_state(struct pit *pit, struct state *state)
{
	uint64_t now = vm_clock_now(pit->clock);

	if (!state_begin(state, "pit", 1))
		return;
	for (unsigned i = 0; i < 3; i++)
		pit_counter_state(&pit->counters[i], state, now);
	state_u8(state, &pit->port61);
	state_bool(state, &pit->is_listened);
	state_u64(state, &pit->edges_given);
	state_u32_max(state, &pit->owed, PIT_MAX_OWED);
	state_u64(state, &pit->last_edge_ns);
	state_end(state);
	if (!state_is_reading(state))
		return;
	if (pit->last_edge_ns > now)
		pit->last_edge_ns = now;
	arm(pit, now);
}
