/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O bus: takes the port and MMIO intercepts of the VPs to the chips.
 *
 * Purpose    Chips register ranges of ports and of guest-physical addresses with a read and a write
 *            callback.
 * Threads    io_bus_port_*() and io_bus_mmio_*(): any thread (VP threads). They take the bus lock
 *            around the chip's callback. Whoever else enters a chip (timer, backend, console) takes
 *            it with io_bus_lock(). Every function of a chip in this folder wants that lock held,
 *            unless its header says otherwise; before the VPs run no lock is needed. The lock is not
 *            recursive and comes before all locks of the hypervisor: a chip may call hv_interrupt()
 *            and hv_set_extint() under it.
 * Splitting  An access is cut into pieces that are aligned to their size, do not leave the range, and
 *            are not wider than the range's `width`; lowest address first, each piece looked up by
 *            itself. So a word written to two byte ports reaches both, in order. A piece narrower
 *            than `width` reaches the chip as it is. `any_address` lifts the alignment.
 * Unclaimed  Reads give all ones, writes are dropped.
 * Limits     IO_BUS_MAX_PORT_RANGES, IO_BUS_MAX_MMIO_RANGES.
 * Trust      Address, size and data come from the guest; chips get offsets inside their range only,
 *            and sizes 1, 2, 4, 8.
 */
#ifndef CHIPSET_IO_BUS_H
#define CHIPSET_IO_BUS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	IO_BUS_MAX_PORT_RANGES = 250,
	IO_BUS_MAX_MMIO_RANGES = 64,
};

struct io_bus;

struct io_handler {
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
	void (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
	uint8_t width;	  /* the widest access that the chip takes: 1, 2, 4 or 8 */
	bool any_address; /* takes pieces that are not aligned: some chips have a word at an odd port */
};

int io_bus_new(struct io_bus **ret_bus);
struct io_bus *io_bus_free(struct io_bus *bus);

void io_bus_lock(struct io_bus *bus);
void io_bus_unlock(struct io_bus *bus);

/*
 * Registration: with the lock held, or before the VPs run. `handler` must outlive the registration.
 * -EEXIST when a part is taken, -EINVAL for an empty or wrapping range or bad width, -ENOSPC when the
 * table is full.
 */
int io_bus_add_ports(struct io_bus *bus, uint16_t first, unsigned count, const struct io_handler *handler,
		     void *opaque);
int io_bus_add_mmio(struct io_bus *bus, uint64_t gpa, uint64_t size, const struct io_handler *handler,
		    void *opaque);
/* Takes a range that begins at exactly this port or address away; nothing happens when there is none. */
void io_bus_remove_ports(struct io_bus *bus, uint16_t first);
void io_bus_remove_mmio(struct io_bus *bus, uint64_t gpa);

/* size: 1..4 for ports, 1..8 for MMIO. */
uint32_t io_bus_port_read(struct io_bus *bus, uint16_t port, unsigned size);
void io_bus_port_write(struct io_bus *bus, uint16_t port, unsigned size, uint32_t value);
uint64_t io_bus_mmio_read(struct io_bus *bus, uint64_t gpa, unsigned size);
void io_bus_mmio_write(struct io_bus *bus, uint64_t gpa, unsigned size, uint64_t value);

#endif
