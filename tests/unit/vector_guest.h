/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest for the vector unit's tests: a vcpu, a small fake of mmu.h over host memory (linear address = host
 * address), and a way to run one instruction and see what it raised.
 */
#ifndef TESTS_VECTOR_GUEST_H
#define TESTS_VECTOR_GUEST_H

#include "engine/translator/cpu.h"

enum { GUEST_PAGES = 4, GUEST_BYTES = GUEST_PAGES * 4096 };
enum guest_page { PAGE_WRITABLE, PAGE_READ_ONLY, PAGE_ABSENT, PAGE_MMIO };
enum { RAISED_NOTHING = -1, RAISED_LEFT = -2 /* cpu_leave() */, RAISED_UNDECODED = -3 };

struct guest {
	struct vcpu *cpu;
	uint8_t *memory; /* GUEST_BYTES, page-aligned */
	enum guest_page pages[GUEST_PAGES];
	int raised; /* vector, or one of RAISED_* */
	uint32_t error;
	uint64_t address;
	bool has_error;
	unsigned writes; /* calls of mem_write() that wrote */
};

extern _Thread_local struct guest *the_guest;

struct guest *guest_new(void);
void guest_free(struct guest *guest);
/* 64-bit, CPL 0, everything enabled. */
void guest_reset(struct guest *guest);
void guest_set_mode(struct guest *guest, enum insn_mode mode);
/* Executes one instruction with the state of cpu->vector_area; returns guest->raised. */
int guest_run(struct guest *guest, const uint8_t *bytes, unsigned size);
int guest_run_insn(struct guest *guest, const struct insn *insn);
/* `count` times within one vector_enter(); for measuring. */
void guest_repeat(struct guest *guest, const struct insn *insn, unsigned count);

#endif
