/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/guest_ram.h"

#include <string.h>

void guest_ram_init(struct guest_ram *ram, void *host, uint64_t size)
{
	ram->host = host;
	ram->size = size;
	ram->low_size = size < GUEST_RAM_LOW_MAX ? size : GUEST_RAM_LOW_MAX;
	ram->hot = NULL;
	ram->hot_max = 0;
	ram->hot_size = 0;
}

static bool is_inside(uint64_t start, uint64_t size, uint64_t from, uint64_t to)
{
	return start >= from && start <= to && size <= to - start;
}

void *guest_ram_at(const struct guest_ram *ram, uint64_t gpa, uint64_t size)
{
	uint64_t high_size = ram->size - ram->low_size;
	uint64_t below_vga = ram->low_size < GUEST_RAM_VGA_START ? ram->low_size : GUEST_RAM_VGA_START;

	if (is_inside(gpa, size, 0, below_vga))
		return ram->host + gpa;
	if (is_inside(gpa, size, GUEST_RAM_VGA_END, ram->low_size))
		return ram->host + gpa;
	if (is_inside(gpa, size, GUEST_RAM_HIGH_START, GUEST_RAM_HIGH_START + high_size))
		return ram->host + ram->low_size + (gpa - GUEST_RAM_HIGH_START);
	if (ram->hot_max &&
	    is_inside(gpa, size, guest_ram_hot_start(ram), guest_ram_hot_start(ram) + ram->hot_size))
		return ram->hot + (gpa - guest_ram_hot_start(ram));
	return NULL;
}

bool guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *data, uint64_t size)
{
	void *to = guest_ram_at(ram, gpa, size);

	if (!to)
		return false;
	memcpy(to, data, size);
	return true;
}

uint64_t guest_ram_high_gap(const struct guest_ram *ram)
{
	uint64_t end = GUEST_RAM_HIGH_START + (ram->size - ram->low_size);

	return (end + GUEST_RAM_HIGH_GAP_SIZE - 1) & ~(GUEST_RAM_HIGH_GAP_SIZE - 1);
}

uint64_t guest_ram_hot_start(const struct guest_ram *ram)
{
	uint64_t end = guest_ram_high_gap(ram) + GUEST_RAM_HIGH_GAP_SIZE;

	return (end + GUEST_RAM_HOT_ALIGN - 1) & ~(GUEST_RAM_HOT_ALIGN - 1);
}

unsigned guest_ram_map(const struct guest_ram *ram, struct guest_range ret_ranges[GUEST_RANGES_MAX])
{
	unsigned n = 0;

	ret_ranges[n++] = (struct guest_range){ 0, GUEST_RAM_EBDA_START, GUEST_RANGE_RAM };
	ret_ranges[n++] =
	    (struct guest_range){ GUEST_RAM_EBDA_START, GUEST_RAM_VGA_START - GUEST_RAM_EBDA_START,
				  GUEST_RANGE_RESERVED };
	ret_ranges[n++] = (struct guest_range){ GUEST_RAM_ROM_START, GUEST_RAM_ROM_END - GUEST_RAM_ROM_START,
						GUEST_RANGE_RESERVED };
	ret_ranges[n++] =
	    (struct guest_range){ GUEST_RAM_ROM_END, ram->low_size - GUEST_RAM_ROM_END, GUEST_RANGE_RAM };
	if (ram->size > ram->low_size)
		ret_ranges[n++] =
		    (struct guest_range){ GUEST_RAM_HIGH_START, ram->size - ram->low_size, GUEST_RANGE_RAM };
	return n;
}
