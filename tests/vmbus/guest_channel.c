/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The simulated guest's half of channels and rings, written apart from the bus's own. */
#include "guest_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct guest_channel *channel_new(struct guest *guest, const struct vmbus_offer_channel *offer,
					 unsigned data_pages)
{
	struct guest_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		abort();
	channel->guest = guest;
	channel->relid = offer->relid;
	channel->connection = offer->connection_id;
	channel->pages = data_pages + 1;
	channel->gpa = guest_alloc(guest, 2 * channel->pages);
	channel->out = guest_memory(guest, channel->gpa);
	channel->in = guest_memory(guest, channel->gpa + (uint64_t)channel->pages * VMBUS_PAGE);
	channel->out_data = (uint8_t *)channel->out + VMBUS_PAGE;
	channel->in_data = (uint8_t *)channel->in + VMBUS_PAGE;
	channel->out->features = channel->in->features = VMBUS_RING_FEATURE_PENDING_SIZE;
	return channel;
}

struct guest_channel *guest_open(struct guest *guest, const struct vmbus_offer_channel *offer,
				 unsigned data_pages, const void *user_data)
{
	struct vmbus_open_channel message = { .header.type = VMBUS_OPEN_CHANNEL };
	struct vmbus_open_result result = { .status = VMBUS_STATUS_FAILED };
	struct guest_channel *channel, *before;

	if (!offer)
		return NULL;
	before = guest->by_relid[offer->relid];
	channel = channel_new(guest, offer, data_pages);
	channel->gpadl = guest_gpadl(guest, channel->relid, channel->gpa, 2 * channel->pages * VMBUS_PAGE);
	message.relid = message.open_id = channel->relid;
	message.ring_gpadl = channel->gpadl;
	message.downstream_page = channel->pages;
	if (user_data)
		memcpy(message.user_data, user_data, sizeof(message.user_data));
	guest->by_relid[channel->relid] = channel;
	guest_post(guest, VMBUS_CONNECTION, &message, sizeof(message));
	if (channel->gpadl == 0 || !guest_take(guest, VMBUS_OPEN_RESULT, &result, sizeof(result)) ||
	    result.status != 0) {
		guest_forget(channel);
		guest->by_relid[offer->relid] = before;
		return NULL;
	}
	return channel;
}

void guest_forget(struct guest_channel *channel)
{
	if (!channel)
		return;
	if (channel->guest->by_relid[channel->relid] == channel)
		channel->guest->by_relid[channel->relid] = NULL;
	free(channel);
}

void guest_close(struct guest_channel *channel)
{
	struct vmbus_relid_message message = { .header.type = VMBUS_CLOSE_CHANNEL, .relid = channel->relid };

	guest_post(channel->guest, VMBUS_CONNECTION, &message, sizeof(message));
	guest_run(channel->guest);
	guest_gpadl_teardown(channel->guest, channel->relid, channel->gpadl);
	guest_forget(channel);
}

/* --- rings ------------------------------------------------------------------------------------------- */

static uint32_t ring_size(const struct guest_channel *channel)
{
	return (channel->pages - 1) * VMBUS_PAGE;
}

static uint32_t put_bytes(struct guest_channel *channel, uint32_t at, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		channel->out_data[at] = ((const uint8_t *)bytes)[i];
		at = at + 1 == ring_size(channel) ? 0 : at + 1;
	}
	return at;
}

static void get_bytes(const struct guest_channel *channel, uint32_t at, void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = channel->in_data[(at + i) % ring_size(channel)];
}

int guest_put(struct guest_channel *channel, const void *packet, size_t size)
{
	uint32_t read = __atomic_load_n(&channel->out->read, __ATOMIC_ACQUIRE), at = channel->out_index;
	uint32_t free_bytes = read > at ? read - at : ring_size(channel) - (at - read);
	uint64_t trailer = (uint64_t)at << 32;

	if (size + sizeof(trailer) >= free_bytes)
		return -EAGAIN;
	at = put_bytes(channel, at, packet, size);
	channel->out_index = put_bytes(channel, at, &trailer, sizeof(trailer));
	__atomic_store_n(&channel->out->write, channel->out_index, __ATOMIC_RELEASE);
	return 0;
}

/* A guest signals when the ring was empty and the host did not mask it. */
static int put_and_signal(struct guest_channel *channel, const void *packet, size_t size)
{
	uint32_t before = channel->out_index;
	int r = guest_put(channel, packet, size);

	if (r < 0)
		return r;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (channel->out->interrupt_mask == 0 &&
	    __atomic_load_n(&channel->out->read, __ATOMIC_ACQUIRE) == before)
		guest_signal(channel);
	guest_run(channel->guest);
	return 0;
}

static size_t make_packet(uint8_t *buffer, uint16_t type, bool wants_completion, uint64_t transaction,
			  const void *more, size_t more_size, const void *payload, size_t size)
{
	struct vmbus_packet_head head = { .type = type,
					  .flags = wants_completion,
					  .transaction_id = transaction };
	size_t offset = sizeof(head) + more_size, end = (offset + size + 7) & ~(size_t)7;

	if (end > GUEST_PACKET_MAX)
		abort();
	head.offset8 = (uint16_t)(offset / 8);
	head.length8 = (uint16_t)(end / 8);
	memset(buffer, 0, end);
	memcpy(buffer, &head, sizeof(head));
	if (more_size > 0)
		memcpy(buffer + sizeof(head), more, more_size);
	if (size > 0)
		memcpy(buffer + offset, payload, size);
	return end;
}

int guest_send(struct guest_channel *channel, uint64_t transaction, bool wants_completion,
	       const void *payload, size_t size)
{
	uint8_t packet[GUEST_PACKET_MAX];
	size_t end =
	    make_packet(packet, VMBUS_PACKET_INBAND, wants_completion, transaction, NULL, 0, payload, size);

	return put_and_signal(channel, packet, end);
}

int guest_send_completion(struct guest_channel *channel, uint64_t transaction, const void *payload,
			  size_t size)
{
	uint8_t packet[GUEST_PACKET_MAX];
	size_t end = make_packet(packet, VMBUS_PACKET_COMPLETION, false, transaction, NULL, 0, payload, size);

	return put_and_signal(channel, packet, end);
}

int guest_send_pages(struct guest_channel *channel, uint64_t transaction, const struct guest_range *ranges,
		     unsigned count, const void *payload, size_t size)
{
	uint8_t packet[GUEST_PACKET_MAX], more[16384];
	uint32_t head[2] = { 0, count };
	size_t used = sizeof(head);

	memcpy(more, head, sizeof(head));
	for (unsigned i = 0; i < count; i++) {
		uint32_t range[2] = { ranges[i].size, (uint32_t)(ranges[i].gpa % VMBUS_PAGE) };
		uint32_t pages = (range[0] + range[1] + VMBUS_PAGE - 1) / VMBUS_PAGE;

		if (used + 8 + 8 * (size_t)pages > sizeof(more))
			abort();
		memcpy(more + used, range, sizeof(range));
		used += sizeof(range);
		for (uint32_t page = 0; page < pages; page++, used += 8) {
			uint64_t pfn = ranges[i].gpa / VMBUS_PAGE + page;

			memcpy(more + used, &pfn, 8);
		}
	}
	return put_and_signal(
	    channel, packet,
	    make_packet(packet, VMBUS_PACKET_GPA_DIRECT, true, transaction, more, used, payload, size));
}

/* After reading, the host is told when it waited for room (hv_pkt_iter_close() of Linux). */
static void close_read(struct guest_channel *channel, uint32_t bytes)
{
	uint32_t pending, write, free_bytes;

	channel->in_index = (channel->in_index + bytes) % ring_size(channel);
	__atomic_store_n(&channel->in->read, channel->in_index, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pending = channel->in->pending_send_size;
	if (pending == 0)
		return;
	write = __atomic_load_n(&channel->in->write, __ATOMIC_ACQUIRE);
	free_bytes = channel->in_index > write ? channel->in_index - write
					       : ring_size(channel) - (write - channel->in_index);
	if (free_bytes > pending && free_bytes - bytes <= pending)
		guest_signal(channel);
}

bool guest_receive(struct guest_channel *channel, struct guest_packet *ret_packet)
{
	struct vmbus_packet_head head;
	size_t size;

	guest_run(channel->guest);
	if (__atomic_load_n(&channel->in->write, __ATOMIC_ACQUIRE) == channel->in_index)
		return false;
	get_bytes(channel, channel->in_index, &head, sizeof(head));
	size = head.length8 * 8u;
	if (size > sizeof(ret_packet->bytes) || head.offset8 > head.length8) {
		fprintf(stderr, "simulated guest: the host sent a packet of %zu bytes\n", size);
		abort();
	}
	get_bytes(channel, channel->in_index, ret_packet->bytes, size);
	ret_packet->type = head.type;
	ret_packet->wants_completion = head.flags & VMBUS_PACKET_FLAG_COMPLETION;
	ret_packet->transaction = head.transaction_id;
	ret_packet->head_size = head.offset8 * 8u;
	ret_packet->size = size - ret_packet->head_size;
	close_read(channel, (uint32_t)size + VMBUS_RING_TRAILER);
	return true;
}

void guest_ask(struct guest_channel *channel, uint64_t transaction, const void *payload, size_t size,
	       struct guest_packet *ret_packet)
{
	if (guest_send(channel, transaction, true, payload, size) == 0 && guest_receive(channel, ret_packet))
		return;
	fprintf(stderr, "simulated guest: no answer to transaction %llu\n", (unsigned long long)transaction);
	abort();
}
