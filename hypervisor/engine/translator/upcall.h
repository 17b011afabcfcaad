/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From guest code into core's Hyper-V interface (core/hyperv.h): the guest's vector state is put away and the VP counts as being at a
 * safe point meanwhile, so memory may be mapped otherwise and code may be dropped. About 150 ns.
 */
#ifndef HV_TRANSLATOR_UPCALL_H
#define HV_TRANSLATOR_UPCALL_H

#include "engine/translator/cpu.h"

/* Only in an enlightened partition, within hv_vp_run(). */
bool upcall_rdmsr(struct vcpu *cpu, uint32_t index, uint64_t *ret_value);
bool upcall_wrmsr(struct vcpu *cpu, uint32_t index, uint64_t value);
/* In protected mode and CPL 0. False: no hypercalls here (#UD). */
bool upcall_hypercall(struct vcpu *cpu);
void upcall_timer_expired(struct vcpu *cpu);
void upcall_vp_reset(struct vcpu *cpu);
void upcall_tsc_written(struct vcpu *cpu);

#endif
