/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the provider.
 *
 *   storvsp.c          the controller's life, and the bus's callbacks
 *   storvsp_control.c  the handshake
 *   storvsp_request.c  one request from packet to answer
 *   storvsp_channel.c  a channel's requests: taken, held, drained
 *   storvsp_state.c    saving it, and taking it back
 */
#ifndef STORVSP_PRIV_H
#define STORVSP_PRIV_H

#include "disk/list.h"
#include "vsp/storvsp/storvsp.h"
#include "vsp/storvsp/storvsp_proto.h"

struct state;

enum {
	STORVSP_PAGE = 4096,
	STORVSP_PAGES_MAX = STORVSP_TRANSFER_MAX / STORVSP_PAGE + 1, /* the first and the last one in part */
	/* descriptor, head of the range list, one range, the packet */
	STORVSP_PACKET_MAX = 16 + 8 + 8 + 8 * STORVSP_PAGES_MAX + 64,
};

/* What the guest's driver has said so far on the primary channel. */
enum storvsp_state {
	STORVSP_CLOSED,
	STORVSP_OPEN,
	STORVSP_BEGUN,
	STORVSP_VERSION_KNOWN,
	STORVSP_PROPERTIES_KNOWN,
	STORVSP_READY,
	STORVSP_STATE_COUNT,
};

struct storvsp {
	struct storvsp_config config;
	struct vmbus_device *device;
	struct scsi_target *target;
	enum storvsp_state state;
	uint16_t version;
	bool has_subchannels; /* were offered */
	struct vmbus_channel *primary;
	struct list channels;
	unsigned in_flight;	       /* SCSI requests of all channels */
	struct storvsp_request *reset; /* waits until none is in flight; nothing is taken meanwhile */
	bool wants_rescan;	       /* and had no room to say so */
};

struct storvsp_channel {
	struct list link;
	struct storvsp *controller;
	struct vmbus_channel *bus_channel;
	struct list idle;    /* requests */
	struct list answers; /* requests that are done and wait for room in the ring */
	unsigned made;	     /* requests */
	unsigned busy;	     /* those that are under way in the target */
	bool is_stalled;     /* stopped taking packets; there may be more */
	bool is_closing;
};

struct storvsp_request {
	struct list link;
	struct storvsp_channel *channel;
	uint64_t transaction_id;
	struct vstor_packet packet;
	struct scsi_request scsi;
	struct vmbus_range range; /* its page numbers are the copy below */
	uint32_t mapped;	  /* bytes of it that `iov` had at first */
	uint64_t pfns[STORVSP_PAGES_MAX];
	struct iovec iov[STORVSP_PAGES_MAX];
};

const char *storvsp_state_name(enum storvsp_state state);
void storvsp_set_state(struct storvsp *controller, enum storvsp_state state);

/* storvsp_control.c: all but SCSI requests and resets; fills the answer in. */
void storvsp_control(struct storvsp *controller, struct vmbus_channel *channel, struct vstor_packet *packet);
/* What has to follow the answer. */
void storvsp_control_answered(struct storvsp *controller, const struct vstor_packet *packet);

/* storvsp_request.c: takes a copy of the packet; the answer comes through storvsp_channel_answer(). */
void storvsp_request_start(struct storvsp_request *request, const struct vmbus_packet *packet);

/* storvsp_channel.c */
int storvsp_channel_new(struct storvsp *controller, struct vmbus_channel *bus_channel,
			struct storvsp_channel **ret_channel);
/* All that is under way is let end, then vmbus_channel_closed(). */
void storvsp_channel_close(struct storvsp_channel *channel);
void storvsp_channel_take(struct storvsp_channel *channel);
void storvsp_channel_send_answers(struct storvsp_channel *channel);
/* The request is done. */
void storvsp_channel_answer(struct storvsp_request *request);
/* One more than the idle ones, in no list; NULL: no memory, or there are STORVSP_REQUESTS_MAX. */
struct storvsp_request *storvsp_channel_new_request(struct storvsp_channel *channel);
/* One SCSI request less is under way. */
void storvsp_channel_settle(struct storvsp_channel *channel);

/* storvsp_state.c: vmbus_device_ops.state */
void storvsp_state(void *controller, struct state *state);

#endif
