/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/vcpu_thread.h"
#include "worker/confine.h"
#include "worker/counters.h"
#include "worker/starter.h"

#include "chipset/pc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STACK_BYTES = 1 << 20 };

static void on_port(struct vcpu_thread *vcpu, struct hv_exit *exit)
{
	if (exit->port.is_write)
		pc_port_write(vcpu->pc, exit->port.port, exit->port.size, exit->port.data);
	else
		exit->port.data = pc_port_read(vcpu->pc, exit->port.port, exit->port.size);
}

static void on_mmio(struct vcpu_thread *vcpu, struct hv_exit *exit)
{
	uint64_t value = 0;

	if (exit->mmio.is_write) {
		memcpy(&value, exit->mmio.data, exit->mmio.size);
		pc_mmio_write(vcpu->pc, exit->mmio.gpa, exit->mmio.size, value);
	} else {
		value = pc_mmio_read(vcpu->pc, exit->mmio.gpa, exit->mmio.size);
		memcpy(exit->mmio.data, &value, exit->mmio.size);
	}
}

static void report(struct vcpu_thread *vcpu, enum vcpu_event event, const char *what)
{
	static const enum hv_reg names[] = { HV_REG_RIP, HV_REG_RSP, HV_REG_CR0, HV_REG_CR2, HV_REG_CR3 };
	union hv_value v[5] = { 0 };
	char text[256];
	char where[160] = "";

	if (hv_vp_get_regs(vcpu->vp, names, 5, v) == 0)
		snprintf(
		    where, sizeof(where), " at rip 0x%llx (rsp 0x%llx, cr0 0x%llx, cr2 0x%llx, cr3 0x%llx)",
		    (unsigned long long)v[0].u64, (unsigned long long)v[1].u64, (unsigned long long)v[2].u64,
		    (unsigned long long)v[3].u64, (unsigned long long)v[4].u64);
	snprintf(text, sizeof(text), "%s on processor %u%s", what, vcpu->index, where);
	vcpu->on_event(vcpu->opaque, event, text);
}

/* True while the VP may run on. */
static bool handle_exit(struct vcpu_thread *vcpu, struct hv_exit *exit)
{
	switch (exit->reason) {
	case HV_EXIT_PORT: on_port(vcpu, exit); return true;
	case HV_EXIT_MMIO: on_mmio(vcpu, exit); return true;
	case HV_EXIT_EOI: pc_eoi(vcpu->pc, exit->eoi.vector); return true;
	case HV_EXIT_EXTINT: hv_vp_inject_extint(vcpu->vp, pc_extint_vector(vcpu->pc)); return true;
	case HV_EXIT_NONE:
	case HV_EXIT_CANCELED: return true;
	case HV_EXIT_SHUTDOWN: report(vcpu, VCPU_CRASHED, "triple fault"); return false;
	case HV_EXIT_FAILURE:
		report(vcpu, VCPU_FAILED, exit->failure ? exit->failure : "the engine failed");
		return false;
	}
	return false;
}

/* Nothing of an intercept is under way any more: hv_save() wants it so. */
static bool is_between(const struct hv_exit *exit)
{
	return exit->reason == HV_EXIT_CANCELED || exit->reason == HV_EXIT_NONE;
}

/* Parked until it may go on, or is to end. */
static void park(struct vcpu_thread *vcpu)
{
	pthread_mutex_lock(&vcpu->park_lock);
	vcpu->is_parked = true;
	pthread_cond_broadcast(&vcpu->park_changed);
	while (atomic_load(&vcpu->is_pausing) && !atomic_load(&vcpu->is_stopping))
		pthread_cond_wait(&vcpu->park_changed, &vcpu->park_lock);
	vcpu->is_parked = false;
	pthread_mutex_unlock(&vcpu->park_lock);
}

static void tell_over(struct vcpu_thread *vcpu)
{
	pthread_mutex_lock(&vcpu->park_lock);
	vcpu->is_over = true;
	pthread_cond_broadcast(&vcpu->park_changed);
	pthread_mutex_unlock(&vcpu->park_lock);
}

/* Only this thread writes them: no addition has to be atomic. */
static void add(_Atomic uint64_t *counter, uint64_t amount)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + amount, memory_order_relaxed);
}

static void count_exit(struct vcpu_thread *vcpu, const struct hv_exit *exit)
{
	static const enum worker_vp_counter counters[] = {
		[HV_EXIT_NONE] = WORKER_VP_OTHER,     [HV_EXIT_PORT] = WORKER_VP_PORT,
		[HV_EXIT_MMIO] = WORKER_VP_MMIO,      [HV_EXIT_EOI] = WORKER_VP_EOI,
		[HV_EXIT_EXTINT] = WORKER_VP_EXTINT,  [HV_EXIT_SHUTDOWN] = WORKER_VP_OTHER,
		[HV_EXIT_CANCELED] = WORKER_VP_OTHER, [HV_EXIT_FAILURE] = WORKER_VP_OTHER,
	};
	_Atomic uint64_t *own = counters_vp(vcpu->index);
	struct hv_stats stats;

	hv_vp_stats(vcpu->vp, &stats);
	add(&own[counters[exit->reason]], 1);
	add(&own[WORKER_VP_HYPERCALL], stats.hypercalls - vcpu->hypercalls);
	add(&own[WORKER_VP_MSR], stats.msr_accesses - vcpu->msr_accesses);
	vcpu->hypercalls = stats.hypercalls;
	vcpu->msr_accesses = stats.msr_accesses;
}

static void *run(void *opaque)
{
	struct vcpu_thread *vcpu = opaque;
	struct hv_exit exit = { .reason = HV_EXIT_NONE };
	char name[16];

	snprintf(name, sizeof(name), "vp-%u", vcpu->index);
	pthread_setname_np(pthread_self(), name);
	if (confine_thread(CONFINE_VP) < 0) {
		report(vcpu, VCPU_FAILED, "the kernel refuses the filter of system calls");
		atomic_store(&vcpu->is_stopping, true);
	}
	while (!atomic_load_explicit(&vcpu->is_stopping, memory_order_acquire)) {
		int r;

		if (atomic_load_explicit(&vcpu->is_pausing, memory_order_acquire)) {
			if (is_between(&exit)) {
				park(vcpu);
				continue;
			}
			hv_vp_cancel(vcpu->vp); /* the answer to an intercept is taken first */
		}
		r = hv_vp_run(vcpu->vp, &exit);

		if (r < 0) {
			report(vcpu, VCPU_FAILED, strerror(-r));
			break;
		}
		count_exit(vcpu, &exit);
		if (!handle_exit(vcpu, &exit))
			break;
	}
	tell_over(vcpu);
	return NULL;
}

int vcpu_thread_start(struct vcpu_thread *vcpu)
{
	int r;

	atomic_store(&vcpu->is_stopping, false);
	atomic_store(&vcpu->is_pausing, false);
	vcpu->is_parked = vcpu->is_over = false;
	pthread_mutex_init(&vcpu->park_lock, NULL);
	pthread_cond_init(&vcpu->park_changed, NULL);
	r = starter_run(&vcpu->thread, STACK_BYTES, run, vcpu);
	vcpu->is_started = r == 0;
	return r;
}

void vcpu_thread_stop(struct vcpu_thread *vcpu)
{
	atomic_store_explicit(&vcpu->is_stopping, true, memory_order_release);
	hv_vp_cancel(vcpu->vp);
	if (!vcpu->is_started)
		return;
	pthread_mutex_lock(&vcpu->park_lock);
	pthread_cond_broadcast(&vcpu->park_changed);
	pthread_mutex_unlock(&vcpu->park_lock);
}

void vcpu_thread_pause(struct vcpu_thread *vcpu)
{
	atomic_store_explicit(&vcpu->is_pausing, true, memory_order_release);
	hv_vp_cancel(vcpu->vp);
	pthread_mutex_lock(&vcpu->park_lock);
	while (!vcpu->is_parked && !vcpu->is_over)
		pthread_cond_wait(&vcpu->park_changed, &vcpu->park_lock);
	pthread_mutex_unlock(&vcpu->park_lock);
}

void vcpu_thread_resume(struct vcpu_thread *vcpu)
{
	pthread_mutex_lock(&vcpu->park_lock);
	atomic_store_explicit(&vcpu->is_pausing, false, memory_order_release);
	pthread_cond_broadcast(&vcpu->park_changed);
	pthread_mutex_unlock(&vcpu->park_lock);
}

void vcpu_thread_join(struct vcpu_thread *vcpu)
{
	if (vcpu->is_started)
		pthread_join(vcpu->thread, NULL);
	vcpu->is_started = false;
}
