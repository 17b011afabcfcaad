/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The leaves that tell a guest where it is (TLFS, chapter 2). What is offered here works on both engines; only the
 * hints of leaf 4, which are a matter of speed, are an engine's own.
 * Runs with the guest's vector registers live.
 *
 * Never offered: CreatePartitions and CpuManagement (Linux would take itself for the root partition),
 * AccessPartitionId (6.1 would use a page that it has not), isolation.
 */
#include "core/cpuid.h"
#include "core/hyperv.h"
#include "hv/hv.h"

enum { SPIN_RETRIES_NEVER = -1, BUILD_NUMBER = 20348, VERSION = 10 << 16 /* 10.0 */ };

static uint32_t privileges(const struct hyperv_cpuid_params *params)
{
	uint32_t bits = PRIVILEGE_VP_RUNTIME | PRIVILEGE_TIME_REF_COUNT | PRIVILEGE_SYNIC | PRIVILEGE_STIMER |
			PRIVILEGE_HYPERCALL | PRIVILEGE_VP_INDEX | PRIVILEGE_RESET | PRIVILEGE_REFERENCE_TSC |
			PRIVILEGE_GUEST_IDLE | PRIVILEGE_FREQUENCY;

	if (params->has_apic_msrs)
		bits |= PRIVILEGE_APIC;
	return params->tsc_invariant ? bits | PRIVILEGE_TSC_INVARIANT : bits;
}

static uint32_t hints(const struct hyperv_cpuid_params *params)
{
	uint32_t bits = HINT_RELAXED_TIMING | HINT_NO_AUTO_EOI;

	if (params->wants_apic_msrs)
		bits |= HINT_APIC_MSRS;
	if (params->wants_flush_call)
		bits |= HINT_REMOTE_FLUSH | HINT_EX_MASKS;
	if (params->wants_ipi_call)
		bits |= HINT_CLUSTER_IPI | HINT_EX_MASKS;
	return bits;
}

static struct cpuid_regs leaf_of(const struct hyperv_cpuid_params *params, uint32_t leaf)
{
	switch (leaf) {
	case 0x40000000: /* "Microsoft Hv" */
		return (struct cpuid_regs){ HYPERV_LEAF_MAX, 0x7263694d, 0x666f736f, 0x76482074 };
	case 0x40000001: return (struct cpuid_regs){ .eax = 0x31237648 }; /* "Hv#1" */
	case 0x40000002: return (struct cpuid_regs){ .eax = BUILD_NUMBER, .ebx = VERSION };
	case 0x40000003:
		return (struct cpuid_regs){
			.eax = privileges(params),
			.ebx =
			    PRIVILEGE_POST_MESSAGES | PRIVILEGE_SIGNAL_EVENTS | PRIVILEGE_EXTENDED_HYPERCALLS,
			.edx = FEATURE_FREQUENCY_MSRS | FEATURE_CRASH_MSRS | FEATURE_DIRECT_STIMER,
		};
	case 0x40000004:
		return (struct cpuid_regs){ hints(params), (uint32_t)SPIN_RETRIES_NEVER,
					    params->physical_bits, 0 };
	case 0x40000005: return (struct cpuid_regs){ .eax = HV_MAX_VPS, .ebx = params->vp_count };
	default: return (struct cpuid_regs){ 0 }; /* 6: no feature of the hardware is used or promised */
	}
}

bool hyperv_cpuid(const struct hyperv_cpuid_params *params, uint32_t leaf, struct cpuid_regs *ret_regs)
{
	if (leaf < HYPERV_LEAF_FIRST || leaf > HYPERV_LEAF_MAX)
		return false;
	*ret_regs = leaf_of(params, leaf);
	return true;
}
