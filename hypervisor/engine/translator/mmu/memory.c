/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest-physical to host addresses. There are few slots, and the same one answers nearly always. */
#include "engine/translator/mmu/mmu_priv.h"

static int slot_find(const struct hv_slots *slots, uint64_t gpa)
{
	unsigned low = 0, high = slots->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct hv_slot *slot = &slots->slot[middle];

		if (gpa < slot->gpa)
			high = middle;
		else if (gpa - slot->gpa >= slot->size)
			low = middle + 1;
		else
			return (int)middle;
	}
	return -1;
}

const struct hv_slot *memory_slot_search(struct vcpu *cpu, uint64_t gpa)
{
	int index = slot_find(cpu->slots, gpa);

	if (index < 0)
		return NULL;
	cpu->last_slot = (uint32_t)index;
	return &cpu->slots->slot[index];
}

void *memory_host(const struct hv_slots *slots, uint64_t gpa, uint64_t size, bool write)
{
	int index = slot_find(slots, gpa);
	const struct hv_slot *slot;

	if (index < 0)
		return NULL;
	slot = &slots->slot[index];
	if (size > slot->size - (gpa - slot->gpa) || (write && !(slot->flags & HV_MAP_WRITE)))
		return NULL;
	return slot->host + (gpa - slot->gpa);
}
