/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O bus: ranges come and go, accesses hit and miss them; compared with a plain list of ranges. */
#include "fuzz.h"

#include <errno.h>

#include "chipset/io_bus.h"

enum { RANGES_MAX = 80 };

struct range {
	uint64_t first, size;
	struct io_handler handler;
	bool is_port, is_there;
};

static struct range ranges[RANGES_MAX];
static unsigned range_count;
static uint64_t from, to; /* the access that is under way */

static void check_piece(const struct range *range, uint64_t offset, unsigned size)
{
	uint64_t at = range->first + offset;

	CHECK(range->is_there && offset < range->size && size <= range->size - offset);
	CHECK((size & (size - 1)) == 0 && size >= 1 && size <= range->handler.width);
	CHECK(range->handler.any_address || at % size == 0);
	CHECK(at == from && at + size - 1 <= to); /* lowest first, no byte twice, none skipped */
	from = at + size;
}

static uint64_t range_read(void *opaque, uint64_t offset, unsigned size)
{
	check_piece(opaque, offset, size);
	return ~0ull;
}

static void range_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	check_piece(opaque, offset, size);
	CHECK(size == 8 || value >> 8 * size == 0);
}

static bool is_free(bool is_port, uint64_t first, uint64_t size)
{
	for (unsigned i = 0; i < range_count; i++)
		if (ranges[i].is_there && ranges[i].is_port == is_port &&
		    first <= ranges[i].first + (ranges[i].size - 1) && ranges[i].first <= first + (size - 1))
			return false;
	return true;
}

static bool is_valid(bool is_port, uint64_t first, uint64_t size)
{
	return size > 0 && (is_port ? first + size <= 0x10000 : first + (size - 1) >= first);
}

static uint64_t address(struct fuzz_input *input, uint8_t how)
{
	uint64_t value = fuzz_u8(input);

	if (how & 0x40)
		return ~value; /* at the end of the space */
	return how & 0x20 ? fuzz_bytes(input, 3) : value;
}

static void add(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	bool is_port = how & 1;
	struct range *range = &ranges[range_count];
	int r;

	if (range_count == RANGES_MAX)
		return;
	*range = (struct range){ .first = address(input, how), .is_port = is_port };
	if (is_port)
		range->first &= 0xffff;
	range->size = fuzz_varied(input);
	range->handler =
	    (struct io_handler){ range_read, range_write, (uint8_t)(1u << (how >> 1 & 3)), how & 8 };
	range->is_there = true;
	if (is_port)
		r = io_bus_add_ports(bus, (uint16_t)range->first, (unsigned)range->size, &range->handler,
				     range);
	else
		r = io_bus_add_mmio(bus, range->first, range->size, &range->handler, range);
	range->is_there = false;
	if (!is_valid(is_port, range->first, range->size) || (is_port && range->handler.width > 4))
		CHECK(r == -EINVAL);
	else if (!is_free(is_port, range->first, range->size))
		CHECK(r == -EEXIST || r == -ENOSPC);
	else
		CHECK(r == 0 || r == -ENOSPC);
	if (r == 0) {
		range->is_there = true;
		range_count++;
	}
}

static void remove_one(struct io_bus *bus, uint8_t which)
{
	struct range *range = &ranges[range_count ? which % range_count : 0];

	if (range_count == 0 || !range->is_there)
		return;
	if (range->is_port)
		io_bus_remove_ports(bus, (uint16_t)range->first);
	else
		io_bus_remove_mmio(bus, range->first);
	range->is_there = false;
}

/* Bytes of unclaimed places do not come to a handler: `from` skips them. */
static uint64_t read_all(struct io_bus *bus, bool is_port, uint64_t at, unsigned size)
{
	return is_port ? io_bus_port_read(bus, (uint16_t)at, size) : io_bus_mmio_read(bus, at, size);
}

static bool is_claimed_whole(bool is_port, uint64_t at, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		if (is_free(is_port, at + i, 1))
			return false;
	return true;
}

static void access_bus(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	bool is_port = how & 1;
	unsigned size = (how >> 2 & (is_port ? 3 : 7)) + 1;
	uint64_t at = address(input, how), value = fuzz_bytes(input, size);

	if (is_port)
		at &= 0xffff;
	from = at;
	to = at + size - 1;
	if (to < at || (is_port && to > 0xffff) || !is_claimed_whole(is_port, at, size)) {
		/* Pieces may be missing: only that nothing else goes wrong. */
		for (unsigned i = 0; i < size && at + i >= at && (!is_port || at + i <= 0xffff); i++) {
			from = to = at + i;
			CHECK(read_all(bus, is_port, at + i, 1) == 0xff);
		}
		return;
	}
	if (how & 2) {
		CHECK(read_all(bus, is_port, at, size) == (size == 8 ? ~0ull : (1ull << 8 * size) - 1));
	} else if (is_port) {
		io_bus_port_write(bus, (uint16_t)at, size, (uint32_t)value);
	} else {
		io_bus_mmio_write(bus, at, size, value);
	}
	CHECK(from == to + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 2048 ? size : 2048) };
	struct io_bus *bus;

	range_count = 0;
	CHECK(io_bus_new(&bus) == 0);
	while (fuzz_more(&input)) {
		uint8_t op = fuzz_u8(&input);

		if (op < 64)
			add(bus, &input);
		else if (op < 80)
			remove_one(bus, fuzz_u8(&input));
		else
			access_bus(bus, &input);
	}
	io_bus_free(bus);
	return 0;
}
