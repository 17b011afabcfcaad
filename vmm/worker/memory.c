/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int machine_memory_init(struct machine_memory *memory, uint64_t size)
{
	void *host;
	int r;

	memory->fd = memfd_create("guest-ram", MFD_CLOEXEC);
	if (memory->fd < 0)
		return -errno;
	if (ftruncate(memory->fd, (off_t)size) < 0)
		goto fail;
	host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory->fd, 0);
	if (host == MAP_FAILED)
		goto fail;
	/* Both are wishes: fewer page faults, and no guest's secrets in a core dump. */
	madvise(host, size, MADV_HUGEPAGE);
	madvise(host, size, MADV_DONTDUMP);
	guest_ram_init(&memory->ram, host, size);
	return 0;
fail:
	r = -errno;
	close(memory->fd);
	memory->fd = -1;
	return r;
}

void machine_memory_deinit(struct machine_memory *memory)
{
	if (memory->fd < 0)
		return;
	munmap(memory->ram.host, memory->ram.size);
	close(memory->fd);
	memory->fd = -1;
}

int machine_memory_clear(struct machine_memory *memory)
{
	if (fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)memory->ram.size) < 0)
		return -errno;
	return 0;
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
