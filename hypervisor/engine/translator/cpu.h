/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a virtual processor in the translator engine, and how control leaves the middle of an instruction.
 *
 * While hv_vp_run() executes, the guest's x87, MMX, SSE and AVX registers and MXCSR are LIVE in the host's registers; GPRs, RIP
 * and flags are in `struct vcpu` whenever C code of the engine runs. So every file of the engine is compiled with -mgeneral-regs-only and
 * calls no libc function that might use a vector register (memcpy and its like: use bytes.h) unless vector_park()/vector_unpark()
 * brackets it.
 *
 * Threads    A vcpu belongs to its thread. Other threads touch only `request`, the APIC's atomic words, and, while they hold the partition
 *            exclusively (exclusive.h), everything.
 * Commit     An instruction changes no register before its last memory access succeeded: it can be started again from `rip` after a fault,
 *            an MMIO intercept or a cancel. REP strings commit after each element.
 * Leaving    cpu_raise() and cpu_exit() do not return: they __builtin_longjmp to the run loop. Hold no lock and no heap memory across them.
 */
#ifndef HV_TRANSLATOR_CPU_H
#define HV_TRANSLATOR_CPU_H

#include "core/apic.h"
#include "core/cpuid.h"
#include "engine/engine.h"
#include "engine/translator/insn.h"
#include "engine/translator/sys.h"

enum {
	REG_RAX,
	REG_RCX,
	REG_RDX,
	REG_RBX,
	REG_RSP,
	REG_RBP,
	REG_RSI,
	REG_RDI,
	REG_R8,
	REG_R9,
	REG_R10,
	REG_R11,
	REG_R12
};

/* clang-format off */
enum cpu_rflags {
	RFLAGS_CF = 1 << 0, RFLAGS_ONE = 1 << 1, RFLAGS_TF = 1 << 8, RFLAGS_IF = 1 << 9, RFLAGS_DF = 1 << 10, RFLAGS_IOPL = 3 << 12,
	RFLAGS_NT = 1 << 14, RFLAGS_RF = 1 << 16, RFLAGS_VM = 1 << 17, RFLAGS_AC = 1 << 18, RFLAGS_VIF = 1 << 19,
	RFLAGS_VIP = 1 << 20, RFLAGS_ID = 1 << 21,
};
/* clang-format on */

#define CR0_PE	       0x1ull
#define CR0_MP	       0x2ull
#define CR0_EM	       0x4ull
#define CR0_TS	       0x8ull
#define CR0_ET	       0x10ull
#define CR0_NE	       0x20ull
#define CR0_WP	       0x10000ull
#define CR0_AM	       0x40000ull
#define CR0_NW	       0x20000000ull
#define CR0_CD	       0x40000000ull
#define CR0_PG	       0x80000000ull
#define CR4_VME	       0x1ull
#define CR4_PVI	       0x2ull
#define CR4_TSD	       0x4ull
#define CR4_DE	       0x8ull
#define CR4_PSE	       0x10ull
#define CR4_PAE	       0x20ull
#define CR4_MCE	       0x40ull
#define CR4_PGE	       0x80ull
#define CR4_PCE	       0x100ull
#define CR4_OSFXSR     0x200ull
#define CR4_OSXMMEXCPT 0x400ull
#define CR4_UMIP       0x800ull
#define CR4_FSGSBASE   0x10000ull
#define CR4_PCIDE      0x20000ull
#define CR4_OSXSAVE    0x40000ull
#define CR4_SMEP       0x100000ull
#define CR4_SMAP       0x200000ull
#define EFER_SCE       0x1ull
#define EFER_LME       0x100ull
#define EFER_LMA       0x400ull
#define EFER_NXE       0x800ull

/* clang-format off */
enum cpu_vector {
	VECTOR_DE, VECTOR_DB, VECTOR_NMI, VECTOR_BP, VECTOR_OF, VECTOR_BR, VECTOR_UD, VECTOR_NM, VECTOR_DF, VECTOR_TS = 10,
	VECTOR_NP, VECTOR_SS, VECTOR_GP, VECTOR_PF, VECTOR_MF = 16, VECTOR_AC, VECTOR_MC, VECTOR_XM,
};
/* clang-format on */

/* the hidden part too; attr as in hv_segment: type 0..3, S 4, DPL 5..6, P 7, AVL 12, L 13, D/B 14, G 15 */
struct segment {
	uint64_t base;
	uint32_t limit;
	uint16_t selector;
	uint16_t attr;
};
#define SEGMENT_DPL(s)	((s)->attr >> 5 & 3)
#define SEGMENT_PRESENT 0x80
#define SEGMENT_S	0x10
#define SEGMENT_L	0x2000
#define SEGMENT_DB	0x4000

struct table_register {
	uint64_t base;
	uint32_t limit;
};

/* --- TLB ------------------------------------------------------------------------------------------- */

enum { TLB_ENTRIES = 2048, TLB_ENTRY_SHIFT = 5 };
enum tlb_mode { TLB_KERNEL, TLB_KERNEL_AC /* CPL < 3 with SMAP on and RFLAGS.AC */, TLB_USER, TLB_MODES };

/* index = va >> 12 & (TLB_ENTRIES - 1). A tag is the page's va, or TLB_INVALID. */
struct tlb_entry {
	/* tag_write only for writable, dirty pages that hold no translated code */
	uint64_t tag_read, tag_write;
	uint64_t host;	 /* host address of the page */
	uint64_t addend; /* host - va */
};
/* no page's address: for comparisons with page addresses (code TLB) */
#define TLB_INVALID 0x8000000000000fffull
/*
 * For the "xor, then compare with 4096 - size" of the inline lookup that value alone would not do: a guest may use the non-canonical address
 * 0x8000000000000xxx, which it would match. An invalid tag therefore names a page that belongs to another index, so no address that is
 * looked up here can match it. (A cached tag that is compared without an index must be invalidated together with its addend: 0 makes
 * the host access non-canonical too.)
 */
static inline uint64_t tlb_invalid_tag(unsigned index)
{
	return index ? TLB_INVALID : TLB_INVALID ^ 0x1000;
}

struct tlb_side {     /* what only C code needs, beside each entry */
	uint64_t gpa; /* of the page */
	uint8_t global;
	uint8_t shift; /* log2 of the size of the guest's page: 12, 21, 22, 30 */
};

enum { TLB_LOCAL_MAX = 384 };

enum { JUMP_CACHE_BITS = 14, JUMP_CACHE_ENTRIES = 1 << JUMP_CACHE_BITS };
/*
 * Mode and generation are folded into the low JUMP_CACHE_BITS of the key. For given upper bits of rip, index and low bits determine each other, so an equal key
 * in an entry means an equal rip AND an equal salt, whatever (non-canonical) address the guest jumps to.
 */
struct jump_entry {
	uint64_t key;  /* rip ^ vcpu.jump_salt */
	uint64_t code; /* host address */
};

static inline unsigned jump_index(uint64_t rip)
{
	return (rip ^ rip >> JUMP_CACHE_BITS) & (JUMP_CACHE_ENTRIES - 1);
}

enum { JUMP_MODES = 64 };
struct jump_mode { /* modes outside 64-bit code that have a number for the salt */
	uint32_t mode, base;
};

enum { JUMP_CONTEXTS = 8 };
/* PCIDs whose user entries are still good: MOV CR3 may come back to them without a flush */
struct jump_context {
	uint64_t cr3; /* with the PCID in its low bits; all ones = free */
	uint8_t generation;
};

struct code_tlb_entry { /* pages that code was fetched from */
	uint64_t tag;	/* va of the page, or TLB_INVALID */
	const uint8_t *host;
	uint64_t gpa;
	uint8_t user_ok, kernel_ok, global, large;
};
enum { CODE_TLB_ENTRIES = 512 }; /* one half for each half of the address space */

static inline unsigned code_tlb_half(uint64_t linear)
{
	return linear >> 63;
}

static inline unsigned code_tlb_index(uint64_t linear)
{
	return (linear >> 12 & (CODE_TLB_ENTRIES / 2 - 1)) | code_tlb_half(linear) * (CODE_TLB_ENTRIES / 2);
}

enum { DECODED_INSNS = 1024 };
struct decoded_insn {	   /* what the interpreter knows about the bytes at some address (interp/fetch.c) */
	uint64_t bytes[2]; /* 15, then the mode + 1 */
	struct insn insn;
};

/* Which GiB of linear addresses have had large pages in the TLB: INVLPG takes the whole large page, whose pieces lie in many entries. */
enum { LARGE_REGIONS = 16 };
struct large_regions {
	uint32_t count; /* over LARGE_REGIONS: any address may belong to one */
	struct {
		uint64_t gib; /* linear >> 30 */
		uint8_t global;
	} region[LARGE_REGIONS];
};

/* --- MMIO that an instruction did before it was intercepted ------------------------------------------ */

enum { MMIO_LOG_MAX = 16 };
struct mmio_access {
	uint64_t gpa;
	uint8_t size;
	uint8_t is_write, is_port;
	uint8_t data[8];
};
struct mmio_log { /* the accesses of the present instruction that are done; replayed when it starts again */
	unsigned count; /* valid entries */
	unsigned next;	/* how many this attempt has passed */
	bool pending;	/* the last entry waits for the caller's answer */
	struct mmio_access access[MMIO_LOG_MAX];
};

enum vcpu_request { /* bits of vcpu.request; the translated code polls for non-zero */
		    REQUEST_INTERRUPT = 1 << 0, /* look at the APIC, events, extint */
		    REQUEST_TIMER = 1 << 1,	/* the host timer fired */
		    REQUEST_CANCEL = 1 << 2,
		    REQUEST_STOP = 1 << 3,  /* exclusive.h: somebody needs everybody at a safe point */
		    REQUEST_FLUSH = 1 << 4, /* remote_flush.h */
};

enum { FLUSH_PAGES_MAX = 32 };
struct flush_queue { /* what other VPs want dropped (remote_flush.c) */
	struct sys_lock lock;
	_Atomic uint32_t done; /* counts; who waits for a flush sleeps on it */
	uint32_t count;	       /* > FLUSH_PAGES_MAX: everything */
	uint64_t pages[FLUSH_PAGES_MAX];
	uint64_t served; /* how often the VP dropped something; its thread */
};

enum vcpu_activity {
	ACTIVITY_RUNNING,
	ACTIVITY_HALTED,
	ACTIVITY_WAIT_SIPI,
	ACTIVITY_SHUTDOWN,
	ACTIVITY_IDLE,	  /* an interrupt ends it even when it cannot be taken (HYPERV_GUEST_IDLE) */
	ACTIVITY_STOPPED, /* nothing but a cancel ends it */
};

struct exception {
	uint8_t vector;
	bool has_error;
	uint32_t error;
	bool software;	  /* INT n, INT3, INTO: return address behind the instruction, DPL check */
	uint64_t address; /* CR2 for #PF */
	uint64_t dr6;	  /* for #DB: bits to set in DR6 */
};

struct translator; /* the engine's part of a partition: translator.h */

struct vcpu {
	/* Offsets of this part are known to the emitted code and to thunks.S (offsets.c). */
	uint64_t gpr[16];
	uint64_t rip;
	uint64_t rflags; /* arithmetic flags are stale while `flags_packed` holds them, see cpu_flags_*() */
	uint16_t flags_packed; /* low byte OF (0/1), high byte SF ZF AF PF CF as LAHF gives them */
	uint16_t pad0;
	_Atomic uint32_t request;
	uint64_t scratch[8];
	struct vcpu *self;
	uint64_t host_rsp;
	uint64_t jump_salt;
	uint8_t jump_generation[2]; /* of the jump cache's entries: kernel, user */
	uint8_t jump_next;	    /* the last generation given out */
	uint8_t fault_vector;	    /* of a host fault in translated code (jit_fault) */
	uint8_t fault_has_mmx;
	struct segment seg[6]; /* by enum insn_segment */
	uint32_t irq_masked;   /* an interrupt is pending but IF was 0 when REQUEST_INTERRUPT was looked at */
	uint32_t cpl;

	struct segment ldtr, tr;
	struct table_register gdtr, idtr;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t efer, xcr0;
	uint64_t dr[8]; /* dr[4], dr[5] unused */
	/* model-specific registers */
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t pat, tsc_aux, misc_enable, mtrr_def_type, mtrr_fixed[11], mtrr_var[16];
	uint64_t spec_ctrl, debugctl, mcg_status, mcg_ctl, ucode_rev;
	uint64_t tsc_offset; /* guest TSC = host TSC + offset */
	uint64_t tsc_adjust;
	uint64_t pdpte[4]; /* PAE paging: loaded with CR3 */

	/* interrupt state */
	/* STI or MOV SS just executed: no interrupt before the next instruction is done */
	uint8_t interrupt_shadow;
	uint8_t nmi_blocked;
	uint8_t extint_ready; /* the caller gave a vector: */
	uint8_t extint_vector;
	uint8_t activity;    /* enum vcpu_activity */
	uint8_t single_step; /* RFLAGS.TF was set when the present instruction began */
	uint32_t pauses;
	uint32_t debug_hits;	    /* bits for DR6 that the present instruction earned (interp/debug.c) */
	struct exception exception; /* being raised */
	struct apic apic;
	struct mmio_log mmio;
	struct hv_exit *exit; /* of the present hv_vp_run() */

	/* run loop (run.c) */
	void *run_frame[5];   /* __builtin_setjmp buffer of the run loop */
	uint8_t leaving;      /* cpu_leave() was called: return from hv_vp_run() */
	uint8_t raised;	      /* `exception` waits for delivery */
	uint8_t delivering;   /* `first` is being delivered: what is raised now combines with it */
	uint8_t external;     /* `first` is an interrupt */
	uint8_t redelivering; /* delivery was intercepted and starts again */
	uint8_t bound;	      /* the thread has this VP's GS base, signal stack and timer */
	struct exception first;
	uint64_t eoi_pending[4];   /* level-triggered vectors whose EOI the caller has not been told of */
	_Atomic uint32_t in_guest; /* exclusive.c: not at a safe point */
	_Atomic uint32_t sleeping; /* waits for `request` to change */
	struct flush_queue flush;
	int timer_id;
	uint64_t timer_deadline;     /* guest TSC, UINT64_MAX = none */
	uint64_t synthetic_deadline; /* the same in partition TSC, for the synthetic timers */
	uint64_t tsc_base;	     /* host TSC minus partition TSC */
	uint8_t is_enlightened;
	void *signal_stack;
	struct hv_vp *vp;
	struct translator *translator;
	const struct cpuid_policy *cpuid;
	struct hv_stats stats;
	struct hv_slots *slots; /* of the partition; reloaded at safe points */

	/* 512 + 64 + 256 is enough for XCR0 <= 7; 64-byte aligned */
	uint8_t vector_area[4096] __attribute__((aligned(64)));
	uint8_t host_vector_area[4096] __attribute__((aligned(64)));

	/* TLBs */
	uint32_t tlb_mode; /* enum tlb_mode for the present CPL and AC */
	/* entries listed in tlb_local; TLB_LOCAL_MAX + 1: more than fit */
	uint32_t tlb_local_count[TLB_MODES];
	/* slots that hold pages that are not global: what MOV CR3 flushes */
	uint16_t tlb_local[TLB_MODES][TLB_LOCAL_MAX];
	uint8_t tlb_has_global[TLB_MODES];
	/* by half: the jump cache may know 4 KiB pages that the code TLB does not */
	uint8_t code_tlb_evicted[2];
	/* supervisor code ran from a page that is not global, or from the lower half */
	uint8_t kernel_code_local;
	uint8_t jump_context_next;
	uint8_t jump_mode_count, jump_mode_last;
	struct jump_mode jump_modes[JUMP_MODES];
	struct jump_context jump_contexts[JUMP_CONTEXTS];
	uint32_t last_slot; /* of `slots`, where the last address was found */
	struct large_regions large_regions;
	struct code_tlb_entry code_tlb[CODE_TLB_ENTRIES];
	struct tlb_entry tlb[TLB_MODES][TLB_ENTRIES] __attribute__((aligned(64)));
	struct tlb_side tlb_side[TLB_MODES][TLB_ENTRIES];
	struct jump_entry jump_cache[JUMP_CACHE_ENTRIES] __attribute__((aligned(64)));
	struct decoded_insn decoded[DECODED_INSNS];
};

/* --- leaving ---------------------------------------------------------------------------------------- */

_Noreturn void cpu_raise(struct vcpu *cpu, enum cpu_vector vector);
_Noreturn void cpu_raise_error(struct vcpu *cpu, enum cpu_vector vector, uint32_t error);
_Noreturn void cpu_raise_page_fault(struct vcpu *cpu, uint64_t address, uint32_t error);
/* Leaves hv_vp_run() with *cpu->exit filled in; the present instruction starts again (or is done, if the caller advanced rip). */
_Noreturn void cpu_leave(struct vcpu *cpu);

/* --- small accessors -------------------------------------------------------------------------------- */

static inline bool cpu_long_mode(const struct vcpu *cpu)
{
	return cpu->efer & EFER_LMA;
}

static inline enum insn_mode cpu_mode(const struct vcpu *cpu)
{
	if (cpu_long_mode(cpu) && (cpu->seg[SEG_CS].attr & SEGMENT_L))
		return MODE_64;
	return cpu->seg[SEG_CS].attr & SEGMENT_DB ? MODE_32 : MODE_16;
}

static inline bool cpu_is_protected(const struct vcpu *cpu) /* protected mode and not virtual-8086 */
{
	return (cpu->cr0 & CR0_PE) && !(cpu->rflags & RFLAGS_VM);
}

/* In C code `rflags` is whole: the run loop and the thunks unpack before and pack after. */
static inline void cpu_flags_unpack(struct vcpu *cpu)
{
	cpu->rflags = (cpu->rflags & ~(uint64_t)FLAGS_ALL) | (cpu->flags_packed >> 8 & 0xd5) |
		      (cpu->flags_packed & 1) << 11;
}

static inline void cpu_flags_pack(struct vcpu *cpu)
{
	cpu->flags_packed = (uint16_t)((cpu->rflags & 0xd5) << 8 | 0x200 | (cpu->rflags >> 11 & 1));
}

/* Call after any change of CPL, RFLAGS.AC or CR4.SMAP. */
static inline void cpu_update_tlb_mode(struct vcpu *cpu)
{
	if (cpu->cpl == 3)
		cpu->tlb_mode = TLB_USER;
	else
		cpu->tlb_mode =
		    (cpu->cr4 & CR4_SMAP) && (cpu->rflags & RFLAGS_AC) ? TLB_KERNEL_AC : TLB_KERNEL;
}

uint64_t cpu_read_tsc(struct vcpu *cpu); /* guest TSC */

#endif
