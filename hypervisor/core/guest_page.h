/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory by guest-physical address, for core: hypercall parameters, message and event pages.
 *
 * Threads    Any. Between guest_page_begin() and guest_page_end() the partition's memory_lock is held for reading: nothing
 *            can be unmapped, so be short and do not nest. The guest may write the same bytes at the same time: copy once, or use
 *            atomics.
 */
#ifndef HV_CORE_GUEST_PAGE_H
#define HV_CORE_GUEST_PAGE_H

#include "engine/engine.h"

enum { GUEST_PAGE_BYTES = 4096 };

struct guest_page {
	struct hv_partition *partition;
	const struct hv_slot *slot;
	uint64_t gpa;
};

/* The host address of the page at `gpa` (its low bits do not matter), or NULL, without the lock: not mapped, or not writable. */
void *guest_page_begin(struct guest_page *page, struct hv_partition *partition, uint64_t gpa, bool write);
/* The bytes [offset, offset+size) of the page were written; size 0: none. */
void guest_page_end(struct guest_page *page, unsigned offset, unsigned size);

/* Across pages; false: a part is not mapped (what came before it may have been copied). */
bool guest_read(struct hv_partition *partition, uint64_t gpa, void *buffer, size_t size);
bool guest_write(struct hv_partition *partition, uint64_t gpa, const void *buffer, size_t size);

#endif
