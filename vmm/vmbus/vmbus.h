/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMBus: the bus between a partition and its service providers (VSPs).
 *
 * Purpose    Offers devices to the guest, answers its control messages, maps the rings and lists of guest memory
 *            (GPADLs) that it names, and moves packets. A provider includes this header and nothing else of the bus.
 * Threads    A bus and all its devices belong to one loop: every call and every callback on that loop's thread. What
 *            VP threads and others cause comes there through loop_call().
 * Ownership  The provider owns its device until vmbus_device_free(); a channel belongs to the bus and is valid
 *            between ops->open() and vmbus_channel_closed().
 * Limits     vmbus_limits.h. Channels: VMBUS_CHANNELS_MAX; GPADLs by number and by bytes.
 * Trust      All that the guest wrote (messages, ring indices, descriptors, page numbers) is copied once and
 *            checked here; payloads are private copies whose content the provider must check. Ring pages and
 *            mapped guest memory change under our feet: providers read them once, too.
 * Life       new -> attach(partition) -> guest connects, opens, closes ... -> stop(done) -> attach(next partition,
 *            after a reset) or free. Offers stay over resets; all channels start closed.
 * Errors     Negative errno. A channel whose ring makes no sense is shut: ops->close() comes, nothing else of it.
 */
#ifndef VMBUS_VMBUS_H
#define VMBUS_VMBUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct hv_partition;
struct loop;
struct state;
struct vmbus;
struct vmbus_device;
struct vmbus_channel;
struct vmbus_gpadl;

struct vmbus_guid {
	uint8_t bytes[16]; /* as on the wire: first three fields little-endian */
};

/* "f8615163-df3e-46c5-913f-f2d2f965ed0e"; format needs 37 bytes. -EINVAL. */
int vmbus_guid_parse(const char *text, struct vmbus_guid *ret_guid);
void vmbus_guid_format(const struct vmbus_guid *guid, char text[37]);
bool vmbus_guid_equal(const struct vmbus_guid *a, const struct vmbus_guid *b);

/* --- the bus --------------------------------------------------------------------------------------- */

/* How the bus and providers reach the guest's RAM. Any thread; pointers stay valid as long as the bus. */
struct vmbus_memory {
	/* Host address of [gpa, gpa+size) when all of it is RAM in one piece; NULL otherwise. */
	void *(*map)(void *opaque, uint64_t gpa, uint64_t size);
	/* We wrote there: hv_memory_written(). Not for rings, which hold no code. */
	void (*written)(void *opaque, uint64_t gpa, uint64_t size);
	void *opaque;
};

/* A guest asks for a hvsock connection (TL_CONNECT_REQUEST); refused when this is NULL or gives an error. */
typedef int (*vmbus_connect_fn)(void *opaque, const struct vmbus_guid *endpoint,
				const struct vmbus_guid *service);

struct vmbus_config {
	struct loop *loop;
	struct vmbus_memory memory;
	unsigned vp_count;
	/* one sentence on what the guest did wrong; rate limited; may be NULL */
	void (*log)(void *opaque, const char *text);
	vmbus_connect_fn connect;
	void *opaque;
	_Atomic uint64_t *counters; /* VMBUS_COUNTERS of them, of all channels; NULL: nothing is counted */
};

enum vmbus_counter {
	VMBUS_COUNT_INTERRUPTS, /* to the guest */
	VMBUS_COUNT_SIGNALS,	/* from the guest */
	VMBUS_COUNTERS,
};

int vmbus_new(const struct vmbus_config *config, struct vmbus **ret_bus);
/* Stopped or never attached, all devices freed. NULL is fine; returns NULL. */
struct vmbus *vmbus_free(struct vmbus *bus);
/* Before the partition's VPs run. */
int vmbus_attach(struct vmbus *bus, struct hv_partition *partition);
/*
 * The VPs stand still for good: closes all channels and forgets the guest. done() comes (perhaps at once) when no provider
 * touches guest memory any more and nothing refers to the partition.
 */
void vmbus_stop(struct vmbus *bus, void (*done)(void *opaque), void *opaque);
/* From hv_guest_ops.message_room(); any thread, between attach and done() of stop. */
void vmbus_message_room(struct vmbus *bus);
/*
 * Between these, what is sent becomes visible to the guest, and interrupts it, only at the end: once for many packets of
 * one channel. Callbacks of the bus are such a batch already; for completions that come from elsewhere. They nest.
 */
void vmbus_batch_begin(struct vmbus *bus);
void vmbus_batch_end(struct vmbus *bus);
/*
 * Held, nothing of the guest is taken any more: no packet, no message. What was taken may still be answered. Let go, all goes on where it
 * was. For saving, while no VP runs.
 */
void vmbus_hold(struct vmbus *bus, bool is_held);
/* Held, and nothing of the bus's own is under way (providers have their own requests). */
bool vmbus_is_quiet(const struct vmbus *bus);
/*
 * The connection, offers, lists of pages, open channels, and the state of all devices (vmbus_device_ops.state). Saved while quiet.
 * Taken back by a bus that is attached and whose guest has not connected yet, whose partition and memory are restored, and which has
 * the same devices; hvsock connections of the saved one are taken from the guest.
 */
void vmbus_state(struct vmbus *bus, struct state *state);
/* The negotiated version (major << 16 | minor); 0: the guest has not connected. */
uint32_t vmbus_version(const struct vmbus *bus);

/* --- devices --------------------------------------------------------------------------------------- */

enum vmbus_offer_flags { /* as on the wire */
			 VMBUS_OFFER_ENUMERATE = 0x0001,
			 VMBUS_OFFER_NAMED_PIPE = 0x0010,
			 VMBUS_OFFER_HVSOCK = 0x2000,
};

struct vmbus_device_ops {
	/* The guest opened this channel; its ring may be used from now on. Negative errno refuses. */
	int (*open)(void *opaque, struct vmbus_channel *channel);
	/*
	 * The guest closed it, reset, rescinded or broke its ring. No packet comes any more and none can be sent.
	 * The provider stops all that touches guest memory and calls vmbus_channel_closed(), now or later: only then are
	 * the guest's answers sent. Subchannels are closed before their primary.
	 */
	void (*close)(void *opaque, struct vmbus_channel *channel);
	/* There may be packets: read until vmbus_receive() gives 0. A provider that stops earlier goes on by itself later:
	   readable() comes again only after a 0. */
	void (*readable)(void *opaque, struct vmbus_channel *channel);
	/* Room again after a send gave -EAGAIN. May be NULL. */
	void (*writable)(void *opaque, struct vmbus_channel *channel);
	/* The guest takes this GPADL away; pointers from vmbus_gpadl_map() must not be used afterwards. May be NULL. */
	void (*gpadl_gone)(void *opaque, struct vmbus_channel *channel, uint32_t gpadl);
	/* A rescinded device was released by the guest (or there is no guest). vmbus_device_free() is allowed. May be NULL. */
	void (*released)(void *opaque);
	/*
	 * The provider's own state, saved or taken back. Taken back, vmbus_device_channel() gives the channels that are open (open() does not
	 * come for them; channel data is NULL): they may be used at once. NULL: such a device cannot be saved. `name` says what it is.
	 */
	void (*state)(void *opaque, struct state *state);
	unsigned state_version; /* of what state() writes (state_version()); 0: 1 */
	const char *name;
};

struct vmbus_device_config {
	struct vmbus_guid type, instance;
	unsigned flags; /* enum vmbus_offer_flags */
	uint16_t mmio_megabytes;
	uint8_t user_data[120];
	unsigned subchannels_max; /* that vmbus_device_offer_subchannels() may ask for */
	/*
	 * Its guests send several packets in one go, each with a signal of its own: a moment after the first we look again by ourselves, where
	 * that has proved to be worth it.
	 */
	bool gathers;
	/* largest packet (descriptor and payload) taken from the guest; longer ones break the channel */
	size_t packet_max;
	const struct vmbus_device_ops *ops;
	void *opaque;
};

/* Offers it, now or when a guest connects. -EEXIST: type and instance exist; -ENOSPC. */
int vmbus_device_new(struct vmbus *bus, const struct vmbus_device_config *config,
		     struct vmbus_device **ret_device);
/* Takes the offer back from a running guest; close() comes for open channels, then released(). */
void vmbus_device_rescind(struct vmbus_device *device);
/*
 * Takes it back and offers it anew as soon as the guest has let go of it (or is gone): its driver starts again. close() comes for open
 * channels, released() does not; nothing happens while it is being taken back already. A machine that is saved in the midst of it goes on so.
 */
void vmbus_device_renew(struct vmbus_device *device);
/* After released(), or while the bus is stopped. NULL is fine; returns NULL. */
struct vmbus_device *vmbus_device_free(struct vmbus_device *device);
/* Offers subchannels 1..count of a device whose primary channel is open. -EEXIST: it has some; they go with the primary. */
int vmbus_device_offer_subchannels(struct vmbus_device *device, unsigned count);

/* An open channel by its index; NULL: it is not open. */
struct vmbus_channel *vmbus_device_channel(const struct vmbus_device *device, unsigned index);

/* --- channels -------------------------------------------------------------------------------------- */

unsigned vmbus_channel_index(const struct vmbus_channel *channel); /* 0: the primary */
/* A place for the provider's own state of this channel; NULL at open(). */
void vmbus_channel_set_data(struct vmbus_channel *channel, void *data);
void *vmbus_channel_data(const struct vmbus_channel *channel);
/* The VP that the guest wants the channel's interrupts on. */
unsigned vmbus_channel_vp(const struct vmbus_channel *channel);
/* The 120 bytes that the guest gave when it opened the channel. */
const uint8_t *vmbus_channel_open_data(const struct vmbus_channel *channel);
/* Answers ops->close(). */
void vmbus_channel_closed(struct vmbus_channel *channel);

enum vmbus_packet_type { /* as on the wire */
			 VMBUS_PACKET_INBAND = 6,
			 VMBUS_PACKET_TRANSFER_PAGES = 7,
			 VMBUS_PACKET_GPA_DIRECT = 9,
			 VMBUS_PACKET_COMPLETION = 11,
};

struct vmbus_range { /* of guest pages: `offset` into the first of them */
	uint32_t size, offset;
	const uint64_t *pfns; /* ceil((offset + size) / 4096) of them; not looked at yet */
};

struct vmbus_packet { /* private memory, valid until the next vmbus_receive() of this channel */
	enum vmbus_packet_type type;
	bool wants_completion;
	uint64_t transaction_id;
	const void *payload;  /* 8-byte aligned */
	size_t payload_size;  /* a multiple of 8 */
	unsigned range_count; /* GPA_DIRECT only */
	const struct vmbus_range *ranges;
};

/* 1: a packet; 0: none, or enough for now: readable() will come; -EPIPE: the channel is shut, close() will come. */
int vmbus_receive(struct vmbus_channel *channel, struct vmbus_packet *ret_packet);
/*
 * Sends; 0, -EAGAIN (no room: writable() will come), -EPIPE (closed), -EMSGSIZE. The payload is padded to 8 bytes. The guest is
 * interrupted when the present callback of the bus has returned, or at once outside of one.
 */
int vmbus_send(struct vmbus_channel *channel, uint64_t transaction_id, bool wants_completion,
	       const struct iovec *payload, unsigned count);
int vmbus_send_completion(struct vmbus_channel *channel, uint64_t transaction_id, const struct iovec *payload,
			  unsigned count);

struct vmbus_transfer_range {
	uint32_t size, offset; /* within the set (a GPADL that the guest and the provider agreed on) */
};
int vmbus_send_transfer_pages(struct vmbus_channel *channel, uint64_t transaction_id, uint16_t set,
			      const struct vmbus_transfer_range *ranges, unsigned range_count,
			      const struct iovec *payload, unsigned count);
/* Bytes of payload that an in-band packet can carry just now. */
size_t vmbus_send_room(const struct vmbus_channel *channel);

/* --- guest memory ---------------------------------------------------------------------------------- */

/*
 * Host pieces of a range's first `size` bytes from `skip` on: how many iovecs were filled (neighbouring pages
 * merged); -EFAULT when a page is no RAM, -EINVAL beyond the range, -ENOSPC when `max` do not suffice. The memory stays mapped
 * as long as the bus; after writing: vmbus_range_written().
 */
int vmbus_range_map(struct vmbus_channel *channel, const struct vmbus_range *range, uint32_t skip,
		    uint32_t size, struct iovec *iov, unsigned max);
void vmbus_range_written(struct vmbus_channel *channel, const struct vmbus_range *range, uint32_t skip,
			 uint32_t size);
/* A GPADL of this channel by the guest's number; NULL: there is none. Valid until gpadl_gone() or close(). */
struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *channel, uint32_t id);
uint32_t vmbus_gpadl_size(const struct vmbus_gpadl *gpadl); /* bytes */
/* As vmbus_range_map(). */
int vmbus_gpadl_map(struct vmbus_gpadl *gpadl, uint32_t offset, uint32_t size, struct iovec *iov,
		    unsigned max);
void vmbus_gpadl_written(struct vmbus_gpadl *gpadl, uint32_t offset, uint32_t size);

/* --- figures --------------------------------------------------------------------------------------- */

struct vmbus_channel_stats {
	uint64_t packets_in, packets_out, signals_in, signals_out;
	uint64_t blocked; /* sends that found no room */
};
void vmbus_channel_get_stats(const struct vmbus_channel *channel, struct vmbus_channel_stats *ret_stats);

#endif
