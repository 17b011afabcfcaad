/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of mmu/ share. The user's header is mmu.h. */
#ifndef HV_TRANSLATOR_MMU_PRIV_H
#define HV_TRANSLATOR_MMU_PRIV_H

#include "engine/translator/mmu/mmu.h"

#define PAGE_BYTES	     4096u
#define PAGE_OFFSET(address) ((address)&4095u)
#define PAGE_OF(address)     ((address) & ~(uint64_t)4095)

/* SDM 3, 4.7. */
enum page_fault_error {
	PF_PRESENT = 1 << 0,
	PF_WRITE = 1 << 1,
	PF_USER = 1 << 2,
	PF_RESERVED = 1 << 3,
	PF_FETCH = 1 << 4,
};

/* Beside enum mem_access: walk without permission checks, accessed and dirty bits. */
#define WALK_PROBE 0x8000u

struct mmu_page {	/* what a walk found, or why it failed */
	uint64_t gpa;	/* of the 4 KiB page */
	uint32_t error; /* of the page fault */
	uint8_t shift;	/* 12, 21, 22, 30 */
	uint8_t user;	/* user-mode access allowed at every level */
	uint8_t writable;
	uint8_t nx;
	uint8_t dirty;
	uint8_t global;
};

/* false: page fault with page->error. `access`: MEM_WRITE, MEM_EXECUTE, WALK_PROBE count. */
bool mmu_walk(struct vcpu *cpu, uint64_t linear, enum tlb_mode mode, unsigned access, struct mmu_page *page);
/* #GP(0), or #SS(0) with MEM_STACK, for an address that is none. */
void mmu_check_canonical(struct vcpu *cpu, uint64_t linear, unsigned access);
/* mmu_walk() after the canonical check; raises instead of returning false. */
void mmu_translate(struct vcpu *cpu, uint64_t linear, enum tlb_mode mode, unsigned access,
		   struct mmu_page *page);

static inline bool mmu_is_canonical(const struct vcpu *cpu, uint64_t linear)
{
	return !cpu_long_mode(cpu) || (uint64_t)((int64_t)(linear << 16) >> 16) == linear;
}

/* Where one byte and the rest of its page are. */
struct mem_target {
	uint8_t *host; /* NULL: device memory, or a write to ROM */
	uint64_t gpa;
	bool has_code; /* a write must end in jit_code_written() */
};

/*
 * Makes the TLB entry for a page that mmu_walk() found (for a write: with MEM_WRITE) and says where the byte
 * at `linear` is.
 */
void tlb_install(struct vcpu *cpu, enum tlb_mode mode, uint64_t linear, const struct mmu_page *page,
		 bool write, struct mem_target *ret_target);

static inline unsigned tlb_index(uint64_t linear)
{
	return linear >> 12 & (TLB_ENTRIES - 1);
}

/* Implicit supervisor accesses never have the leave of RFLAGS.AC (SDM 3, 4.6.1). */
static inline enum tlb_mode access_tlb_mode(const struct vcpu *cpu, unsigned access)
{
	if (access & MEM_SYSTEM)
		return TLB_KERNEL;
	return access & MEM_USER ? TLB_USER : (enum tlb_mode)cpu->tlb_mode;
}

/* The slot that holds that address, or NULL. */
const struct hv_slot *memory_slot_search(struct vcpu *cpu, uint64_t gpa);

static inline const struct hv_slot *memory_slot(struct vcpu *cpu, uint64_t gpa)
{
	const struct hv_slots *slots = cpu->slots;
	uint32_t last = cpu->last_slot;

	if (last < slots->count && gpa - slots->slot[last].gpa < slots->slot[last].size)
		return &slots->slot[last];
	return memory_slot_search(cpu, gpa);
}

static inline bool memory_is_dirty(const struct hv_slot *slot, uint64_t gpa)
{
	uint64_t page = (gpa - slot->gpa) >> 12;

	return atomic_load_explicit(&slot->dirty[page / 64], memory_order_relaxed) >> (page % 64) & 1;
}

static inline void memory_mark_dirty(const struct hv_slot *slot, uint64_t gpa)
{
	uint64_t page = (gpa - slot->gpa) >> 12;

	if (slot->dirty && !memory_is_dirty(slot, gpa))
		atomic_fetch_or(&slot->dirty[page / 64], 1ull << (page % 64));
}

/* Device memory and the local APIC; any size within one page. May leave (cpu.h). */
void mmio_read(struct vcpu *cpu, uint64_t gpa, uint8_t *buffer, unsigned size);
void mmio_write(struct vcpu *cpu, uint64_t gpa, const uint8_t *buffer, unsigned size);

#endif
