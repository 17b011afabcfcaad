/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which MSRs the kernel answers by itself (Linux: api.rst, KVM_X86_SET_MSR_FILTER). The synthetic ones come to core/, but those that are the
 * local APIC's; KVM's own, which no guest is told of, are not there. No machine has banks of machine checks: the kernel would offer 32, which a guest polls and which no other engine has. A
 * compatible processor has what the translator has and nothing else, so that a guest finds the same wherever it goes on.
 */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <stdlib.h>

enum {
	MSR_FEATURE_CONTROL = 0x3a,
	MSR_UCODE_WRITE = 0x79,
	MSR_UCODE_REV = 0x8b,
	MSR_PLATFORM_INFO = 0xce,
	MSR_MCG_CAP = 0x179,
	MSR_MISC_ENABLE = 0x1a0,
	RANGES = 5,
	MSR_KVM = 0x4b564d00,
	MSR_KVM_END = 0x4b564e00,
	RANGE_MSRS_MAX = 0x1100,
};

/* SDM 4, 2.1; what is not in the ranges below (x2APIC) no filter reaches. */
static const struct range {
	uint32_t first, count;
} ranges[RANGES] = {
	{ 0, 0x800 },
	{ HYPERV_MSR_FIRST, HYPERV_MSR_END - HYPERV_MSR_FIRST },
	{ MSR_KVM, MSR_KVM_END - MSR_KVM },
	{ 0xc0000080, 0x88 },
	{ 0xc0010000, RANGE_MSRS_MAX } /* AMD's */,
};

/* In pairs: the first and the last. */
static const uint32_t compatible[][2] = {
	{ 0x10, 0x10 }, /* TSC */
	{ 0x17, 0x17 }, /* PLATFORM_ID */
	{ 0x1b, 0x1b }, /* APIC_BASE */
	{ 0x2a, 0x2a }, /* EBL_CR_POWERON */
	{ MSR_UCODE_WRITE, MSR_UCODE_WRITE },
	{ MSR_UCODE_REV, MSR_UCODE_REV },
	{ MSR_PLATFORM_INFO, MSR_PLATFORM_INFO },
	{ 0xfe, 0xfe },	  /* MTRRCAP */
	{ 0x174, 0x176 }, /* SYSENTER */
	{ 0x17a, 0x17a }, /* MCG_STATUS */
	{ MSR_MISC_ENABLE, MSR_MISC_ENABLE },
	{ 0x1d9, 0x1d9 }, /* DEBUGCTL */
	{ 0x200, 0x20f }, /* MTRRs, PAT */
	{ 0x250, 0x250 },
	{ 0x258, 0x259 },
	{ 0x268, 0x26f },
	{ 0x277, 0x277 },
	{ 0x2ff, 0x2ff },
	{ 0x6e0, 0x6e0 },	    /* TSC_DEADLINE */
	{ 0xc0000080, 0xc0000084 }, /* EFER, SYSCALL */
	{ 0xc0000100, 0xc0000103 }, /* FS, GS, TSC_AUX */
};

static bool is_compatible_msr(uint32_t index)
{
	for (size_t i = 0; i < sizeof(compatible) / sizeof(compatible[0]); i++)
		if (index >= compatible[i][0] && index <= compatible[i][1])
			return true;
	return false;
}

static bool is_kernels(const struct kvm_partition *kvm, uint32_t index)
{
	const struct hv_partition *partition = kvm->partition;

	if (hyperv_is_msr(index))
		return partition->is_enlightened && kvm->has_apic_msrs && index >= HYPERV_EOI &&
		       index <= HYPERV_TPR;
	if (index == MSR_MCG_CAP || (index >= MSR_KVM && index < MSR_KVM_END))
		return false;
	return !partition->is_compatible || is_compatible_msr(index);
}

int kvm_filter_msrs(struct kvm_partition *kvm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR,
				      .args = { KVM_MSR_EXIT_REASON_FILTER } };
	struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_ALLOW };
	uint8_t(*allowed)[RANGE_MSRS_MAX / 8] = calloc(RANGES, sizeof(*allowed));
	int r;

	if (!allowed)
		return -ENOMEM;
	for (unsigned i = 0; i < RANGES; i++) {
		filter.ranges[i] =
		    (struct kvm_msr_filter_range){ .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
						   .nmsrs = ranges[i].count,
						   .base = ranges[i].first,
						   .bitmap = allowed[i] };
		for (uint32_t k = 0; k < ranges[i].count; k++)
			if (is_kernels(kvm, ranges[i].first + k))
				allowed[i][k / 8] |= (uint8_t)(1 << k % 8);
	}
	r = kvm_ioctl(kvm->vm, KVM_ENABLE_CAP, &cap);
	if (r == 0)
		r = kvm_ioctl(kvm->vm, KVM_X86_SET_MSR_FILTER, &filter);
	free(allowed);
	return r;
}

bool kvm_filtered_msr(const struct kvm_vp *vp, uint32_t index, bool is_write, uint64_t *value)
{
	if (is_write)
		return false;
	if (index == MSR_MCG_CAP)
		*value = 0;
	else if (index == MSR_FEATURE_CONTROL && vp->vp->partition->is_compatible)
		*value = 1; /* locked: nothing is on */
	else
		return false;
	return true;
}

/* Before the VP runs: as the translator has them. */
int kvm_init_msrs(struct kvm_vp *vp)
{
	static const struct {
		uint32_t index;
		uint64_t value;
	} initial[] = {
		{ MSR_UCODE_REV, 1ull << 32 },
		{ MSR_PLATFORM_INFO, 0 },
		{ MSR_MISC_ENABLE, 0x1801 /* fast strings; no BTS, no PEBS */ },
	};
	int r = 0;

	for (size_t i = 0;
	     r == 0 && vp->vp->partition->is_compatible && i < sizeof(initial) / sizeof(initial[0]); i++)
		r = kvm_set_msr(vp->vp, initial[i].index, initial[i].value);
	return r;
}
