/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differential tests of the engine: the same random program with the same registers, flags, vector state and
 * memory runs on the processor itself and as a guest's user code, in the interpreter and in translated code;
 * all that a program can see must be equal.
 *
 * Addresses  Code and data have the same virtual addresses natively and in the guests. A program ends
 *            with INT3 or with whatever fault comes before; natively that is a signal, in a guest an
 *            exception whose handler is an intercept.
 */
#ifndef TESTS_ENGINE_DIFF_H
#define TESTS_ENGINE_DIFF_H

#include "insn_gen.h"

#include "engine/translator/insn.h"

#include <stddef.h>

#define CODE_BASE 0x20000000ull
/* guard page, two writable pages, one read-only page, guard page */
#define DATA_BASE   0x20400000ull
#define DATA_START  (DATA_BASE + 4096)
#define DATA_MIDDLE (DATA_BASE + 2 * 4096) /* in a guest the two pages are not neighbours */
#define FS_BASE	    0x80ull
#define GS_BASE	    0x100ull
/* a guest's kernel: its memory from 0; natively there is nothing */
#define KERNEL_BASE 0x30000000ull
#define KERNEL_END  0x30200000ull

enum {
	CODE_BYTES = 1 << 20,
	DATA_BYTES = 3 * 4096,
	PROGRAM_SLOT = 512, /* code addresses of two programs differ by a multiple of this */
	PROGRAM_INSNS = 20,
	SELECTOR_USER32 = 0x23,
	SELECTOR_USER_DATA = 0x2b,
	SELECTOR_USER64 = 0x33, /* as Linux has them */
	GDT_BYTES = 0x80,
};

struct diff_vector { /* the beginning of an XSAVE area in the standard format */
	uint16_t fcw, fsw;
	uint8_t ftw, reserved0;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t reserved1[96];
	uint64_t xstate_bv, header[7];
	uint8_t ymm_high[16][16];
} __attribute__((aligned(64)));

struct diff_state {
	struct diff_vector vector;
	uint64_t gpr[16];
	uint64_t rip, rflags;
	uint16_t selectors[6]; /* by enum insn_segment */
	uint64_t fs_base, gs_base;
};

struct diff_program {
	enum insn_mode mode;
	uint64_t base;	   /* linear address of the first byte */
	uint64_t rip;	   /* the same as the program sees it: CS may have a base */
	bool is_segmented; /* data segments begin at DATA_BASE: its pointers are offsets */
	bool has_loop;
	unsigned size, count;
	uint16_t at[PROGRAM_INSNS + 1]; /* where each instruction starts; the last: the final INT3 */
	uint8_t bytes[PROGRAM_SLOT];
	struct diff_state start;
	uint64_t memory_seed;
};

struct diff_result {
	struct diff_state end;
	uint32_t vector; /* exception, or RESULT_* */
	uint32_t error;
	uint64_t cr2;
	uint8_t memory[DATA_BYTES];
};
enum { RESULT_FAILURE = 1000 };

extern bool diff_code_is_writable; /* set it before open() */

/* diff_segments.c: the local descriptor table, the same natively and in the guests. */
struct diff_segment {
	uint32_t base, limit;
	uint8_t contents; /* as modify_ldt() counts: 0 data, 1 expand-down data, 2 code */
	bool is_32bit, is_locked, in_pages, is_absent; /* locked: data read-only, code execute-only */
};
enum { OUR_LDT_ENTRIES = 16 };
extern const struct diff_segment diff_ldt[OUR_LDT_ENTRIES];
uint64_t diff_ldt_descriptor(unsigned entry);
/* Data and code segments for the start of a program; they depend on its mode and `is_segmented`. */
void diff_choose_segments(struct diff_program *program, struct rng *rng);
/* A selector for any segment register, most often one that suits the program. */
uint16_t diff_any_selector(const struct diff_program *program, struct rng *rng);
uint64_t diff_code_base(uint16_t selector);

/* diff_program.c */
struct diff_options {
	unsigned max_insns;
	bool writes_code;   /* programs change their own instructions; code pages are writable then */
	const char *only;   /* part of a mnemonic that every instruction must have, or NULL */
	unsigned mode_mask; /* bits by enum insn_mode */
};
void diff_generate(struct diff_program *program, struct rng *rng, const struct diff_options *options,
		   unsigned slot);
/* The program without what comes after the first `count` instructions; branches that went there go to the
 * end. */
void diff_cut(struct diff_program *cut, const struct diff_program *program, unsigned count);
void diff_fill_memory(uint8_t memory[DATA_BYTES], uint64_t seed);
/* The GPRs that an instruction writes by its facts, by number. */
unsigned diff_written_gprs(const struct insn *insn);
void diff_vector_normalize(
    struct diff_vector *vector); /* components in their initial state get their values */

/* A way to run programs. run() is called with any number of programs at a time. */
struct diff_backend {
	const char *name;
	bool is_translated; /* see policy_flags() */
	void *(*open)(void);
	void (*run)(void *self, const struct diff_program *programs, struct diff_result *results,
		    unsigned count);
	void (*close)(void *self);
};
extern bool diff_has_ldt; /* after diff_native.open(): the kernel lets us have segments of our own */
extern const struct diff_backend diff_native, diff_interpreter, diff_translator;

/* diff_compare.c: prints what differs (quiet: nothing) and returns whether something does. */
bool diff_compare(const struct diff_program *program, const struct diff_result *native,
		  const struct diff_result *guest, bool is_translated, bool quiet);
void diff_print_program(const struct diff_program *program);

#endif
