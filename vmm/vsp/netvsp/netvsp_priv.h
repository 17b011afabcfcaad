/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a synthetic network adapter. */
#ifndef NETVSP_NETVSP_PRIV_H
#define NETVSP_NETVSP_PRIV_H

#include "loop/loop.h"
#include "vsp/netvsp/netvsp.h"
#include "vsp/netvsp/nvsp_proto.h"
#include "vsp/netvsp/rndis_proto.h"

enum {
	/* Pieces that the guest's receive buffer is dealt out in. A large frame goes into several (RSC). */
	CHUNK_SIZE = 16384,
	CHUNKS_MAX = 2048,
	BATCH_CHUNKS = 6,  /* of one packet to the guest; a large frame needs 5 */
	BATCH_RANGES = 64, /* frames, or parts of one */
	REPLY_MAX = 256,
	REPLIES_MAX = 8,
	TURN_FRAMES = 64, /* that are read from the port before others have their turn */
	ANSWER_MAX = sizeof(struct nvsp_message),
};

struct netvsp_channel;
struct state;

/* A buffer that the guest shares: its pages, as long as the GPADL lives. */
struct shared_buffer {
	uint32_t gpadl_id;
	struct vmbus_gpadl *gpadl; /* NULL: none */
	uint32_t size;
};

/* Packets to the guest that it has not completed. The transaction id is the index and a number that changes
 * with each use. */
struct receive_transaction {
	bool is_used;
	uint8_t chunk_count;
	uint16_t serial;
	uint16_t chunks[BATCH_CHUNKS];
	uint16_t next_free;
};

/* A packet to the guest that is being put together. */
struct receive_batch {
	unsigned chunk_count, range_count;
	uint32_t fill; /* of the last chunk */
	bool is_control;
	uint16_t chunks[BATCH_CHUNKS];
	struct vmbus_transfer_range ranges[BATCH_RANGES];
};

struct netvsp_channel {
	struct netvsp *adapter;
	struct vmbus_channel *channel; /* NULL: not open */
	unsigned index;
	/* An answer for which the ring had no room; nothing is read until it is out. */
	bool has_answer;
	uint64_t answer_id;
	uint32_t answer_size;
	uint8_t answer[ANSWER_MAX];
	struct receive_batch batch;
	bool is_batch_stuck; /* no room in the ring */
};

struct receive_state {
	struct shared_buffer buffer;
	uint32_t chunk_size, chunk_count;
	uint16_t free_chunks[CHUNKS_MAX], free_count;
	struct receive_transaction transactions[CHUNKS_MAX];
	uint16_t first_free; /* CHUNKS_MAX: none */
	uint16_t packet_id;
	uint8_t frame[FRAME_MAX];
};

/* What the guest sent and could not be passed on yet. */
struct transmit_state {
	struct shared_buffer buffer;
	struct netvsp_channel *channel; /* NULL: nothing under way */
	uint64_t transaction_id;
	bool wants_completion;
	uint32_t size, at;
	uint8_t data[NETVSP_TRANSMIT_MAX];
};

struct netvsp_rss {
	bool is_on;
	unsigned table_count; /* a power of two */
	uint8_t table[NDIS_RSS_TABLE_MAX];
	uint8_t key[NDIS_RSS_KEY_MAX];
	unsigned key_size;
	uint32_t hash_types;
};

struct control_reply {
	uint32_t size;
	uint8_t data[REPLY_MAX];
};

struct netvsp {
	struct netvsp_config config;
	struct vmbus_device *device;
	struct netvsp_channel channels[NETVSP_QUEUES_MAX];

	/* The guest's driver: all of it is forgotten when the primary channel closes. */
	uint32_t version; /* 0: none agreed upon */
	uint32_t mtu;
	uint32_t capabilities;
	bool is_initialized; /* RNDIS */
	uint32_t filter;
	struct frame_mac mac;
	struct frame_mac multicast[NETVSP_MULTICAST_MAX];
	unsigned multicast_count;
	bool takes_large;
	struct netvsp_rss rss;
	unsigned subchannels;
	struct control_reply replies[REPLIES_MAX];
	unsigned reply_first, reply_count;

	struct receive_state receive;
	struct transmit_state transmit;

	/* The port. */
	struct loop_watch *port_watch;
	uint32_t port_events;
	bool is_port_up; /* as the switch says */
	bool is_notice_due;
	struct netvsp_stats stats;
};

/* netvsp.c */
void netvsp_log(struct netvsp *adapter, const char *text);
void netvsp_count(struct netvsp *adapter, enum netvsp_counter counter, uint64_t amount);
/* Answers a packet of the guest, now or when the ring has room. */
void channel_answer(struct netvsp_channel *channel, uint64_t transaction_id, const void *data, uint32_t size);
/* May the channel's next packet be read? */
bool channel_is_ready(const struct netvsp_channel *channel);
/* Reads what the channels hold: something that was in the way is gone. */
void netvsp_read_all(struct netvsp *adapter);

/* nvsp.c */
void nvsp_handle(struct netvsp_channel *channel, const struct vmbus_packet *packet);

/* transmit.c */
void transmit_begin(struct netvsp_channel *channel, const struct vmbus_packet *packet,
		    const struct nvsp_message *message);
/* Goes on where it stopped; true when nothing is under way any more. */
bool transmit_continue(struct netvsp *adapter);
void transmit_reset(struct netvsp *adapter);

/*
 * transmit_frame.c: one RNDIS packet. -EAGAIN: the port is full, the same again later; all else is done with.
 */
int transmit_packet(struct netvsp *adapter, uint8_t *message, uint32_t size);

/* receive.c */
int receive_set_buffer(struct netvsp *adapter, uint32_t gpadl_id, struct vmbus_gpadl *gpadl);
void receive_reset(struct netvsp *adapter);
void receive_completed(struct netvsp *adapter, uint64_t transaction_id);
/* So many chunks more could be had. */
bool receive_has(const struct netvsp_channel *channel, unsigned count);
/* A chunk more for the batch, of which all is free. False: none left. */
bool receive_more(struct netvsp_channel *channel);
/* Bytes of the batch's last chunk from `offset` on. */
void receive_write(struct netvsp_channel *channel, uint32_t offset, const void *data, uint32_t size);
/* What was written is a range of the packet. */
void receive_add_range(struct netvsp_channel *channel, uint32_t size);
/* Sends the batch; false when the ring has no room: it waits. */
bool receive_flush(struct netvsp_channel *channel);
bool receive_is_blocked(const struct netvsp *adapter);

/* receive_frame.c */
void receive_frame(struct netvsp *adapter, const struct port_header *header, const uint8_t *frame,
		   uint32_t size);

/* control.c */
void control_handle(struct netvsp *adapter, const uint8_t *message, uint32_t size);
void control_flush(struct netvsp *adapter);
void control_indicate_link(struct netvsp *adapter);

/* oid.c: RNDIS status */
uint32_t oid_query(struct netvsp *adapter, uint32_t oid, const uint8_t *input, uint32_t input_size,
		   uint8_t *ret_data, uint32_t *ret_size);
uint32_t oid_set(struct netvsp *adapter, uint32_t oid, const uint8_t *data, uint32_t size);
/* offload.c */
uint32_t offload_query(const struct netvsp *adapter, const uint8_t *input, uint32_t input_size,
		       uint8_t *ret_data, uint32_t *ret_size);
uint32_t offload_set(struct netvsp *adapter, const uint8_t *data, uint32_t size);
/* rss.c */
uint32_t rss_query(const struct netvsp *adapter, uint8_t *ret_data, uint32_t *ret_size);
uint32_t rss_set(struct netvsp *adapter, const uint8_t *data, uint32_t size);
/* The channel for this frame; the hash is 0 when there is none. */
struct netvsp_channel *rss_channel(struct netvsp *adapter, const uint8_t *frame,
				   const struct frame_layout *layout, uint32_t *ret_hash);

/* adapter_port.c */
int adapter_port_open(struct netvsp *adapter, int fd);
void adapter_port_close(struct netvsp *adapter);
/* What the switch must know may have changed. */
void adapter_port_notify(struct netvsp *adapter);
/* Reading goes on or stops, as there is room. */
void adapter_port_update(struct netvsp *adapter);
/* 0, or -EAGAIN: writable soon; a port that is gone swallows everything. */
int adapter_port_send(struct netvsp *adapter, const struct port_header *header, const struct iovec *parts,
		      unsigned count);
bool adapter_has_link(const struct netvsp *adapter);

/* netvsp_state.c: vmbus_device_ops.state */
void netvsp_state(void *adapter, struct state *state);

#endif
