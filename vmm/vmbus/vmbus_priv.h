/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the bus. All of it belongs to the loop's thread, but for `signals`, `is_woken` and the incoming
 * messages.
 *
 *   message_queue.c  messages in (from VP threads) and out (behind the SynIC's own queue)
 *   connection.c     the control protocol: one function for each message
 *   offer.c          devices, offers, rescinding
 *   channel.c        open, close, signals
 *   packet.c         packets of an open channel
 *   gpadl.c          lists of guest pages
 *   ring.c           the rings themselves
 *   bus_state.c      saving all that, and taking it back
 */
#ifndef VMBUS_PRIV_H
#define VMBUS_PRIV_H

#include "vmbus/ring.h"
#include "vmbus/vmbus.h"
#include "vmbus/vmbus_limits.h"
#include "vmbus/vmbus_proto.h"

#include "loop/loop.h"

#include <hv/synic.h>

#include <pthread.h>
#include <stdatomic.h>

struct vmbus_message_in {
	uint32_t size;
	union {
		struct vmbus_header header; /* size >= its size, checked when it came */
		uint8_t bytes[HV_MESSAGE_PAYLOAD_MAX];
	};
};

struct vmbus_message_out {
	struct vmbus_message_out *next;
	uint32_t size;
	uint8_t bytes[HV_MESSAGE_PAYLOAD_MAX];
};

/* What waits until no channel is open any more. */
enum vmbus_ending { ENDING_NONE, ENDING_CONTACT, ENDING_UNLOAD, ENDING_STOP };

struct vmbus {
	struct vmbus_config config;
	struct hv_partition *partition; /* NULL: not attached */

	uint32_t version; /* 0: not connected */
	uint32_t target_vp, sint;
	bool has_requested_offers;
	bool is_held; /* vmbus_hold() */
	enum vmbus_ending ending;
	struct vmbus_initiate_contact contact; /* of ENDING_CONTACT */
	bool is_closing_all;
	void (*on_stopped)(void *opaque);
	void *stopped_opaque;

	struct vmbus_device *devices; /* in the order of their making */
	struct vmbus_channel *by_relid[VMBUS_RELIDS];
	unsigned next_relid, channel_count;
	unsigned busy_channels; /* open, or being closed */

	struct vmbus_gpadl *gpadls[256]; /* by the low bits of the guest's number */
	unsigned gpadl_count, gpadl_pages;

	/* Set by VP threads, taken by the loop: which relids were signalled. */
	_Atomic uint64_t signals[VMBUS_RELIDS / 64];
	atomic_bool is_woken;
	struct loop_call signal_call;

	pthread_mutex_t message_lock;	   /* a leaf */
	struct vmbus_message_in *messages; /* a ring of VMBUS_MESSAGES_IN_MAX */
	unsigned message_first, message_count;
	struct loop_call message_call;
	struct vmbus_message_out *out_first, **out_tail;
	unsigned out_count;
	struct loop_call room_call;

	unsigned batch_depth;
	struct vmbus_channel *touched; /* to be shown to the guest at the end of the batch */
	struct loop_call release_call;

	uint64_t log_since_ns;
	unsigned log_count;
};

struct vmbus_device {
	struct vmbus *bus;
	struct vmbus_device_config config;
	struct vmbus_device *next;
	bool is_rescinded, is_release_told;
	bool returns;		/* rescinded, and offered anew when that is done */
	bool has_read;		/* of a saved state: its part */
	unsigned channel_count; /* that the guest knows of, or that are not closed yet */
};

enum channel_state {
	CHANNEL_OFFERED, /* the guest may open it */
	CHANNEL_OPEN,
	CHANNEL_CLOSING, /* until vmbus_channel_closed() */
};

/* The moments in which the mask stays on though the ring is empty (gather.c). */
struct gather {
	bool is_open;
	struct loop_timer *timer; /* NULL: not needed yet */
	unsigned packets, fresh;  /* that came since it is open, and since the last look */
	unsigned pause, wait;	  /* signals without one after a vain one, and those still to come */
};

struct vmbus_channel {
	struct vmbus *bus;
	struct vmbus_device *device;
	unsigned index; /* 0: the primary */
	uint32_t relid;
	enum channel_state state;
	bool is_rescinded;	/* will be taken back as soon as it is closed */
	bool is_rescind_sent;	/* the guest was told; it answers with RELID_RELEASED */
	bool is_shut;		/* broken by the guest: closed here, which it does not know yet */
	bool is_broken;		/* will be shut */
	bool is_close_told;	/* ops->close() was called (a primary waits for its subchannels) */
	uint32_t blocked_bytes; /* the provider waits for writable(): so many did not fit; 0: it does not */

	struct vmbus_gpadl *ring_gpadl;
	struct ring in, out;
	bool is_masked;
	struct gather gather; /* of a device that gathers */
	unsigned budget;      /* packets that may still be read in this turn */
	uint32_t target_vp;
	uint8_t open_data[120];
	uint8_t *packet; /* packet_max bytes: the private copy */
	struct vmbus_range ranges[VMBUS_RANGES_MAX];
	uint32_t free_before; /* of the incoming ring, when this batch began */
	bool has_read;

	struct vmbus_channel *next_touched;
	bool is_touched;
	void *data;
	struct vmbus_channel_stats stats;
};

struct vmbus_gpadl {
	struct vmbus *bus;
	struct vmbus_channel *channel;
	uint32_t id;
	uint32_t byte_count, byte_offset;
	uint32_t page_count, arrived;
	bool is_bad;
	bool is_ring; /* of an open channel */
	struct vmbus_gpadl *next;
	uint64_t *pfns;
	void *pages[]; /* host addresses */
};

/* bus.c: one sentence about the guest, at most VMBUS_LOGS_PER_MINUTE times. */
void bus_log(struct vmbus *bus, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends what waits for the last channel to be closed, if it was that. */
void bus_check_ending(struct vmbus *bus);

/* message_queue.c */
int message_queue_init(struct vmbus *bus);
void message_queue_deinit(struct vmbus *bus);
enum hv_status message_queue_receive(void *bus, unsigned vp, uint32_t type, const void *payload, size_t size);
void message_queue_forget(struct vmbus *bus); /* both directions */
void message_queue_forget_out(struct vmbus *bus);
void message_queue_kick(struct vmbus *bus); /* what waited may be handled now */
void message_send(struct vmbus *bus, const void *message, size_t size);

/* connection.c: false when the message has to wait, and all behind it. */
bool connection_handle(struct vmbus *bus, const struct vmbus_message_in *message);
void connection_end(struct vmbus *bus); /* no channel is open any more */

/* offer.c */
/* NULL: no memory */
struct vmbus_channel *offer_make_channel(struct vmbus_device *device, unsigned index, unsigned relid);
void offer_all(struct vmbus *bus);
void offer_rescind_channel(struct vmbus_channel *channel);
void offer_send_rescind(struct vmbus_channel *channel); /* closed */
void offer_free_channel(struct vmbus_channel *channel); /* closed; the guest does not know it any more */
void offer_run_releases(void *bus);			/* loop_call */
struct vmbus_channel *offer_find(const struct vmbus *bus, uint32_t relid);

/* channel.c */
int channel_open(struct vmbus_channel *channel, const struct vmbus_open_channel *message);
/* Its ring from a list of pages, its signals; what both opening and taking back do. */
int channel_connect(struct vmbus_channel *channel, uint32_t ring_gpadl, uint32_t downstream_page);
void channel_disconnect(struct vmbus_channel *channel);		       /* undoes it */
void channel_close(struct vmbus_channel *channel);		       /* of an open one */
void channel_break(struct vmbus_channel *channel, const char *reason); /* will be shut soon */
void channel_touch(struct vmbus_channel *channel); /* written or read: the guest may have to know */
void channel_run_signals(void *bus);		   /* loop_call */
void channel_close_all(struct vmbus *bus);
void channel_wake(struct vmbus *bus, uint32_t relid); /* any thread: as if the guest had signalled */
void channel_show_all(struct vmbus *bus);
/* Without a signal: whether packets have come. */
void channel_look(struct vmbus_channel *channel);

/* gather.c */
/* the ring is empty: the mask stays on, and somebody looks again */
bool gather_goes_on(struct vmbus_channel *channel);
void gather_count(struct vmbus_channel *channel); /* a packet was read */
void gather_end(struct vmbus_channel *channel);

/* gpadl.c */
void gpadl_on_header(struct vmbus *bus, const struct vmbus_message_in *message);
void gpadl_on_body(struct vmbus *bus, const struct vmbus_message_in *message);
bool gpadl_on_teardown(struct vmbus *bus, const struct vmbus_gpadl_teardown *message);
void gpadl_forget_channel(const struct vmbus_channel *channel);
void gpadl_forget_all(struct vmbus *bus);
void message_keep(struct vmbus *bus, const void *message, size_t size); /* to the guest, behind all others */
struct vmbus_gpadl *gpadl_new(struct vmbus_channel *channel, uint32_t id, uint32_t byte_count,
			      uint32_t byte_offset);
int gpadl_add_page(struct vmbus_gpadl *gpadl, uint64_t pfn);	      /* -EFAULT: it is no RAM */
struct vmbus_gpadl *gpadl_find(const struct vmbus *bus, uint32_t id); /* a complete one */

#endif
