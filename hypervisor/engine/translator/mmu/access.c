/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem_*(): guest memory for the interpreter. The lookup is the one that translated code does inline; what
 * misses goes page by page through the walk.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/mmu/mmu_priv.h"
#include "engine/translator/jit/jit.h"

#include <errno.h>

typedef uint16_t __attribute__((aligned(1), may_alias)) unaligned16;
typedef uint32_t __attribute__((aligned(1), may_alias)) unaligned32;
typedef uint64_t __attribute__((aligned(1), may_alias)) unaligned64;

/* One move for the sizes of operands: other VPs must not see them torn. */
static inline void copy(void *to, const void *from, unsigned size)
{
	switch (size) {
	case 1: *(volatile uint8_t *)to = *(const volatile uint8_t *)from; return;
	case 2: *(volatile unaligned16 *)to = *(const volatile unaligned16 *)from; return;
	case 4: *(volatile unaligned32 *)to = *(const volatile unaligned32 *)from; return;
	case 8: *(volatile unaligned64 *)to = *(const volatile unaligned64 *)from; return;
	default: break;
	}
	if (size > 64 || (size & 7)) {
		bytes_copy(to, from, size);
		return;
	}
	for (unsigned i = 0; i < size; i += 8)
		*(volatile unaligned64 *)((uint8_t *)to + i) =
		    *(const volatile unaligned64 *)((const uint8_t *)from + i);
}

/* An access in at most two pages. */
struct pieces {
	unsigned count;
	unsigned size[2];
	struct mem_target target[2];
};

static uint64_t next_page(const struct vcpu *cpu, uint64_t linear)
{
	uint64_t next = PAGE_OF(linear) + PAGE_BYTES;

	/* Outside 64-bit mode addresses wrap at 4 GiB; descriptor tables above that keep theirs. */
	return cpu_mode(cpu) != MODE_64 && linear <= UINT32_MAX ? (uint32_t)next : next;
}

/* Finds the page of `linear`, in the TLB or by a walk; raises its faults. */
static void target_find(struct vcpu *cpu, uint64_t linear, unsigned access, struct mem_target *ret_target)
{
	enum tlb_mode mode = access_tlb_mode(cpu, access);
	unsigned index = tlb_index(linear);
	const struct tlb_entry *entry = &cpu->tlb[mode][index];
	bool write = access & MEM_WRITE;
	struct mmu_page page;

	if ((write ? entry->tag_write : entry->tag_read) == PAGE_OF(linear)) {
		ret_target->host = (uint8_t *)entry->host + PAGE_OFFSET(linear);
		ret_target->gpa = cpu->tlb_side[mode][index].gpa + PAGE_OFFSET(linear);
		ret_target->has_code = false;
		return;
	}
	mmu_translate(cpu, linear, mode, access, &page);
	tlb_install(cpu, mode, linear, &page, write, ret_target);
}

static void pieces_find(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access,
			struct pieces *pieces)
{
	unsigned room = PAGE_BYTES - PAGE_OFFSET(linear);

	pieces->count = size > room ? 2 : 1;
	pieces->size[0] = size > room ? room : size;
	pieces->size[1] = size - pieces->size[0];
	/* The processor looks at the whole operand's address before it looks for its pages. */
	if (pieces->count == 2 && mmu_is_canonical(cpu, linear))
		mmu_check_canonical(cpu, next_page(cpu, linear), access);
	target_find(cpu, linear, access, &pieces->target[0]);
	if (pieces->count == 2)
		target_find(cpu, next_page(cpu, linear), access, &pieces->target[1]);
}

static __attribute__((noinline)) void read_slow(struct vcpu *cpu, uint64_t linear, uint8_t *buffer,
						unsigned size, unsigned access)
{
	struct pieces pieces;

	pieces_find(cpu, linear, size, access & ~(unsigned)MEM_WRITE, &pieces);
	for (unsigned i = 0; i < pieces.count; i++) {
		const struct mem_target *target = &pieces.target[i];

		if (target->host)
			copy(buffer, target->host, pieces.size[i]);
		else
			mmio_read(cpu, target->gpa, buffer, pieces.size[i]);
		buffer += pieces.size[i];
	}
}

void mem_read(struct vcpu *cpu, uint64_t linear, void *buffer, unsigned size, unsigned access)
{
	const struct tlb_entry *entry = &cpu->tlb[access_tlb_mode(cpu, access)][tlb_index(linear)];
	uint64_t offset = linear ^ entry->tag_read;

	if (__builtin_expect(offset <= PAGE_BYTES - size, 1))
		copy(buffer, (const uint8_t *)entry->host + offset, size);
	else
		read_slow(cpu, linear, buffer, size, access);
}

static void memory_write(struct vcpu *cpu, const struct mem_target *target, const uint8_t *buffer,
			 unsigned size)
{
	copy(target->host, buffer, size);
	if (target->has_code)
		jit_code_written(cpu->translator, cpu, target->gpa, size);
}

static __attribute__((noinline)) void write_slow(struct vcpu *cpu, uint64_t linear, const uint8_t *buffer,
						 unsigned size, unsigned access)
{
	struct pieces pieces;
	unsigned at = 0;

	pieces_find(cpu, linear, size, access | MEM_WRITE, &pieces);
	/* Devices first: that may leave and start again, when nothing must be written yet. */
	for (unsigned i = 0; i < pieces.count; at += pieces.size[i++])
		if (!pieces.target[i].host)
			mmio_write(cpu, pieces.target[i].gpa, buffer + at, pieces.size[i]);
	at = 0;
	for (unsigned i = 0; i < pieces.count; at += pieces.size[i++])
		if (pieces.target[i].host)
			memory_write(cpu, &pieces.target[i], buffer + at, pieces.size[i]);
}

void mem_write(struct vcpu *cpu, uint64_t linear, const void *buffer, unsigned size, unsigned access)
{
	const struct tlb_entry *entry = &cpu->tlb[access_tlb_mode(cpu, access)][tlb_index(linear)];
	uint64_t offset = linear ^ entry->tag_write;

	if (__builtin_expect(offset <= PAGE_BYTES - size, 1))
		copy((uint8_t *)entry->host + offset, buffer, size);
	else
		write_slow(cpu, linear, buffer, size, access);
}

void mem_check_write(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access)
{
	struct pieces pieces;

	pieces_find(cpu, linear, size, access | MEM_WRITE, &pieces);
}

/* --- the caller's own instructions on host memory ----------------------------------------------------- */

void *mem_atomic(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access)
{
	struct mem_target target;

	if (PAGE_OFFSET(linear) + size > PAGE_BYTES)
		return NULL;
	target_find(cpu, linear, access | MEM_WRITE, &target);
	return target.host;
}

/* The guest-physical address of a page that was accessed just now, if writes to it are not inline. */
static bool written_code_page(struct vcpu *cpu, uint64_t linear, uint64_t *ret_gpa)
{
	unsigned index = tlb_index(linear);
	struct mmu_page page;

	for (unsigned mode = 0; mode < TLB_MODES; mode++) {
		const struct tlb_entry *entry = &cpu->tlb[mode][index];

		if (entry->tag_write == PAGE_OF(linear))
			return false;
		if (entry->tag_read == PAGE_OF(linear)) {
			*ret_gpa = cpu->tlb_side[mode][index].gpa;
			return true;
		}
	}
	if (!mmu_is_canonical(cpu, linear) || !mmu_walk(cpu, linear, TLB_KERNEL, WALK_PROBE, &page))
		return false;
	*ret_gpa = page.gpa;
	return true;
}

void mem_atomic_done(struct vcpu *cpu, uint64_t linear, unsigned size)
{
	uint64_t gpa;

	if (written_code_page(cpu, linear, &gpa) && jit_page_has_code(cpu->translator, gpa))
		jit_code_written(cpu->translator, cpu, gpa + PAGE_OFFSET(linear), size);
}

void *mem_span(struct vcpu *cpu, uint64_t linear, uint64_t wanted, uint64_t *ret_size, unsigned access)
{
	uint64_t room = PAGE_BYTES - PAGE_OFFSET(linear);
	struct mem_target target;

	target_find(cpu, linear, access, &target);
	if (!target.host || target.has_code)
		return NULL;
	*ret_size = wanted < room ? wanted : room;
	return target.host;
}

/* --- code -------------------------------------------------------------------------------------------- */

/* Code fetched from where no memory is reads as ones, like the bus. */
static unsigned fetch_page(struct vcpu *cpu, uint64_t linear, uint8_t *bytes, unsigned size)
{
	const struct code_tlb_entry *entry = mem_code_page(cpu, linear);
	unsigned room = PAGE_BYTES - PAGE_OFFSET(linear);

	if (size > room)
		size = room;
	if (entry)
		copy(bytes, entry->host + PAGE_OFFSET(linear), size);
	else
		bytes_fill(bytes, 0xff, size);
	return size;
}

unsigned mem_fetch(struct vcpu *cpu, uint64_t linear, uint8_t *bytes, unsigned need)
{
	unsigned size = fetch_page(cpu, linear, bytes, 15);

	/* The second page counts only once the instruction is known to reach it. */
	if (size < need)
		size += fetch_page(cpu, next_page(cpu, linear), bytes + size, 15 - size);
	return size;
}

int mmu_peek(struct vcpu *cpu, uint64_t linear, void *buffer, unsigned size)
{
	uint8_t *to = buffer;

	while (size > 0) {
		unsigned room = PAGE_BYTES - PAGE_OFFSET(linear), count = size < room ? size : room;
		struct mmu_page page;
		const void *host;

		if (!mmu_is_canonical(cpu, linear) || !mmu_walk(cpu, linear, TLB_KERNEL, WALK_PROBE, &page))
			return -EFAULT;
		host = memory_host(cpu->slots, page.gpa + PAGE_OFFSET(linear), count, false);
		if (!host)
			return -EFAULT;
		bytes_copy(to, host, count);
		to += count;
		linear = next_page(cpu, linear);
		size -= count;
	}
	return 0;
}
