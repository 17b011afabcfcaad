/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network adapter between a simulated guest (tests/vmbus/guest.h) and the test's end of its port.
 */
#ifndef TESTS_NET_NETVSP_RIG_H
#define TESTS_NET_NETVSP_RIG_H

#include "guest.h"
#include "make_frame.h"

#include "net/frame.h"
#include "vsp/netvsp/netvsp.h"
#include "vsp/netvsp/nvsp_proto.h"
#include "vsp/netvsp/rndis_proto.h"

enum {
	RIG_RECEIVE_PAGES = 512,
	RIG_SEND_PAGES = 64,
	RIG_QUEUES = 4,
	RIG_RANGES = 64,
	RIG_RING_PAGES = 16,
};

struct netvsp_rig {
	struct guest *guest;
	struct netvsp *adapter;
	struct guest_channel *channel;
	int port; /* the switch's end; -1 when the test closed it */
	uint64_t receive_gpa, send_gpa;
	uint32_t receive_gpadl, send_gpadl, section_size, section_count;
	uint32_t request;
	uint64_t transaction;
	char log[400];
};

/* One packet with received frames or an answer, in the guest's hands. */
struct rig_packet {
	uint64_t transaction;
	bool is_control;
	unsigned count;
	struct vmbus_transfer_range ranges[RIG_RANGES];
};

/* A received frame, put together, with what came along. */
struct rig_frame {
	size_t size;
	unsigned ranges;
	uint32_t checksum, hash;
	bool has_checksum, has_vlan;
	uint16_t vlan_tag;
	uint8_t bytes[FRAME_MAX];
};

extern const struct frame_mac rig_mac, rig_peer;

/* Offered, nothing opened. */
void netvsp_rig_new(struct netvsp_rig *rig, bool may_spoof);
/* All that a driver does until frames flow: `version` as NVSP_VERSION_61. */
void netvsp_rig_start(struct netvsp_rig *rig, uint32_t version, uint32_t mtu);
void netvsp_rig_free(struct netvsp_rig *rig);

/* An NVSP request and the answer to it. */
void rig_ask(struct netvsp_rig *rig, const struct nvsp_message *request, struct nvsp_message *ret_answer);
/* Sends RNDIS bytes through the send buffer; the NVSP status of the completion. */
uint32_t rig_send_rndis(struct netvsp_rig *rig, const void *message, size_t size);
/* False: none. The guest must give it back with rig_complete(). */
bool rig_receive(struct netvsp_rig *rig, struct rig_packet *ret_packet);
void rig_complete(struct netvsp_rig *rig, uint64_t transaction);
const uint8_t *rig_range(struct netvsp_rig *rig, const struct vmbus_transfer_range *range);
/* A query or set; the RNDIS status, and the answer's information. */
uint32_t rig_query(struct netvsp_rig *rig, uint32_t oid, const void *input, uint32_t input_size,
		   void *ret_data, uint32_t *ret_size);
uint32_t rig_set(struct netvsp_rig *rig, uint32_t oid, const void *data, uint32_t size);
/* Receives one frame and gives it back. False: none (control packets are skipped). */
bool rig_receive_frame(struct netvsp_rig *rig, struct rig_frame *ret_frame);

/* An RNDIS packet around a frame, with per-packet information {type, value}. Returns its size. */
size_t rig_make_packet(uint8_t *message, const uint8_t *frame, size_t size, const uint32_t (*infos)[2],
		       unsigned count);
/* What the switch gets: the frame's size, or -1 for none; notices are skipped. */
int rig_port_receive(struct netvsp_rig *rig, struct port_header *ret_header, uint8_t *frame);
void rig_port_send(struct netvsp_rig *rig, unsigned flags, unsigned segment, const uint8_t *frame,
		   size_t size);

#endif
