/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State of the Hyper-V interface, shared by its files.
 *
 * Locks      hyperv.lock -> hyperv_vp.lock -> partition.memory_lock. The locks of the overlay table and of the connections
 *            are leaves, but that the former's holder takes memory_lock. None is held across a call of the worker.
 */
#ifndef HV_CORE_HYPERV_PRIV_H
#define HV_CORE_HYPERV_PRIV_H

#include "core/connection.h"
#include "core/hyperv.h"
#include "core/overlay.h"
#include "core/reference_time.h"
#include "hv/synic.h"

struct synic_queued {
	struct synic_queued *next;
	struct hyperv_message message;
};

struct synic_sint {
	uint64_t value; /* the MSR */
	struct synic_queued *first, **last;
	unsigned count;
	bool has_refused; /* -EAGAIN was given: say when there is room */
};

struct stimer {
	uint64_t config, count;
	uint64_t expiration; /* reference time, STIMER_NEVER */
	bool has_message;    /* expired, the slot of its SINT was not free */
	uint64_t message_expiration;
};
#define STIMER_NEVER UINT64_MAX

struct hyperv_vp {
	struct hyperv *hyperv;
	struct hv_vp *_Atomic vp; /* NULL while there is none */
	unsigned index;
	pthread_mutex_t lock; /* all below */
	uint64_t scontrol, siefp, simp, assist_page;
	struct synic_sint sints[HV_SINTS];
	struct stimer timers[STIMER_COUNT];
};

struct hyperv {
	struct hv_partition *partition;
	struct reference_clock clock; /* constant */
	const struct hv_guest_ops *guest_ops;
	void *opaque;
	pthread_mutex_t lock; /* from here to `crash` */
	_Atomic uint64_t guest_os_id, hypercall;
	uint64_t reference_tsc, tsc_invariant;
	uint32_t tsc_sequence;
	bool tsc_was_written;
	uint64_t crash[5];
	struct overlay_table overlays;
	struct connection_table connections;
	unsigned vp_count;
	struct hyperv_vp vps[];
};

/* synic.c: the SynIC's MSRs; false: #GP. */
bool synic_msr_read(struct hyperv_vp *vp, uint32_t index, uint64_t *ret_value);
bool synic_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value);
void synic_init(struct hyperv_vp *vp);
void synic_reset(struct hyperv_vp *vp);
/* The lock is held: after its state was put in place, interrupts without EOI, messages and timers go on. */
void synic_restart(struct hyperv_vp *vp);
void synic_deinit(struct hyperv_vp *vp);
/* The lock is held: an interrupt; that of a SINT, unless it is masked or polled. */
void synic_post_vector(struct hyperv_vp *vp, uint8_t vector);
void synic_raise(struct hyperv_vp *vp, unsigned sint);

/* synic_message.c. The lock is held; moves what waits into free slots. */
void synic_deliver(struct hyperv_vp *vp, unsigned sint);
void synic_deliver_all(struct hyperv_vp *vp);
/* The lock is held: SINTs (bits) that refused a message and have room again. Then, without the lock: */
uint32_t synic_take_room(struct hyperv_vp *vp);
void synic_tell_room(struct hyperv_vp *vp, uint32_t sints);
void synic_drop_queue(struct synic_sint *sint);

/* stimer.c; the lock is held. */
bool stimer_msr_read(struct hyperv_vp *vp, uint32_t index, uint64_t *ret_value);
bool stimer_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value);
void stimer_reset(struct hyperv_vp *vp);
void stimer_restart(struct hyperv_vp *vp); /* the engine is told of the next expiration */
/* The message of a timer that waits for this SINT, if one does: fills it in. */
bool stimer_take_message(struct hyperv_vp *vp, unsigned sint, struct hyperv_message *ret_message);
bool stimer_has_message(const struct hyperv_vp *vp, unsigned sint);

/* hyperv_crash.c */
bool crash_msr_read(struct hyperv *hyperv, uint32_t index, uint64_t *ret_value);
bool crash_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value);

#endif
