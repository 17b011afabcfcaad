/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The translator engine's part of a partition, and what its own files share. */
#ifndef HV_TRANSLATOR_TRANSLATOR_H
#define HV_TRANSLATOR_TRANSLATOR_H

#include "engine/translator/cpu.h"
#include "engine/translator/sys.h"

struct jit;

struct translator {
	struct hv_partition *partition;
	struct cpuid_policy cpuid;
	struct apic_bus bus;
	unsigned vcpu_count;
	uint64_t tsc_base; /* host TSC when the guests' was 0: the same for all VPs */
	struct vcpu *vcpus[HV_MAX_VPS];
	/* exclusive.c */
	struct sys_lock exclusive_lock;
	_Atomic uintptr_t exclusive_owner; /* the holder's thread pointer */
	unsigned exclusive_depth;
	struct jit *jit; /* NULL: interpret only */
	bool interpret_only;
};

/* run.c */
int vcpu_run(struct vcpu *cpu, struct hv_exit *exit);
/* Sets request bits and wakes the VP; any thread. */
void vcpu_request(struct vcpu *cpu, uint32_t bits);
bool vcpu_must_step(const struct vcpu *cpu); /* the next instruction is for the interpreter alone */

/* timer.c */
extern const struct apic_ops vcpu_apic_ops;
int timer_bind_thread(struct vcpu *cpu);
void timer_unbind(struct vcpu *cpu);
void timer_poll(struct vcpu *cpu); /* REQUEST_TIMER was seen */
/* Calls hyperv_timer_expired() at that partition TSC. */
void timer_set_synthetic(struct vcpu *cpu, uint64_t tsc);

/* exclusive.c: entering and leaving the state in which others must wait for this VP. */
void exclusive_enter_guest(struct vcpu *cpu);
void exclusive_leave_guest(struct vcpu *cpu);

/* state.c */
struct vp_state;
int translator_get_state(struct hv_vp *vp, struct vp_state *ret_state);
int translator_set_state(struct hv_vp *vp, const struct vp_state *state);

/* regs.c */
int regs_get(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value);
int regs_set(struct hv_vp *vp, enum hv_reg name, const union hv_value *value);

#endif
