/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended hypercalls (TLFS 3.14): HvExtCallQueryCapabilities and HvExtCallMemoryHeatHint, by which a guest
 * says that it does not need the content of pages any more (free page reporting of Linux's hv_balloon).
 */
#include "core/core_priv.h"
#include "core/hypercall.h"

#include <string.h>

#define CAPABILITY_COLD_DISCARD (1ull << 8)

enum { HINT_COLD_DISCARD = 2, SHIFT_4K = 12, SHIFT_2M = 21, SHIFT_1G = 30 };

static bool can_discard(const struct hyperv *hyperv)
{
	return hyperv->guest_ops && hyperv->guest_ops->discard;
}

unsigned hypercall_query_capabilities(struct hypercall *call)
{
	uint64_t capabilities = can_discard(call->vp->hyperv) ? CAPABILITY_COLD_DISCARD : 0;

	memcpy(call->output, &capabilities, sizeof(capabilities));
	return HV_STATUS_SUCCESS;
}

struct range {
	uint64_t gpa, size;
};

/* HV_GPA_PAGE_RANGE: bits 0..10 additional pages, bit 11 large pages, then bit 12 tells 2 MiB from 1 GiB. */
static struct range range_parse(uint64_t word)
{
	unsigned shift = !(word >> 11 & 1) ? SHIFT_4K : word >> 12 & 1 ? SHIFT_1G : SHIFT_2M;
	uint64_t mask = (1ull << shift) - 1;

	return (struct range){ word & ~mask, ((word & 0x7ff) + 1) << shift };
}

static bool lies_in(const struct hv_slot *slot, const struct range *range)
{
	return range->gpa >= slot->gpa && range->gpa - slot->gpa < slot->size &&
	       range->size <= slot->size - (range->gpa - slot->gpa);
}

/* All of it is one piece of RAM. */
static bool range_is_ram(struct hv_partition *partition, const struct range *range)
{
	const struct hv_slots *slots;
	bool is_ram = false;

	pthread_rwlock_rdlock(&partition->memory_lock);
	slots = atomic_load(&partition->slots);
	for (unsigned i = 0; i < slots->count; i++)
		is_ram |= lies_in(&slots->slot[i], range) && (slots->slot[i].flags & HV_MAP_WRITE);
	pthread_rwlock_unlock(&partition->memory_lock);
	return is_ram;
}

/* What was discarded reads as zeros: for us that is a write. */
static unsigned discard(struct hyperv *hyperv, const struct range *range)
{
	if (!range_is_ram(hyperv->partition, range))
		return HV_STATUS_INVALID_PARAMETER;
	hyperv->guest_ops->discard(hyperv->opaque, range->gpa, range->size);
	hv_memory_written(hyperv->partition, range->gpa, range->size);
	return HV_STATUS_SUCCESS;
}

unsigned hypercall_memory_heat_hint(struct hypercall *call)
{
	struct hyperv *hyperv = call->vp->hyperv;
	uint64_t type;

	memcpy(&type, call->input, sizeof(type));
	if (!can_discard(hyperv) || type != HINT_COLD_DISCARD)
		return HV_STATUS_INVALID_PARAMETER;
	for (; call->rep < call->reps; call->rep++) {
		unsigned status;
		struct range range;
		uint64_t word;

		memcpy(&word, call->elements + call->rep * 8ull, sizeof(word));
		range = range_parse(word);
		status = discard(hyperv, &range);
		if (status != HV_STATUS_SUCCESS)
			return status;
	}
	return HV_STATUS_SUCCESS;
}
