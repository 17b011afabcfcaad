/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI bus 0: configuration mechanism #1, functions, their address ranges and interrupts (PCI Local
 * Bus 3.0).
 *
 * Purpose    A function is a configuration space of 256 bytes with a mask that says which bits the
 *            guest may write. Ranges that base address registers describe appear on the I/O bus while
 *            the command register lets them, wherever the guest puts them; a range over something that
 *            is there already stays off the bus.
 * Ports      CF8h-CFFh. CF9h in between belongs to the reset control register. Interrupts INTA-INTD of
 *            a function reach one of four lanes, (device - 1 + pin) mod 4 as on the 440FX boards that
 *            SeaBIOS knows. A lane drives the ISA interrupt that the ISA bridge's PIRQ register names
 *            (pci_route_lane()), and always global system interrupt 16 + lane.
 * Threads    Under the bus lock (io_bus.h).
 * Limits     One bus. 6 ranges a function. No bridges behind it, no capabilities of its own making.
 * Trust      All that is written comes from the guest; callbacks get aligned offsets inside the 256
 *            bytes.
 */
#ifndef CHIPSET_PCI_H
#define CHIPSET_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct state;

enum {
	PCI_CONFIG_SIZE = 256,
	PCI_BARS = 6,
	PCI_LANES = 4,
	PCI_GSI_BASE = 16, /* of lane 0 */

	PCI_COMMAND = 0x04,
	PCI_COMMAND_IO = 1 << 0,
	PCI_COMMAND_MEMORY = 1 << 1,
	PCI_COMMAND_MASTER = 1 << 2,
	PCI_STATUS = 0x06,
	PCI_BAR0 = 0x10,
	PCI_INTERRUPT_LINE = 0x3c,
};

#define PCI_DEVFN(device, function) ((device) << 3 | (function))

struct io_bus;
struct io_handler;
struct irq_router;
struct pci_bus;
struct pci_function;
struct reset_control;

int pci_bus_new(struct io_bus *bus, struct irq_router *irqs, struct reset_control *reset,
		struct pci_bus **ret_pci);
struct pci_bus *pci_bus_free(struct pci_bus *pci); /* after its functions */
/* Takes CF8h-CFFh; the reset control register must not be attached by itself. */
int pci_bus_attach(struct pci_bus *pci);
void pci_bus_reset(struct pci_bus *pci);
/* irq: an ISA interrupt, or -1 for none. */
void pci_route_lane(struct pci_bus *pci, unsigned lane, int irq);

struct pci_function_config {
	uint16_t vendor, device;
	uint16_t subsystem_vendor, subsystem;
	uint32_t class_code; /* class, subclass, interface: 24 bits */
	uint8_t revision;
	bool is_multifunction; /* function 0 of several */
	uint8_t interrupt_pin; /* 0 none, 1 INTA */
	/* After the guest wrote [offset, offset + size) of the space. Optional. */
	void (*on_write)(void *opaque, unsigned offset, unsigned size);
	/* Set what does not come from masks and pci_set_*(); the space has its reset values. Optional. */
	void (*on_reset)(void *opaque);
	void *opaque;
};

int pci_function_new(struct pci_bus *pci, unsigned devfn, const struct pci_function_config *config,
		     struct pci_function **ret_function);
struct pci_function *pci_function_free(struct pci_function *function);

/* Before the VPs run: a value after reset and the bits that the guest may write. */
void pci_define(struct pci_function *function, unsigned offset, unsigned size, uint32_t value,
		uint32_t writable);
uint32_t pci_get(const struct pci_function *function, unsigned offset, unsigned size);
void pci_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value);

/* A range of ports or memory, size a power of two (ports: 4..256, memory: 16 up). */
int pci_add_port_bar(struct pci_function *function, unsigned index, uint32_t size,
		     const struct io_handler *handler, void *opaque);
int pci_add_memory_bar(struct pci_function *function, unsigned index, uint32_t size,
		       const struct io_handler *handler, void *opaque);
/*
 * Memory that the caller maps to the guest by itself: on_map() says where the guest wants it, 0 =
 * nowhere. Below 4 GiB, aligned to its size.
 */
int pci_add_mapped_bar(struct pci_function *function, unsigned index, uint32_t size,
		       void (*on_map)(void *opaque, uint32_t gpa), void *opaque);
bool pci_is_master(const struct pci_function *function); /* may read and write guest memory */

void pci_set_irq(struct pci_function *function, bool level);

/* All functions; ranges go where the registers say. Before the state of the chips that have them. */
void pci_bus_state(struct pci_bus *pci, struct state *state);

#endif
