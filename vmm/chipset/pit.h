/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254 interval timer (Intel 231164) and the part of port 61h that belongs to it.
 *
 * Ports      40h-43h; 61h: gate and output of counter 2, speaker data, refresh toggle (every 15.085
 *            us).
 * Has        Modes 0-5, binary and BCD, latch, read-back, gate of counter 2 (gates of 0 and 1 are
 *            high). Counters are computed from the clock when they are looked at.
 * Timer      Only counter 0 needs one, and only while somebody listens to its interrupt
 *            (pit_set_listened()): an idle guest with a masked timer never wakes the host. What would
 *            have been an edge while nobody listened is given as one edge when somebody listens again
 *            (the 8259 latches it, an I/O APIC pin that is still masked drops it).
 * Catch-up   Ticks that the host was late with are delivered at twice the rate, PIT_MAX_OWED at most,
 *            never closer than PIT_MIN_PERIOD_NS. A period below that loses ticks.
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_PIT_H
#define CHIPSET_PIT_H

#include <stdbool.h>
#include <stdint.h>

#include "irq.h"

struct state;

enum {
	PIT_HZ = 1193182,
	PIT_MIN_PERIOD_NS = 100000,
	PIT_MAX_OWED = 100,
};

struct io_bus;
struct pit;
struct vm_clock;

int pit_new(struct vm_clock *clock, const struct irq_line *irq, struct pit **ret_pit);
struct pit *pit_free(struct pit *pit);
int pit_attach(struct pit *pit, struct io_bus *bus);
void pit_reset(struct pit *pit);

/* Whether the 8259 or the I/O APIC lets the interrupt of counter 0 through; call it before the mask changes.
 * Starts as true. */
void pit_set_listened(struct pit *pit, bool is_listened);
/* Brings the interrupt line up to date when nobody listens (the guest reads the 8259's request register). */
void pit_sync(struct pit *pit);

void pit_state(struct pit *pit, struct state *state);

#endif
