/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMBus on the wire. There is no public specification; the layouts are those of Linux's
 * include/linux/hyperv.h, which every guest driver is compiled from. All integers are little-endian, as is
 * every host that we run on.
 */
#ifndef VMBUS_PROTO_H
#define VMBUS_PROTO_H

#include <assert.h>
#include <stdint.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "wire structs are used in place, on private copies");

/* --- control messages: SynIC messages, connections and versions ----------------------------------------- */

enum {
	VMBUS_MESSAGE_TYPE = 1,		 /* of the SynIC message, both ways */
	VMBUS_SINT = 2,			 /* before 5.0; from then on the guest says */
	VMBUS_CONNECTION = 1,		 /* where messages go; we give the same number from 5.0 on */
	VMBUS_CONNECTION_5_0 = 4,	 /* where INITIATE_CONTACT goes from 5.0 on */
	VMBUS_EVENT_CONNECTION = 0x2000, /* | relid: what a channel's signals go to */
	VMBUS_VP_NONE = 0xffffffff,	 /* no interrupts wanted */
};

enum vmbus_protocol_version { /* major << 16 | minor */
			      VMBUS_VERSION_2_4 = 0x20004,
			      VMBUS_VERSION_3_0 = 0x30000,
			      VMBUS_VERSION_4_0 = 0x40000,
			      VMBUS_VERSION_4_1 = 0x40001,
			      VMBUS_VERSION_5_0 = 0x50000,
			      VMBUS_VERSION_5_1 = 0x50001,
			      VMBUS_VERSION_5_2 = 0x50002,
			      VMBUS_VERSION_5_3 = 0x50003,
};

enum vmbus_message {
	VMBUS_OFFER_CHANNEL = 1,
	VMBUS_RESCIND_OFFER = 2,
	VMBUS_REQUEST_OFFERS = 3,
	VMBUS_ALL_OFFERS_DELIVERED = 4,
	VMBUS_OPEN_CHANNEL = 5,
	VMBUS_OPEN_RESULT = 6,
	VMBUS_CLOSE_CHANNEL = 7,
	VMBUS_GPADL_HEADER = 8,
	VMBUS_GPADL_BODY = 9,
	VMBUS_GPADL_CREATED = 10,
	VMBUS_GPADL_TEARDOWN = 11,
	VMBUS_GPADL_TORNDOWN = 12,
	VMBUS_RELID_RELEASED = 13,
	VMBUS_INITIATE_CONTACT = 14,
	VMBUS_VERSION_RESPONSE = 15,
	VMBUS_UNLOAD = 16,
	VMBUS_UNLOAD_RESPONSE = 17,
	VMBUS_TL_CONNECT_REQUEST = 21,
	VMBUS_MODIFY_CHANNEL = 22,
	VMBUS_TL_CONNECT_RESULT = 23,
	VMBUS_MODIFY_CHANNEL_RESPONSE = 24,
};

/* Status words are NTSTATUS values; guests only look whether they are 0. */
#define VMBUS_STATUS_OK			0u
#define VMBUS_STATUS_FAILED		0xc0000001u /* STATUS_UNSUCCESSFUL */
#define VMBUS_STATUS_CONNECTION_REFUSED 0xc0000236u

struct vmbus_header {
	uint32_t type;
	uint32_t padding;
} __attribute__((packed));

struct vmbus_offer_channel {
	struct vmbus_header header;
	uint8_t type[16];
	uint8_t instance[16];
	uint64_t reserved[2];
	uint16_t flags;
	uint16_t mmio_megabytes;
	uint8_t user_data[120];
	uint16_t subchannel_index;
	uint16_t reserved2;
	uint32_t relid;
	uint8_t monitor_id; /* 0xff: none */
	uint8_t monitor_allocated;
	uint16_t is_dedicated_interrupt;
	uint32_t connection_id;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_offer_channel) == 196, "offer");

/* RESCIND_OFFER, CLOSE_CHANNEL, RELID_RELEASED */
struct vmbus_relid_message {
	struct vmbus_header header;
	uint32_t relid;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_relid_message) == 12, "relid");

struct vmbus_open_channel {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t open_id;
	uint32_t ring_gpadl;
	uint32_t target_vp;
	uint32_t downstream_page; /* the first page of the host→guest ring */
	uint8_t user_data[120];
} __attribute__((packed));
static_assert(sizeof(struct vmbus_open_channel) == 148, "open");

struct vmbus_open_result {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t open_id;
	uint32_t status;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_open_result) == 20, "open result");

struct vmbus_gpadl_header {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t gpadl;
	uint16_t range_bytes; /* of all ranges, with their heads */
	uint16_t range_count;
	uint32_t byte_count; /* the first range; page numbers follow */
	uint32_t byte_offset;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpadl_header) == 28, "gpadl header");

struct vmbus_gpadl_body {
	struct vmbus_header header;
	uint32_t number; /* useless: Linux always sends 0 */
	uint32_t gpadl;	 /* page numbers follow */
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpadl_body) == 16, "gpadl body");

struct vmbus_gpadl_created {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t gpadl;
	uint32_t status;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpadl_created) == 20, "gpadl created");

struct vmbus_gpadl_teardown {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t gpadl;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpadl_teardown) == 16, "gpadl teardown");

struct vmbus_gpadl_torndown {
	struct vmbus_header header;
	uint32_t gpadl;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpadl_torndown) == 12, "gpadl torndown");

struct vmbus_initiate_contact {
	struct vmbus_header header;
	uint32_t version;
	uint32_t target_vp;
	union {
		uint64_t interrupt_page; /* before 5.0; nobody reads it any more */
		struct {
			uint8_t sint;
			uint8_t vtl;
			uint16_t reserved;
			uint32_t features;
		} __attribute__((packed));
	};
	uint64_t monitor_pages[2];
} __attribute__((packed));
static_assert(sizeof(struct vmbus_initiate_contact) == 40, "contact");

struct vmbus_version_response {
	struct vmbus_header header;
	uint8_t is_supported;
	uint8_t state; /* 0: fine */
	uint16_t padding;
	uint32_t connection_id; /* where the guest's messages go from now on (5.0) */
} __attribute__((packed));
static_assert(sizeof(struct vmbus_version_response) == 16, "version response");

struct vmbus_modify_channel {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t target_vp;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_modify_channel) == 16, "modify");

struct vmbus_modify_response {
	struct vmbus_header header;
	uint32_t relid;
	uint32_t status;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_modify_response) == 16, "modify response");

struct vmbus_tl_connect {
	struct vmbus_header header;
	uint8_t endpoint[16];
	uint8_t service[16];
} __attribute__((packed));
static_assert(sizeof(struct vmbus_tl_connect) == 40, "TL connect");

struct vmbus_tl_result {
	struct vmbus_header header;
	uint8_t endpoint[16];
	uint8_t service[16];
	uint32_t status;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_tl_result) == 44, "TL result");

/* --- rings ------------------------------------------------------------------------------------------- */

enum {
	VMBUS_PAGE = 4096,
	VMBUS_RING_TRAILER = 8,
	VMBUS_RING_FEATURE_PENDING_SIZE = 1,
};

struct vmbus_ring_control { /* the first page of a ring; data pages follow */
	uint32_t write;
	uint32_t read;
	uint32_t interrupt_mask;
	uint32_t pending_send_size;
	uint32_t reserved[12];
	uint32_t features;
} __attribute__((packed, aligned(4)));
static_assert(sizeof(struct vmbus_ring_control) == 68, "ring control");

struct vmbus_packet_head {
	uint16_t type;
	uint16_t offset8; /* of the payload from the packet's start, in 8 bytes */
	uint16_t length8; /* of the packet without trailer */
	uint16_t flags;	  /* bit 0: completion requested */
	uint64_t transaction_id;
} __attribute__((packed));
static_assert(sizeof(struct vmbus_packet_head) == 16, "packet");

enum { VMBUS_PACKET_FLAG_COMPLETION = 1 };

struct vmbus_gpa_direct_head {
	struct vmbus_packet_head head;
	uint32_t reserved;
	uint32_t range_count; /* {u32 size, u32 offset, u64 pfn[]} each */
} __attribute__((packed));
static_assert(sizeof(struct vmbus_gpa_direct_head) == 24, "GPA direct");

struct vmbus_transfer_head {
	struct vmbus_packet_head head;
	uint16_t set;
	uint8_t is_sender_owner;
	uint8_t reserved;
	uint32_t range_count; /* {u32 size, u32 offset} each */
} __attribute__((packed));
static_assert(sizeof(struct vmbus_transfer_head) == 24, "transfer pages");

/* --- pipes: the head of each message of video, mouse, utilities and hvsock --------------------------- */

struct vmbus_pipe_header {
	uint32_t type; /* 1: data */
	uint32_t size;
} __attribute__((packed));

enum {
	VMBUS_PIPE_DATA = 1,
	VMBUS_PIPE_MODE_BYTE = 1, /* first u32 of an offer's user data */
	VMBUS_PIPE_MODE_MESSAGE = 4,
};

#endif
