/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RNDIS messages and NDIS objects inside them: MS-RNDIS, the NDIS headers of the Windows DDK, and what
 * Linux's drivers/net/hyperv/hyperv_net.h makes of them. All little-endian.
 */
#ifndef NETVSP_RNDIS_PROTO_H
#define NETVSP_RNDIS_PROTO_H

#include <stdint.h>

enum rndis_type {
	RNDIS_PACKET = 1,
	RNDIS_INITIALIZE = 2,
	RNDIS_HALT = 3,
	RNDIS_QUERY = 4,
	RNDIS_SET = 5,
	RNDIS_RESET = 6,
	RNDIS_INDICATE = 7,
	RNDIS_KEEPALIVE = 8,
};
#define RNDIS_COMPLETE 0x80000000u

#define RNDIS_SUCCESS	    0u
#define RNDIS_FAILURE	    0xC0000001u
#define RNDIS_INVALID_DATA  0xC0010015u
#define RNDIS_NOT_SUPPORTED 0xC00000BBu

#define RNDIS_MEDIA_CONNECT    0x4001000Bu
#define RNDIS_MEDIA_DISCONNECT 0x4001000Cu
#define RNDIS_NETWORK_CHANGE   0x40010018u

struct rndis_head {
	uint32_t type, length;
};

struct rndis_packet {
	struct rndis_head head;
	/* Offsets count from here. */
	uint32_t data_offset, data_length;
	uint32_t oob_offset, oob_length, oob_count;
	uint32_t info_offset, info_length;
	uint32_t vc, reserved;
};
_Static_assert(sizeof(struct rndis_packet) == 44, "2.2.14 REMOTE_NDIS_PACKET_MSG");

enum { RNDIS_BODY = 8 }; /* where offsets of all messages count from */

struct rndis_initialize {
	struct rndis_head head;
	uint32_t request, major, minor, max_transfer;
};

struct rndis_initialize_complete {
	struct rndis_head head;
	uint32_t request, status, major, minor;
	uint32_t device_flags, medium;
	uint32_t max_packets, max_transfer, alignment_log2;
	uint32_t af_list_offset, af_list_size;
};
_Static_assert(sizeof(struct rndis_initialize_complete) == 52, "2.2.3 REMOTE_NDIS_INITIALIZE_CMPLT");

struct rndis_request { /* query and set */
	struct rndis_head head;
	uint32_t request, oid, length, offset, vc;
};
_Static_assert(sizeof(struct rndis_request) == 28, "2.2.5 REMOTE_NDIS_QUERY_MSG");

struct rndis_query_complete {
	struct rndis_head head;
	uint32_t request, status, length, offset;
};

struct rndis_set_complete { /* keep-alive too */
	struct rndis_head head;
	uint32_t request, status;
};

struct rndis_reset_complete {
	struct rndis_head head;
	uint32_t status, addressing;
};

struct rndis_indicate {
	struct rndis_head head;
	uint32_t status, length, offset;
};

/* --- per-packet information -------------------------------------------------------------------------- */

struct rndis_info {
	uint32_t size, type, offset; /* type's top bit: internal */
};

#define RNDIS_INFO_INTERNAL 0x80000000u

enum rndis_info_type {
	RNDIS_INFO_CHECKSUM = 0,
	RNDIS_INFO_LSO = 2,
	RNDIS_INFO_VLAN = 6,
	RNDIS_INFO_HASH = 8,
	RNDIS_INFO_PACKET_ID = 1, /* internal */
};

enum rndis_checksum {
	RNDIS_TX_IPV4 = 1 << 0,
	RNDIS_TX_IPV6 = 1 << 1,
	RNDIS_TX_TCP = 1 << 2,
	RNDIS_TX_UDP = 1 << 3,
	RNDIS_TX_IP_HEADER = 1 << 4,
	RNDIS_RX_TCP_GOOD = 1 << 3,
	RNDIS_RX_UDP_GOOD = 1 << 4,
	RNDIS_RX_IP_GOOD = 1 << 5,
};

enum rndis_lso {
	RNDIS_LSO_MSS = 0xFFFFF,
	RNDIS_LSO_VERSION_2 = 1 << 30,
};

/* Priority in bits 0-2, CFI in 3, VLAN in 4-15. */
static inline uint16_t rndis_vlan_tag(uint32_t info)
{
	return (uint16_t)((info & 7) << 13 | (info >> 3 & 1) << 12 | (info >> 4 & 0xFFF));
}

static inline uint32_t rndis_vlan_info(uint16_t tag)
{
	return (uint32_t)(tag >> 13) | (uint32_t)(tag >> 12 & 1) << 3 | (uint32_t)(tag & 0xFFF) << 4;
}

/* Of one received packet over several ranges (RSC). */
struct rndis_packet_id {
	uint8_t version, flags;
	uint16_t id;
};

enum rndis_packet_id_flags {
	RNDIS_ID_PART = 1,
	RNDIS_ID_FIRST = 2,
	RNDIS_ID_LAST = 4,
	RNDIS_ID_VERSION = 1,
};

/* --- objects ----------------------------------------------------------------------------------------- */

enum rndis_oid {
	OID_GEN_SUPPORTED_LIST = 0x00010101,
	OID_GEN_HARDWARE_STATUS = 0x00010102,
	OID_GEN_MEDIA_SUPPORTED = 0x00010103,
	OID_GEN_MEDIA_IN_USE = 0x00010104,
	OID_GEN_MAXIMUM_LOOKAHEAD = 0x00010105,
	OID_GEN_MAXIMUM_FRAME_SIZE = 0x00010106,
	OID_GEN_LINK_SPEED = 0x00010107,
	OID_GEN_TRANSMIT_BLOCK_SIZE = 0x0001010A,
	OID_GEN_RECEIVE_BLOCK_SIZE = 0x0001010B,
	OID_GEN_VENDOR_ID = 0x0001010C,
	OID_GEN_VENDOR_DESCRIPTION = 0x0001010D,
	OID_GEN_CURRENT_PACKET_FILTER = 0x0001010E,
	OID_GEN_CURRENT_LOOKAHEAD = 0x0001010F,
	OID_GEN_MAXIMUM_TOTAL_SIZE = 0x00010111,
	OID_GEN_MEDIA_CONNECT_STATUS = 0x00010114,
	OID_GEN_RNDIS_CONFIG_PARAMETER = 0x0001021B,
	OID_GEN_RECEIVE_SCALE_CAPABILITIES = 0x00010203,
	OID_GEN_RECEIVE_SCALE_PARAMETERS = 0x00010204,
	OID_GEN_FRIENDLY_NAME = 0x00020216,
	OID_GEN_XMIT_OK = 0x00020101,
	OID_GEN_RCV_OK = 0x00020102,
	OID_GEN_XMIT_ERROR = 0x00020103,
	OID_GEN_RCV_ERROR = 0x00020104,
	OID_GEN_RCV_NO_BUFFER = 0x00020105,
	OID_802_3_PERMANENT_ADDRESS = 0x01010101,
	OID_802_3_CURRENT_ADDRESS = 0x01010102,
	OID_802_3_MULTICAST_LIST = 0x01010103,
	OID_802_3_MAXIMUM_LIST_SIZE = 0x01010104,
};
#define OID_TCP_OFFLOAD_PARAMETERS   0xFC01020Cu
#define OID_TCP_OFFLOAD_CAPABILITIES 0xFC01020Du
#define OID_TCP_OFFLOAD_CURRENT	     0xFC01020Bu

enum rndis_filter {
	RNDIS_FILTER_DIRECTED = 1,
	RNDIS_FILTER_MULTICAST = 2,
	RNDIS_FILTER_ALL_MULTICAST = 4,
	RNDIS_FILTER_BROADCAST = 8,
	RNDIS_FILTER_PROMISCUOUS = 0x20,
};

struct ndis_header {
	uint8_t type, revision;
	uint16_t size;
};

enum ndis_object {
	NDIS_OFFLOAD = 0xA7,
	NDIS_RSS_CAPABILITIES = 0x88,
	NDIS_RSS_PARAMETERS = 0x89,
	NDIS_ENCAPSULATION_8023 = 2,
};

struct ndis_checksum_offload {
	uint32_t tx_encapsulation, tx, rx_encapsulation, rx;
};

enum ndis_checksum_bits {
	NDIS_CHECKSUM_IP_OPTIONS = 0x001, /* IPv6: extension headers */
	NDIS_CHECKSUM_TCP_OPTIONS = 0x004,
	NDIS_CHECKSUM_TCP = 0x010,
	NDIS_CHECKSUM_UDP = 0x040,
	NDIS_CHECKSUM_IP = 0x100, /* IPv4 only */
	NDIS_LSO_IPV6_EXTENSIONS = 0x001,
	NDIS_LSO_IPV6_TCP_OPTIONS = 0x004,
};

struct ndis_offload {
	struct ndis_header header;
	struct ndis_checksum_offload ipv4, ipv6;
	uint32_t lso1[4];
	uint32_t ipsec1[7];
	struct {
		uint32_t ipv4_encapsulation, ipv4_max_size, ipv4_min_segments;
		uint32_t ipv6_encapsulation, ipv6_max_size, ipv6_min_segments, ipv6_options;
	} lso2;
	uint32_t flags;
	uint32_t ipsec2[8];
	uint8_t rsc_ipv4, rsc_ipv6;
	uint8_t reserved[2];
	uint32_t encapsulation[2];
};
_Static_assert(sizeof(struct ndis_offload) == 156, "NDIS_OFFLOAD, revision 3");
enum { NDIS_OFFLOAD_SIZE_1 = 112, NDIS_OFFLOAD_SIZE_2 = 144 };

struct ndis_offload_parameters {
	struct ndis_header header;
	uint8_t ipv4_checksum, tcp4_checksum, udp4_checksum, tcp6_checksum, udp6_checksum;
	uint8_t lso1, ipsec1, lso2_ipv4, lso2_ipv6, tcp4_connection, tcp6_connection;
	uint8_t padding;
	uint32_t flags;
	uint8_t ipsec2, ipsec2_ipv4;
	uint8_t rsc_ipv4, rsc_ipv6; /* 1 off, 2 on */
	uint8_t encapsulation[2];
	uint8_t padding2[2];
};
_Static_assert(sizeof(struct ndis_offload_parameters) == 28, "NDIS_OFFLOAD_PARAMETERS, revision 3");
enum { NDIS_OFF = 1, NDIS_RSC_ON = 2 };

struct ndis_rss_capabilities {
	struct ndis_header header;
	uint32_t flags, interrupts, queues;
	uint16_t table_entries;
} __attribute__((packed));
_Static_assert(sizeof(struct ndis_rss_capabilities) == 18, "NDIS_RECEIVE_SCALE_CAPABILITIES");

struct ndis_rss_parameters {
	struct ndis_header header;
	uint16_t flags, base_cpu;
	uint32_t hash;
	uint16_t table_size, padding;
	uint32_t table_offset;
	uint16_t key_size, padding2;
	uint32_t key_offset;
	uint32_t masks[3];
};
_Static_assert(sizeof(struct ndis_rss_parameters) == 40, "NDIS_RECEIVE_SCALE_PARAMETERS");

enum ndis_rss {
	NDIS_RSS_HASH_UNCHANGED = 2,
	NDIS_RSS_TABLE_UNCHANGED = 4,
	NDIS_RSS_KEY_UNCHANGED = 8,
	NDIS_RSS_OFF = 0x10,
	NDIS_RSS_TOEPLITZ = 1,
	NDIS_RSS_IPV4 = 0x100,
	NDIS_RSS_TCP_IPV4 = 0x200,
	NDIS_RSS_IPV6 = 0x400,
	NDIS_RSS_TCP_IPV6 = 0x1000,
	NDIS_RSS_CAPABILITY_IPV4 = 0x100,
	NDIS_RSS_CAPABILITY_IPV6 = 0x200,
	NDIS_RSS_TABLE_MAX = 256,
	NDIS_RSS_KEY_MAX = 40,
};

/* OID_GEN_RNDIS_CONFIG_PARAMETER; offsets count from its start, texts are UTF-16. */
struct rndis_config_parameter {
	uint32_t name_offset, name_length;
	uint32_t type; /* 0 number, 2 text */
	uint32_t value_offset, value_length;
};

#endif
