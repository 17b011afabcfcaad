/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest-physical memory: the sorted set of slots and the dirty bitmaps. A set is never edited: a new one is
 * made, the engine installs it while no VP executes guest code, and then the old one is freed.
 */
#include "core/core_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, WORD_BITS = 64 };

static uint64_t page_count(uint64_t size)
{
	return size / PAGE_BYTES;
}

static size_t dirty_words(uint64_t size)
{
	return (size_t)((page_count(size) + WORD_BITS - 1) / WORD_BITS);
}

/* --- the set ----------------------------------------------------------------------------------------- */

static int range_check(uint64_t gpa, uint64_t size)
{
	const uint64_t end = 1ull << HV_GPA_BITS;

	if (size == 0 || (gpa | size) % PAGE_BYTES != 0)
		return -EINVAL;
	return gpa >= end || size > end - gpa ? -EINVAL : 0;
}

static struct hv_slots *slots_copy(const struct hv_slots *slots)
{
	struct hv_slots *copy = malloc(sizeof(*copy));

	if (copy)
		*copy = *slots;
	return copy;
}

/* The slot with exactly that range, or -1. */
static int slots_find(const struct hv_slots *slots, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < slots->count; i++)
		if (slots->slot[i].gpa == gpa && slots->slot[i].size == size)
			return (int)i;
	return -1;
}

static bool slots_overlap(const struct hv_slots *slots, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < slots->count; i++) {
		const struct hv_slot *slot = &slots->slot[i];

		if (gpa < slot->gpa + slot->size && slot->gpa < gpa + size)
			return true;
	}
	return false;
}

static void slots_insert(struct hv_slots *slots, const struct hv_slot *slot)
{
	unsigned at = 0;

	while (at < slots->count && slots->slot[at].gpa < slot->gpa)
		at++;
	memmove(&slots->slot[at + 1], &slots->slot[at], (slots->count - at) * sizeof(*slot));
	slots->slot[at] = *slot;
	slots->count++;
}

static void slots_remove(struct hv_slots *slots, unsigned at)
{
	slots->count--;
	memmove(&slots->slot[at], &slots->slot[at + 1], (slots->count - at) * sizeof(slots->slot[0]));
}

/* Takes over `slots`; the lock is held. */
static int slots_publish(struct hv_partition *partition, struct hv_slots *slots)
{
	struct hv_slots *old = atomic_load(&partition->slots);
	int r;

	pthread_rwlock_wrlock(&partition->memory_lock);
	r = partition->ops->set_slots(partition, slots);
	pthread_rwlock_unlock(&partition->memory_lock);
	free(r < 0 ? slots : old);
	return r;
}

int memory_init(struct hv_partition *partition)
{
	struct hv_slots *slots = calloc(1, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	atomic_store(&partition->slots, slots);
	return 0;
}

void memory_deinit(struct hv_partition *partition)
{
	struct hv_slots *slots = atomic_load(&partition->slots);

	if (!slots)
		return;
	for (unsigned i = 0; i < slots->count; i++)
		free((void *)slots->slot[i].dirty);
	free(slots);
	atomic_store(&partition->slots, NULL);
}

/* --- map and unmap ------------------------------------------------------------------------------------- */

static int slot_add(struct hv_partition *partition, const struct hv_slot *slot)
{
	const struct hv_slots *slots = atomic_load(&partition->slots);
	struct hv_slots *changed;

	if (slots_overlap(slots, slot->gpa, slot->size))
		return -EEXIST;
	if (slots->count == HV_MAX_SLOTS)
		return -ENOSPC;
	changed = slots_copy(slots);
	if (!changed)
		return -ENOMEM;
	slots_insert(changed, slot);
	return slots_publish(partition, changed);
}

int hv_map(struct hv_partition *partition, uint64_t gpa, void *host, uint64_t size, unsigned flags)
{
	struct hv_slot slot = { .gpa = gpa, .size = size, .host = host, .flags = flags };
	int r = range_check(gpa, size);

	if (r < 0 || !host || (uintptr_t)host % PAGE_BYTES != 0 ||
	    (flags & ~(unsigned)(HV_MAP_WRITE | HV_MAP_TRACK)))
		return -EINVAL;
	if (flags & HV_MAP_TRACK) {
		slot.dirty = calloc(dirty_words(size), sizeof(*slot.dirty));
		if (!slot.dirty)
			return -ENOMEM;
	}
	pthread_mutex_lock(&partition->lock);
	r = slot_add(partition, &slot);
	pthread_mutex_unlock(&partition->lock);
	if (r < 0)
		free((void *)slot.dirty);
	return r;
}

static int slot_drop(struct hv_partition *partition, uint64_t gpa, uint64_t size,
		     _Atomic uint64_t **ret_dirty)
{
	const struct hv_slots *slots = atomic_load(&partition->slots);
	int at = slots_find(slots, gpa, size), r;
	_Atomic uint64_t *dirty;
	struct hv_slots *changed;

	if (at < 0)
		return -ENOENT;
	dirty = slots->slot[at].dirty;
	changed = slots_copy(slots);
	if (!changed)
		return -ENOMEM;
	slots_remove(changed, (unsigned)at);
	r = slots_publish(partition, changed);
	if (r == 0)
		*ret_dirty = dirty;
	return r;
}

int hv_unmap(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	_Atomic uint64_t *dirty = NULL;
	int r;

	pthread_mutex_lock(&partition->lock);
	r = slot_drop(partition, gpa, size, &dirty);
	pthread_mutex_unlock(&partition->lock);
	free((void *)dirty);
	return r;
}

/* --- dirty pages ------------------------------------------------------------------------------------- */

static void slot_mark_dirty(const struct hv_slot *slot, uint64_t gpa, uint64_t size)
{
	uint64_t first = (gpa - slot->gpa) / PAGE_BYTES, last = (gpa - slot->gpa + size - 1) / PAGE_BYTES;

	for (uint64_t page = first; page <= last; page++)
		atomic_fetch_or(&slot->dirty[page / WORD_BITS], 1ull << page % WORD_BITS);
}

void memory_slot_written(struct hv_partition *partition, const struct hv_slot *slot, uint64_t gpa,
			 uint64_t end)
{
	uint64_t from = gpa > slot->gpa ? gpa : slot->gpa;
	uint64_t to = end < slot->gpa + slot->size ? end : slot->gpa + slot->size;

	if (from >= to)
		return;
	if (slot->dirty)
		slot_mark_dirty(slot, from, to - from);
	partition->ops->memory_written(partition, from, to - from);
}

void hv_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	uint64_t end = size > UINT64_MAX - gpa ? UINT64_MAX : gpa + size;
	const struct hv_slots *slots;

	pthread_mutex_lock(&partition->lock);
	slots = atomic_load(&partition->slots);
	for (unsigned i = 0; i < slots->count; i++)
		memory_slot_written(partition, &slots->slot[i], gpa, end);
	pthread_mutex_unlock(&partition->lock);
}

/* Words come out lowest bit first, as the bytes of the caller's bitmap lie. */
static void dirty_take(const struct hv_slot *slot, uint8_t *bitmap)
{
	size_t left = (size_t)((page_count(slot->size) + 7) / 8);

	for (size_t i = 0; left > 0; i++) {
		uint64_t word = atomic_exchange(&slot->dirty[i], 0);
		size_t bytes = left < sizeof(word) ? left : sizeof(word);

		memcpy(bitmap + i * sizeof(word), &word, bytes);
		left -= bytes;
	}
}

static int dirty_query(struct hv_partition *partition, uint64_t gpa, uint64_t size, void *bitmap)
{
	const struct hv_slots *slots = atomic_load(&partition->slots);
	int at = slots_find(slots, gpa, size), r = 0;

	if (at < 0 || !slots->slot[at].dirty)
		return -ENOENT;
	if (partition->ops->collect_dirty)
		r = partition->ops->collect_dirty(partition, &slots->slot[at]);
	if (r < 0)
		return r;
	/*
	 * In this order: a VP may write on without marking until sync_dirty() returns, but only to pages that
	 * are in `bitmap` (the caller reads them after this call) or that it marks anew.
	 */
	dirty_take(&slots->slot[at], bitmap);
	return partition->ops->sync_dirty(partition, &slots->slot[at]);
}

int hv_query_dirty(struct hv_partition *partition, uint64_t gpa, uint64_t size, void *bitmap,
		   size_t bitmap_bytes)
{
	int r;

	if (bitmap_bytes < (page_count(size) + 7) / 8)
		return -EINVAL;
	pthread_mutex_lock(&partition->lock);
	r = dirty_query(partition, gpa, size, bitmap);
	pthread_mutex_unlock(&partition->lock);
	return r;
}
