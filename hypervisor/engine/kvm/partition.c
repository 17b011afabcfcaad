/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A partition is a VM of KVM's. */
#include "engine/kvm/kvm.h"

#include "core/tsc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Four pages that Intel processors need for real mode, where no guest has RAM (below the firmware). */
#define TSS_ADDRESS	     0xfffbd000ul
#define IDENTITY_MAP_ADDRESS 0xfffbc000ull

static int enable(int vm, uint32_t capability, uint64_t argument)
{
	struct kvm_enable_cap cap = { .cap = capability, .args = { argument } };

	return kvm_ioctl(vm, KVM_ENABLE_CAP, &cap);
}

static int set_up(struct kvm_partition *kvm)
{
	uint64_t identity_map = IDENTITY_MAP_ADDRESS;
	int r = ioctl(kvm->vm, KVM_SET_TSS_ADDR, TSS_ADDRESS) < 0 ? -errno : 0;

	if (r == 0)
		r = kvm_ioctl(kvm->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	if (r == 0)
		r = enable(kvm->vm, KVM_CAP_SPLIT_IRQCHIP, KVM_IOAPIC_PINS);
	if (r == 0)
		r = kvm_filter_msrs(kvm);
	kvm_dirty_init(kvm);
	return r < 0 ? r : kvm_cpuid_init(kvm);
}

int kvm_partition_init(struct hv_partition *partition)
{
	struct kvm_partition *kvm;
	int device = kvm_device(), r = device < 0 ? device : kvm_kick_init();

	if (r < 0)
		return r;
	kvm = calloc(1, sizeof(*kvm));
	if (!kvm)
		return -ENOMEM;
	partition->engine = kvm;
	kvm->partition = partition;
	kvm->has_apic_msrs = ioctl(device, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV) > 0;
	kvm->wants_apic_msrs = kvm->has_apic_msrs && !kvm_has_virtual_apic();
	kvm->tsc_hz = tsc_host_hz();
	kvm->tsc_base = tsc_host_read();
	pthread_mutex_init(&kvm->route_lock, NULL);
	kvm->run_size = (size_t)ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	kvm->vm = ioctl(device, KVM_CREATE_VM, 0);
	r = kvm->vm < 0 ? -errno : set_up(kvm);
	if (r < 0)
		kvm_partition_deinit(partition);
	return r;
}

void kvm_partition_deinit(struct hv_partition *partition)
{
	struct kvm_partition *kvm = partition->engine;

	if (!kvm)
		return;
	if (kvm->vm >= 0)
		close(kvm->vm);
	pthread_mutex_destroy(&kvm->route_lock);
	free(kvm);
	partition->engine = NULL;
}

static uint64_t read_tsc(const struct hv_partition *partition)
{
	return kvm_clock_read(kvm_partition_of(partition));
}

static uint64_t tsc_hz(const struct hv_partition *partition)
{
	return kvm_partition_of(partition)->tsc_hz;
}

static const struct cpuid_policy *cpuid(const struct hv_partition *partition)
{
	return &kvm_partition_of(partition)->policy;
}

static void stats(const struct hv_vp *vp, struct hv_stats *ret_stats)
{
	*ret_stats = ((const struct kvm_vp *)vp->engine)->stats;
}

const struct hv_engine_ops hv_kvm_ops = {
	.kind = HV_ENGINE_KVM,
	.probe = kvm_probe,
	.partition_init = kvm_partition_init,
	.partition_deinit = kvm_partition_deinit,
	.set_slots = kvm_set_slots,
	.memory_written = kvm_memory_written,
	.collect_dirty = kvm_collect_dirty,
	.sync_dirty = kvm_sync_dirty,
	.vp_init = kvm_vp_init,
	.vp_deinit = kvm_vp_deinit,
	.vp_run = kvm_vp_run,
	.vp_cancel = kvm_vp_cancel,
	.interrupt = kvm_interrupt,
	.set_extint = kvm_set_extint,
	.inject_extint = kvm_inject_extint,
	.inject_nmi = kvm_inject_nmi,
	.get_reg = kvm_get_reg,
	.set_reg = kvm_set_reg,
	.get_msr = kvm_get_msr,
	.set_msr = kvm_set_msr,
	.get_state = kvm_get_state,
	.set_state = kvm_set_state,
	.cpuid = cpuid,
	.stats = stats,
	.apic_hz = KVM_APIC_HZ,
	/* out KVM_HYPERCALL_PORT, al; ret: VMCALL never leaves the kernel. A prefix without effect puts RET where the translator's page has it. */
	.hypercall_code = { 0x3e, 0xe6, KVM_HYPERCALL_PORT, 0xc3 },
	.read_tsc = read_tsc,
	.set_clock = kvm_clock_set,
	.set_clock_hz = kvm_clock_set_hz,
	.tsc_hz = tsc_hz,
	.set_timer = kvm_set_timer,
	.post_vector = kvm_post_vector,
	.set_assist_page = kvm_set_assist_page,
	.stop = kvm_vp_stop,
};
