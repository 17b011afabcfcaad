/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID of VPs on KVM: the policy that both engines share, without what this host's KVM cannot give, as the
 * list of leaves that KVM wants. The processor's vendor stays the host's: it executes the guest itself.
 */
#include "engine/kvm/kvm.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SUPPORTED_MAX = 256,
	ENTRIES_MAX = 80,
	LEAF1_ECX_HYPERVISOR = 1u << 31,
	LEAF1_ECX_X2APIC = 1 << 21,
	LEAF1_ECX_TSC_DEADLINE = 1 << 24,
};

static struct kvm_cpuid2 *new_list(unsigned count)
{
	return calloc(1, sizeof(struct kvm_cpuid2) + count * sizeof(struct kvm_cpuid_entry2));
}

static struct cpuid_regs find(const struct kvm_cpuid2 *supported, uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < supported->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &supported->entries[i];

		if (entry->function == leaf &&
		    (!(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || entry->index == subleaf))
			return (struct cpuid_regs){ entry->eax, entry->ebx, entry->ecx, entry->edx };
	}
	return (struct cpuid_regs){ 0 };
}

static void limit(struct cpuid_policy *policy, const struct kvm_cpuid2 *supported)
{
	struct cpuid_regs leaf1 = find(supported, 1, 0), leaf7 = find(supported, 7, 0),
			  extended1 = find(supported, 0x80000001, 0),
			  extended7 = find(supported, 0x80000007, 0);

	/* KVM does these by itself whether or not it lists them. */
	policy->basic[1].ecx &= leaf1.ecx | LEAF1_ECX_HYPERVISOR | LEAF1_ECX_X2APIC | LEAF1_ECX_TSC_DEADLINE;
	policy->basic[1].edx &= leaf1.edx;
	policy->leaf7[0].ebx &= leaf7.ebx;
	policy->leaf7[0].ecx &= leaf7.ecx;
	policy->leaf7[0].edx &= leaf7.edx;
	policy->leaf7[2].edx &= find(supported, 7, 2).edx;
	policy->leafd[0].eax &= find(supported, 0xd, 0).eax;
	policy->leafd[1].eax &= find(supported, 0xd, 1).eax;
	policy->extended[1].ecx &= extended1.ecx;
	policy->extended[1].edx &= extended1.edx;
	policy->extended[7].edx &= extended7.edx | 1u << 8; /* the invariant TSC is the host's */
}

/* The processor's own identity; its APIC timer is not the translator's, so the frequencies' leaves go. */
static void identify(struct cpuid_policy *policy, const struct kvm_cpuid2 *supported)
{
	struct cpuid_regs leaf0 = find(supported, 0, 0), leaf1 = find(supported, 1, 0);

	policy->max_basic = 0x0d;
	policy->basic[0] = leaf0;
	policy->basic[0].eax = policy->max_basic;
	policy->basic[1].eax = leaf1.eax;
	policy->extended[8].eax = find(supported, 0x80000008, 0).eax & 0xffff;
}

int kvm_cpuid_init(struct kvm_partition *partition)
{
	struct kvm_cpuid2 *supported = new_list(SUPPORTED_MAX);
	struct cpuid_policy *policy = &partition->policy;
	int r;

	if (!supported)
		return -ENOMEM;
	supported->nent = SUPPORTED_MAX;
	r = kvm_ioctl(kvm_device(), KVM_GET_SUPPORTED_CPUID, supported);
	if (r == 0) {
		cpuid_policy_init_translator(policy, partition->tsc_hz);
		limit(policy, supported);
		identify(policy, supported);
		if (partition->partition->is_enlightened) {
			cpuid_policy_enlighten(policy, partition->partition->vp_count);
			/* The guest's own TLB flushes and IPIs are faster than an exit to here. */
			policy->hyperv.wants_flush_call = policy->hyperv.wants_ipi_call = false;
			policy->hyperv.has_apic_msrs = partition->has_apic_msrs;
			policy->hyperv.wants_apic_msrs = partition->wants_apic_msrs;
		}
		if (partition->partition->is_compatible)
			cpuid_policy_make_compatible(policy);
	}
	free(supported);
	return r;
}

/* --- the list of leaves -------------------------------------------------------------------------------- */

static void add(const struct kvm_vp *vp, struct kvm_cpuid2 *list, uint32_t leaf, uint32_t subleaf,
		bool has_subleaves)
{
	const struct cpuid_policy *policy = &kvm_partition_of(vp->vp->partition)->policy;
	struct cpuid_context context = { .apic_id = vp->vp->index,
					 .vp_count = vp->vp->partition->vp_count,
					 .apic_enabled = true,
					 .xcr0 = policy->xcr0_allowed };
	struct cpuid_regs regs;

	if (list->nent == ENTRIES_MAX)
		return;
	cpuid_query(policy, &context, leaf, subleaf, &regs);
	list->entries[list->nent++] = (struct kvm_cpuid_entry2){
		.function = leaf,
		.index = subleaf,
		.flags = has_subleaves ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
		.eax = regs.eax,
		.ebx = regs.ebx,
		.ecx = regs.ecx,
		.edx = regs.edx,
	};
}

/* KVM fills in a size of XSAVE's even where there is none. */
static bool is_listed(const struct cpuid_policy *policy, uint32_t leaf)
{
	return leaf != 0xd || policy->leafd[0].eax;
}

static unsigned subleaves(uint32_t leaf)
{
	switch (leaf) {
	case 4: return 4;
	case 7: return 3;
	case 0xb: return 3;
	case 0xd: return 3;
	default: return 0;
	}
}

int kvm_cpuid_set(struct kvm_vp *vp)
{
	const struct cpuid_policy *policy = &kvm_partition_of(vp->vp->partition)->policy;
	struct kvm_cpuid2 *list = new_list(ENTRIES_MAX);
	int r;

	if (!list)
		return -ENOMEM;
	for (uint32_t leaf = 0; leaf <= policy->max_basic; leaf++) {
		if (!is_listed(policy, leaf))
			continue;
		for (uint32_t i = 0; i < subleaves(leaf); i++)
			add(vp, list, leaf, i, true);
		if (!subleaves(leaf))
			add(vp, list, leaf, 0, false);
	}
	for (uint32_t leaf = HYPERV_LEAF_FIRST; policy->is_enlightened && leaf <= HYPERV_LEAF_MAX; leaf++)
		add(vp, list, leaf, 0, false);
	for (uint32_t leaf = 0x80000000; leaf <= policy->max_extended; leaf++)
		add(vp, list, leaf, 0, false);
	r = kvm_ioctl(vp->fd, KVM_SET_CPUID2, list);
	free(list);
	return r;
}
