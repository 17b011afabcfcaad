/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of an open channel: copied out of the ring once, taken apart, handed to the provider. */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <string.h>

enum { SEND_PARTS_MAX = 64 };

static int nonsense(struct vmbus_channel *channel, const char *reason)
{
	channel_break(channel, reason);
	return -EPIPE;
}

/*
 * The page numbers stay where they are in the private copy: 8-byte aligned, as all lengths before them are.
 */
static int parse_ranges(struct vmbus_channel *channel, uint32_t end, struct vmbus_packet *packet)
{
	struct vmbus_gpa_direct_head head;
	uint32_t at = sizeof(head);

	if (end < sizeof(head))
		return -EPROTO;
	memcpy(&head, channel->packet, sizeof(head));
	if (head.range_count == 0 || head.range_count > VMBUS_RANGES_MAX)
		return -EPROTO;
	for (uint32_t i = 0; i < head.range_count; i++) {
		struct vmbus_range *range = &channel->ranges[i];
		uint64_t pages;

		if (end - at < 8)
			return -EPROTO;
		memcpy(&range->size, channel->packet + at, 4);
		memcpy(&range->offset, channel->packet + at + 4, 4);
		at += 8;
		if (range->offset >= VMBUS_PAGE)
			return -EPROTO;
		pages = ((uint64_t)range->offset + range->size + VMBUS_PAGE - 1) / VMBUS_PAGE;
		if (pages * 8 > end - at)
			return -EPROTO;
		range->pfns = (const uint64_t *)(const void *)(channel->packet + at);
		at += (uint32_t)pages * 8;
	}
	packet->ranges = channel->ranges;
	packet->range_count = head.range_count;
	return 0;
}

static int parse(struct vmbus_channel *channel, uint32_t size, struct vmbus_packet *ret_packet)
{
	struct vmbus_packet_head head;
	uint32_t offset;

	memcpy(&head, channel->packet, sizeof(head));
	offset = head.offset8 * 8u;
	*ret_packet = (struct vmbus_packet){ .type = (enum vmbus_packet_type)head.type,
					     .wants_completion = head.flags & VMBUS_PACKET_FLAG_COMPLETION,
					     .transaction_id = head.transaction_id,
					     .payload = channel->packet + offset,
					     .payload_size = size - offset };
	switch (head.type) {
	case VMBUS_PACKET_INBAND:
	case VMBUS_PACKET_COMPLETION: return 0;
	case VMBUS_PACKET_GPA_DIRECT: return parse_ranges(channel, offset, ret_packet);
	}
	return -EPROTO;
}

static int read_packet(struct vmbus_channel *channel, uint32_t *ret_size)
{
	uint32_t max = (uint32_t)channel->device->config.packet_max & ~7u;
	uint32_t free_before = channel->has_read ? 0 : ring_in_free(&channel->in);
	int r = ring_in_read(&channel->in, channel->packet, max, ret_size);

	if (r == 1 && !channel->has_read) {
		channel->has_read = true;
		channel->free_before = free_before;
	}
	if (r == 1)
		channel_touch(channel);
	return r;
}

int vmbus_receive(struct vmbus_channel *channel, struct vmbus_packet *ret_packet)
{
	uint32_t size = 0;
	int r;

	if (channel->state != CHANNEL_OPEN || channel->is_broken)
		return -EPIPE;
	if (channel->bus->is_held) /* all channels are woken when it is let go */
		return 0;
	if (channel->budget == 0) { /* others have their turn first */
		channel_wake(channel->bus, channel->relid);
		return 0;
	}
	r = read_packet(channel, &size);
	if (r == 0 && channel->is_masked && !gather_goes_on(channel)) {
		channel->is_masked = false;
		if (ring_in_unmask(&channel->in)) {
			channel->is_masked = true;
			ring_in_mask(&channel->in);
			r = read_packet(channel, &size);
			if (r ==
			    0) /* the index went back: only a hostile guest does so; it gets no second look */
				channel_wake(channel->bus, channel->relid);
		}
	}
	if (r < 0)
		return nonsense(channel, "its ring is broken");
	if (r == 0)
		return 0;
	channel->budget--;
	gather_count(channel);
	channel->stats.packets_in++;
	r = parse(channel, size, ret_packet);
	return r < 0 ? nonsense(channel, "a packet makes no sense") : 1;
}

/* --- sending -------------------------------------------------------------------------------------------- */

/* Asks for room, and looks once more: the guest may have read between. */
static int wait_for_room(struct vmbus_channel *channel, uint32_t bytes)
{
	int64_t room;

	channel->stats.blocked++;
	channel->blocked_bytes = bytes;
	channel_touch(channel);
	ring_out_want_room(&channel->out, bytes);
	room = ring_out_room(&channel->out);
	if (room < 0)
		return nonsense(channel, "its ring is broken");
	if (room < bytes)
		return -EAGAIN;
	channel->blocked_bytes = 0;
	ring_out_want_room(&channel->out, 0);
	return 0;
}

static int write_packet(struct vmbus_channel *channel, const struct iovec *parts, unsigned count,
			uint32_t bytes)
{
	int r = ring_out_write(&channel->out, parts, count);

	if (r == -EAGAIN) {
		r = wait_for_room(channel, bytes);
		if (r == 0)
			r = ring_out_write(&channel->out, parts, count);
	}
	if (r == -EPROTO)
		return nonsense(channel, "its ring is broken");
	if (r < 0)
		return r;
	channel->stats.packets_out++;
	channel_touch(channel);
	return 0;
}

/* `head` and what stands behind it (a multiple of 8 bytes), then the payload. */
static int send_packet(struct vmbus_channel *channel, struct vmbus_packet_head *head,
		       const struct iovec *more, unsigned more_count, const struct iovec *payload,
		       unsigned count)
{
	struct iovec parts[SEND_PARTS_MAX];
	size_t bytes = 0;
	unsigned n = 0;

	if (channel->state != CHANNEL_OPEN || channel->is_broken)
		return -EPIPE;
	if (more_count + count > SEND_PARTS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < more_count; i++)
		bytes += (parts[n++] = more[i]).iov_len;
	head->offset8 = (uint16_t)(bytes / 8);
	for (unsigned i = 0; i < count; i++)
		bytes += (parts[n++] = payload[i]).iov_len;
	bytes = (bytes + 7) & ~(size_t)7;
	if (bytes / 8 > UINT16_MAX)
		return -EMSGSIZE;
	head->length8 = (uint16_t)(bytes / 8);
	return write_packet(channel, parts, n, (uint32_t)bytes + VMBUS_RING_TRAILER);
}

int vmbus_send(struct vmbus_channel *channel, uint64_t transaction_id, bool wants_completion,
	       const struct iovec *payload, unsigned count)
{
	struct vmbus_packet_head head = { .type = VMBUS_PACKET_INBAND,
					  .flags = wants_completion ? VMBUS_PACKET_FLAG_COMPLETION : 0,
					  .transaction_id = transaction_id };
	const struct iovec part = { &head, sizeof(head) };

	return send_packet(channel, &head, &part, 1, payload, count);
}

int vmbus_send_completion(struct vmbus_channel *channel, uint64_t transaction_id, const struct iovec *payload,
			  unsigned count)
{
	struct vmbus_packet_head head = { .type = VMBUS_PACKET_COMPLETION, .transaction_id = transaction_id };
	const struct iovec part = { &head, sizeof(head) };

	return send_packet(channel, &head, &part, 1, payload, count);
}

static_assert(sizeof(struct vmbus_transfer_range) == 8, "as on the wire");

int vmbus_send_transfer_pages(struct vmbus_channel *channel, uint64_t transaction_id, uint16_t set,
			      const struct vmbus_transfer_range *ranges, unsigned range_count,
			      const struct iovec *payload, unsigned count)
{
	struct vmbus_transfer_head head = { .head = { .type = VMBUS_PACKET_TRANSFER_PAGES,
						      .flags = VMBUS_PACKET_FLAG_COMPLETION,
						      .transaction_id = transaction_id },
					    .set = set,
					    .range_count = range_count };
	const struct iovec parts[2] = { { &head, sizeof(head) },
					{ (void *)(uintptr_t)ranges, range_count * sizeof(*ranges) } };

	return send_packet(channel, &head.head, parts, 2, payload, count);
}

size_t vmbus_send_room(const struct vmbus_channel *channel)
{
	int64_t room = channel->state == CHANNEL_OPEN ? ring_out_room(&channel->out) : 0;
	int64_t overhead = sizeof(struct vmbus_packet_head) + VMBUS_RING_TRAILER;

	return room > overhead ? (size_t)(room - overhead) : 0;
}
