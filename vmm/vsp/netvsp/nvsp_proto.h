/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVSP, the protocol of a synthetic network adapter's channel, as Linux's drivers/net/hyperv/hyperv_net.h has
 * it. All little-endian, all messages padded to 40 bytes.
 */
#ifndef NETVSP_NVSP_PROTO_H
#define NETVSP_NVSP_PROTO_H

#include <stdint.h>

enum nvsp_version {
	NVSP_VERSION_1 = 0x00002,
	NVSP_VERSION_2 = 0x30002,
	NVSP_VERSION_4 = 0x40000,
	NVSP_VERSION_5 = 0x50000,
	NVSP_VERSION_6 = 0x60000,
	NVSP_VERSION_61 = 0x60001,
};

enum nvsp_type {
	NVSP_INIT = 1,
	NVSP_INIT_COMPLETE = 2,
	NVSP_NDIS_VERSION = 100,
	NVSP_RECEIVE_BUFFER = 101,
	NVSP_RECEIVE_BUFFER_COMPLETE = 102,
	NVSP_REVOKE_RECEIVE_BUFFER = 103,
	NVSP_SEND_BUFFER = 104,
	NVSP_SEND_BUFFER_COMPLETE = 105,
	NVSP_REVOKE_SEND_BUFFER = 106,
	NVSP_RNDIS = 107,
	NVSP_RNDIS_COMPLETE = 108,
	NVSP_NDIS_CONFIG = 125,
	NVSP_SWITCH_DATA_PATH = 129,
	NVSP_SUBCHANNELS = 133,
};

enum nvsp_status {
	NVSP_NONE = 0,
	NVSP_SUCCESS = 1,
	NVSP_FAIL = 2,
	NVSP_TOO_NEW = 3,
	NVSP_TOO_OLD = 4,
	NVSP_INVALID = 5,
	NVSP_BUSY = 6,
	NVSP_UNSUPPORTED = 7,
};

enum nvsp_values {
	NVSP_MAX_MDL_CHAIN = 34,
	NVSP_RECEIVE_BUFFER_ID = 0xCAFE,
	NVSP_SEND_BUFFER_ID = 0,
	NVSP_CHANNEL_DATA = 0,
	NVSP_CHANNEL_CONTROL = 1,
	NVSP_SUBCHANNELS_ALLOCATE = 1,
	NVSP_CAPABILITY_VLAN = 1 << 3,
	NVSP_CAPABILITY_RSC = 1 << 7,
};

#define NVSP_NO_SECTION 0xFFFFFFFFu

struct nvsp_message {
	uint32_t type;
	union {
		uint32_t words[9];
		struct {
			uint32_t min, max;
		} init;
		struct {
			uint32_t version, max_mdl_chain, status;
		} init_complete;
		struct {
			uint32_t gpadl;
			uint16_t id;
		} buffer; /* receive and send */
		struct {
			uint32_t status, sections;
			uint32_t offset, size, count, end; /* of the one section */
		} receive_complete;
		struct {
			uint32_t status, section_size;
		} send_complete;
		struct {
			uint16_t id;
		} revoke;
		struct {
			uint32_t channel, section, section_bytes;
		} rndis;
		struct {
			uint32_t status;
		} rndis_complete;
		struct {
			uint32_t mtu; /* with the Ethernet header */
			uint32_t reserved;
			uint32_t capabilities[2];
		} config;
		struct {
			uint32_t op, count; /* in the answer: status, count */
		} subchannels;
	};
};
_Static_assert(sizeof(struct nvsp_message) == 40, "NVSP messages");

#endif
