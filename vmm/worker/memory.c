/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/memory.h"

#include <errno.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/*
 * Private, because only then does the usual kernel give huge pages on request ("madvise"): a boot touches hundreds of pages less, and the guest's
 * own memory accesses miss the host's TLB less.
 */
int machine_memory_init(struct machine_memory *memory, uint64_t size)
{
	void *host = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host == MAP_FAILED)
		return -errno;
	memory->reserved = host;
	memory->reserved_size = size + HUGE_PAGE;
	host = (void *)(((uintptr_t)host + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	if (mprotect(host, size, PROT_READ | PROT_WRITE) < 0) {
		int r = -errno;

		machine_memory_deinit(memory);
		return r;
	}
	/* Both are wishes: fewer page faults, and no guest's secrets in a core dump. */
	madvise(host, size, MADV_HUGEPAGE);
	madvise(host, size, MADV_DONTDUMP);
	guest_ram_init(&memory->ram, host, size);
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
	return madvise(memory->ram.host, memory->ram.size, MADV_DONTNEED) < 0 ? -errno : 0;
}

int machine_memory_map(const struct machine_memory *memory, struct hv_partition *partition)
{
	const struct guest_ram *ram = &memory->ram;
	int r;

	r = hv_map(partition, 0, ram->host, GUEST_RAM_VGA_START, HV_MAP_WRITE);
	if (r < 0)
		return r;
	r = hv_map(partition, GUEST_RAM_VGA_END, ram->host + GUEST_RAM_VGA_END,
		   ram->low_size - GUEST_RAM_VGA_END, HV_MAP_WRITE);
	if (r < 0 || ram->size == ram->low_size)
		return r;
	return hv_map(partition, GUEST_RAM_HIGH_START, ram->host + ram->low_size, ram->size - ram->low_size,
		      HV_MAP_WRITE);
}
