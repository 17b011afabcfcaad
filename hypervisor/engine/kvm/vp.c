/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VP and its run loop. */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- life -------------------------------------------------------------------------------------------- */

/* What KVM adds to the host's TSC. */
static int access_tsc_offset(struct kvm_vp *vp, unsigned long request, uint64_t *offset)
{
	struct kvm_device_attr attr = { .group = KVM_VCPU_TSC_CTRL,
					.attr = KVM_VCPU_TSC_OFFSET,
					.addr = (uintptr_t)offset };

	return kvm_ioctl(vp->fd, request, &attr);
}

int kvm_vp_get_tsc_offset(struct hv_vp *vp, uint64_t *ret_offset)
{
	int r = access_tsc_offset(vp->engine, KVM_GET_DEVICE_ATTR, ret_offset);

	*ret_offset += kvm_partition_of(vp->partition)->tsc_base;
	return r;
}

int kvm_vp_set_tsc_offset(struct hv_vp *vp, uint64_t offset)
{
	offset -= kvm_partition_of(vp->partition)->tsc_base;
	return access_tsc_offset(vp->engine, KVM_SET_DEVICE_ATTR, &offset);
}

int kvm_vp_move_clock(struct hv_vp *vp, uint64_t delta)
{
	enum { MSR_TSC_DEADLINE = 0x6e0 };
	struct kvm_vp *kvm = vp->engine;
	uint64_t offset, deadline;
	int r = access_tsc_offset(kvm, KVM_GET_DEVICE_ATTR, &offset);

	if (r < 0)
		return r;
	offset -= delta;
	r = access_tsc_offset(kvm, KVM_SET_DEVICE_ATTR, &offset);
	if (r < 0)
		return r;
	kvm_set_timer(vp, kvm->deadline);
	/* KVM has made a time of the host's of it. */
	if (kvm_get_msr(vp, MSR_TSC_DEADLINE, &deadline) == 0 && deadline)
		r = kvm_set_msr(vp, MSR_TSC_DEADLINE, deadline);
	return r;
}

static int set_up(struct kvm_vp *kvm)
{
	const struct kvm_partition *partition = kvm_partition_of(kvm->vp->partition);
	void *run = mmap(NULL, partition->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, kvm->fd, 0);
	int r;

	if (run == MAP_FAILED)
		return -errno;
	kvm->run = run;
	/* A hypercall needs both; copying them costs less than asking. */
	kvm->run->kvm_valid_regs =
	    kvm->vp->partition->is_enlightened ? KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS : 0;
	if (kvm->vp->partition->is_enlightened)
		kvm_mark_init(kvm);
	r = kvm_cpuid_set(kvm);
	if (r == 0)
		r = kvm_init_msrs(kvm);
	/* All VPs count from the partition's beginning, at the host's rate. */
	return r < 0 ? r : kvm_vp_set_tsc_offset(kvm->vp, 0);
}

int kvm_vp_init(struct hv_vp *vp)
{
	struct kvm_vp *kvm = calloc(1, sizeof(*kvm));
	int r;

	if (!kvm)
		return -ENOMEM;
	vp->engine = kvm;
	kvm->vp = vp;
	kvm->deadline = UINT64_MAX;
	kvm->fd = ioctl(kvm_partition_of(vp->partition)->vm, KVM_CREATE_VCPU, (unsigned long)vp->index);
	r = kvm->fd < 0 ? -errno : set_up(kvm);
	if (r == 0)
		r = kvm_dirty_init_vp(kvm);
	if (r < 0)
		kvm_vp_deinit(vp);
	return r;
}

void kvm_vp_deinit(struct hv_vp *vp)
{
	struct kvm_vp *kvm = vp->engine;

	if (!kvm)
		return;
	kvm_unbind(kvm);
	kvm_dirty_deinit_vp(kvm);
	if (kvm->run)
		munmap(kvm->run, kvm_partition_of(vp->partition)->run_size);
	if (kvm->fd >= 0)
		close(kvm->fd);
	free(kvm);
	vp->engine = NULL;
}

/* --- running ----------------------------------------------------------------------------------------- */

void kvm_vp_cancel(struct hv_vp *vp)
{
	struct kvm_vp *kvm = vp->engine;

	atomic_store(&kvm->is_canceled, true);
	kvm_kick(kvm);
}

void kvm_vp_stop(struct hv_vp *vp)
{
	((struct kvm_vp *)vp->engine)->is_stopped = true;
}

static void look_at_timer(struct kvm_vp *kvm)
{
	const struct kvm_partition *partition = kvm_partition_of(kvm->vp->partition);

	if (kvm->deadline == UINT64_MAX || kvm_clock_read(partition) < kvm->deadline)
		return;
	kvm->deadline = UINT64_MAX;
	hyperv_timer_expired(kvm->vp);
}

static bool is_intercept(uint32_t reason)
{
	return reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO || reason == KVM_EXIT_X86_RDMSR ||
	       reason == KVM_EXIT_X86_WRMSR;
}

/* Enters the guest; -errno. */
static int enter(struct kvm_vp *kvm)
{
	int r = ioctl(kvm->fd, KVM_RUN, 0) < 0 ? -errno : 0;

	kvm->is_half_done = r == 0 && is_intercept(kvm->run->exit_reason);
	if (r == 0)
		kvm->stats.exits++;
	return r;
}

/*
 * A canceled VP stands between two instructions: KVM ends the intercepted one first, and may want another access for it. True: `exit` is for
 * the caller.
 */
static bool finish_instruction(struct kvm_vp *kvm, struct hv_exit *exit)
{
	while (kvm->is_half_done) {
		kvm->run->immediate_exit = 1;
		if (enter(kvm) == 0 && kvm_handle_exit(kvm, exit))
			return true;
	}
	return false;
}

/*
 * What others asked for since the last time. `immediate_exit` is cleared first: what comes afterwards sets it
 * again and KVM_RUN returns at once. True: `exit` is for the caller.
 */
static bool look_at_requests(struct kvm_vp *kvm, struct hv_exit *exit)
{
	atomic_store((_Atomic uint8_t *)&kvm->run->immediate_exit, 0);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&kvm->is_canceled)) {
		if (finish_instruction(kvm, exit))
			return true;
		atomic_store(&kvm->is_canceled, false);
		exit->reason = HV_EXIT_CANCELED;
		return true;
	}
	if (kvm->vp->hyperv)
		look_at_timer(kvm);
	if (atomic_exchange(&kvm->nmi, false))
		(void)kvm_ioctl(kvm->fd, KVM_NMI, NULL);
	if (atomic_load(&kvm->extint) && kvm->run->ready_for_interrupt_injection && kvm->run->if_flag) {
		kvm->run->ready_for_interrupt_injection = 0;
		exit->reason = HV_EXIT_EXTINT;
		return true;
	}
	kvm->run->request_interrupt_window = atomic_load(&kvm->extint);
	return false;
}

int kvm_vp_run(struct hv_vp *vp, struct hv_exit *exit)
{
	struct kvm_vp *kvm = vp->engine;
	int r = kvm_bind_thread(kvm);

	if (r == 0 && kvm_complete_exit(kvm, exit))
		return 0;
	if (r == 0 && kvm->has_regs)
		r = kvm_flush_regs(kvm);
	if (r < 0)
		return r;
	exit->reason = HV_EXIT_NONE;
	kvm_arm_timer(kvm);
	for (;;) {
		if (look_at_requests(kvm, exit))
			break;
		if (kvm->is_stopped) {
			kvm_wait_for_kick(kvm);
			continue;
		}
		r = enter(kvm);
		if (r == -EINTR || r == -EAGAIN)
			continue;
		if (r < 0) {
			exit->reason = HV_EXIT_FAILURE;
			exit->failure =
			    r == -EFAULT ? "KVM cannot reach the guest's memory" : "KVM refuses to run";
			break;
		}
		if (kvm_handle_exit(kvm, exit))
			break;
	}
	return 0;
}
