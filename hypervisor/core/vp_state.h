/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine knows of a VP beyond its registers and MSRs, in the form in which it is saved: the same for all engines, and of fixed
 * layout, since it goes into files as it is.
 */
#ifndef HV_CORE_VP_STATE_H
#define HV_CORE_VP_STATE_H

#include <stdint.h>

enum { APIC_STATE_REGISTERS = 64, VP_STATE_XSAVE_BYTES = 4096 };

struct apic_state {
	uint64_t base_msr;     /* IA32_APIC_BASE */
	uint64_t tsc_deadline; /* of the guest's TSC; in that timer mode only, 0: stopped */
	/* by number (core/apic_priv.h); the count is what is left of it */
	uint32_t registers[APIC_STATE_REGISTERS];
	uint32_t esr_pending, reserved;
};

enum vp_activity {
	VP_RUNNING,
	VP_HALTED,
	VP_WAIT_SIPI,
	VP_SHUTDOWN,
	VP_IDLE,    /* HYPERV_GUEST_IDLE */
	VP_STOPPED, /* asked for a reset of the partition */
	VP_ACTIVITIES,
};

struct vp_state {
	struct apic_state apic;
	uint64_t tsc_offset; /* the guest's TSC minus the partition's clock */
	uint64_t tsc_adjust; /* IA32_TSC_ADJUST */
	uint8_t activity;    /* enum vp_activity */
	uint8_t interrupt_shadow, nmi_blocked;
	uint8_t nmi_pending, init_pending, sipi_pending, sipi_vector;
	/* accepted, not yet delivered: an exception, or an interrupt that its controller has handed over */
	uint8_t has_exception, exception_vector, exception_has_error;
	uint8_t has_interrupt, interrupt_vector;
	uint32_t exception_error;
	uint64_t exception_payload; /* #PF: CR2, #DB: bits of DR6 */
	uint64_t eoi_pending[4];    /* level-triggered vectors whose EOI the caller has not heard of */
	uint8_t xsave[VP_STATE_XSAVE_BYTES]; /* standard form (SDM 1, 13.4) */
};

#endif
