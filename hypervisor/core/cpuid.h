/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUID policy: what a guest is told, leaf by leaf. One table says which feature bits an engine implements; a bit is
 * offered when it is in the table and the host has it (the translator runs vector and BMI instructions natively) or when the
 * engine implements it by itself.
 *
 * The translator behaves as an Intel processor where the vendors differ (SYSCALL in compatibility mode, SYSENTER in long mode, bases of
 * null segments). So a guest on another vendor's host is told GenuineIntel and a fixed signature; the brand string stays the host's.
 */
#ifndef HV_CORE_CPUID_H
#define HV_CORE_CPUID_H

#include "core/hyperv.h"

#include <stdbool.h>
#include <stdint.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/* What the answer depends on at run time. */
struct cpuid_context {
	uint32_t apic_id;
	uint32_t vp_count;
	bool cr4_osxsave;  /* leaf 1 ECX.27 */
	bool apic_enabled; /* leaf 1 EDX.9 */
	uint64_t xcr0;	   /* leaf 0xd EBX: size for the enabled components */
};

struct cpuid_policy { /* made once per partition */
	struct cpuid_regs basic[0x17], extended[9], leaf7[3], leafd[3], leaf4[4];
	uint32_t max_basic, max_extended;
	uint64_t xcr0_allowed; /* x87 | SSE | AVX as far as offered */
	uint64_t tsc_hz;       /* leaves 0x15/0x16 */
	/* IA32_ARCH_CAPABILITIES: no known vulnerability, so guests leave mitigations off */
	uint64_t arch_capabilities;
	uint8_t physical_bits; /* MAXPHYADDR, for reserved-bit checks */
	bool is_enlightened;
	struct hyperv_cpuid_params hyperv; /* when is_enlightened */
};

void cpuid_policy_init_translator(struct cpuid_policy *policy, uint64_t tsc_hz);
/* The leaves of hyperv.h are offered too. */
void cpuid_policy_enlighten(struct cpuid_policy *policy, uint32_t vp_count);
/* Last: leaves only what a "compatible" processor has (hv.h). */
void cpuid_policy_make_compatible(struct cpuid_policy *policy);
void cpuid_query(const struct cpuid_policy *policy, const struct cpuid_context *context, uint32_t leaf,
		 uint32_t subleaf, struct cpuid_regs *ret_regs);

/* Single bits that the engine asks for while it runs (e.g. whether CR4.PCIDE may be set). */
/* clang-format off */
enum cpuid_feature { /* word * 32 + bit; words: 0 = 1.ECX, 1 = 1.EDX, 2 = 7.0.EBX, 3 = 7.0.ECX, 4 = 80000001.ECX, 5 = 80000001.EDX,
			6 = d.1.EAX, 7 = 7.0.EDX */
	CPUID_PCID = 17, CPUID_X2APIC = 21, CPUID_TSC_DEADLINE = 24, CPUID_XSAVE = 26, CPUID_AVX = 28,
	CPUID_FSGSBASE = 64 + 0, CPUID_SMEP = 64 + 7, CPUID_INVPCID = 64 + 10, CPUID_SMAP = 64 + 20,
	CPUID_UMIP = 96 + 2, CPUID_RDPID = 96 + 22,
	CPUID_NX = 160 + 20, CPUID_PDPE1GB = 160 + 26, CPUID_RDTSCP = 160 + 27, CPUID_LM = 160 + 29, CPUID_SYSCALL = 160 + 11,
};
/* clang-format on */
bool cpuid_has(const struct cpuid_policy *policy, enum cpuid_feature feature);

#endif
