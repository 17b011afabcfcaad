/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC (SDM volume 3, chapter 11): xAPIC and x2APIC modes, timer with one-shot, periodic and TSC-deadline
 * modes, LVT, IPIs, logical and physical destinations, lowest priority, ExtINT through LINT0.
 *
 * Threads    Each APIC belongs to the thread of its VP: all calls but apic_post_*() and apic_deliver_msi() are for that
 *            thread only. Other threads set bits in `irr`/`tmr`/`events` atomically and call ops->kick().
 * Time       Host TSC ticks = guest TSC ticks minus an offset that the engine knows; deadlines handed to ops are GUEST TSC
 *            values. The APIC timer's input clock is APIC_BUS_HZ (CPUID 0x15 and the APIC frequency MSR say the same).
 * Trust      Register writes come from the guest: reserved bits are refused (x2APIC: #GP by return value) or ignored (xAPIC).
 */
#ifndef HV_CORE_APIC_H
#define HV_CORE_APIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	APIC_BUS_HZ = 1000000000, /* as KVM has it, so that a running timer can move between engines */
	APIC_DEFAULT_BASE_MSR = 0xfee00000,
};

enum apic_event { /* bits of apic.events, set by any thread */
		  APIC_EVENT_NMI = 1 << 0,
		  APIC_EVENT_INIT = 1 << 1,
		  APIC_EVENT_SIPI = 1 << 2,   /* vector in apic.sipi_vector */
		  APIC_EVENT_EXTINT = 1 << 3, /* level of the 8259's INTR line; stays until lowered */
		  APIC_EVENT_SMI = 1 << 4,    /* ignored */
};

struct apic;

struct apic_ops {
	/* Something changed that the VP must look at (IRR or events): wake it from HLT, stop it at its next poll. Any thread. */
	void (*kick)(struct apic *apic);
	/* Guest TSC now, and its frequency; own thread. */
	uint64_t (*read_tsc)(struct apic *apic);
	uint64_t (*tsc_hz)(struct apic *apic);
	/* Call apic_timer_expired() on the VP's thread at or soon after guest TSC `deadline`; UINT64_MAX = never. */
	void (*set_timer)(struct apic *apic, uint64_t deadline);
	/* EOI of a vector whose TMR bit was set: leads to HV_EXIT_EOI. */
	void (*eoi)(struct apic *apic, uint8_t vector);
};

struct apic_bus { /* one a partition; the APIC ids are the indices */
	unsigned count;
	struct apic *apics[64];
	_Atomic unsigned next_lowest; /* rotates among equals for lowest-priority delivery */
};

struct apic {
	const struct apic_ops *ops;
	void *owner;
	struct apic_bus *bus;
	uint32_t id;
	/* written by any thread */
	_Atomic uint64_t irr[4], tmr[4];
	_Atomic uint32_t events;
	_Atomic uint8_t sipi_vector;
	/* read by any thread for routing, written by the owner */
	_Atomic uint64_t base_msr; /* IA32_APIC_BASE */
	_Atomic uint32_t ldr, dfr, svr;
	_Atomic uint32_t lint0; /* LVT LINT0, for ExtINT acceptance */
	/* owner only */
	uint64_t isr[4];
	/* vectors that are never in service (synthetic interrupt sources may ask for that) */
	uint64_t auto_eoi[4];
	uint32_t tpr;
	uint32_t esr, esr_pending;
	uint64_t icr;
	uint32_t lvt[7]; /* CMCI, timer, thermal, perf, LINT0, LINT1, error */
	uint32_t timer_initial, timer_divide;
	/* guest TSC, 0 = stopped: IA32_TSC_DEADLINE in that mode, else when the count reaches 0 */
	uint64_t timer_deadline;
};

void apic_bus_init(struct apic_bus *bus);
/* Adds it to the bus under its id. */
void apic_init(struct apic *apic, struct apic_bus *bus, uint32_t id, const struct apic_ops *ops, void *owner);
/* Takes it off its bus: nothing reaches it any more. No other thread may be delivering meanwhile. */
void apic_deinit(struct apic *apic);
/* RESET (init = false) or INIT (init = true: IA32_APIC_BASE and the APIC id are kept). */
void apic_reset(struct apic *apic, bool init);

/* Memory-mapped registers (offset 0..0xfff, 32-bit aligned accesses). Others are ignored and read as 0. */
uint32_t apic_mmio_read(struct apic *apic, uint32_t offset);
void apic_mmio_write(struct apic *apic, uint32_t offset, uint32_t value);
/* MSRs 0x800..0x8ff in x2APIC mode, IA32_APIC_BASE and IA32_TSC_DEADLINE. Return 0, or 1 for #GP. */
int apic_msr_read(struct apic *apic, uint32_t index, uint64_t *ret_value);
int apic_msr_write(struct apic *apic, uint32_t index, uint64_t value);
/* The same registers by Hyper-V's MSRs (HYPERV_EOI, _ICR, _TPR: TLFS 10.2.1), in both modes. As above. */
int apic_synthetic_read(struct apic *apic, uint32_t index, uint64_t *ret_value);
int apic_synthetic_write(struct apic *apic, uint32_t index, uint64_t value);
bool apic_is_mmio_page(const struct apic *apic, uint64_t gpa); /* enabled, not x2APIC, and gpa in its page */

uint8_t apic_get_cr8(const struct apic *apic);
void apic_set_cr8(struct apic *apic, uint8_t value);

/* The vector that would be taken now (IRR above PPR), or -1. */
int apic_pending_vector(struct apic *apic);
/* Takes it: IRR -> ISR. Only after apic_pending_vector() gave it, on the same thread. */
void apic_accept(struct apic *apic, uint8_t vector);
/* ExtINT line high and accepted by LINT0 (or the APIC is disabled by IA32_APIC_BASE). */
bool apic_extint_pending(const struct apic *apic);

void apic_timer_expired(struct apic *apic);
/* The guest's TSC jumps by `delta` (WRMSR to IA32_TSC or IA32_TSC_ADJUST): the counting modes go on at their pace. Call after the jump. */
void apic_tsc_jumped(struct apic *apic, uint64_t delta);

/* Own thread, or any while no thread runs the VP. */
struct apic_state;
void apic_get_state(struct apic *apic, struct apic_state *ret_state);
/* Anything in reserved bits is dropped. False: IA32_APIC_BASE names a mode that there is not. */
bool apic_set_state(struct apic *apic, const struct apic_state *state);

/* Any thread. */
void apic_post_vector(struct apic *apic, uint8_t vector, bool level);
void apic_post_event(struct apic *apic, enum apic_event event);
void apic_set_extint_level(struct apic *apic, bool level);
/* Returns how many APICs accepted it; 0 = nobody (the message is lost, as on hardware). */
unsigned apic_deliver_msi(struct apic_bus *bus, uint64_t address, uint32_t data);

#endif
