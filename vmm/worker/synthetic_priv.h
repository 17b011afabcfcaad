/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the synthetic devices: synthetic.c is their life, synthetic_mail.c the way to the main thread, synthetic_hold.c how the device
 * thread stands still, synthetic_upcalls.c what hypervisor and bus ask.
 */
#ifndef WORKER_SYNTHETIC_PRIV_H
#define WORKER_SYNTHETIC_PRIV_H

#include "worker/synthetic.h"

#include <pthread.h>

enum { SYNTHETIC_PARTS = 6 };

extern const struct synthetic_part *const synthetic_parts[SYNTHETIC_PARTS];

struct mail;
struct vmbus_config;

struct synthetic {
	struct loop *main_loop;
	struct worker_config *config;
	struct machine_memory *memory;
	struct machine_screen *screen;
	const struct synthetic_ops *ops;
	void *opaque;

	struct loop *loop;
	pthread_t thread;
	bool is_started;
	bool is_unconfined; /* the kernel refuses the filter of system calls */

	/* The device thread's. */
	struct vmbus *bus;
	struct hv_partition *partition;
	void *made[SYNTHETIC_PARTS];
	struct machine_error *error; /* of what the main thread waits for */
	int result;

	pthread_mutex_t lock; /* a leaf: all below */
	pthread_cond_t changed;
	bool is_attached;
	struct mail *first_mail, **mail_tail;
	unsigned mail_count;
	/* Of warnings: how many may come now, since when, and how many did not. */
	unsigned warnings_left, warnings_lost;
	uint64_t warnings_at;
	unsigned crashes; /* told since */
	uint64_t crashes_since;
	struct loop_call mail_call, stop_call, stopped_call;
	void (*on_stopped)(void *opaque);
	void *stopped_opaque;

	/* Saving: synthetic_hold(). */
	struct loop_timer *hold_timer; /* the device thread's */
	uint64_t hold_until;
	bool is_hold_wanted, is_hold_for_stop, is_held; /* under the lock */
	const char *hold_error;
	bool lends; /* set before the device thread is asked to hold */
	struct loop_call hold_call, held_call;
	void (*on_held)(void *opaque, const char *error);
	void *held_opaque;
	struct state *state; /* that is taken back */
};

extern const struct hv_guest_ops synthetic_guest_ops; /* opaque: struct synthetic */
struct vmbus_config synthetic_bus_config(struct synthetic *synthetic);

/* The main thread's: takes what there is; throws it away. */
void synthetic_on_mail(void *synthetic);
void synthetic_drop_mail(struct synthetic *synthetic);

/* --- synthetic_hold.c: the device thread's --- */
void synthetic_begin_hold(void *synthetic);
void synthetic_on_hold_timer(void *synthetic);
/* The main thread's. */
void synthetic_on_held(void *synthetic);

#endif
