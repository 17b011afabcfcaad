/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which features the translator offers, and the rest of the policy. Everything that is not in the tables here
 * is hidden.
 */
#include "core/apic.h"
#include "core/cpuid.h"
#include "hv/hv.h"

#include <cpuid.h>
#include <string.h>

#define BIT(n) (1u << (n))

enum host_word {
	HOST_1_ECX,
	HOST_1_EDX,
	HOST_7_EBX,
	HOST_7_ECX,
	HOST_7_EDX,
	HOST_D1_EAX,
	HOST_81_ECX,
	HOST_81_EDX,
	HOST_87_EDX,
	HOST_WORDS
};

struct features {
	uint32_t native; /* instructions that run as they are: offered as far as the host has them */
	uint32_t ours;	 /* implemented by the engine, whatever the host has */
};

/* SDM 2, CPUID. */
static const struct features offered[HOST_WORDS] = {
	[HOST_1_ECX] = {
		.native = BIT(0) /* SSE3 */ | BIT(1) /* PCLMULQDQ */ | BIT(9) /* SSSE3 */ | BIT(12) /* FMA */ | BIT(13) /* CX16 */ |
			  BIT(19) /* SSE4.1 */ | BIT(20) /* SSE4.2 */ | BIT(22) /* MOVBE */ | BIT(23) /* POPCNT */ |
			  BIT(25) /* AES */ | BIT(26) /* XSAVE */ | BIT(28) /* AVX */ | BIT(29) /* F16C */ | BIT(30) /* RDRAND */,
		.ours = BIT(17) /* PCID */ | BIT(21) /* x2APIC */ | BIT(24) /* TSC deadline */ | BIT(31) /* hypervisor */,
	},
	[HOST_1_EDX] = {
		.native = BIT(0) /* x87 */ | BIT(8) /* CX8 */ | BIT(15) /* CMOV */ | BIT(19) /* CLFLUSH */ | BIT(23) /* MMX */ |
			  BIT(24) /* FXSR */ | BIT(25) /* SSE */ | BIT(26) /* SSE2 */,
		.ours = BIT(2) /* DE */ | BIT(3) /* PSE */ | BIT(4) /* TSC */ | BIT(5) /* MSR */ | BIT(6) /* PAE */ | BIT(7) /* MCE */ |
			BIT(9) /* APIC */ | BIT(11) /* SEP */ | BIT(12) /* MTRR */ | BIT(13) /* PGE */ | BIT(14) /* MCA */ |
			BIT(16) /* PAT */ | BIT(17) /* PSE-36 */ | BIT(27) /* self-snoop */,
	},
	[HOST_7_EBX] = {
		.native = BIT(3) /* BMI1 */ | BIT(5) /* AVX2 */ | BIT(8) /* BMI2 */ | BIT(9) /* ERMS */ | BIT(18) /* RDSEED */ |
			  BIT(19) /* ADX */ | BIT(23) /* CLFLUSHOPT */ | BIT(24) /* CLWB */ | BIT(29) /* SHA */,
		/* Bit 13: FPU CS and DS read as 0, which is what vector/ stores whatever the host does. */
		.ours = BIT(0) /* FSGSBASE */ | BIT(1) /* TSC_ADJUST */ | BIT(7) /* SMEP */ | BIT(10) /* INVPCID */ | BIT(13) |
			BIT(20) /* SMAP */,
	},
	[HOST_7_ECX] = { .ours = BIT(2) /* UMIP */ | BIT(22) /* RDPID */ },
	[HOST_7_EDX] = {
		.native = BIT(4) /* FSRM */,
		/* Speculation control has nothing to control here, but with it a guest picks the mitigations that cost nothing. */
		.ours = BIT(26) /* IBRS, IBPB */ | BIT(29) /* ARCH_CAPABILITIES */,
	},
	[HOST_D1_EAX] = { .native = BIT(0) /* XSAVEOPT */ | BIT(1) /* XSAVEC */ | BIT(2) /* XGETBV with ECX = 1 */ },
	[HOST_81_ECX] = { .native = BIT(0) /* LAHF */ | BIT(5) /* LZCNT */ | BIT(8) /* PREFETCHW */ },
	[HOST_81_EDX] = {
		.ours = BIT(11) /* SYSCALL */ | BIT(20) /* NX */ | BIT(26) /* 1 GiB pages */ | BIT(27) /* RDTSCP */ | BIT(29) /* LM */,
	},
	[HOST_87_EDX] = { .native = BIT(8) /* invariant TSC */ },
};

enum {
	LEAF1_ECX_XSAVE = BIT(26),
	LEAF1_ECX_OSXSAVE = BIT(27),
	LEAF1_ECX_NEEDS_AVX = BIT(12) | BIT(28) | BIT(29), /* FMA, AVX, F16C */
	LEAF7_EBX_NEEDS_AVX = BIT(5),			   /* AVX2 */
	LEAF7_2_EDX_BHI_CTRL = BIT(4),
	SIGNATURE_DEFAULT = 0x000806f8, /* Sapphire Rapids: for hosts of another vendor */
};

/*
 * IA32_ARCH_CAPABILITIES (SDM 4): RDCL_NO, IBRS_ALL, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO,
 * TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO. With these and BHI_CTRL
 * Linux 6.1 uses enhanced IBRS and BHI_DIS_S (one MSR write at boot) and none of retpolines, page-table
 * isolation, buffer clearing or branch-history loops (arch/x86/kernel/cpu/bugs.c).
 */
#define ARCH_CAPABILITIES                                                                                    \
	(BIT(0) | BIT(1) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(13) | BIT(14) | BIT(15) |        \
	 BIT(20) | BIT(24) | BIT(26) | BIT(27) | 1ull << 62)

struct host {
	bool is_intel;
	uint32_t max_basic, max_extended;
	uint32_t signature;
	uint32_t word[HOST_WORDS];
	uint64_t xcr0; /* 0: the kernel has not enabled XSAVE */
};

static struct cpuid_regs host_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs regs;

	__cpuid_count(leaf, subleaf, regs.eax, regs.ebx, regs.ecx, regs.edx);
	return regs;
}

static uint64_t host_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static void host_read_features(struct host *host)
{
	struct cpuid_regs regs = host_cpuid(1, 0);

	host->signature = regs.eax;
	host->word[HOST_1_ECX] = regs.ecx;
	host->word[HOST_1_EDX] = regs.edx;
	if (regs.ecx & LEAF1_ECX_OSXSAVE)
		host->xcr0 = host_xcr0();
	if (host->max_basic >= 7) {
		regs = host_cpuid(7, 0);
		host->word[HOST_7_EBX] = regs.ebx;
		host->word[HOST_7_ECX] = regs.ecx;
		host->word[HOST_7_EDX] = regs.edx;
	}
	if (host->max_basic >= 0xd)
		host->word[HOST_D1_EAX] = host_cpuid(0xd, 1).eax;
	regs = host_cpuid(0x80000001, 0);
	host->word[HOST_81_ECX] = regs.ecx;
	host->word[HOST_81_EDX] = regs.edx;
	if (host->max_extended >= 0x80000007)
		host->word[HOST_87_EDX] = host_cpuid(0x80000007, 0).edx;
}

static void host_read(struct host *host)
{
	struct cpuid_regs vendor = host_cpuid(0, 0);

	*host = (struct host){ .max_basic = vendor.eax };
	host->is_intel = vendor.ebx == 0x756e6547 && vendor.edx == 0x49656e69 && vendor.ecx == 0x6c65746e;
	host->max_extended = host_cpuid(0x80000000, 0).eax;
	host_read_features(host);
}

static uint32_t offer(const struct host *host, enum host_word word)
{
	return (host->word[word] & offered[word].native) | offered[word].ours;
}

static void init_features(struct cpuid_policy *policy, const struct host *host)
{
	policy->basic[1].ecx = offer(host, HOST_1_ECX);
	policy->basic[1].edx = offer(host, HOST_1_EDX);
	policy->leaf7[0] = (struct cpuid_regs){
		.eax = 2,
		.ebx = offer(host, HOST_7_EBX),
		.ecx = offer(host, HOST_7_ECX),
		.edx = offer(host, HOST_7_EDX),
	};
	policy->leaf7[2].edx = LEAF7_2_EDX_BHI_CTRL;
	policy->leafd[1].eax = offer(host, HOST_D1_EAX);
	policy->extended[1].ecx = offer(host, HOST_81_ECX);
	policy->extended[1].edx = offer(host, HOST_81_EDX);
	policy->extended[7].edx = offer(host, HOST_87_EDX);
}

/* XSAVE and what depends on it, as far as the host's kernel has enabled the state. */
static void init_xsave(struct cpuid_policy *policy, const struct host *host)
{
	uint64_t xcr0 = host->xcr0 & 7;

	if ((xcr0 & 3) != 3 || !(policy->basic[1].ecx & LEAF1_ECX_XSAVE))
		xcr0 = 0;
	if (!(policy->basic[1].ecx & BIT(28)))
		xcr0 &= 3;
	if (!(xcr0 & 4)) {
		policy->basic[1].ecx &= ~(uint32_t)LEAF1_ECX_NEEDS_AVX;
		policy->leaf7[0].ebx &= ~(uint32_t)LEAF7_EBX_NEEDS_AVX;
	}
	policy->xcr0_allowed = xcr0;
	if (!xcr0) {
		policy->basic[1].ecx &= ~(uint32_t)LEAF1_ECX_XSAVE;
		policy->leafd[1].eax = 0;
		policy->xcr0_allowed = 1; /* what XCR0 holds after reset */
		return;
	}
	policy->leafd[0].eax = (uint32_t)xcr0;
	policy->leafd[0].ecx = xcr0 & 4 ? 832 : 576;
	if (xcr0 & 4)
		policy->leafd[2] = (struct cpuid_regs){ .eax = 256, .ebx = 576 };
}

static void init_identity(struct cpuid_policy *policy, const struct host *host)
{
	policy->basic[0] = (struct cpuid_regs){
		.eax = policy->max_basic, .ebx = 0x756e6547, .ecx = 0x6c65746e, .edx = 0x49656e69
	};
	policy->basic[1].eax = host->is_intel ? host->signature : (uint32_t)SIGNATURE_DEFAULT;
	policy->basic[1].ebx = 8 << 8; /* CLFLUSH line, in units of 8 bytes */
	policy->extended[0].eax = policy->max_extended;
	if (host->max_extended >= 0x80000004)
		for (uint32_t i = 2; i <= 4; i++)
			policy->extended[i] = host_cpuid(0x80000000 + i, 0);
	policy->extended[8].eax = policy->physical_bits | 48 << 8;
}

/* 32 KiB data, 32 KiB code, 1 MiB, 16 MiB; line 64 bytes, types and levels as leaf 4 encodes them. */
static const struct cpuid_regs caches_default[4] = {
	{ 0x121, 0x01c0003f, 63, 0 },
	{ 0x122, 0x01c0003f, 63, 0 },
	{ 0x143, 0x03c0003f, 1023, 0 },
	{ 0x163, 0x03c0003f, 16383, 4 },
};

static void init_caches(struct cpuid_policy *policy, const struct host *host)
{
	bool known = host->is_intel && host->max_basic >= 4 && (host_cpuid(4, 0).eax & 0x1f);

	/* The descriptor that says "see leaf 4" and one for 64-byte prefetch; leaf 2 is for old guests. */
	policy->basic[2] = (struct cpuid_regs){ .eax = 0x00feff01, .ebx = 0xf0 };
	for (uint32_t i = 0; i < 4; i++) {
		policy->leaf4[i] = known ? host_cpuid(4, i) : caches_default[i];
		/* The counts of cores and sharers depend on the partition: cpuid.c. */
		policy->leaf4[i].eax &= 0x3ff;
	}
	policy->extended[6].ecx = 1024 << 16 | 6 << 12 | 64; /* level 2: KiB, 8-way, line */
}

/*
 * Leaf 15H: TSC = crystal * numerator / denominator. Linux multiplies the crystal's kHz by the numerator in
 * 32 bits, which limits it; the best fraction within the limit comes from the continued fraction of the
 * ratio.
 */
static void tsc_ratio(uint64_t tsc_hz, uint64_t crystal_hz, uint32_t *ret_numerator,
		      uint32_t *ret_denominator)
{
	uint64_t limit = UINT32_MAX / (crystal_hz / 1000);
	uint64_t a = tsc_hz, b = crystal_hz, n0 = 0, d0 = 1, n1 = 1, d1 = 0;

	while (b) {
		uint64_t q = a / b, rest = a % b, n2 = q * n1 + n0, d2 = q * d1 + d0;

		if (n2 > limit)
			break;
		n0 = n1, d0 = d1, n1 = n2, d1 = d2;
		a = b, b = rest;
	}
	*ret_numerator = (uint32_t)n1;
	*ret_denominator = (uint32_t)d1;
}

static void init_frequencies(struct cpuid_policy *policy)
{
	uint32_t mhz = (uint32_t)(policy->tsc_hz / 1000000);

	tsc_ratio(policy->tsc_hz, APIC_BUS_HZ, &policy->basic[0x15].ebx, &policy->basic[0x15].eax);
	policy->basic[0x15].ecx = APIC_BUS_HZ;
	policy->basic[0x16] = (struct cpuid_regs){ .eax = mhz, .ebx = mhz, .ecx = APIC_BUS_HZ / 1000000 };
}

void cpuid_policy_init_translator(struct cpuid_policy *policy, uint64_t tsc_hz)
{
	struct host host;

	host_read(&host);
	memset(policy, 0, sizeof(*policy));
	policy->max_basic = 0x16;
	policy->max_extended = 0x80000008;
	policy->tsc_hz = tsc_hz;
	policy->physical_bits = HV_GPA_BITS;
	policy->arch_capabilities = ARCH_CAPABILITIES;
	init_features(policy, &host);
	init_xsave(policy, &host);
	init_identity(policy, &host);
	init_caches(policy, &host);
	init_frequencies(policy);
	policy->basic[6].eax = BIT(2); /* the local APIC's timer never stops */
}

/*
 * Of the hints that are a matter of speed, on the translator: flushing another VP by hypercall takes a tenth to a fiftieth of what an
 * interrupt takes there; IPIs by hypercall and paravirtual spinlocks gain nothing that could be measured.
 */
void cpuid_policy_enlighten(struct cpuid_policy *policy, uint32_t vp_count)
{
	policy->is_enlightened = true;
	policy->hyperv = (struct hyperv_cpuid_params){
		.vp_count = vp_count,
		.physical_bits = policy->physical_bits,
		.tsc_invariant = policy->extended[7].edx & BIT(8),
		.has_apic_msrs = true,
		.wants_flush_call = true,
	};
}
