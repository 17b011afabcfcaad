/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of the partition as memory regions of KVM's. */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <string.h>

static bool is_same(const struct hv_slot *a, const struct hv_slot *b)
{
	return a->gpa == b->gpa && a->size == b->size && a->host == b->host && a->flags == b->flags;
}

static bool is_in(const struct hv_slots *slots, const struct hv_slot *slot)
{
	for (unsigned i = 0; i < slots->count; i++)
		if (is_same(&slots->slot[i], slot))
			return true;
	return false;
}

static int set_region(struct kvm_partition *kvm, unsigned number, const struct hv_slot *slot, uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = number,
		.flags = (slot->flags & HV_MAP_WRITE ? 0 : KVM_MEM_READONLY) |
			 (slot->flags & HV_MAP_TRACK ? KVM_MEM_LOG_DIRTY_PAGES : 0),
		.guest_phys_addr = slot->gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)slot->host,
	};

	return kvm_ioctl(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

struct kvm_region *kvm_find_region(struct kvm_partition *kvm, const struct hv_slot *slot)
{
	for (unsigned i = 0; i < HV_MAX_SLOTS; i++) {
		struct kvm_region *region = &kvm->regions[i];

		if (slot ? region->is_used && is_same(&region->slot, slot) : !region->is_used)
			return region;
	}
	return NULL;
}

static int remove_gone(struct kvm_partition *kvm, const struct hv_slots *slots)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < HV_MAX_SLOTS; i++) {
		struct kvm_region *region = &kvm->regions[i];

		if (!region->is_used || is_in(slots, &region->slot))
			continue;
		r = set_region(kvm, i, &region->slot, 0);
		region->is_used = r < 0;
	}
	return r;
}

static int add_new(struct kvm_partition *kvm, const struct hv_slots *slots)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < slots->count; i++) {
		const struct hv_slot *slot = &slots->slot[i];
		struct kvm_region *region = kvm_find_region(kvm, slot);

		if (region)
			continue;
		region = kvm_find_region(kvm, NULL); /* there are as many as slots */
		r = set_region(kvm, (unsigned)(region - kvm->regions), slot, slot->size);
		region->slot = *slot;
		region->is_used = r == 0;
	}
	return r;
}

/* When KVM refuses a new one, the old set comes back, as far as KVM lets it. */
int kvm_set_slots(struct hv_partition *partition, struct hv_slots *slots)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	int r = remove_gone(kvm, slots);

	if (r == 0)
		r = add_new(kvm, slots);
	if (r < 0) {
		const struct hv_slots *old = atomic_load(&partition->slots);

		if (remove_gone(kvm, old) == 0)
			(void)add_new(kvm, old);
		return r;
	}
	atomic_store(&partition->slots, slots);
	return 0;
}

/* There are no translations: KVM and the processor look at memory itself. */
void kvm_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	(void)partition;
	(void)gpa;
	(void)size;
}
