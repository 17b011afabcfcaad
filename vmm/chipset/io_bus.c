/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O bus: a table of all ports, a sorted array of MMIO ranges, one lock. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"

enum { PORT_COUNT = 65536 };

struct io_range {
	uint64_t first, last; /* inclusive, so that the top of the address space needs no 65th bit */
	const struct io_handler *handler;
	void *opaque;
};

struct io_bus {
	pthread_mutex_t lock;
	uint8_t port_index[PORT_COUNT]; /* 0 = unclaimed, else place in port_ranges */
	struct io_range port_ranges[IO_BUS_MAX_PORT_RANGES + 1];
	struct io_range mmio[IO_BUS_MAX_MMIO_RANGES]; /* by address */
	unsigned mmio_count;
};

_Static_assert(IO_BUS_MAX_PORT_RANGES < 256, "port_index holds bytes");

int io_bus_new(struct io_bus **ret_bus)
{
	struct io_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return -ENOMEM;
	pthread_mutex_init(&bus->lock, NULL);
	*ret_bus = bus;
	return 0;
}

struct io_bus *io_bus_free(struct io_bus *bus)
{
	if (!bus)
		return NULL;
	pthread_mutex_destroy(&bus->lock);
	free(bus);
	return NULL;
}

void io_bus_lock(struct io_bus *bus)
{
	pthread_mutex_lock(&bus->lock);
}

void io_bus_unlock(struct io_bus *bus)
{
	pthread_mutex_unlock(&bus->lock);
}

static bool is_valid_handler(const struct io_handler *handler)
{
	unsigned width = handler->width;

	return handler->read && handler->write && (width == 1 || width == 2 || width == 4 || width == 8);
}

int io_bus_add_ports(struct io_bus *bus, uint16_t first, unsigned count, const struct io_handler *handler,
		     void *opaque)
{
	unsigned slot;

	if (count == 0 || count > PORT_COUNT || first + count > PORT_COUNT || !is_valid_handler(handler) ||
	    handler->width > 4)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		if (bus->port_index[first + i])
			return -EEXIST;
	for (slot = 1; slot <= IO_BUS_MAX_PORT_RANGES; slot++)
		if (!bus->port_ranges[slot].handler)
			break;
	if (slot > IO_BUS_MAX_PORT_RANGES)
		return -ENOSPC;
	bus->port_ranges[slot] = (struct io_range){ first, first + count - 1, handler, opaque };
	memset(&bus->port_index[first], (int)slot, count);
	return 0;
}

void io_bus_remove_ports(struct io_bus *bus, uint16_t first)
{
	struct io_range *range = &bus->port_ranges[bus->port_index[first]];

	if (!range->handler || range->first != first)
		return;
	memset(&bus->port_index[first], 0, range->last - range->first + 1);
	*range = (struct io_range){ 0 };
}

/* The place of the first MMIO range that ends at or after gpa. */
static unsigned mmio_place(const struct io_bus *bus, uint64_t gpa)
{
	unsigned low = 0, high = bus->mmio_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (bus->mmio[middle].last < gpa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int io_bus_add_mmio(struct io_bus *bus, uint64_t gpa, uint64_t size, const struct io_handler *handler,
		    void *opaque)
{
	unsigned place;
	uint64_t last = gpa + size - 1;

	if (size == 0 || last < gpa || !is_valid_handler(handler))
		return -EINVAL;
	place = mmio_place(bus, gpa);
	if (place < bus->mmio_count && bus->mmio[place].first <= last)
		return -EEXIST;
	if (bus->mmio_count == IO_BUS_MAX_MMIO_RANGES)
		return -ENOSPC;
	memmove(&bus->mmio[place + 1], &bus->mmio[place], (bus->mmio_count - place) * sizeof(bus->mmio[0]));
	bus->mmio[place] = (struct io_range){ gpa, last, handler, opaque };
	bus->mmio_count++;
	return 0;
}

void io_bus_remove_mmio(struct io_bus *bus, uint64_t gpa)
{
	unsigned place = mmio_place(bus, gpa);

	if (place == bus->mmio_count || bus->mmio[place].first != gpa)
		return;
	bus->mmio_count--;
	memmove(&bus->mmio[place], &bus->mmio[place + 1], (bus->mmio_count - place) * sizeof(bus->mmio[0]));
}

static const struct io_range *find_port(const struct io_bus *bus, uint64_t port)
{
	const struct io_range *range;

	if (port >= PORT_COUNT)
		return NULL;
	range = &bus->port_ranges[bus->port_index[port]];
	return range->handler ? range : NULL;
}

static const struct io_range *find_mmio(const struct io_bus *bus, uint64_t gpa)
{
	unsigned place = mmio_place(bus, gpa);

	return place < bus->mmio_count && bus->mmio[place].first <= gpa ? &bus->mmio[place] : NULL;
}

typedef const struct io_range *(*find_fn)(const struct io_bus *bus, uint64_t address);

/* The size of the next piece of an access: see "Splitting" in the header. */
static unsigned piece_size(const struct io_range *range, uint64_t address, unsigned left)
{
	unsigned size;

	if (!range)
		return 1;
	size = range->handler->width;
	while (size > left || (address % size && !range->handler->any_address) ||
	       size - 1 > range->last - address)
		size /= 2;
	return size;
}

static uint64_t mask_of(unsigned size)
{
	return size >= 8 ? UINT64_MAX : (1ull << size * 8) - 1;
}

static uint64_t bus_read(struct io_bus *bus, find_fn find, uint64_t address, unsigned size)
{
	uint64_t result = 0;
	unsigned done = 0;

	pthread_mutex_lock(&bus->lock);
	while (done < size) {
		const struct io_range *range = find(bus, address + done);
		unsigned piece = piece_size(range, address + done, size - done);
		uint64_t value = UINT64_MAX;

		if (range)
			value = range->handler->read(range->opaque, address + done - range->first, piece);
		result |= (value & mask_of(piece)) << done * 8;
		done += piece;
	}
	pthread_mutex_unlock(&bus->lock);
	return result;
}

static void bus_write(struct io_bus *bus, find_fn find, uint64_t address, unsigned size, uint64_t value)
{
	unsigned done = 0;

	pthread_mutex_lock(&bus->lock);
	while (done < size) {
		const struct io_range *range = find(bus, address + done);
		unsigned piece = piece_size(range, address + done, size - done);

		if (range)
			range->handler->write(range->opaque, address + done - range->first, piece,
					      value >> done * 8 & mask_of(piece));
		done += piece;
	}
	pthread_mutex_unlock(&bus->lock);
}

uint32_t io_bus_port_read(struct io_bus *bus, uint16_t port, unsigned size)
{
	return (uint32_t)bus_read(bus, find_port, port, size > 4 ? 4 : size);
}

void io_bus_port_write(struct io_bus *bus, uint16_t port, unsigned size, uint32_t value)
{
	bus_write(bus, find_port, port, size > 4 ? 4 : size, value);
}

uint64_t io_bus_mmio_read(struct io_bus *bus, uint64_t gpa, unsigned size)
{
	return bus_read(bus, find_mmio, gpa, size > 8 ? 8 : size);
}

void io_bus_mmio_write(struct io_bus *bus, uint64_t gpa, unsigned size, uint64_t value)
{
	bus_write(bus, find_mmio, gpa, size > 8 ? 8 : size, value);
}
