/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KVM engine: hardware virtualization through /dev/kvm (Linux: Documentation/virt/kvm/api.rst).
 *
 * Division   KVM runs the guest, its local APICs and its FPU state; the I/O APIC and the 8259 are the
 *            worker's (split irqchip); synthetic MSRs and hypercalls come to core/ (an MSR filter; a
 *            port access in the hypercall page).
 * Threads    As engine.h says. A VP thread is made to leave KVM_RUN by its signal and `immediate_exit`.
 * Errors     Negative errno.
 */
#ifndef HV_KVM_KVM_H
#define HV_KVM_KVM_H

#include "core/cpuid.h"
#include "core/hyperv.h"
#include "engine/engine.h"

#include <linux/kvm.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
	KVM_APIC_HZ = 1000000000, /* KVM's local APIC counts nanoseconds */
	KVM_IOAPIC_PINS = 24,
	/* The guest's hypercall page writes to this port; no chip has it. */
	KVM_HYPERCALL_PORT = 0x5e,
};

struct kvm_vp;

struct kvm_region { /* a memory slot of KVM's; its number is its place */
	bool is_used;
	struct hv_slot slot;
};

struct kvm_scale { /* how far a VP's TSC goes in a tick of the host's: ratio / 2^bits; bits 0: one */
	uint64_t ratio;
	uint8_t bits;
};

struct kvm_partition {
	struct hv_partition *partition;
	int vm;
	size_t run_size;   /* of a VP's shared page */
	uint64_t tsc_base; /* kvm_clock_host() when the partition's clock was 0 */
	uint64_t tsc_hz;   /* of the partition's clock */
	struct kvm_scale scale;
	bool has_apic_msrs;   /* the kernel answers HYPERV_EOI, _ICR and _TPR */
	bool wants_apic_msrs; /* and the processor does not virtualize the APIC */
	bool has_rings;	      /* dirty pages come in a ring for each VP (dirty.c) */
	struct cpuid_policy policy;
	struct kvm_region regions[HV_MAX_SLOTS]; /* under partition->lock */
	pthread_mutex_t route_lock;		 /* a leaf */
	struct kvm_irq_routing_entry routes[KVM_IOAPIC_PINS];
	unsigned route_count, route_next;
};

struct kvm_vp {
	struct hv_vp *vp;
	int fd;
	struct kvm_run *run;
	/* Any thread writes these, then kicks. */
	atomic_bool is_canceled, extint, nmi;
	_Atomic pid_t thread; /* 0: no thread has run it yet */
	bool is_stopped;      /* engine.h, stop() */
	bool has_init_mark;   /* exits.c */
	bool has_assist_page; /* its guest lets KVM tell which interrupts need no EOI */
	bool is_half_done;    /* KVM ends the last intercepted instruction when it is entered again */
	unsigned io_done;     /* elements of a string access that the caller has answered */
	bool has_timer, is_timer_stale;
	int timer;		    /* the kernel's POSIX timer: kicks this thread */
	uint64_t deadline;	    /* of read_tsc(); UINT64_MAX: none */
	struct kvm_dirty_gfn *ring; /* under partition->lock, like the next */
	uint32_t ring_next;
	struct hv_stats stats;
	char failure[192]; /* what HV_EXIT_FAILURE says */
	/* Registers that are looked at or changed between runs (regs.c). */
	bool has_regs, has_new_regs, has_new_sregs;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
};

static inline struct kvm_partition *kvm_partition_of(const struct hv_partition *partition)
{
	return partition->engine;
}

/* device.c: /dev/kvm. The descriptor stays open for the life of the process. */
int kvm_device(void); /* -errno */
int kvm_probe(const char **ret_reason);
bool kvm_has_virtual_apic(void); /* the processor itself handles EOIs */
/* -errno instead of -1 */
int kvm_ioctl(int fd, unsigned long request, void *argument);

/* self_test.c. 0 or -errno: KVM runs nothing here. */
int kvm_self_test(int device, bool *ret_is_emulated);

/* partition.c */
int kvm_partition_init(struct hv_partition *partition);
void kvm_partition_deinit(struct hv_partition *partition);

/* memory.c */
int kvm_set_slots(struct hv_partition *partition, struct hv_slots *slots);
void kvm_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size);
/* NULL: one that is free. */
struct kvm_region *kvm_find_region(struct kvm_partition *kvm, const struct hv_slot *slot);

/* dirty.c */
extern bool kvm_wants_rings; /* a test may want bitmaps */
void kvm_dirty_init(struct kvm_partition *kvm);
int kvm_dirty_init_vp(struct kvm_vp *vp);
void kvm_dirty_deinit_vp(struct kvm_vp *vp);
/* KVM_RUN has ended since the ring is full. */
void kvm_dirty_full(struct kvm_vp *vp);
int kvm_collect_dirty(struct hv_partition *partition, const struct hv_slot *slot);
int kvm_sync_dirty(struct hv_partition *partition, const struct hv_slot *slot);

/* interrupt.c */
int kvm_interrupt(struct hv_partition *partition, uint64_t address, uint32_t data);
void kvm_post_vector(struct hv_vp *vp, uint8_t vector);
void kvm_set_extint(struct hv_vp *vp, bool level);
void kvm_inject_extint(struct hv_vp *vp, uint8_t vector);
void kvm_inject_nmi(struct hv_vp *vp);
/* A level-triggered vector of that VP is on its way: its EOI is to be told. */
int kvm_add_level_route(struct hv_vp *vp, uint8_t vector);
void kvm_set_assist_page(struct hv_vp *vp, uint64_t value);

/* msr_filter.c */
int kvm_filter_msrs(struct kvm_partition *partition);
int kvm_init_msrs(struct kvm_vp *vp);
/* An MSR that the kernel does not answer and core does not know. False: #GP. */
bool kvm_filtered_msr(const struct kvm_vp *vp, uint32_t index, bool is_write, uint64_t *value);

/* clock.c */
uint64_t kvm_clock_host(const struct kvm_partition *partition); /* the host's TSC at the guest's frequency */
uint64_t kvm_clock_read(const struct kvm_partition *partition); /* engine.h, read_tsc() */
int kvm_clock_set(struct hv_partition *partition, uint64_t tsc);
int kvm_clock_set_hz(struct hv_partition *partition, uint64_t hz);

/* cpuid.c */
int kvm_cpuid_init(struct kvm_partition *partition);
int kvm_cpuid_set(struct kvm_vp *vp);

/* kick.c */
int kvm_kick_init(void); /* once for the process */
int kvm_bind_thread(struct kvm_vp *vp);
void kvm_unbind(struct kvm_vp *vp);
void kvm_kick(struct kvm_vp *vp); /* any thread */
/* The deadline that another thread has set. */
void kvm_arm_timer(struct kvm_vp *vp);
void kvm_set_timer(struct hv_vp *vp, uint64_t tsc);
void kvm_wait_for_kick(struct kvm_vp *vp);
void kvm_guest_idle(struct kvm_vp *vp); /* HYPERV_GUEST_IDLE is read */

/* vp.c */
int kvm_vp_init(struct hv_vp *vp);
void kvm_vp_deinit(struct hv_vp *vp);
int kvm_vp_run(struct hv_vp *vp, struct hv_exit *exit);
void kvm_vp_cancel(struct hv_vp *vp);
void kvm_vp_stop(struct hv_vp *vp);
/* The guest's TSC minus the partition's clock. */
int kvm_vp_get_tsc_offset(struct hv_vp *vp, uint64_t *ret_offset);
int kvm_vp_set_tsc_offset(struct hv_vp *vp, uint64_t offset);
/* The partition's clock lags behind the host's by so much more than before. */
int kvm_vp_move_clock(struct hv_vp *vp, uint64_t delta);

/* exits.c. True: `exit` is for the caller; false: the guest goes on. */
bool kvm_handle_exit(struct kvm_vp *vp, struct hv_exit *exit);
/* What the caller did with its last exit goes to KVM, which ends the instruction. */
bool kvm_complete_exit(struct kvm_vp *vp, struct hv_exit *exit);

void kvm_mark_init(struct kvm_vp *vp); /* before the VP runs */

/* hypercall.c */
bool kvm_is_hypercall(struct kvm_vp *vp);
void kvm_hypercall(struct kvm_vp *vp);

/* state.c */
int kvm_get_state(struct hv_vp *vp, struct vp_state *ret_state);
int kvm_set_state(struct hv_vp *vp, const struct vp_state *state);

/* regs.c */
int kvm_flush_regs(struct kvm_vp *vp); /* before the VP runs on */
int kvm_get_reg(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value);
int kvm_set_reg(struct hv_vp *vp, enum hv_reg name, const union hv_value *value);
int kvm_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value);
int kvm_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value);

#endif
