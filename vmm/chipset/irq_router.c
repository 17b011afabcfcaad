/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ties interrupt sources to the PIC's inputs and the I/O APIC's pins. */
#include <errno.h>
#include <stdlib.h>

#include "ioapic.h"
#include "irq.h"
#include "pic.h"
#include "state/state.h"

struct irq_router {
	struct pic *pic;
	struct ioapic *ioapic;
	uint32_t high[IRQ_COUNT]; /* one bit a source */
	uint8_t source_count[IRQ_COUNT];
};

int irq_router_new(struct pic *pic, struct ioapic *ioapic, struct irq_router **ret_router)
{
	struct irq_router *router = calloc(1, sizeof(*router));

	if (!router)
		return -ENOMEM;
	router->pic = pic;
	router->ioapic = ioapic;
	*ret_router = router;
	return 0;
}

struct irq_router *irq_router_free(struct irq_router *router)
{
	free(router);
	return NULL;
}

static void drive(struct irq_router *router, unsigned irq, bool level)
{
	if (irq < IRQ_ISA_COUNT)
		pic_set_line(router->pic, irq, level);
	/* The 8254 sits at pin 2, as on every PC with an I/O APIC; pin 0 is for the 8259's INTR. */
	ioapic_set_line(router->ioapic, irq == 0 ? 2 : irq, level);
}

static void set_source(void *opaque, unsigned input, bool level)
{
	struct irq_router *router = opaque;
	unsigned irq = input / IRQ_MAX_SOURCES;
	uint32_t bit = 1u << input % IRQ_MAX_SOURCES;
	uint32_t before = router->high[irq];

	router->high[irq] = level ? before | bit : before & ~bit;
	if (!before != !router->high[irq])
		drive(router, irq, level);
}

int irq_router_connect(struct irq_router *router, unsigned irq, struct irq_line *ret_line)
{
	/* 2 is the cascade; its pin belongs to interrupt 0. */
	if (irq >= IRQ_COUNT || irq == 2)
		return -EINVAL;
	if (router->source_count[irq] == IRQ_MAX_SOURCES)
		return -ENOSPC;
	*ret_line = (struct irq_line){
		.set = set_source,
		.opaque = router,
		.input = irq * IRQ_MAX_SOURCES + router->source_count[irq]++,
	};
	return 0;
}

void irq_router_reset(struct irq_router *router)
{
	for (unsigned irq = 0; irq < IRQ_COUNT; irq++) {
		if (router->high[irq])
			drive(router, irq, false);
		router->high[irq] = 0;
	}
}

/* The lines themselves are the PIC's and the I/O APIC's. */
void irq_router_state(struct irq_router *router, struct state *state)
{
	if (!state_begin(state, "irqs", 1))
		return;
	for (unsigned irq = 0; irq < IRQ_COUNT; irq++) {
		state_u32(state, &router->high[irq]);
		router->high[irq] &= (uint32_t)((UINT64_C(1) << router->source_count[irq]) - 1);
	}
	state_end(state);
}
