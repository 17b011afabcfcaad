/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vcpu with memory and page tables for tests of the MMU; jit and the ways out of an instruction are fakes
 * that record.
 */
#ifndef TEST_MMU_GUEST_H
#define TEST_MMU_GUEST_H

#include "check.h"

#include "engine/translator/mmu/mmu.h"

enum {
	RAM_PAGES = 4096, /* 16 MiB at 0 */
	RAM_BYTES = RAM_PAGES * 4096,
	ROM_GPA = 0x2000000,
	ROM_BYTES = 0x4000,
	TRACKED_GPA = 0x3000000,
	TRACKED_BYTES = 0x10000,
	MMIO_GPA = 0x4000000, /* nothing is there */
	TABLES_GPA = 0x100000,
};

enum paging {
	PAGING_NONE,
	PAGING_32,
	PAGING_32_4M,
	PAGING_PAE,
	PAGING_PAE_2M,
	PAGING_LONG,
	PAGING_LONG_2M,
	PAGING_LONG_1G,
	PAGING_COUNT
};
extern const char *const paging_names[PAGING_COUNT];

#define PTE_P  0x1ull
#define PTE_RW 0x2ull
#define PTE_US 0x4ull
#define PTE_A  0x20ull
#define PTE_D  0x40ull
#define PTE_PS 0x80ull
#define PTE_G  0x100ull
#define PTE_NX (1ull << 63)

extern struct vcpu *cpu;
extern uint8_t *ram, *rom, *tracked;
extern _Atomic uint64_t tracked_dirty[1];

/* What the fakes saw. */
struct seen {
	int vector; /* -1: nothing was raised */
	uint32_t error;
	uint64_t address;
	bool left; /* cpu_leave() */
	unsigned jump_flushes, code_writes;
	uint64_t code_gpa, code_size;
};
extern struct seen seen;
extern bool page_has_code[RAM_PAGES];
extern struct hv_exit guest_exit;

/* The calls of mmu.h as instructions: true when they came to their end, else `seen` says why not. */
bool try_read(uint64_t linear, void *buffer, unsigned size, unsigned access);
bool try_write(uint64_t linear, const void *buffer, unsigned size, unsigned access);
bool try_check_write(uint64_t linear, unsigned size, unsigned access);
bool try_code(uint64_t linear, const struct code_tlb_entry **ret_entry);
bool try_fetch(uint64_t linear, uint8_t *bytes, unsigned need, unsigned *ret_size);
bool try_atomic(uint64_t linear, unsigned size, void **ret_host);
bool try_span(uint64_t linear, uint64_t wanted, unsigned access, void **ret_host, uint64_t *ret_size);
bool try_fill(uint64_t linear, unsigned size, bool write, bool *ret_filled);
bool try_port_read(uint16_t port, unsigned size, uint32_t *ret_value);
bool try_port_write(uint16_t port, unsigned size, uint32_t value);

/* A fresh VP in that kind of paging at CPL 0 with empty tables; memory is zero. */
void guest_reset(enum paging paging);
void guest_set_cpl(unsigned cpl);
/*
 * Maps the page (of the paging's page size) around `linear`; `flags` are the leaf's without PTE_P and PS,
 * `upper` those of the levels above. Returns the leaf entry's gpa.
 */
uint64_t guest_map(uint64_t linear, uint64_t gpa, uint64_t flags, uint64_t upper);
unsigned guest_page_shift(enum paging paging);
/* Entry of that level on the way to `linear` (0: page table), after guest_map(). */
uint64_t guest_entry_gpa(uint64_t linear, unsigned level);
uint64_t guest_entry(uint64_t gpa);
void guest_set_entry(uint64_t gpa, uint64_t value);
/* What hv_vp_run() does before the instruction starts again: the answer goes into the log. */
void guest_answer(const void *data);

#endif
