/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty pages. Where the kernel has them, it writes their numbers into a ring for each VP (Linux: api.rst,
 * KVM_CAP_DIRTY_LOG_RING): what it costs to ask goes by the pages that were written, not by the guest's size.
 * Where not, they come as the bitmap of a slot.
 *
 * A ring's entry goes from 0 to DIRTY (KVM), to RESET (here, once its bit is set in the slot's bitmap), and
 * back to 0, with its page tracked again, by KVM_RESET_DIRTY_RINGS. All of it under partition->lock.
 *
 * Some processors keep a VP's last page numbers to themselves until it leaves the guest (SDM 3, 29.3.6), at
 * the latest for the host's next tick. Making it leave for each question would wake VPs that sleep, each time
 * a screen is looked at.
 */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* As many as the largest slot that is tracked all the time has pages (a screen's 16 MiB), twice: then none
 * fills up while nobody asks. */
enum { RING_ENTRIES = 8192, RING_BYTES = RING_ENTRIES * sizeof(struct kvm_dirty_gfn) };

bool kvm_wants_rings = true;

/* --- setting up -------------------------------------------------------------------------------------- */

/* Before the first VP. A kernel that offers them and then refuses has its bitmaps still. */
void kvm_dirty_init(struct kvm_partition *kvm)
{
	static const uint32_t kinds[] = { KVM_CAP_DIRTY_LOG_RING_ACQ_REL, KVM_CAP_DIRTY_LOG_RING };

	for (unsigned i = 0; i < 2 && kvm_wants_rings && !kvm->has_rings; i++) {
		struct kvm_enable_cap cap = { .cap = kinds[i], .args = { RING_BYTES } };

		kvm->has_rings = ioctl(kvm_device(), KVM_CHECK_EXTENSION, kinds[i]) >= RING_BYTES &&
				 kvm_ioctl(kvm->vm, KVM_ENABLE_CAP, &cap) == 0;
	}
}

int kvm_dirty_init_vp(struct kvm_vp *vp)
{
	void *ring;

	if (!kvm_partition_of(vp->vp->partition)->has_rings)
		return 0;
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, vp->fd,
		    KVM_DIRTY_LOG_PAGE_OFFSET * sysconf(_SC_PAGESIZE));
	if (ring == MAP_FAILED)
		return -errno;
	vp->ring = ring;
	return 0;
}

void kvm_dirty_deinit_vp(struct kvm_vp *vp)
{
	if (vp->ring)
		munmap(vp->ring, RING_BYTES);
	vp->ring = NULL;
}

/* --- rings ------------------------------------------------------------------------------------------- */

/* An entry may be older than the slot that has its number now: then a page too many is dirty, or none. */
static void mark(struct kvm_partition *kvm, uint32_t number, uint64_t page)
{
	const struct kvm_region *region = number < HV_MAX_SLOTS ? &kvm->regions[number] : NULL;

	if (region && region->is_used && region->slot.dirty && page < region->slot.size / 4096)
		atomic_fetch_or(&region->slot.dirty[page / 64], UINT64_C(1) << page % 64);
}

static void harvest(struct kvm_partition *kvm, struct kvm_vp *vp)
{
	for (unsigned i = 0; i < RING_ENTRIES; i++) {
		struct kvm_dirty_gfn *entry = &vp->ring[vp->ring_next % RING_ENTRIES];

		if (__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
			return;
		mark(kvm, entry->slot, entry->offset);
		__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		vp->ring_next++;
	}
}

static void harvest_all(struct kvm_partition *kvm)
{
	for (unsigned i = 0; i < kvm->partition->vp_count; i++) {
		struct hv_vp *vp = atomic_load(&kvm->partition->vps[i]);

		if (vp)
			harvest(kvm, vp->engine);
	}
}

/* On the VP's thread, which waits outside the guest: its ring has no room. */
void kvm_dirty_full(struct kvm_vp *vp)
{
	struct hv_partition *partition = vp->vp->partition;
	struct kvm_partition *kvm = kvm_partition_of(partition);

	pthread_mutex_lock(&partition->lock);
	harvest_all(kvm);
	(void)kvm_ioctl(kvm->vm, KVM_RESET_DIRTY_RINGS, NULL);
	pthread_mutex_unlock(&partition->lock);
}

/* --- bitmaps ----------------------------------------------------------------------------------------- */

static int collect_bitmap(struct kvm_partition *kvm, const struct kvm_region *region)
{
	const struct hv_slot *slot = &region->slot;
	size_t words = (size_t)((slot->size / 4096 + 63) / 64), bytes = words * 8;
	struct kvm_dirty_log log = { .slot = (uint32_t)(region - kvm->regions) };
	uint64_t *bitmap = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int r;

	if (bitmap == MAP_FAILED)
		return -ENOMEM;
	log.dirty_bitmap = bitmap;
	r = kvm_ioctl(kvm->vm, KVM_GET_DIRTY_LOG, &log);
	for (size_t i = 0; r == 0 && i < words; i++)
		if (bitmap[i])
			atomic_fetch_or(&slot->dirty[i], bitmap[i]);
	munmap(bitmap, bytes);
	return r;
}

/* --- the engine's part of hv_query_dirty() ----------------------------------------------------------- */

int kvm_collect_dirty(struct hv_partition *partition, const struct hv_slot *slot)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	const struct kvm_region *region = kvm_find_region(kvm, slot);

	if (!region)
		return -ENOENT;
	if (!kvm->has_rings)
		return collect_bitmap(kvm, region);
	harvest_all(kvm);
	return 0;
}

/* KVM_GET_DIRTY_LOG has made the pages it gave tracked again. */
int kvm_sync_dirty(struct hv_partition *partition, const struct hv_slot *slot)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	int r = 0;

	(void)slot;
	if (kvm->has_rings)
		r = kvm_ioctl(kvm->vm, KVM_RESET_DIRTY_RINGS, NULL); /* how many */
	return r < 0 ? r : 0;
}
