/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O APIC: 82093AA (Intel 290566) with 24 pins or fewer, at FEC00000h, and the EOI register of version
 * 20h.
 *
 * Has        Edge and level pins with remote IRR, masks, all delivery modes as an MSI-shaped message
 *            (SDM 3, 11.11).
 * Edges      that come while a pin is masked are lost, as on hardware; a level is delivered when it
 *            is unmasked.
 * Message    address FEE00000h | destination << 12 | 8 for lowest priority (redirection hint) | 4 for
 *            logical destination; data = vector, delivery mode, trigger mode and level. So a logical,
 *            fixed message carries no hint.
 * Page       What the guest reads is kept in a page of memory, too: mapped at IOAPIC_GPA for reading, its reads need no exit (Linux
 *            reads each pin's entry eight times while it starts), while writes still come here.
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_IOAPIC_H
#define CHIPSET_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

struct state;

#define IOAPIC_GPA 0xfec00000ull

enum {
	IOAPIC_PINS = 24,     /* at most */
	IOAPIC_ISA_PINS = 16, /* of a machine without PCI */
	IOAPIC_MMIO_SIZE = 0x1000,
};

struct io_bus;
struct ioapic;

struct ioapic_ops {
	/* To hv_interrupt(). */
	void (*deliver)(void *opaque, uint64_t msi_address, uint32_t msi_data);
	/* As in pic.h; optional. */
	void (*listen)(void *opaque, unsigned pin, bool is_listened);
};

int ioapic_new(unsigned pins, const struct ioapic_ops *ops, void *opaque, struct ioapic **ret_ioapic);
struct ioapic *ioapic_free(struct ioapic *ioapic);
int ioapic_attach(struct ioapic *ioapic, struct io_bus *bus);
/* IOAPIC_MMIO_SIZE bytes; they live as long as the chip. */
void *ioapic_page(struct ioapic *ioapic);
void ioapic_reset(struct ioapic *ioapic);

void ioapic_set_line(struct ioapic *ioapic, unsigned pin, bool level);
/* A local APIC's EOI broadcast: HV_EXIT_EOI. */
void ioapic_eoi(struct ioapic *ioapic, uint8_t vector);
bool ioapic_is_masked(const struct ioapic *ioapic, unsigned pin);

/* Saves it, or takes it back: nothing is delivered by that. */
void ioapic_state(struct ioapic *ioapic, struct state *state);

#endif
