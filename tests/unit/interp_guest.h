/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A processor with the real interpreter, decoder and MMU, a little memory, and descriptor tables of every
 * kind; the run loop is a small one that records what was raised and what went out through ports.
 */
#ifndef TEST_INTERP_GUEST_H
#define TEST_INTERP_GUEST_H

#include "check.h"

#include "engine/translator/interp/interp.h"
#include "engine/translator/mmu/mmu.h"

#include <stdio.h>
#include <string.h>

enum { /* guest-physical layout */
       RAM_BYTES = 4 << 20,
       IVT_AT = 0,
       GDT_AT = 0x1000,
       LDT_AT = 0x1800,
       IDT_AT = 0x2000,
       TSS_AT = 0x3000,
       TSS2_AT = 0x3800,
       HANDLERS_AT = 0x6000, /* vector n: HLT at HANDLERS_AT + n */
       CODE_AT = 0x8000,
       DATA_AT = 0x10000,
       STACK_TOP = 0x20000,	  /* of the running level */
       INNER_STACK_TOP = 0x24000, /* ring 0 in the TSS */
       IST_STACK_TOP = 0x28000,	  /* IST1 */
       RING1_STACK_TOP = 0x2c000,
       TABLES_AT = 0x100000,
       MMIO_AT = 0x40000000, /* nothing is mapped there */
};

enum selector { /* of the GDT; add the RPL */
		SEL_CODE32 = 0x08,
		SEL_DATA32 = 0x10,
		SEL_CODE32_USER = 0x18,
		SEL_DATA32_USER = 0x20,
		SEL_CODE16 = 0x28,
		SEL_DATA16 = 0x30,
		SEL_CONFORMING = 0x38,
		SEL_CODE64 = 0x40,
		SEL_CODE64_USER = 0x48,
		SEL_TSS = 0x50, /* 16 bytes in long mode */
		SEL_TSS2 = 0x60,
		SEL_LDT = 0x70,
		SEL_GATE = 0x80, /* call gate, 16 bytes in long mode */
		SEL_EXPAND_DOWN = 0x90,
		SEL_EXECUTE_ONLY = 0x98,
		SEL_READ_ONLY = 0xa0,
		SEL_ABSENT = 0xa8,
		SEL_SMALL = 0xb0,
		SEL_CODE1 = 0xb8,
		SEL_DATA1 = 0xc0,
		SEL_TASK_GATE = 0xc8,
		SEL_CODE_ABSENT = 0xd0,
		SEL_FREE = 0xe0, /* for the test; 16 bytes */
		GDT_BYTES = 0xf0,
};

enum guest_mode { GUEST_REAL, GUEST_32, GUEST_64, GUEST_COMPAT };

enum outcome { DONE, RAISED, LEFT };

extern struct vcpu *cpu;
extern uint8_t *ram;

/* What the last instruction did. */
struct seen {
	enum outcome outcome;
	int vector;
	bool has_error;
	uint32_t error;
	uint64_t address;
};
extern struct seen seen;

/* What went out through port 0xe9, and answers for reads of any port. */
extern char console[4096];
extern unsigned console_length;
extern uint32_t port_answer;
extern uint64_t mmio_answer;
extern unsigned exits;	 /* intercepts since the reset */
extern bool has_vector;	 /* vector instructions do nothing; else they are undefined */
extern unsigned upcalls; /* into Hyper-V's interface; all are accepted */

#define CHECK_EQ(actual, wanted)                                                                             \
	do {                                                                                                 \
		uint64_t actual_ = (uint64_t)(actual), wanted_ = (uint64_t)(wanted);                         \
		CHECK(actual_ == wanted_, "%s is %#llx, not %#llx", #actual, (unsigned long long)actual_,    \
		      (unsigned long long)wanted_);                                                          \
	} while (0)

/* Memory zeroed, tables built, CPL 0, interrupts off, rip at CODE_AT, rsp at STACK_TOP; identity paging in
 * the 64-bit modes. */
void guest_reset(enum guest_mode mode);
void guest_to_user(void); /* the same mode at CPL 3: user segments, same flat addresses */
void guest_set_v86(unsigned iopl);

uint64_t descriptor(uint32_t base, uint32_t limit, unsigned attr); /* attr as in struct segment */
void gdt_set(unsigned selector, uint64_t low);
uint64_t gate(uint16_t selector, uint32_t offset,
	      unsigned attr); /* attr: P, DPL, type; low byte: count or IST in bits 8.. */
void idt_set(unsigned vector, uint16_t selector, uint64_t offset, unsigned attr, unsigned ist);

uint64_t memory_read(uint64_t gpa, unsigned size);
void memory_store(uint64_t gpa, uint64_t value, unsigned size);
/* 4 KiB page at `linear` in the long-mode tables: present, writable, user bits, or 0 (long mode only; splits
 * the large page). */
void guest_map_page(uint64_t linear, uint64_t gpa, uint64_t flags);

/* Puts the bytes at rip. */
void code_put(const uint8_t *bytes, unsigned size);
#define CODE(...)                                                                                            \
	do {                                                                                                 \
		static const uint8_t code_[] = { __VA_ARGS__ };                                              \
		code_put(code_, sizeof(code_));                                                              \
	} while (0)

/* One instruction; intercepts are answered and the instruction is started again (outcome DONE in the end). */
enum outcome guest_step(void);
/* Puts the bytes at rip and executes one instruction. */
#define STEP(...)                                                                                            \
	do {                                                                                                 \
		CODE(__VA_ARGS__);                                                                           \
		guest_step();                                                                                \
	} while (0)
enum outcome guest_deliver(const struct exception *exception, bool external);
/* Steps, delivering what is raised, until HLT (true) or a shutdown or too many steps (false). */
bool guest_run(unsigned steps);

#define CHECK_DONE()                                                                                         \
	CHECK(seen.outcome == DONE, "raised vector %d error %#x at rip %#llx", seen.vector, seen.error,      \
	      (unsigned long long)cpu->rip)
#define CHECK_RAISED(wanted_vector, wanted_error)                                                            \
	CHECK(seen.outcome == RAISED && seen.vector == (wanted_vector) &&                                    \
		  seen.error == (uint32_t)(wanted_error),                                                    \
	      "outcome %d vector %d error %#x", seen.outcome, seen.vector, seen.error)

#endif
