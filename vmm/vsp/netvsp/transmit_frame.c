/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One RNDIS packet of the guest becomes a frame for the switch. */
#include "vsp/netvsp/netvsp_priv.h"

#include "net/checksum.h"
#include "net/cut.h"

#include <errno.h>
#include <string.h>

struct frame_info {
	uint32_t checksum; /* 0: nothing is wanted */
	uint32_t lso;
	bool has_lso, has_vlan;
	uint16_t vlan_tag;
};

static void take_info(uint32_t type, uint32_t value, struct frame_info *info)
{
	switch (type) {
	case RNDIS_INFO_CHECKSUM: info->checksum = value; break;
	case RNDIS_INFO_LSO:
		info->has_lso = true;
		info->lso = value;
		break;
	case RNDIS_INFO_VLAN:
		info->has_vlan = true;
		info->vlan_tag = rndis_vlan_tag(value);
		break;
	default: break; /* hash and others: for those whom they help */
	}
}

static int parse_infos(const uint8_t *at, uint32_t size, struct frame_info *ret_info)
{
	while (size > 0) {
		struct rndis_info info;
		uint32_t value;

		if (size < sizeof(info))
			return -EINVAL;
		memcpy(&info, at, sizeof(info));
		if (info.size < sizeof(info) || info.size > size || info.offset > info.size)
			return -EINVAL;
		if (info.size - info.offset >= sizeof(value)) {
			memcpy(&value, at + info.offset, sizeof(value));
			take_info(info.type, value, ret_info);
		}
		at += info.size;
		size -= info.size;
	}
	return 0;
}

static int parse_packet(uint8_t *message, uint32_t size, uint8_t **ret_frame, uint32_t *ret_frame_size,
			struct frame_info *ret_info)
{
	struct rndis_packet packet;
	uint32_t body = size - RNDIS_BODY;

	if (size < sizeof(packet))
		return -EINVAL;
	memcpy(&packet, message, sizeof(packet));
	if (packet.data_offset > body || packet.data_length > body - packet.data_offset ||
	    packet.info_offset > body || packet.info_length > body - packet.info_offset)
		return -EINVAL;
	*ret_frame = message + RNDIS_BODY + packet.data_offset;
	*ret_frame_size = packet.data_length;
	return parse_infos(message + RNDIS_BODY + packet.info_offset, packet.info_length, ret_info);
}

/* LSOv2: the guest left lengths and checksums to us (NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO). */
static int prepare_large(uint8_t *frame, uint32_t size, const struct frame_info *info, unsigned mtu,
			 struct port_header *header)
{
	uint32_t mss = info->lso & RNDIS_LSO_MSS;
	struct frame_layout layout;
	uint8_t *ip;

	if (!(info->lso & RNDIS_LSO_VERSION_2) || mss < CUT_SEGMENT_MIN || mss > mtu)
		return -EINVAL;
	if (!frame_parse(frame, size, true, &layout) || !layout.transport || layout.protocol != FRAME_TCP)
		return -EINVAL;
	ip = frame + layout.network;
	if (layout.ethertype == FRAME_IPV4) {
		frame_put16(ip + 2, (uint16_t)(size - layout.network));
		checksum_fill_ipv4(ip);
	} else {
		frame_put16(ip + 4, (uint16_t)(size - layout.network - 40));
	}
	header->flags = PORT_NO_CHECKSUM;
	if (size - layout.payload > mss)
		header->segment = (uint16_t)mss;
	return 0;
}

static int prepare_checksum(uint8_t *frame, uint32_t size, const struct frame_info *info,
			    struct port_header *header)
{
	struct frame_layout layout;

	if (!frame_parse(frame, size, false, &layout))
		return -EINVAL;
	if (info->checksum & RNDIS_TX_IP_HEADER && layout.network && layout.ethertype == FRAME_IPV4)
		checksum_fill_ipv4(frame + layout.network);
	if (info->checksum & (RNDIS_TX_TCP | RNDIS_TX_UDP) && layout.transport)
		header->flags = PORT_NO_CHECKSUM;
	return 0;
}

static int prepare(struct netvsp *adapter, uint8_t *frame, uint32_t size, const struct frame_info *info,
		   struct port_header *header)
{
	if (size < FRAME_ETHERNET_HEADER || size > FRAME_MAX - FRAME_VLAN_TAG)
		return -EINVAL;
	if (!adapter->config.may_spoof && !frame_mac_equal(frame_source(frame), &adapter->mac))
		return -EPERM;
	if (info->has_lso)
		return prepare_large(frame, size, info, adapter->mtu, header);
	if (size > adapter->mtu + FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG)
		return -EMSGSIZE;
	return info->checksum ? prepare_checksum(frame, size, info, header) : 0;
}

static int send_frame(struct netvsp *adapter, uint8_t *frame, uint32_t size, const struct frame_info *info,
		      const struct port_header *header)
{
	uint8_t tag[FRAME_VLAN_TAG];
	struct iovec parts[] = { { .iov_base = frame, .iov_len = 12 },
				 { .iov_base = tag, .iov_len = 0 },
				 { .iov_base = frame + 12, .iov_len = size - 12 } };

	if (info->has_vlan) {
		frame_put16(tag, FRAME_VLAN);
		frame_put16(tag + 2, info->vlan_tag);
		parts[1].iov_len = sizeof(tag);
	}
	return adapter_port_send(adapter, header, parts, 3);
}

int transmit_packet(struct netvsp *adapter, uint8_t *message, uint32_t size)
{
	struct port_header header = { .kind = PORT_FRAME };
	struct frame_info info = { 0 };
	uint32_t frame_size = 0;
	uint8_t *frame;
	int r = parse_packet(message, size, &frame, &frame_size, &info);

	if (r == 0)
		r = prepare(adapter, frame, frame_size, &info, &header);
	if (r < 0) {
		adapter->stats.bad_out++;
		netvsp_count(adapter, NETVSP_COUNT_DROPPED_PACKETS, 1);
		return 0;
	}
	r = send_frame(adapter, frame, frame_size, &info, &header);
	if (r == 0) {
		adapter->stats.frames_out++;
		adapter->stats.bytes_out += frame_size;
		netvsp_count(adapter, NETVSP_COUNT_SENT_PACKETS, 1);
		netvsp_count(adapter, NETVSP_COUNT_SENT_BYTES, frame_size);
	}
	return r;
}
