/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor that a guest sees as "compatible": what both engines give on any host since about 2015 (x86-64-v2 and the kernel's
 * protections), named alike everywhere, so that a saved machine goes on on another engine or host.
 */
#include "core/cpuid.h"

#define BIT(n) (1u << (n))

enum {
	LEAF1_ECX = BIT(0) /* SSE3 */ | BIT(9) /* SSSE3 */ | BIT(13) /* CX16 */ | BIT(19) /* SSE4.1 */ |
		    BIT(20) /* SSE4.2 */ | BIT(21) /* x2APIC */ | BIT(23) /* POPCNT */ |
		    BIT(24) /* TSC deadline */,
	LEAF1_ECX_HYPERVISOR = (int)BIT(31),
	LEAF1_EDX = BIT(0) /* x87 */ | BIT(2) /* DE */ | BIT(3) /* PSE */ | BIT(4) /* TSC */ |
		    BIT(5) /* MSR */ | BIT(6) /* PAE */ | BIT(7) /* MCE */ | BIT(8) /* CX8 */ |
		    BIT(9) /* APIC */ | BIT(11) /* SEP */ | BIT(12) /* MTRR */ | BIT(13) /* PGE */ |
		    BIT(14) /* MCA */ | BIT(15) /* CMOV */ | BIT(16) /* PAT */ | BIT(17) /* PSE-36 */ |
		    BIT(19) /* CLFLUSH */ | BIT(23) /* MMX */ | BIT(24) /* FXSR */ | BIT(25) /* SSE */ |
		    BIT(26) /* SSE2 */,
	LEAF7_EBX = BIT(0) /* FSGSBASE */ | BIT(7) /* SMEP */ | BIT(9) /* ERMS */ | BIT(20) /* SMAP */,
	LEAF81_ECX = BIT(0) /* LAHF */,
	LEAF81_EDX = BIT(11) /* SYSCALL */ | BIT(20) /* NX */ | BIT(26) /* 1 GiB pages */ |
		     BIT(27) /* RDTSCP */ | BIT(29) /* LM */,
	SIGNATURE = 0x000306d4, /* family 6, model 61: of that time, with those features */
	MAX_BASIC = 0xd,
};

static void name(struct cpuid_policy *policy)
{
	static const char brand[48] = "Compatible processor";
	const uint32_t *words = (const uint32_t *)(const void *)brand;

	policy->basic[0] =
	    (struct cpuid_regs){ .eax = MAX_BASIC, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69 };
	policy->basic[1].eax = SIGNATURE;
	for (unsigned i = 0; i < 3; i++)
		policy->extended[2 + i] =
		    (struct cpuid_regs){ words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3] };
}

void cpuid_policy_make_compatible(struct cpuid_policy *policy)
{
	policy->max_basic = MAX_BASIC;
	name(policy);
	policy->basic[1].ecx &= LEAF1_ECX | LEAF1_ECX_HYPERVISOR;
	policy->basic[1].edx &= LEAF1_EDX;
	policy->leaf7[0] = (struct cpuid_regs){ .ebx = policy->leaf7[0].ebx & LEAF7_EBX };
	policy->leaf7[1] = policy->leaf7[2] = (struct cpuid_regs){ 0 };
	policy->leafd[0] = policy->leafd[1] = policy->leafd[2] = (struct cpuid_regs){ 0 };
	policy->xcr0_allowed = 1;
	policy->extended[1].ecx &= LEAF81_ECX;
	policy->extended[1].edx &= LEAF81_EDX;
	policy->arch_capabilities = 0;
	/* What is faster on one of the engines only. */
	policy->hyperv.wants_apic_msrs = policy->hyperv.wants_flush_call = policy->hyperv.wants_ipi_call =
	    false;
}
