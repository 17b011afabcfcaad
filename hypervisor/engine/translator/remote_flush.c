/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/translator/remote_flush.h"

#include "engine/translator/jit/jit.h"
#include "engine/translator/mmu/mmu.h"

enum { SPINS = 2000 };

static void queue_add(struct flush_queue *queue, const uint64_t *pages, unsigned count)
{
	sys_lock(&queue->lock);
	if (count == 0)
		queue->count = FLUSH_PAGES_MAX + 1;
	for (unsigned i = 0; i < count && queue->count <= FLUSH_PAGES_MAX; i++) {
		unsigned further = pages[i] & 0xfff;
		if (queue->count + further + 1 > FLUSH_PAGES_MAX)
			queue->count = FLUSH_PAGES_MAX + 1;
		for (unsigned k = 0; k <= further && queue->count < FLUSH_PAGES_MAX; k++)
			queue->pages[queue->count++] = (pages[i] & ~0xfffull) + k * 4096ull;
	}
	sys_unlock(&queue->lock);
}

/* Copies and empties it, so that no flush runs under the lock. */
static unsigned queue_take(struct flush_queue *queue, uint64_t pages[FLUSH_PAGES_MAX])
{
	sys_lock(&queue->lock);
	unsigned count = queue->count;
	for (unsigned i = 0; i < count && i < FLUSH_PAGES_MAX; i++)
		pages[i] = queue->pages[i];
	queue->count = 0;
	sys_unlock(&queue->lock);
	return count;
}

void remote_flush_tell(struct vcpu *cpu)
{
	atomic_fetch_add(&cpu->flush.done, 1);
	sys_futex_wake(&cpu->flush.done, INT32_MAX);
}

void remote_flush_serve(struct vcpu *cpu)
{
	uint64_t pages[FLUSH_PAGES_MAX];
	atomic_fetch_and(&cpu->request, ~(uint32_t)REQUEST_FLUSH);
	unsigned count = queue_take(&cpu->flush, pages);
	cpu->flush.served++;
	if (count > FLUSH_PAGES_MAX) {
		tlb_flush_all(cpu);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		tlb_flush_page(cpu, pages[i]);
	jit_forget_contexts(cpu); /* they may belong to any other address space */
}

static bool is_done(struct vcpu *cpu)
{
	return !atomic_load(&cpu->in_guest) || !(atomic_load(&cpu->request) & REQUEST_FLUSH);
}

static void wait_for(struct vcpu *cpu)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (is_done(cpu))
			return;
		__builtin_ia32_pause();
	}
	for (;;) {
		uint32_t seen = atomic_load(&cpu->flush.done);
		if (is_done(cpu))
			return;
		sys_futex_wait(&cpu->flush.done, seen);
	}
}

void remote_flush(struct translator *translator, uint64_t vps, const uint64_t *pages, unsigned count)
{
	for (uint64_t left = vps; left; left &= left - 1) {
		struct vcpu *cpu = translator->vcpus[__builtin_ctzll(left)];
		if (!cpu)
			continue;
		queue_add(&cpu->flush, pages, count);
		atomic_fetch_or(&cpu->request, REQUEST_FLUSH);
	}
	for (uint64_t left = vps; left; left &= left - 1) {
		struct vcpu *cpu = translator->vcpus[__builtin_ctzll(left)];
		if (cpu)
			wait_for(cpu);
	}
}
