/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic interrupt controller and what else a guest says to its hypervisor (TLFS, chapters 3 and 11).
 *
 * Purpose    Messages, events and the guest's own reports between an enlightened partition
 *            (hv_partition_config.is_enlightened) and the worker. A guest posts to connections
 *            (HvCallPostMessage, HvCallSignalEvent); the worker posts to a VP's SINT. All of it is shared by both engines.
 * Threads    Sending (hv_post_message(), hv_signal_event()), hv_connect_*() and hv_disconnect(): any thread, any time
 *            between hv_partition_new() and hv_partition_free(). Callbacks come on the thread of the VP that
 *            caused them, with no lock held: they note, wake somebody and return; they may send. After
 *            hv_disconnect() has returned the connection's callback neither runs nor comes again (so not from
 *            within that callback).
 * Ownership  Payloads are copied in both directions; a callback's payload is private and lives until it returns.
 * Limits     HV_CONNECTIONS_MAX connections; HV_MESSAGE_QUEUE_MAX messages wait for one SINT of one VP.
 * Trust      All that a callback gets is the guest's choice, but for sizes, which are checked.
 * Errors     Negative errno. -EOPNOTSUPP: the partition is not enlightened.
 */
#ifndef HV_SYNIC_H
#define HV_SYNIC_H

#include "hv/hv.h"

enum {
	HV_SINTS = 16,
	HV_MESSAGE_PAYLOAD_MAX = 240, /* bytes (TLFS, 11.8.1) */
	HV_MESSAGE_QUEUE_MAX = 256,
	HV_EVENT_FLAGS = 2048, /* of one SINT */
	HV_CONNECTIONS_MAX = 2048,
	HV_CRASH_TEXT_MAX = 4096,
};

/* Results of hypercalls (TLFS, appendix B) that a callback may give. */
enum hv_status {
	HV_STATUS_SUCCESS = 0x00,
	HV_STATUS_INVALID_PARAMETER = 0x05,
	HV_STATUS_ACCESS_DENIED = 0x06,
	HV_STATUS_INSUFFICIENT_MEMORY = 0x0b,
	HV_STATUS_INVALID_CONNECTION_ID = 0x12,
	HV_STATUS_INSUFFICIENT_BUFFERS = 0x13, /* the guest tries again */
};

/* --- to the worker --------------------------------------------------------------------------------- */

typedef enum hv_status (*hv_message_fn)(void *opaque, unsigned vp, uint32_t type, const void *payload,
					size_t size);
typedef void (*hv_event_fn)(void *opaque, uint16_t flag);

/* Connection ids have 24 bits. -EEXIST, -ENOSPC, -ENOMEM. A post to an id that is not connected gives the guest
   HV_STATUS_INVALID_CONNECTION_ID. */
int hv_connect_messages(struct hv_partition *partition, uint32_t connection, hv_message_fn fn, void *opaque);
int hv_connect_events(struct hv_partition *partition, uint32_t connection, hv_event_fn fn, void *opaque);
/* Nothing happens when it is not connected. */
void hv_disconnect(struct hv_partition *partition, uint32_t connection);

struct hv_crash {
	uint64_t parameters[5];		  /* HV_X64_MSR_CRASH_P0..P4 */
	uint32_t text_size;		  /* 0: the guest gave none */
	char text[HV_CRASH_TEXT_MAX + 1]; /* the guest's log, ended by 0; any bytes may be in it */
};

struct hv_guest_ops {
	/* A SINT whose queue refused a message (-EAGAIN) has room again. May come too often. */
	void (*message_room)(void *opaque, unsigned vp, unsigned sint);
	/* The guest's kernel gave up (crash MSRs, TLFS 3.7). The VP goes on running. */
	void (*crash)(void *opaque, unsigned vp, const struct hv_crash *crash);
	/* The guest asked for a reset by MSR. The VP stops running guest code until the caller ends it. */
	void (*reset)(void *opaque);
	/* The content of these pages does not matter any more (HvExtCallMemoryHeatHint); called range by range. */
	void (*discard)(void *opaque, uint64_t gpa, uint64_t size);
};
/* Before the first hv_vp_run(). Each function may be NULL. */
void hv_set_guest_ops(struct hv_partition *partition, const struct hv_guest_ops *ops, void *opaque);

/* --- to the guest ---------------------------------------------------------------------------------- */

/*
 * Puts a message into the VP's slot of that SINT, or behind others that wait for it, in order. type != 0, size <=
 * HV_MESSAGE_PAYLOAD_MAX. It waits also while the guest has no message page. -EAGAIN: the queue is full,
 * message_room() will come. -EINVAL.
 */
int hv_post_message(struct hv_partition *partition, unsigned vp, unsigned sint, uint32_t type,
		    const void *payload, size_t size);
/* Drops what waits for that SINT (the guest began a new connection, or unloaded its bus). */
void hv_drop_messages(struct hv_partition *partition, unsigned vp, unsigned sint);
/*
 * Sets one of the 2048 flags of the VP's SINT and interrupts the guest if it was clear. 0 also when it was set
 * already; -ENXIO: the guest has no event page or its SynIC is off.
 */
int hv_signal_event(struct hv_partition *partition, unsigned vp, unsigned sint, unsigned flag);

/* Partition reference time: 100 ns units since the partition began; what the guest's TIME_REF_COUNT says. */
uint64_t hv_reference_time(const struct hv_partition *partition);

#endif
