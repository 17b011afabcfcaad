/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/guest_page.h"

#include "core/core_priv.h"

#include <string.h>

static const struct hv_slot *slot_of(const struct hv_slots *slots, uint64_t gpa)
{
	unsigned low = 0, high = slots->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (gpa < slots->slot[middle].gpa)
			high = middle;
		else if (gpa - slots->slot[middle].gpa >= slots->slot[middle].size)
			low = middle + 1;
		else
			return &slots->slot[middle];
	}
	return NULL;
}

void *guest_page_begin(struct guest_page *page, struct hv_partition *partition, uint64_t gpa, bool write)
{
	const struct hv_slot *slot;

	gpa &= ~(uint64_t)(GUEST_PAGE_BYTES - 1);
	pthread_rwlock_rdlock(&partition->memory_lock);
	slot = slot_of(atomic_load(&partition->slots), gpa);
	if (!slot || (write && !(slot->flags & HV_MAP_WRITE))) {
		pthread_rwlock_unlock(&partition->memory_lock);
		return NULL;
	}
	*page = (struct guest_page){ partition, slot, gpa };
	return slot->host + (gpa - slot->gpa);
}

void guest_page_end(struct guest_page *page, unsigned offset, unsigned size)
{
	if (size)
		memory_slot_written(page->partition, page->slot, page->gpa + offset,
				    page->gpa + offset + size);
	pthread_rwlock_unlock(&page->partition->memory_lock);
}

static size_t piece(uint64_t gpa, size_t size)
{
	size_t room = GUEST_PAGE_BYTES - (gpa & (GUEST_PAGE_BYTES - 1));

	return size < room ? size : room;
}

bool guest_read(struct hv_partition *partition, uint64_t gpa, void *buffer, size_t size)
{
	struct guest_page page;

	while (size > 0) {
		size_t count = piece(gpa, size);
		const uint8_t *host = guest_page_begin(&page, partition, gpa, false);

		if (!host)
			return false;
		memcpy(buffer, host + (gpa & (GUEST_PAGE_BYTES - 1)), count);
		guest_page_end(&page, 0, 0);
		buffer = (uint8_t *)buffer + count;
		gpa += count;
		size -= count;
	}
	return true;
}

bool guest_write(struct hv_partition *partition, uint64_t gpa, const void *buffer, size_t size)
{
	struct guest_page page;

	while (size > 0) {
		unsigned offset = gpa & (GUEST_PAGE_BYTES - 1);
		size_t count = piece(gpa, size);
		uint8_t *host = guest_page_begin(&page, partition, gpa, true);

		if (!host)
			return false;
		memcpy(host + offset, buffer, count);
		guest_page_end(&page, offset, (unsigned)count);
		buffer = (const uint8_t *)buffer + count;
		gpa += count;
		size -= count;
	}
	return true;
}
