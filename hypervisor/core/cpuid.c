/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers to CPUID from a policy. Runs with the guest's vector registers live. */
#include "core/cpuid.h"

enum {
	LEAF1_ECX_OSXSAVE = 1 << 27,
	LEAF1_EDX_APIC = 1 << 9,
	LEAF1_EDX_HTT = 1 << 28,
	LEAFD_LEGACY_SIZE = 512 + 64, /* x87, SSE and the header */
	LEAFD_AVX_SIZE = 256,
};

/* How many bits of the APIC id number the cores. */
static unsigned core_bits(uint32_t vp_count)
{
	unsigned bits = 0;

	while ((1u << bits) < vp_count)
		bits++;
	return bits;
}

static void query_leaf1(const struct cpuid_context *context, struct cpuid_regs *regs)
{
	regs->ebx |= context->apic_id << 24;
	if (context->vp_count > 1) {
		regs->ebx |= (1u << core_bits(context->vp_count)) << 16;
		regs->edx |= LEAF1_EDX_HTT;
	}
	if (context->cr4_osxsave)
		regs->ecx |= LEAF1_ECX_OSXSAVE;
	if (!context->apic_enabled)
		regs->edx &= ~(uint32_t)LEAF1_EDX_APIC;
}

/* Levels 1 and 2 belong to one core each, level 3 to all. */
static void query_leaf4(const struct cpuid_context *context, struct cpuid_regs *regs)
{
	uint32_t ids = 1u << core_bits(context->vp_count);
	uint32_t level = regs->eax >> 5 & 7;

	if (!(regs->eax & 0x1f))
		return;
	regs->eax |= (ids - 1) << 26;
	if (level >= 3)
		regs->eax |= (ids - 1) << 14;
}

static void query_topology(const struct cpuid_context *context, uint32_t subleaf, struct cpuid_regs *regs)
{
	regs->eax = regs->ebx = 0;
	regs->ecx = subleaf & 0xff;
	regs->edx = context->apic_id;
	if (subleaf == 0) {
		regs->ebx = 1;
		regs->ecx |= 1 << 8; /* thread */
	} else if (subleaf == 1) {
		regs->eax = core_bits(context->vp_count);
		regs->ebx = context->vp_count;
		regs->ecx |= 2 << 8; /* core */
	}
}

/* SDM 1, 13.2; both formats have the same size while AVX is the only extended component. */
static uint32_t xsave_size(uint64_t xcr0)
{
	return LEAFD_LEGACY_SIZE + (xcr0 & 4 ? LEAFD_AVX_SIZE : 0);
}

static void query_leafd(const struct cpuid_context *context, uint32_t subleaf, struct cpuid_regs *regs)
{
	if (subleaf == 0 && regs->eax)
		regs->ebx = xsave_size(context->xcr0);
	else if (subleaf == 1 && (regs->eax & 2)) /* XSAVEC */
		regs->ebx = xsave_size(context->xcr0);
}

static struct cpuid_regs subleaf_of(const struct cpuid_regs *leaves, uint32_t count, uint32_t subleaf)
{
	return subleaf < count ? leaves[subleaf] : (struct cpuid_regs){ 0 };
}

static void query_basic(const struct cpuid_policy *policy, const struct cpuid_context *context, uint32_t leaf,
			uint32_t subleaf, struct cpuid_regs *regs)
{
	switch (leaf) {
	case 1:
		*regs = policy->basic[1];
		query_leaf1(context, regs);
		break;
	case 4:
		*regs = subleaf_of(policy->leaf4, 4, subleaf);
		query_leaf4(context, regs);
		break;
	case 7: *regs = subleaf_of(policy->leaf7, 3, subleaf); break;
	case 0xb: query_topology(context, subleaf, regs); break;
	case 0xd:
		*regs = subleaf_of(policy->leafd, 3, subleaf);
		query_leafd(context, subleaf, regs);
		break;
	default: *regs = policy->basic[leaf]; break;
	}
}

void cpuid_query(const struct cpuid_policy *policy, const struct cpuid_context *context, uint32_t leaf,
		 uint32_t subleaf, struct cpuid_regs *ret_regs)
{
	*ret_regs = (struct cpuid_regs){ 0 };
	if (leaf <= policy->max_basic)
		query_basic(policy, context, leaf, subleaf, ret_regs);
	else if (policy->is_enlightened && hyperv_cpuid(&policy->hyperv, leaf, ret_regs))
		return;
	else if (leaf >= 0x80000000 && leaf <= policy->max_extended)
		*ret_regs = policy->extended[leaf - 0x80000000];
}

static uint32_t feature_word(const struct cpuid_policy *policy, unsigned word)
{
	switch (word) {
	case 0: return policy->basic[1].ecx;
	case 1: return policy->basic[1].edx;
	case 2: return policy->leaf7[0].ebx;
	case 3: return policy->leaf7[0].ecx;
	case 4: return policy->extended[1].ecx;
	case 5: return policy->extended[1].edx;
	case 6: return policy->leafd[1].eax;
	case 7: return policy->leaf7[0].edx;
	default: return 0;
	}
}

bool cpuid_has(const struct cpuid_policy *policy, enum cpuid_feature feature)
{
	return feature_word(policy, (unsigned)feature / 32) >> ((unsigned)feature % 32) & 1;
}
