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
	atomic_bool is_stopping;
	bool is_started;
	struct hv_exit exit; /* kept over a pause: an intercept's answer may wait in it */
	pthread_t thread;
};

int vcpu_thread_start(struct vcpu_thread *vcpu);
/* Any thread, the VP's own too: the guest executes no further instruction soon. */
void vcpu_thread_stop(struct vcpu_thread *vcpu);
/* Waits for the end of a thread that was stopped. */
void vcpu_thread_join(struct vcpu_thread *vcpu);

#endif
