/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor: partitions, guest memory, virtual processors.
 *
 * Purpose    Executes guest code and nothing else. Devices, files and networks belong to the worker,
 *            which runs each VP on a thread of its own and answers the intercepts that hv_vp_run()
 *            returns. The calls have the shape of the Windows Hypervisor Platform's.
 * Engines    "kvm" (hardware virtualization) and "translator" (binary translation) sit behind one
 *            private table (engine/engine.h); every call means the same on both.
 * Threads    hv_vp_run(), register access, hv_vp_inject*() and hv_vp_save/restore(): only on the thread that
 *            runs that VP, or on any thread while no thread runs it. hv_vp_cancel(), hv_interrupt() and
 *            hv_memory_written(): any thread, any time. hv_map()/hv_unmap(): any thread; VPs are held at a
 *            safe point meanwhile. One thread runs one VP for all of that VP's life (its signal stack and its GS base
 *            are the engine's during hv_vp_run()); between runs the thread may do anything.
 * Ownership  The caller owns the memory that it maps and keeps it mapped until hv_unmap() or
 *            hv_partition_free(). Free the VPs before the partition.
 * Signals    The translator uses SIGSEGV, SIGFPE, SIGBUS, SIGILL and SIGRTMIN+5; its handlers pass on
 *            what was not raised by guest code. KVM uses SIGRTMIN+6. A process may have partitions of both. All other signals are blocked for
 *            ever in a thread that has run a VP. Nobody installs other handlers for these.
 * Limits     HV_MAX_VPS processors, HV_MAX_SLOTS ranges, guest-physical addresses below 2^HV_GPA_BITS.
 * Trust      The guest is hostile: nothing that it does makes a call here fail, block for ever, or write outside the
 *            mapped ranges. The caller is trusted.
 * Errors     Negative errno.
 */
#ifndef HV_HV_H
#define HV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HV_MAX_VPS = 64,
	HV_MAX_SLOTS = 64,
	HV_GPA_BITS = 40,
};

struct hv_partition;
struct hv_vp;

enum hv_engine_kind {
	HV_ENGINE_AUTO,
	HV_ENGINE_TRANSLATOR,
	HV_ENGINE_KVM,
};

/* "auto", "translator", "kvm"; hv_engine_parse() gives -EINVAL for any other text. */
const char *hv_engine_name(enum hv_engine_kind kind);
int hv_engine_parse(const char *text, enum hv_engine_kind *ret_kind);

/*
 * What AUTO chooses here, and one sentence why. Asking for an engine that this machine lacks gives -ENODEV and the
 * sentence says what is missing. `reason` is static text.
 */
int hv_engine_choose(enum hv_engine_kind wanted, enum hv_engine_kind *ret_kind, const char **ret_reason);

/*
 * An open /dev/kvm, for a process that may not open it: taken, before the first hv_engine_choose(). Without it the KVM engine opens it by
 * itself.
 */
void hv_kvm_set_device(int fd);
/* Nor could who started that process: with this errno, which is what people are told. */
void hv_kvm_set_device_error(int error);

struct hv_partition_config {
	enum hv_engine_kind engine;
	unsigned vp_count;	 /* 1..HV_MAX_VPS; APIC ids are 0..vp_count-1 */
	size_t code_cache_bytes; /* translator: 0 = default */
	bool interpret_only;	 /* translator: the reference for tests */
	/* the processor that the guest sees is the same on all engines and hosts: for machines that move */
	bool is_compatible;
	/* the guest finds Hyper-V's interface: CPUID, synthetic MSRs, hypercalls, SynIC (synic.h) */
	bool is_enlightened;
};

int hv_partition_new(const struct hv_partition_config *config, struct hv_partition **ret_partition);
struct hv_partition *hv_partition_free(struct hv_partition *partition); /* NULL is fine; returns NULL */
enum hv_engine_kind hv_partition_engine(const struct hv_partition *partition);

/* --- guest-physical memory ------------------------------------------------------------------------- */

enum hv_map_flags {
	HV_MAP_WRITE = 1 << 0, /* without it: a ROM; guest writes become MMIO write intercepts */
	HV_MAP_TRACK = 1 << 1, /* record dirty pages */
};

/*
 * Maps [gpa, gpa+size) to host memory at `host`, which must be readable (and writable for HV_MAP_WRITE).
 * gpa, host and size are multiples of 4096. -EINVAL for that or a range too high, -EEXIST for overlap, -ENOSPC when
 * HV_MAX_SLOTS are in use.
 */
int hv_map(struct hv_partition *partition, uint64_t gpa, void *host, uint64_t size, unsigned flags);
/* Takes exactly a range that was mapped. -ENOENT otherwise. */
int hv_unmap(struct hv_partition *partition, uint64_t gpa, uint64_t size);
/* A device wrote guest memory by itself (DMA): translated code made from it is dropped, dirty bits are set. */
void hv_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size);
/*
 * Copies the dirty bits (one per page, lowest first) of one HV_MAP_TRACK range into `bitmap` and clears them.
 * bitmap_bytes >= size/4096/8, rounded up; -EINVAL otherwise, -ENOENT when the range is not tracked.
 * What a VP that runs wrote last may come with a later call: all is told once no VP is in hv_vp_run().
 */
int hv_query_dirty(struct hv_partition *partition, uint64_t gpa, uint64_t size, void *bitmap,
		   size_t bitmap_bytes);

/* --- virtual processors ---------------------------------------------------------------------------- */

enum hv_exit_reason {
	HV_EXIT_NONE,
	/* IN/OUT (INS/OUTS come one element at a time): fill data for a read, then run again */
	HV_EXIT_PORT,
	HV_EXIT_MMIO,	  /* access to unmapped memory, or write to a ROM: likewise */
	HV_EXIT_EOI,	  /* EOI of a level-triggered vector: broadcast it to the I/O APICs */
	HV_EXIT_EXTINT,	  /* the VP takes an ExtINT now: answer with hv_vp_inject_extint() */
	HV_EXIT_SHUTDOWN, /* triple fault */
	HV_EXIT_CANCELED, /* hv_vp_cancel() */
	HV_EXIT_FAILURE,  /* the engine cannot go on: a failure of ours; `failure` says what */
};

struct hv_exit {
	enum hv_exit_reason reason;
	union {
		struct {
			uint16_t port;
			uint8_t size; /* 1, 2, 4 */
			bool is_write;
			uint32_t data;
		} port;
		struct {
			uint64_t gpa;
			uint8_t size; /* 1..8 */
			bool is_write;
			uint8_t data[8];
		} mmio;
		struct {
			uint8_t vector;
		} eoi;
		const char *failure; /* as long as the VP */
	};
};

/* VP 0 starts as the bootstrap processor in the state of a reset (SDM 3, 9.1.1); the others wait for INIT and SIPI. */
int hv_vp_new(struct hv_partition *partition, unsigned index, struct hv_vp **ret_vp);
struct hv_vp *hv_vp_free(struct hv_vp *vp);

/*
 * Runs the guest until an intercept. `exit` belongs to the caller and must be the same object, unchanged but for
 * the data of a read, at the next call: that call completes the intercepted instruction. HLT and waiting for
 * SIPI block inside. Returns 0 with exit->reason set; negative errno only when the VP cannot be run at all.
 */
int hv_vp_run(struct hv_vp *vp, struct hv_exit *exit);
/* Makes the present or else the next hv_vp_run() return HV_EXIT_CANCELED soon. */
void hv_vp_cancel(struct hv_vp *vp);

/* --- interrupts ------------------------------------------------------------------------------------ */

/* A message-signalled interrupt (SDM 3, 11.11): address 0xFEExxxxx and data as a device would write them. */
int hv_interrupt(struct hv_partition *partition, uint64_t msi_address, uint32_t msi_data);
/*
 * The level of the 8259's INTR line on VP `index` (virtual wire, LINT0 as ExtINT). While it is high and the VP can take
 * it, hv_vp_run() returns HV_EXIT_EXTINT; the caller acknowledges its 8259 and passes the vector on.
 */
void hv_set_extint(struct hv_partition *partition, unsigned index, bool level);
void hv_vp_inject_extint(struct hv_vp *vp, uint8_t vector);
void hv_vp_inject_nmi(struct hv_vp *vp); /* any thread */

/* --- registers ------------------------------------------------------------------------------------- */

/* clang-format off */
enum hv_reg {
	HV_REG_RAX, HV_REG_RCX, HV_REG_RDX, HV_REG_RBX, HV_REG_RSP, HV_REG_RBP, HV_REG_RSI, HV_REG_RDI,
	HV_REG_R8, HV_REG_R9, HV_REG_R10, HV_REG_R11, HV_REG_R12, HV_REG_R13, HV_REG_R14, HV_REG_R15,
	HV_REG_RIP, HV_REG_RFLAGS,
	/* hv_segment */
	HV_REG_ES, HV_REG_CS, HV_REG_SS, HV_REG_DS, HV_REG_FS, HV_REG_GS, HV_REG_LDTR, HV_REG_TR,
	HV_REG_GDTR, HV_REG_IDTR, /* hv_segment: base and limit */
	HV_REG_CR0, HV_REG_CR2, HV_REG_CR3, HV_REG_CR4, HV_REG_CR8, HV_REG_EFER, HV_REG_XCR0,
	HV_REG_DR0, HV_REG_DR1, HV_REG_DR2, HV_REG_DR3, HV_REG_DR6, HV_REG_DR7,
	HV_REG_COUNT,
};
/* clang-format on */

struct hv_segment {
	uint64_t base;
	uint32_t limit; /* in bytes, granularity applied */
	uint16_t selector;
	uint16_t
	    attr; /* descriptor bits 40..55: type, S, DPL, P, AVL, L, DB, G in bits 0..7 and 12..15 (as in the VMCS
			  without "unusable"); 0 in P = unusable */
};

union hv_value {
	uint64_t u64;
	struct hv_segment segment;
};

int hv_vp_get_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, union hv_value *ret_values);
int hv_vp_set_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, const union hv_value *values);
/* The same for model-specific registers; -ENOENT for one that does not exist here. */
int hv_vp_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value);
int hv_vp_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value);

/* --- time ------------------------------------------------------------------------------------------ */

/*
 * The partition's clock: TSC ticks since it began. All time that the guest sees follows it: the TSCs of its VPs, the APIC
 * timers, and in an enlightened partition the reference time and the synthetic timers.
 */
uint64_t hv_clock(const struct hv_partition *partition);
uint64_t hv_clock_hz(const struct hv_partition *partition);
/*
 * The clock reads `tsc` now and goes on from there; a machine that was paused does not see the pause when it is given the value that
 * hv_clock() had at its beginning. Any thread, while no thread is in hv_vp_run(). Negative errno from the engine.
 */
int hv_set_clock(struct hv_partition *partition, uint64_t tsc);

/* --- statistics ------------------------------------------------------------------------------------ */

struct hv_stats {		    /* counted since the VP began; approximate while it runs */
	uint64_t exits;		    /* returns of hv_vp_run() */
	uint64_t blocks_translated; /* translator: blocks made */
	uint64_t insns_translated;
	uint64_t insns_interpreted;
	uint64_t tlb_misses;
	uint64_t cache_flushes;
	uint64_t blocks_invalidated;
	uint64_t hypercalls;   /* both are answered inside of hv_vp_run() */
	uint64_t msr_accesses; /* to Hyper-V's synthetic MSRs */
};
void hv_vp_stats(const struct hv_vp *vp, struct hv_stats *ret_stats);

#endif
