/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/memory.h"

#include <errno.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, HOT_UNIT = 128 << 20, HOT_SLOTS = 32 };

/*
 * Private, because only then does the usual kernel give huge pages on request ("madvise"): a boot touches
 * hundreds of pages less, and the guest's own memory accesses miss the host's TLB less.
 */
int machine_memory_init(struct machine_memory *memory, uint64_t size, uint64_t hot_max)
{
	uint64_t first = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, all = first + hot_max;

	void *host =
	    mmap(NULL, all + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host == MAP_FAILED)
		return -errno;
	memory->reserved = host;
	memory->reserved_size = all + HUGE_PAGE;
	host = (void *)(((uintptr_t)host + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	if (mprotect(host, all, PROT_READ | PROT_WRITE) < 0) {
		int r = -errno;

		machine_memory_deinit(memory);
		return r;
	}
	/* Both are wishes: fewer page faults, and no guest's secrets in a core dump. */
	madvise(host, all, MADV_HUGEPAGE);
	madvise(host, all, MADV_DONTDUMP);
	guest_ram_init(&memory->ram, host, size);
	memory->ram.hot = (uint8_t *)host + first;
	memory->ram.hot_max = hot_max;
	return 0;
}

void machine_memory_deinit(struct machine_memory *memory)
{
	if (!memory->reserved)
		return;
	munmap(memory->reserved, memory->reserved_size);
	memory->reserved = NULL;
}

int machine_memory_clear(struct machine_memory *memory)
{
	uint64_t all = (uint64_t)(memory->ram.hot - memory->ram.host) + memory->ram.hot_max;

	memory->ram.hot_size = memory->hot_mapped = 0;
	return madvise(memory->ram.host, all, MADV_DONTNEED) < 0 ? -errno : 0;
}

static int map_around_vga(const struct guest_ram *ram, struct hv_partition *partition)
{
	int r = hv_map(partition, 0, ram->host, GUEST_RAM_VGA_START, HV_MAP_WRITE);

	return r < 0 ? r
		     : hv_map(partition, GUEST_RAM_VGA_END, ram->host + GUEST_RAM_VGA_END,
			      ram->low_size - GUEST_RAM_VGA_END, HV_MAP_WRITE);
}

/* In one piece where it can be: the first 2 MiB are one page then, where they would be hundreds. */
int machine_memory_map(const struct machine_memory *memory, struct hv_partition *partition, bool has_vga)
{
	const struct guest_ram *ram = &memory->ram;
	int r = has_vga ? map_around_vga(ram, partition)
			: hv_map(partition, 0, ram->host, ram->low_size, HV_MAP_WRITE);

	if (r < 0 || ram->size == ram->low_size)
		return r;
	return hv_map(partition, GUEST_RAM_HIGH_START, ram->host + ram->low_size, ram->size - ram->low_size,
		      HV_MAP_WRITE);
}

/* A partition has few slots: a large region comes in few parts, of which the guest may touch a part more than
 * it was given. */
int machine_memory_grow(struct machine_memory *memory, struct hv_partition *partition, uint64_t size)
{
	struct guest_ram *ram = &memory->ram;
	uint64_t part = (ram->hot_max / HOT_SLOTS + HOT_UNIT - 1) / HOT_UNIT * HOT_UNIT;

	if (size > ram->hot_max)
		return -EINVAL;
	while (memory->hot_mapped < size) {
		uint64_t left = ram->hot_max - memory->hot_mapped, more = left < part ? left : part;
		int r = hv_map(partition, guest_ram_hot_start(ram) + memory->hot_mapped,
			       ram->hot + memory->hot_mapped, more, HV_MAP_WRITE);

		if (r < 0)
			return r;
		memory->hot_mapped += more;
	}
	if (size > ram->hot_size)
		ram->hot_size = size;
	return 0;
}
