/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partition's clock: the host's TSC, scaled where the guest has measured another frequency than this
 * host's (KVM_SET_TSC_KHZ, where KVM_CAP_TSC_CONTROL is), minus a base. What the processor does with a VP's
 * TSC is computed here in the same way, to the last bit.
 */
#include "engine/kvm/kvm.h"

#include "core/tsc.h"

#include <cpuid.h>
#include <errno.h>
#include <sys/ioctl.h>

enum {
	MSR_TSC = 0x10,
	KHZ = 1000,
	KHZ_MIN = 100000, /* no processor that this runs on is slower */
	KHZ_MAX = 100000000,
};

static uint64_t scaled(const struct kvm_scale *scale, uint64_t tsc)
{
	return scale->bits ? (uint64_t)((unsigned __int128)tsc * scale->ratio >> scale->bits) : tsc;
}

uint64_t kvm_clock_host(const struct kvm_partition *partition)
{
	return scaled(&partition->scale, tsc_host_read());
}

uint64_t kvm_clock_read(const struct kvm_partition *partition)
{
	return kvm_clock_host(partition) - partition->tsc_base;
}

int kvm_clock_set(struct hv_partition *partition, uint64_t tsc)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	uint64_t base = kvm_clock_host(kvm) - tsc, delta = base - kvm->tsc_base;
	int r = 0;

	kvm->tsc_base = base;
	for (unsigned i = 0; r == 0 && i < partition->vp_count; i++) {
		struct hv_vp *vp = atomic_load(&partition->vps[i]);

		if (vp)
			r = kvm_vp_move_clock(vp, delta);
	}
	return r;
}

/* --- another frequency ------------------------------------------------------------------------------- */

/* Whether a VP's TSC is what we would compute: KVM reads the host's between two readings of ours. */
static bool agrees(struct hv_vp *vp, const struct kvm_scale *scale)
{
	uint64_t offset, before, after, tsc;

	if (kvm_vp_get_tsc_offset(vp, &offset) < 0)
		return false;
	offset -= kvm_partition_of(vp->partition)->tsc_base;
	before = scaled(scale, tsc_host_read()) + offset;
	if (kvm_get_msr(vp, MSR_TSC, &tsc) < 0)
		return false;
	after = scaled(scale, tsc_host_read()) + offset;
	return tsc - before <= after - before;
}

static bool is_near(uint64_t khz, uint64_t host_khz)
{
	uint64_t difference = khz > host_khz ? khz - host_khz : host_khz - khz;

	return difference <= host_khz / 1000;
}

/* The multiplier's fraction: AMD's TSC ratio (APM 2, MSR C000_0104) is 8.32, Intel's TSC multiplier (SDM 3,
 * in the VMCS) 16.48. */
static uint8_t fraction_bits(void)
{
	enum { SVM = 1 << 2, AMD_BITS = 32, INTEL_BITS = 48 };
	unsigned a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & SVM ? AMD_BITS : INTEL_BITS;
}

/* KVM does not scale what is within its tolerance (kvm.tsc_tolerance_ppm): the clock is a little off then, as
 * on a host without scaling. */
static bool find_scale(struct hv_vp *vp, uint64_t khz, uint64_t host_khz, struct kvm_scale *ret_scale)
{
	struct kvm_scale scale = { .bits = fraction_bits() }, none = { 0 };

	scale.ratio = (uint64_t)(((unsigned __int128)khz << scale.bits) / host_khz);
	if (agrees(vp, &scale))
		*ret_scale = scale;
	else if (is_near(khz, host_khz) && agrees(vp, &none))
		*ret_scale = none;
	else
		return false;
	return true;
}

static int set_vp_khz(struct hv_vp *vp, uint64_t khz, uint64_t *ret_host_khz)
{
	const struct kvm_vp *kvm = vp->engine;
	int host_khz = ioctl(kvm->fd, KVM_GET_TSC_KHZ, 0);

	if (host_khz <= 0 || ioctl(kvm->fd, KVM_SET_TSC_KHZ, (unsigned long)khz) < 0)
		return -EOPNOTSUPP;
	*ret_host_khz = (uint64_t)host_khz;
	return 0;
}

/* Before the VPs run for the first time; the caller sets the clock then. */
int kvm_clock_set_hz(struct hv_partition *partition, uint64_t hz)
{
	struct kvm_partition *kvm = kvm_partition_of(partition);
	uint64_t khz = (hz + KHZ / 2) / KHZ, host_khz = 0;
	struct hv_vp *first = atomic_load(&partition->vps[0]);
	int r = 0;

	if (!first || khz < KHZ_MIN || khz > KHZ_MAX ||
	    ioctl(kvm_device(), KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) <= 0)
		return -EOPNOTSUPP;
	for (unsigned i = 0; r == 0 && i < partition->vp_count; i++) {
		struct hv_vp *vp = atomic_load(&partition->vps[i]);

		r = vp ? set_vp_khz(vp, khz, &host_khz) : -EOPNOTSUPP;
	}
	if (r == 0 && !find_scale(first, khz, host_khz, &kvm->scale))
		r = -EOPNOTSUPP;
	if (r == 0)
		kvm->tsc_hz = hz;
	return r;
}
