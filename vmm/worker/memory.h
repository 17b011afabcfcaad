/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAM of the machine: private memory, in huge pages where the host gives them.
 *
 * Threads    The main thread; clearing and unmapping only while no VP runs.
 * Ownership  The memory outlives the partition that it is mapped into.
 */
#ifndef WORKER_MEMORY_H
#define WORKER_MEMORY_H

#include "firmware/guest_ram.h"

#include <hv/hv.h>

struct machine_memory {
	struct guest_ram ram;
	void *reserved; /* what was mapped: more than the RAM, for its alignment */
	uint64_t reserved_size;
	uint64_t hot_mapped; /* bytes */
};

/* Costs address space only; pages come when the guest touches them. Negative errno. */
int machine_memory_init(struct machine_memory *memory, uint64_t size, uint64_t hot_max);
void machine_memory_deinit(struct machine_memory *memory);
/* Gives all pages back: zero again, as after power-on; hot memory is gone. */
int machine_memory_clear(struct machine_memory *memory);
/* Maps all RAM into the partition; `has_vga`: but for the window of the VGA. */
int machine_memory_map(const struct machine_memory *memory, struct hv_partition *partition, bool has_vga);
/* The guest is given hot memory up to `size` bytes; while it runs. One thread at a time. */
int machine_memory_grow(struct machine_memory *memory, struct hv_partition *partition, uint64_t size);

#endif
