/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame from the switch becomes RNDIS packets in the guest's receive buffer. */
#include "vsp/netvsp/netvsp_priv.h"

#include "net/cut.h"

#include <string.h>

enum {
	INFO_SIZE = sizeof(struct rndis_info) + 4,
	INFOS_MAX = 4,
	FRAME_PARTS = 3,
};

/* A frame on its way: its bytes in up to three parts, and what goes along. */
struct incoming {
	struct iovec parts[FRAME_PARTS];
	unsigned part_count;
	uint32_t size;
	uint32_t checksum; /* enum rndis_checksum; 0: not known */
	bool is_tagged;
	uint16_t tag;
	uint32_t hash;
};

struct rndis_out {
	uint8_t bytes[sizeof(struct rndis_packet) + INFOS_MAX * INFO_SIZE];
	uint32_t size;
};

static void add_part(struct incoming *incoming, const uint8_t *data, size_t size)
{
	if (!size)
		return;
	incoming->parts[incoming->part_count++] = (struct iovec){ .iov_base = (void *)data, .iov_len = size };
	incoming->size += (uint32_t)size;
}

/* Headers and payload, without the tag if the guest takes it apart. */
static void take_frame(const struct netvsp *adapter, const uint8_t *headers, size_t header_size,
		       const uint8_t *payload, size_t payload_size, struct incoming *incoming)
{
	incoming->part_count = 0;
	incoming->size = 0;
	incoming->is_tagged = adapter->capabilities & NVSP_CAPABILITY_VLAN &&
			      header_size >= FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG &&
			      frame_get16(headers + 12) == FRAME_VLAN;
	if (incoming->is_tagged) {
		incoming->tag = frame_get16(headers + 14);
		add_part(incoming, headers, 12);
		add_part(incoming, headers + 16, header_size - 16);
	} else {
		add_part(incoming, headers, header_size);
	}
	add_part(incoming, payload, payload_size);
}

/* --- writing --------------------------------------------------------------------------------------- */

static void add_info(struct rndis_out *out, uint32_t type, uint32_t value)
{
	const struct rndis_info info = { .size = INFO_SIZE, .type = type, .offset = sizeof(info) };

	memcpy(out->bytes + out->size, &info, sizeof(info));
	memcpy(out->bytes + out->size + sizeof(info), &value, sizeof(value));
	out->size += INFO_SIZE;
}

static void add_frame_infos(struct rndis_out *out, const struct incoming *incoming)
{
	if (incoming->checksum)
		add_info(out, RNDIS_INFO_CHECKSUM, incoming->checksum);
	if (incoming->is_tagged)
		add_info(out, RNDIS_INFO_VLAN, rndis_vlan_info(incoming->tag));
	if (incoming->hash)
		add_info(out, RNDIS_INFO_HASH, incoming->hash);
}

static void finish(struct rndis_out *out, uint32_t data_size)
{
	struct rndis_packet packet = { .head = { .type = RNDIS_PACKET, .length = out->size + data_size },
				       .data_offset = out->size - RNDIS_BODY,
				       .data_length = data_size };

	if (out->size > sizeof(packet)) {
		packet.info_offset = sizeof(packet) - RNDIS_BODY;
		packet.info_length = out->size - (uint32_t)sizeof(packet);
	}
	memcpy(out->bytes, &packet, sizeof(packet));
}

/* `size` bytes of the frame from `skip` on, behind the header, as one range. */
static void write_range(struct netvsp_channel *channel, const struct rndis_out *out,
			const struct incoming *incoming, uint32_t skip, uint32_t size)
{
	uint32_t at = channel->batch.fill + out->size, left = size;

	receive_write(channel, channel->batch.fill, out->bytes, out->size);
	for (unsigned i = 0; i < incoming->part_count && left; i++) {
		uint32_t part = (uint32_t)incoming->parts[i].iov_len, take;

		if (skip >= part) {
			skip -= part;
			continue;
		}
		take = part - skip < left ? part - skip : left;
		receive_write(channel, at, (uint8_t *)incoming->parts[i].iov_base + skip, take);
		skip = 0;
		at += take;
		left -= take;
	}
	receive_add_range(channel, out->size + size);
}

/* Room for a range of that size in the present packet or the next one. */
static bool make_room(struct netvsp_channel *channel, uint32_t size)
{
	struct receive_batch *batch = &channel->batch;

	if (batch->chunk_count && batch->range_count < BATCH_RANGES &&
	    size <= channel->adapter->receive.chunk_size - batch->fill)
		return true;
	if (batch->range_count < BATCH_RANGES && receive_more(channel))
		return true;
	return receive_flush(channel) && receive_more(channel);
}

/* Several ranges of one packet: receive segment coalescing (RNDIS_PKTINFO_ID of hyperv_net.h). */
static bool write_parts(struct netvsp_channel *channel, const struct incoming *incoming)
{
	struct receive_state *receive = &channel->adapter->receive;
	uint32_t room = receive->chunk_size - (uint32_t)sizeof(struct rndis_out), at = 0;
	unsigned count = (incoming->size + room - 1) / room;
	struct rndis_packet_id id = { .version = RNDIS_ID_VERSION, .id = receive->packet_id++ };

	if (channel->batch.chunk_count + count > BATCH_CHUNKS ||
	    channel->batch.range_count + count > BATCH_RANGES)
		if (!receive_flush(channel))
			return false;
	if (!receive_has(channel, count)) /* all or nothing */
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint32_t size = incoming->size - at < room ? incoming->size - at : room, value;
		struct rndis_out out = { .size = sizeof(struct rndis_packet) };

		if (!receive_more(channel))
			return false;
		id.flags = (uint8_t)(RNDIS_ID_PART | (i == 0 ? RNDIS_ID_FIRST : 0) |
				     (i == count - 1 ? RNDIS_ID_LAST : 0));
		memcpy(&value, &id, sizeof(value));
		add_info(&out, RNDIS_INFO_PACKET_ID | RNDIS_INFO_INTERNAL, value);
		if (i == 0)
			add_frame_infos(&out, incoming);
		finish(&out, size);
		write_range(channel, &out, incoming, at, size);
		at += size;
	}
	return true;
}

/* Whether it may go as a large one: into one packet to the guest. */
static bool fits_as_parts(const struct netvsp *adapter, const struct port_header *header, uint32_t size)
{
	uint32_t room = adapter->receive.chunk_size - (uint32_t)sizeof(struct rndis_out);

	return header->segment && adapter->takes_large && size <= room * BATCH_CHUNKS;
}

static bool write_whole(struct netvsp_channel *channel, const struct incoming *incoming)
{
	struct rndis_out out = { .size = sizeof(struct rndis_packet) };

	add_frame_infos(&out, incoming);
	finish(&out, incoming->size);
	if (!make_room(channel, out.size + incoming->size))
		return false;
	write_range(channel, &out, incoming, 0, incoming->size);
	return true;
}

static void deliver(struct netvsp_channel *channel, const struct incoming *incoming)
{
	struct netvsp *adapter = channel->adapter;
	bool is_done = false;

	if (!channel->is_batch_stuck)
		is_done = incoming->size + sizeof(struct rndis_out) <= adapter->receive.chunk_size
			      ? write_whole(channel, incoming)
			      : write_parts(channel, incoming);
	if (!is_done) {
		adapter->stats.no_buffer++;
		netvsp_count(adapter, NETVSP_COUNT_DROPPED_PACKETS, 1);
		return;
	}
	adapter->stats.frames_in++;
	adapter->stats.bytes_in += incoming->size;
	netvsp_count(adapter, NETVSP_COUNT_RECEIVED_PACKETS, 1);
	netvsp_count(adapter, NETVSP_COUNT_RECEIVED_BYTES, incoming->size);
}

/* --- for whom -------------------------------------------------------------------------------------- */

static bool is_wanted(const struct netvsp *adapter, const struct frame_mac *to)
{
	if (adapter->filter & RNDIS_FILTER_PROMISCUOUS)
		return true;
	if (frame_is_broadcast(to))
		return adapter->filter & RNDIS_FILTER_BROADCAST;
	if (!frame_is_group(to))
		return adapter->filter & RNDIS_FILTER_DIRECTED && frame_mac_equal(to, &adapter->mac);
	if (adapter->filter & RNDIS_FILTER_ALL_MULTICAST)
		return true;
	for (unsigned i = 0; i < adapter->multicast_count && adapter->filter & RNDIS_FILTER_MULTICAST; i++)
		if (frame_mac_equal(to, &adapter->multicast[i]))
			return true;
	return false;
}

static uint32_t checksum_info(const struct port_header *header, const struct frame_layout *layout)
{
	if (!(header->flags & PORT_GOOD_CHECKSUM) || !layout->transport)
		return 0;
	return (layout->protocol == FRAME_TCP ? RNDIS_RX_TCP_GOOD : RNDIS_RX_UDP_GOOD) |
	       (layout->ethertype == FRAME_IPV4 ? RNDIS_RX_IP_GOOD : 0);
}

/* More than the guest's MTU, and it takes no large ones. */
static void deliver_pieces(struct netvsp_channel *channel, const struct port_header *header,
			   const uint8_t *frame, uint32_t size, struct incoming *incoming)
{
	struct netvsp *adapter = channel->adapter;
	struct cut_piece piece;
	struct cut cut;

	if (cut_begin(&cut, frame, size, header->segment, adapter->mtu) < 0) {
		adapter->stats.filtered++;
		return;
	}
	if (!cut.is_tcp)
		incoming->checksum = 0; /* of a fragment there is none */
	while (cut_next(&cut, &piece)) {
		take_frame(adapter, piece.headers, piece.header_size, piece.payload, piece.payload_size,
			   incoming);
		deliver(channel, incoming);
	}
}

void receive_frame(struct netvsp *adapter, const struct port_header *header, const uint8_t *frame,
		   uint32_t size)
{
	struct incoming incoming = { 0 };
	struct netvsp_channel *channel;
	struct frame_layout layout;
	uint32_t most = adapter->mtu + FRAME_ETHERNET_HEADER;

	if (!adapter->is_initialized || !adapter->receive.buffer.gpadl ||
	    !frame_parse(frame, size, false, &layout) || !is_wanted(adapter, frame_destination(frame))) {
		adapter->stats.filtered++;
		return;
	}
	incoming.checksum = checksum_info(header, &layout);
	channel = rss_channel(adapter, frame, &layout, &incoming.hash);
	if (layout.is_tagged)
		most += FRAME_VLAN_TAG;
	if (size > most && !fits_as_parts(adapter, header, size)) {
		deliver_pieces(channel, header, frame, size, &incoming);
		return;
	}
	take_frame(adapter, frame, size, NULL, 0, &incoming);
	deliver(channel, &incoming);
}
