/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's receive buffer: dealt out in chunks, which belong to the guest from the packet that names them
 * until its completion.
 */
#include "vsp/netvsp/netvsp_priv.h"

#include <errno.h>
#include <string.h>

enum {
	CHUNK_MIN = 2048,
	CHUNKS_MIN = 8,
	CONTROL_CHUNKS = 2, /* kept for answers to the guest's questions */
	HEADERS = 256,	    /* room for RNDIS in front of a frame */
	PIECES = 24,
};

int receive_set_buffer(struct netvsp *adapter, uint32_t gpadl_id, struct vmbus_gpadl *gpadl)
{
	struct receive_state *receive = &adapter->receive;
	uint32_t size = vmbus_gpadl_size(gpadl), chunk = CHUNK_SIZE;
	uint32_t least = (adapter->mtu + FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG + HEADERS + 1023) & ~1023u;

	while (chunk > CHUNK_MIN && size / chunk < CHUNKS_MIN)
		chunk /= 2;
	if (chunk < least)
		chunk = least;
	if (size / chunk < CHUNKS_MIN)
		return -EINVAL;
	receive_reset(adapter);
	receive->buffer = (struct shared_buffer){ .gpadl_id = gpadl_id, .gpadl = gpadl, .size = size };
	receive->chunk_size = chunk;
	receive->chunk_count = size / chunk < CHUNKS_MAX ? size / chunk : CHUNKS_MAX;
	receive->free_count = (uint16_t)receive->chunk_count;
	for (unsigned i = 0; i < receive->chunk_count; i++)
		receive->free_chunks[i] = (uint16_t)(receive->chunk_count - 1 - i);
	return 0;
}

void receive_reset(struct netvsp *adapter)
{
	struct receive_state *receive = &adapter->receive;

	receive->buffer = (struct shared_buffer){ 0 };
	receive->free_count = 0;
	for (unsigned i = 0; i < CHUNKS_MAX; i++) {
		receive->transactions[i].is_used = false;
		receive->transactions[i].next_free = (uint16_t)(i + 1);
	}
	receive->first_free = 0;
	for (unsigned i = 0; i < NETVSP_QUEUES_MAX; i++) {
		adapter->channels[i].batch = (struct receive_batch){ 0 };
		adapter->channels[i].is_batch_stuck = false;
	}
}

void receive_completed(struct netvsp *adapter, uint64_t transaction_id)
{
	struct receive_state *receive = &adapter->receive;
	struct receive_transaction *transaction = &receive->transactions[transaction_id % CHUNKS_MAX];

	if (!transaction->is_used || transaction->serial != transaction_id / CHUNKS_MAX)
		return; /* what was never sent, or was completed already */
	for (unsigned i = 0; i < transaction->chunk_count; i++)
		receive->free_chunks[receive->free_count++] = transaction->chunks[i];
	transaction->is_used = false;
	transaction->next_free = receive->first_free;
	receive->first_free = (uint16_t)(transaction - receive->transactions);
}

/* --- one packet ------------------------------------------------------------------------------------ */

bool receive_has(const struct netvsp_channel *channel, unsigned count)
{
	unsigned kept = channel->batch.is_control ? 0 : CONTROL_CHUNKS;

	return channel->batch.chunk_count + count <= BATCH_CHUNKS &&
	       channel->adapter->receive.free_count >= kept + count;
}

bool receive_more(struct netvsp_channel *channel)
{
	struct receive_state *receive = &channel->adapter->receive;
	struct receive_batch *batch = &channel->batch;

	if (!receive_has(channel, 1))
		return false;
	batch->chunks[batch->chunk_count++] = receive->free_chunks[--receive->free_count];
	batch->fill = 0;
	return true;
}

static uint32_t chunk_offset(const struct netvsp_channel *channel)
{
	return channel->batch.chunks[channel->batch.chunk_count - 1] * channel->adapter->receive.chunk_size;
}

void receive_write(struct netvsp_channel *channel, uint32_t offset, const void *data, uint32_t size)
{
	struct iovec pieces[PIECES];
	const uint8_t *from = data;
	int count = vmbus_gpadl_map(channel->adapter->receive.buffer.gpadl, chunk_offset(channel) + offset,
				    size, pieces, PIECES);

	for (int i = 0; i < count; i++) {
		memcpy(pieces[i].iov_base, from, pieces[i].iov_len);
		from += pieces[i].iov_len;
	}
}

void receive_add_range(struct netvsp_channel *channel, uint32_t size)
{
	struct receive_batch *batch = &channel->batch;

	batch->ranges[batch->range_count++] =
	    (struct vmbus_transfer_range){ .size = size, .offset = chunk_offset(channel) + batch->fill };
	batch->fill = (batch->fill + size + 7) & ~7u;
}

static void forget_batch(struct netvsp_channel *channel)
{
	struct receive_state *receive = &channel->adapter->receive;

	for (unsigned i = 0; i < channel->batch.chunk_count; i++)
		receive->free_chunks[receive->free_count++] = channel->batch.chunks[i];
	channel->batch.chunk_count = channel->batch.range_count = 0;
	channel->batch.is_control = false;
}

/* The chunks are the guest's from here. There is a transaction for each chunk, so one is free. */
static void hand_over(struct netvsp_channel *channel, unsigned index)
{
	struct receive_state *receive = &channel->adapter->receive;
	struct receive_transaction *transaction = &receive->transactions[index];

	receive->first_free = transaction->next_free;
	transaction->is_used = true;
	transaction->chunk_count = (uint8_t)channel->batch.chunk_count;
	memcpy(transaction->chunks, channel->batch.chunks, sizeof(transaction->chunks));
	channel->batch.chunk_count = channel->batch.range_count = 0;
	channel->batch.is_control = false;
}

bool receive_flush(struct netvsp_channel *channel)
{
	struct receive_state *receive = &channel->adapter->receive;
	struct receive_batch *batch = &channel->batch;
	const struct nvsp_message message = {
		.type = NVSP_RNDIS,
		.rndis = { .channel = batch->is_control ? NVSP_CHANNEL_CONTROL : NVSP_CHANNEL_DATA,
			   .section = NVSP_NO_SECTION },
	};
	const struct iovec payload = { .iov_base = (void *)&message, .iov_len = sizeof(message) };
	unsigned index = receive->first_free;
	int r;

	channel->is_batch_stuck = false;
	if (batch->range_count == 0) {
		forget_batch(channel);
		return true;
	}
	receive->transactions[index].serial++;
	r = vmbus_send_transfer_pages(channel->channel,
				      receive->transactions[index].serial * (uint64_t)CHUNKS_MAX + index,
				      NVSP_RECEIVE_BUFFER_ID, batch->ranges, batch->range_count, &payload, 1);
	if (r == -EAGAIN) {
		channel->is_batch_stuck = true;
		return false;
	}
	if (r < 0)
		forget_batch(channel);
	else
		hand_over(channel, index);
	return true;
}

bool receive_is_blocked(const struct netvsp *adapter)
{
	const struct receive_state *receive = &adapter->receive;

	for (unsigned i = 0; i < NETVSP_QUEUES_MAX; i++)
		if (adapter->channels[i].is_batch_stuck)
			return true;
	return receive->buffer.gpadl && receive->free_count < BATCH_CHUNKS + CONTROL_CHUNKS;
}
