/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two 8259A interrupt controllers of a PC, slave on input 2 of the master (Intel 8259A data sheet
 * 231468; ELCR: PIIX3, 290550).
 *
 * Ports      20h, 21h master; A0h, A1h slave; 4D0h, 4D1h edge/level control.
 * Has        ICW1-4, OCW1-3, edge and level mode, rotation, specific and non-specific EOI, automatic
 *            EOI, special mask, special fully nested, poll mode, spurious IRQ 7 and 15. Not: 8080
 *            mode (vectors are as in 8086 mode), buffered mode.
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_PIC_H
#define CHIPSET_PIC_H

#include <stdbool.h>
#include <stdint.h>

struct state;

struct io_bus;
struct pic;

struct pic_ops {
	/* The INTR output: to hv_set_extint(). Called on changes only. */
	void (*set_intr)(void *opaque, bool level);
	/*
	 * Input `irq` is about to be unmasked (is_listened) or was masked: a source may stop its
	 * timer while nobody listens. Optional.
	 */
	void (*listen)(void *opaque, unsigned irq, bool is_listened);
	/* The guest is about to read the request register: a source that stopped its timer catches up.
	 * Optional. */
	void (*sync)(void *opaque);
};

int pic_new(const struct pic_ops *ops, void *opaque, struct pic **ret_pic);
struct pic *pic_free(struct pic *pic);
int pic_attach(struct pic *pic, struct io_bus *bus);
void pic_reset(struct pic *pic);

void pic_set_line(struct pic *pic, unsigned irq, bool level); /* 0..15; 2 is ignored */
/* The INTA cycles: gives the vector, a spurious one when nothing is pending any more. The answer to
 * HV_EXIT_EXTINT. */
uint8_t pic_acknowledge(struct pic *pic);
bool pic_is_masked(const struct pic *pic, unsigned irq); /* also through the cascade */

/* Its state, saved or taken back (state/state.h); INTR is driven anew. */
void pic_state(struct pic *pic, struct state *state);

#endif
