/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Hyper-V interface of a partition, as an engine sees it: what it calls when guest code executes CPUID, touches
 * a synthetic MSR or makes a hypercall. Users of libhypervisor see hv/synic.h.
 *
 * Upcalls    hyperv_msr_*(), hyperv_hypercall(), hyperv_timer_expired(), hyperv_vp_reset(): on the VP's thread, while
 *            it executes no guest code and nobody need wait for it (the translator: vector state parked, at a safe
 *            point). They may call functions of the worker.
 * Trust      All arguments are the guest's.
 */
#ifndef HV_CORE_HYPERV_H
#define HV_CORE_HYPERV_H

#include "core/hyperv_proto.h"
#include "engine/engine.h"

struct cpuid_regs;

/* In memory the state is one allocation a partition, its VPs' included. After the engine's partition_init(). 0, -ENOMEM. */
int hyperv_new(struct hv_partition *partition);
void hyperv_free(struct hv_partition *partition); /* without VPs; harmless when there is nothing */
void hyperv_vp_attach(struct hv_vp *vp);
void hyperv_vp_detach(struct hv_vp *vp);

/* --- CPUID --------------------------------------------------------------------------------------------- */

struct hyperv_cpuid_params { /* what the leaves depend on: one a partition, constant */
	uint32_t vp_count;
	uint8_t physical_bits;
	bool tsc_invariant;
	bool has_apic_msrs;    /* the engine answers HYPERV_EOI, _ICR and _TPR */
	bool wants_apic_msrs;  /* and with them most EOIs cost nothing (TLFS 10.2.1) */
	bool wants_flush_call; /* remote TLB flushes by hypercall are cheaper than by interrupt */
	bool wants_ipi_call;
};

/* False: not of this range. Any thread; also while the guest's vector state is live. */
bool hyperv_cpuid(const struct hyperv_cpuid_params *params, uint32_t leaf, struct cpuid_regs *ret_regs);

/* --- upcalls ------------------------------------------------------------------------------------------- */

static inline bool hyperv_is_msr(uint32_t index)
{
	return index >= HYPERV_MSR_FIRST && index < HYPERV_MSR_END;
}

/* For hyperv_is_msr(); false: #GP. HYPERV_GUEST_IDLE and those of the local APIC are the engine's own. */
bool hyperv_msr_read(struct hv_vp *vp, uint32_t index, uint64_t *ret_value);
bool hyperv_msr_write(struct hv_vp *vp, uint32_t index, uint64_t value);

struct hyperv_call { /* TLFS 3.7 and 3.8, register-free */
	uint64_t control;
	uint64_t input; /* GPA, or the first 8 bytes of a fast call */
	uint64_t output;
};

/*
 * Whether hypercalls are enabled (else the instruction is #UD); the engine has checked privilege and mode.
 */
bool hyperv_has_calls(const struct hv_partition *partition);
uint64_t hyperv_hypercall(struct hv_vp *vp, const struct hyperv_call *call); /* returns the result value */

/* The time of ops->set_timer() has come; harmless when too early. */
void hyperv_timer_expired(struct hv_vp *vp);
/* INIT: the VP's synthetic state as after creation. */
void hyperv_vp_reset(struct hv_vp *vp);
/* The guest wrote its TSC: the reference page is wrong on that VP from now on. */
void hyperv_tsc_written(struct hv_vp *vp);

#endif
