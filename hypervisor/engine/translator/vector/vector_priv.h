/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the vector unit share. */
#ifndef HV_TRANSLATOR_VECTOR_PRIV_H
#define HV_TRANSLATOR_VECTOR_PRIV_H

#include "engine/translator/bytes.h"
#include "engine/translator/mmu/mmu.h"
#include "engine/translator/vector/vector.h"

#define MXCSR_DEFAULT  0x1f80u
#define X87_CW_DEFAULT 0x37fu
#define X87_SW_ES      0x80u
#define X87_SW_BUSY    0x8000u

enum vector_component { /* bits of XCR0, XSTATE_BV (SDM 1, 13.1) */
			VECTOR_X87 = 1 << 0,
			VECTOR_SSE = 1 << 1,
			VECTOR_AVX = 1 << 2,
			VECTOR_ALL = VECTOR_X87 | VECTOR_SSE | VECTOR_AVX,
};

struct vector_host { /* what this machine has; written once by vector_init() */
	bool has_xsave;
	bool has_xsavec;
	bool is_emulated;    /* by QEMU: it executes IRET wrongly */
	uint32_t components; /* of VECTOR_ALL that the host's XCR0 enables */
	uint32_t mxcsr_mask; /* bits of MXCSR that may be set (SDM 1, 11.6.6) */
};
extern struct vector_host vector_host;
void vector_host_init(void);

/* --- the image of the registers (SDM 1, 13.4: standard form) --- */

enum { AREA_SIZE = 832 };

struct vector_area {
	uint16_t cw, sw;
	uint8_t tags, reserved;
	uint16_t opcode;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t unused[96];
	uint64_t xstate_bv, xcomp_bv, header_rest[6];
	uint8_t ymm_high[16][16];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct vector_area) == 832, "XSAVE area");

void area_save(struct vector_area *area);	/* live registers -> area, without host addresses */
void area_load(const struct vector_area *area); /* area -> live registers, all components */
/* Makes ES and B agree with the exception bits, as the processor does when it loads them: a lone ES would
 * fault for ever. */
uint16_t x87_status_fixed(uint16_t sw, uint16_t cw);

/* --- stubs: one instruction and a return, in an executable buffer --- */

struct stub_frame {		/* known to stub_call.S */
	uint64_t rax, rcx, rdx; /* loaded before, stored after */
	uint64_t rsi;		/* the general register that the instruction names */
	void *memory;		/* RDI: the memory operand */
	const void *code;
	uint64_t flags_in, flags_out;
	uint64_t use_flags; /* load flags_in */
};

enum stub_result { STUB_OK, STUB_FPE, STUB_ILL, STUB_SEGV };

/* Runs the instruction that stub_encode() or one of the fixed encodings gave. Never raises. */
enum stub_result stub_run(struct stub_frame *frame, uint64_t key);
/* Raises what a result other than STUB_OK means for `insn`. */
void stub_raise(struct vcpu *cpu, const struct insn *insn, enum stub_result result);

/* The instruction's bytes, memory operand [rdi], named general register rsi, with NOPs before them. */
uint64_t stub_encode(const struct insn *insn);
/* The number of the general register that it names, or -1. */
int stub_named_gpr(const struct insn *insn);
/* Moves between a vector register and memory at [rdi]; `size` is 16 or 32 (VEX; a load of 16 clears the upper
 * half then). */
uint64_t stub_encode_move(unsigned number, unsigned size, bool is_store, bool vex);

void register_read(unsigned number, void *buffer, unsigned size, bool vex);
void register_write(unsigned number, const void *buffer, unsigned size, bool vex);

/* --- memory operands --- */

/* Adds, wrapping as linear addresses do in the instruction's mode. */
static inline uint64_t linear_add(const struct insn *insn, uint64_t linear, uint64_t offset)
{
	return insn->mode == MODE_64 ? linear + offset : (uint32_t)(linear + offset);
}

_Noreturn static inline void raise_gp(struct vcpu *cpu)
{
	cpu_raise_error(cpu, VECTOR_GP, 0);
}

static inline void check_aligned(struct vcpu *cpu, uint64_t linear, unsigned alignment)
{
	if (linear & (alignment - 1))
		raise_gp(cpu);
}

/*
 * A store whose making changes x87 state (FSTP pops). x87_store() sees to it that nothing has changed when
 * the store faults or is intercepted.
 */
struct x87_store {
	uint8_t *buffer;
	unsigned size;
	/* Executes and fills `buffer`. False: an unmasked exception left nothing to store. May raise, with
	 * nothing changed. */
	bool (*produce)(struct vcpu *cpu, const struct insn *insn, struct x87_store *store);
};
void x87_store(struct vcpu *cpu, const struct insn *insn, uint64_t linear, struct x87_store *store);

/* --- the groups --- */

typedef void vector_fn(struct vcpu *cpu, const struct insn *insn, uint64_t linear);

/* native.c */
vector_fn vector_native;
/* masked.c, gather.c */
vector_fn vector_maskmov, vector_vmaskmov, vector_gather;
/* xsave.c; vector_xsave: also XSAVEOPT and XSAVEC */
vector_fn vector_xsave, vector_xrstor, vector_fxsave, vector_fxrstor, vector_ldmxcsr, vector_stmxcsr;
/* x87.c */
vector_fn vector_fwait, vector_fnstenv, vector_fldenv, vector_fnsave, vector_frstor;

static inline uint16_t x87_status(void)
{
	uint16_t sw;
	__asm__ volatile("fnstsw %0" : "=am"(sw));
	return sw;
}

static inline uint16_t x87_control(void)
{
	uint16_t cw;
	__asm__ volatile("fnstcw %0" : "=m"(cw));
	return cw;
}

static inline uint32_t mxcsr_read(void)
{
	uint32_t value;
	__asm__ volatile("stmxcsr %0" : "=m"(value));
	return value;
}

#endif
