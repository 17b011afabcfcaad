/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of one VP: runs the guest and answers its intercepts.
 *
 * Threads    start, stop, join: the main thread. Events come on the VP's thread, which then only waits to be
 *            joined.
 * Ownership  The VP and the chips belong to the machine and outlive the thread.
 */
#ifndef WORKER_VCPU_THREAD_H
#define WORKER_VCPU_THREAD_H

#include <hv/hv.h>

#include <pthread.h>
#include <stdatomic.h>

struct pc;

enum vcpu_event {
	VCPU_CRASHED, /* the guest's fault: `text` tells what and where */
	VCPU_FAILED,  /* ours */
};

struct vcpu_thread {
	struct hv_vp *vp;
	unsigned index;
	struct pc *pc;
	void (*on_event)(void *opaque, enum vcpu_event event, const char *text);
	void *opaque;
	uint64_t hypercalls, msr_accesses; /* as far as they are counted */
	atomic_bool is_stopping;
	atomic_bool is_pausing;
	bool is_parked; /* under park_lock, a leaf; so is is_over */
	bool is_over;
	pthread_mutex_t park_lock;
	pthread_cond_t park_changed;
	atomic_bool is_started;
	pthread_t thread;
};

int vcpu_thread_start(struct vcpu_thread *vcpu);
/* Any thread, the VP's own too: the guest executes no further instruction soon. */
void vcpu_thread_stop(struct vcpu_thread *vcpu);
/*
 * A VP stays on its thread for life (hv.h), so a pause parks the thread. pause: returns when the VP stands still, with no
 * intercept under way (hv/state.h), or its thread is over. resume: lets it go on. The main thread, between start and join.
 */
void vcpu_thread_pause(struct vcpu_thread *vcpu);
void vcpu_thread_resume(struct vcpu_thread *vcpu);
/* Waits for the end of a thread that was stopped. */
void vcpu_thread_join(struct vcpu_thread *vcpu);

#endif
