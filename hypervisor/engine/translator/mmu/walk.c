/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page walk (SDM 3, chapter 4). Entries are read through host pointers, each once; accessed and dirty
 * bits are set after the access turned out to be allowed, by compare-and-exchange with the value that was
 * judged, and a lost race starts the walk again.
 */
#include "engine/translator/mmu/mmu_priv.h"
#include "engine/translator/jit/jit.h"

enum {
	PTE_P = 1 << 0,
	PTE_RW = 1 << 1,
	PTE_US = 1 << 2,
	PTE_A = 1 << 5,
	PTE_D = 1 << 6,
	PTE_PS = 1 << 7,
	PTE_G = 1 << 8,
};
#define PTE_NX		(1ull << 63)
#define PTE_ADDRESS	0x000ffffffffff000ull
#define BITS(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))

enum { WALK_LEVELS = 4, WALK_TRIES = 64 };

struct walk {
	uint64_t gpa[WALK_LEVELS]; /* of the entries used, by level (0: page table) */
	uint64_t value[WALK_LEVELS];
	unsigned top, leaf;  /* levels used: top down to leaf */
	unsigned entry_size; /* 4 or 8 */
};

/* Page tables in device memory or nowhere read as all ones, which is an entry with reserved bits. */
static uint64_t entry_read(struct vcpu *cpu, uint64_t gpa)
{
	const struct hv_slot *slot = memory_slot(cpu, gpa);

	if (__builtin_expect(!slot, 0))
		return ~0ull;
	return *(const volatile uint64_t *)(slot->host + (gpa - slot->gpa));
}

static uint32_t entry_read32(struct vcpu *cpu, uint64_t gpa)
{
	const struct hv_slot *slot = memory_slot(cpu, gpa);

	if (!slot)
		return ~0u;
	return *(const volatile uint32_t *)(slot->host + (gpa - slot->gpa));
}

static bool entry_exchange(void *host, unsigned size, uint64_t old, uint64_t new)
{
	if (size == 8)
		return __atomic_compare_exchange_n((uint64_t *)host, &old, new, false, __ATOMIC_SEQ_CST,
						   __ATOMIC_SEQ_CST);

	uint32_t old32 = (uint32_t)old;

	return __atomic_compare_exchange_n((uint32_t *)host, &old32, (uint32_t) new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* false: the entry has changed since it was read. Entries in ROM stay as they are. */
static bool entry_set_bits(struct vcpu *cpu, const struct walk *walk, unsigned level, uint64_t bits)
{
	uint64_t gpa = walk->gpa[level], old = walk->value[level];
	const struct hv_slot *slot;

	if ((old & bits) == bits)
		return true;
	slot = memory_slot(cpu, gpa);
	if (!slot || !(slot->flags & HV_MAP_WRITE))
		return true;
	if (!entry_exchange(slot->host + (gpa - slot->gpa), walk->entry_size, old, old | bits))
		return false;
	memory_mark_dirty(slot, gpa);
	if (jit_page_has_code(cpu->translator, PAGE_OF(gpa)))
		jit_code_written(cpu->translator, cpu, gpa, walk->entry_size);
	return true;
}

static bool set_accessed(struct vcpu *cpu, const struct walk *walk, bool write)
{
	for (unsigned level = walk->top; level > walk->leaf; level--)
		if (!entry_set_bits(cpu, walk, level, PTE_A))
			return false;
	return entry_set_bits(cpu, walk, walk->leaf, write ? PTE_A | PTE_D : PTE_A);
}

static uint32_t fault_error(const struct vcpu *cpu, enum tlb_mode mode, unsigned access)
{
	uint32_t error = mode == TLB_USER ? PF_USER : 0;

	if (access & MEM_WRITE)
		error |= PF_WRITE;
	/* The fetch bit is reported only when some mechanism can forbid fetches (SDM 3, 4.7). */
	if ((access & MEM_EXECUTE) &&
	    ((cpu->cr4 & CR4_SMEP) || ((cpu->cr4 & CR4_PAE) && (cpu->efer & EFER_NXE))))
		error |= PF_FETCH;
	return error;
}

static bool walk_failed(const struct vcpu *cpu, enum tlb_mode mode, unsigned access, uint32_t error,
			struct mmu_page *page)
{
	page->error = fault_error(cpu, mode, access) | error;
	return false;
}

/* SDM 3, 4.6.1. */
static bool is_allowed(const struct vcpu *cpu, enum tlb_mode mode, unsigned access,
		       const struct mmu_page *page)
{
	if (mode == TLB_USER) {
		if (!page->user || ((access & MEM_WRITE) && !page->writable))
			return false;
		return !(access & MEM_EXECUTE) || !page->nx;
	}
	if (access & MEM_EXECUTE)
		return !page->nx && !(page->user && (cpu->cr4 & CR4_SMEP));
	if (page->user && mode == TLB_KERNEL && (cpu->cr4 & CR4_SMAP))
		return false;
	return !(access & MEM_WRITE) || page->writable || !(cpu->cr0 & CR0_WP);
}

/* Bits that must be 0 in every 8-byte entry. */
static uint64_t reserved_always(const struct vcpu *cpu)
{
	uint64_t reserved = BITS(51, 0) & ~BITS(cpu->cpuid->physical_bits - 1u, 0);

	if (!(cpu->efer & EFER_NXE))
		reserved |= PTE_NX;
	if (!cpu_long_mode(cpu))
		reserved |= BITS(62, 52);
	return reserved;
}

/*
 * More of them, by level. PS at level 3 is always reserved; at level 2 it makes a 1 GiB page where these are
 * offered.
 */
static bool has_reserved_large(const struct vcpu *cpu, uint64_t value, unsigned level)
{
	if (level == 3)
		return true;
	if (level == 2)
		return !cpuid_has(cpu->cpuid, CPUID_PDPE1GB) || (value & BITS(29, 13));
	return value & BITS(20, 13);
}

/* 4-level (from level 3) and PAE (from level 1). */
static bool walk_wide(struct vcpu *cpu, uint64_t linear, uint64_t table, struct walk *walk,
		      struct mmu_page *page)
{
	uint64_t reserved = reserved_always(cpu), all = PTE_RW | PTE_US, any = 0, value;
	unsigned level = walk->top;

	walk->entry_size = 8;
	for (;; level--) {
		walk->gpa[level] = table + ((linear >> (12 + 9 * level)) & 511) * 8;
		value = walk->value[level] = entry_read(cpu, walk->gpa[level]);
		if (!(value & PTE_P)) {
			page->error = 0;
			return false;
		}
		if (__builtin_expect(value & reserved, 0))
			goto is_reserved;
		all &= value;
		any |= value;
		if (level == 0)
			break;
		if (value & PTE_PS) {
			if (has_reserved_large(cpu, value, level))
				goto is_reserved;
			break;
		}
		table = value & PTE_ADDRESS;
	}
	walk->leaf = level;
	page->shift = (uint8_t)(12 + 9 * level);
	page->gpa = ((value & PTE_ADDRESS & ~BITS(page->shift - 1u, 0)) |
		     (linear & BITS(page->shift - 1u, 0) & PTE_ADDRESS));
	page->user = !!(all & PTE_US);
	page->writable = !!(all & PTE_RW);
	page->nx = any >> 63;
	return true;
is_reserved:
	page->error = PF_PRESENT | PF_RESERVED;
	return false;
}

/* 32-bit paging, with 4 MiB pages (CR4.PSE) whose addresses may have 40 bits (PSE-36; SDM 3, table 4-4). */
static bool walk_narrow(struct vcpu *cpu, uint64_t linear, struct walk *walk, struct mmu_page *page)
{
	uint32_t pde, pte;

	walk->entry_size = 4;
	walk->top = 1;
	walk->gpa[1] = (cpu->cr3 & 0xfffff000) + (linear >> 22 & 1023) * 4;
	pde = entry_read32(cpu, walk->gpa[1]);
	walk->value[1] = pde;
	page->error = 0;
	page->nx = 0;
	if (!(pde & PTE_P))
		return false;
	if ((pde & PTE_PS) && (cpu->cr4 & CR4_PSE)) {
		page->error = PF_PRESENT | PF_RESERVED;
		if (pde & BITS(21, 21))
			return false;
		walk->leaf = 1;
		page->shift = 22;
		page->gpa = (pde & 0xffc00000) | (uint64_t)(pde >> 13 & 0xff) << 32 | (linear & 0x3ff000);
		page->user = !!(pde & PTE_US);
		page->writable = !!(pde & PTE_RW);
		return true;
	}
	walk->gpa[0] = (pde & 0xfffff000) + (linear >> 12 & 1023) * 4;
	pte = entry_read32(cpu, walk->gpa[0]);
	walk->value[0] = pte;
	if (!(pte & PTE_P))
		return false;
	walk->leaf = 0;
	page->shift = 12;
	page->gpa = pte & 0xfffff000;
	page->user = !!(pde & pte & PTE_US);
	page->writable = !!(pde & pte & PTE_RW);
	return true;
}

static bool walk_tables(struct vcpu *cpu, uint64_t linear, struct walk *walk, struct mmu_page *page)
{
	uint64_t pdpte;

	if (cpu_long_mode(cpu)) {
		walk->top = 3;
		return walk_wide(cpu, linear, cpu->cr3 & PTE_ADDRESS, walk, page);
	}
	if (!(cpu->cr4 & CR4_PAE))
		return walk_narrow(cpu, linear, walk, page);
	pdpte = cpu->pdpte[linear >> 30 & 3];
	page->error = 0;
	if (!(pdpte & PTE_P))
		return false;
	walk->top = 1;
	return walk_wide(cpu, linear, pdpte & PTE_ADDRESS, walk, page);
}

static void page_unpaged(uint64_t linear, struct mmu_page *page)
{
	*page =
	    (struct mmu_page){ .gpa = PAGE_OF(linear), .shift = 12, .user = 1, .writable = 1, .dirty = 1 };
}

bool mmu_walk(struct vcpu *cpu, uint64_t linear, enum tlb_mode mode, unsigned access, struct mmu_page *page)
{
	struct walk walk;

	if (!(cpu->cr0 & CR0_PG)) {
		page_unpaged(linear, page);
		return true;
	}
	for (unsigned tries = 0; tries < WALK_TRIES; tries++) {
		if (!walk_tables(cpu, linear, &walk, page))
			return walk_failed(cpu, mode, access, page->error, page);
		page->global = (walk.value[walk.leaf] & PTE_G) && (cpu->cr4 & CR4_PGE);
		page->dirty = (walk.value[walk.leaf] & PTE_D) || (access & MEM_WRITE);
		if (access & WALK_PROBE)
			return true;
		if (!is_allowed(cpu, mode, access, page))
			return walk_failed(cpu, mode, access, PF_PRESENT, page);
		if (set_accessed(cpu, &walk, access & MEM_WRITE))
			return true;
	}
	/* Another VP changes the entry faster than it can be marked: as if this VP had met it in between. */
	return walk_failed(cpu, mode, access, 0, page);
}

void mmu_check_canonical(struct vcpu *cpu, uint64_t linear, unsigned access)
{
	if (!mmu_is_canonical(cpu, linear))
		cpu_raise_error(cpu, access & MEM_STACK ? VECTOR_SS : VECTOR_GP, 0);
}

void mmu_translate(struct vcpu *cpu, uint64_t linear, enum tlb_mode mode, unsigned access,
		   struct mmu_page *page)
{
	mmu_check_canonical(cpu, linear, access);
	if (!mmu_walk(cpu, linear, mode, access, page))
		cpu_raise_page_fault(cpu, linear, page->error);
}

bool mmu_load_pdptes(struct vcpu *cpu, uint64_t cr3)
{
	/* SDM 3, 4.4.1: bits 1, 2, 5..8 and those above MAXPHYADDR, in present entries. */
	uint64_t reserved = BITS(2, 1) | BITS(8, 5) | ~BITS(cpu->cpuid->physical_bits - 1u, 0), pdpte[4];

	for (unsigned i = 0; i < 4; i++) {
		pdpte[i] = entry_read(cpu, (cr3 & 0xffffffe0) + i * 8);
		if ((pdpte[i] & PTE_P) && (pdpte[i] & reserved))
			return false;
	}
	for (unsigned i = 0; i < 4; i++)
		cpu->pdpte[i] = pdpte[i];
	return true;
}
