/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt lines, and the router that ties them to the 8259s and the I/O APIC.
 *
 * Purpose    A chip gets a struct irq_line and sets its level. The router joins all sources of one
 *            global system interrupt (wired OR) and drives the PIC input and the I/O APIC pin: ISA
 *            interrupt n is PIC input n and pin n; ISA 0 is pin 2 (the MADT must say so with an
 *            override) and 16..23 are pins only.
 * Polarity   Levels mean asserted or not; whether a wire is active high or low is not modelled.
 * Threads    Under the bus lock.
 * Limits     32 sources an interrupt.
 */
#ifndef CHIPSET_IRQ_H
#define CHIPSET_IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct state;

enum {
	IRQ_COUNT = 24,
	IRQ_ISA_COUNT = 16,
	IRQ_MAX_SOURCES = 32,
};

struct irq_line {
	void (*set)(void *opaque, unsigned input, bool level);
	void *opaque;
	unsigned input;
};

/* A line without `set` goes nowhere. */
static inline void irq_line_set(const struct irq_line *line, bool level)
{
	if (line->set)
		line->set(line->opaque, line->input, level);
}

/* An edge: low, then high. */
static inline void irq_line_pulse(const struct irq_line *line)
{
	irq_line_set(line, false);
	irq_line_set(line, true);
}

struct pic;
struct ioapic;
struct irq_router;

int irq_router_new(struct pic *pic, struct ioapic *ioapic, struct irq_router **ret_router);
struct irq_router *irq_router_free(struct irq_router *router);
/* A new source of interrupt `irq` (0..IRQ_COUNT-1). -ENOSPC after IRQ_MAX_SOURCES, -EINVAL for the number. */
int irq_router_connect(struct irq_router *router, unsigned irq, struct irq_line *ret_line);
/* All sources low. */
void irq_router_reset(struct irq_router *router);

void irq_router_state(struct irq_router *router, struct state *state);

#endif
