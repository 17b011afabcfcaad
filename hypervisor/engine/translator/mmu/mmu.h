/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory as instructions see it: paging (SDM 3, chapter 4), the software TLB, physical memory and MMIO.
 *
 * Paging     None, 32-bit (PSE), PAE, 4-level; 4 KiB, 2 MiB, 4 MiB, 1 GiB pages; NX, WP, SMEP, SMAP, global pages, PCID (a TLB that keeps nothing
 *            across CR3 is always right), reserved bits, accessed and dirty bits set by compare-and-exchange in the guest's entry.
 * Faults     The mem_*() calls do not return on a page fault, a non-canonical address (#GP(0), or #SS(0) for `stack`), or an MMIO access that
 *            the caller of hv_vp_run() must answer: see cpu.h. Nothing is written unless all of the access is allowed.
 * Threads    The VP's own.
 */
#ifndef HV_TRANSLATOR_MMU_H
#define HV_TRANSLATOR_MMU_H

#include "engine/translator/cpu.h"

enum mem_access {
	MEM_READ = 0,
	MEM_WRITE = 1,
	MEM_EXECUTE = 2,
	/* implicit supervisor access (descriptor tables, TSS, page tables): CPL does not count */
	MEM_SYSTEM = 4,
	MEM_STACK = 8, /* non-canonical address: #SS(0) instead of #GP(0) */
	/* as CPL 3 whatever the CPL is (pushes during a privilege change to an outer level do not need it) */
	MEM_USER = 16,
};

/*
 * `linear` is a linear address (segment base added, wrapped to 32 bits outside 64-bit mode by the caller). Sizes 1..4096; accesses of up to
 * 8 aligned bytes within a page are single copies (not torn). They may cross one page boundary.
 */
void mem_read(struct vcpu *cpu, uint64_t linear, void *buffer, unsigned size, unsigned access);
void mem_write(struct vcpu *cpu, uint64_t linear, const void *buffer, unsigned size, unsigned access);
/* Raises what a write of that size would raise, writes nothing: for instructions that must not half-happen. */
void mem_check_write(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access);
/*
 * For read-modify-write with the host's own atomic instructions: the host address of `size` writable bytes, or NULL when it is not plain memory in
 * one page (the caller then takes exclusive_begin() and uses mem_read() and mem_write()). The access counts as a write; when the
 * page holds translated code the caller must call mem_atomic_done() after writing (harmless otherwise).
 */
void *mem_atomic(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access);
void mem_atomic_done(struct vcpu *cpu, uint64_t linear, unsigned size);
/*
 * A run of plain memory for REP strings: host address and length (<= wanted) of the longest piece from `linear` on within one page, NULL when not plain
 * (MMIO, ROM for writes, code page for writes). Faults as an access of 1 byte.
 */
void *mem_span(struct vcpu *cpu, uint64_t linear, uint64_t wanted, uint64_t *ret_size, unsigned access);

/* Up to 15 instruction bytes at linear address; raises only when the first byte cannot be fetched (or when `need` bytes cannot). Returns how many. */
unsigned mem_fetch(struct vcpu *cpu, uint64_t linear, uint8_t *bytes, unsigned need);
/* The page that code at `linear` runs from: fills the code TLB; raises #PF/#GP. Never MMIO: gives NULL when it is no RAM or ROM. */
const struct code_tlb_entry *mem_code_page(struct vcpu *cpu, uint64_t linear);

/* Without side effects or faults (debugger, tests). 0, or -EFAULT. */
int mmu_peek(struct vcpu *cpu, uint64_t linear, void *buffer, unsigned size);

/*
 * For translated code after an inline miss: makes the entry for `linear` in the present mode's table usable for an access of `size` bytes and returns true;
 * false when it never can be inline (crosses a page, MMIO, code page and write, ROM): interpret the instruction. Raises guest faults.
 */
bool mmu_fill(struct vcpu *cpu, uint64_t linear, unsigned size, bool write);

void tlb_flush_all(struct vcpu *cpu);			/* also global entries, code TLB and jump cache */
void tlb_flush_non_global(struct vcpu *cpu);		/* MOV CR3 */
void tlb_flush_page(struct vcpu *cpu, uint64_t linear); /* INVLPG */
/* While the partition is held exclusively: no entry of this VP allows inline writes to that page any more. */
void tlb_forbid_writes(struct vcpu *cpu, uint64_t gpa);

/* PAE: loads the four entries; returns false (#GP) when a reserved bit is set. */
bool mmu_load_pdptes(struct vcpu *cpu, uint64_t cr3);

/* Port access with replay (same log as MMIO). Returns the value read. */
uint32_t port_read(struct vcpu *cpu, uint16_t port, unsigned size);
void port_write(struct vcpu *cpu, uint16_t port, unsigned size, uint32_t value);
/* The instruction is complete: forget its accesses. The interpreter calls it after each commit (and after each element of a REP string). */
static inline void mmio_log_commit(struct vcpu *cpu)
{
	cpu->mmio.count = cpu->mmio.next = 0;
}

/* Guest-physical to host; NULL when [gpa, gpa+size) is not within one mapped range (or not writable for `write`). */
void *memory_host(const struct hv_slots *slots, uint64_t gpa, uint64_t size, bool write);

#endif
