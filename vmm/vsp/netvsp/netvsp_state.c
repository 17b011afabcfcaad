/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An adapter that is saved, and one that goes on: what was agreed upon with the guest's driver, whose pieces of the receive
 * buffer are where, and what stood between ring and port. The port is another one, whose switch says by itself when it is
 * there: the guest hears that its cable is in, and tells the network where it is now.
 */
#include "vsp/netvsp/netvsp_priv.h"

#include "state/state.h"

#include <string.h>

enum { CHUNK_LEAST = 2048, CHUNK_MOST = 128 << 10 };

/* --- the driver ------------------------------------------------------------------------------------------- */

static void rss_state(struct netvsp *adapter, struct state *state)
{
	struct netvsp_rss *rss = &adapter->rss;

	state_bool(state, &rss->is_on);
	state_u32_max(state, &rss->table_count, NDIS_RSS_TABLE_MAX);
	state_bytes(state, rss->table, sizeof(rss->table));
	state_bytes(state, rss->key, sizeof(rss->key));
	state_u32_max(state, &rss->key_size, NDIS_RSS_KEY_MAX);
	state_u32(state, &rss->hash_types);
	if (rss->table_count == 0 || rss->table_count & (rss->table_count - 1)) {
		state_refuse(state, "has a table that cannot be");
		rss->table_count = 1;
	}
	for (unsigned i = 0; i < NDIS_RSS_TABLE_MAX; i++)
		if (rss->table[i] >= NETVSP_QUEUES_MAX)
			rss->table[i] = 0;
}

static void driver_state(struct netvsp *adapter, struct state *state)
{
	state_u32(state, &adapter->version);
	state_u32_max(state, &adapter->mtu, NETVSP_MTU_MAX);
	state_u32(state, &adapter->capabilities);
	state_bool(state, &adapter->is_initialized);
	state_u32(state, &adapter->filter);
	state_bytes(state, adapter->mac.bytes, sizeof(adapter->mac.bytes));
	state_u32_max(state, &adapter->multicast_count, NETVSP_MULTICAST_MAX);
	for (unsigned i = 0; i < adapter->multicast_count; i++)
		state_bytes(state, adapter->multicast[i].bytes, sizeof(adapter->multicast[i].bytes));
	state_bool(state, &adapter->takes_large);
	state_u32_max(state, &adapter->subchannels, adapter->config.queues - 1);
	rss_state(adapter, state);
	if (!adapter->config.may_spoof)
		adapter->mac = adapter->config.mac;
}

static void replies_state(struct netvsp *adapter, struct state *state)
{
	state_u32_max(state, &adapter->reply_first, REPLIES_MAX - 1);
	state_u32_max(state, &adapter->reply_count, REPLIES_MAX);
	for (unsigned i = 0; i < adapter->reply_count; i++) {
		struct control_reply *reply = &adapter->replies[(adapter->reply_first + i) % REPLIES_MAX];

		state_u32_max(state, &reply->size, REPLY_MAX);
		state_bytes(state, reply->data, reply->size);
	}
}

/* --- buffers ---------------------------------------------------------------------------------------------- */

static void buffer_state(struct netvsp *adapter, struct shared_buffer *buffer, struct state *state)
{
	struct vmbus_channel *primary = vmbus_device_channel(adapter->device, 0);
	bool is_there = buffer->gpadl != NULL;

	state_bool(state, &is_there);
	state_u32(state, &buffer->gpadl_id);
	if (!state_is_reading(state) || !is_there)
		return;
	buffer->gpadl = primary ? vmbus_gpadl_find(primary, buffer->gpadl_id) : NULL;
	buffer->size = buffer->gpadl ? vmbus_gpadl_size(buffer->gpadl) : 0;
	if (!buffer->gpadl)
		state_refuse(state, "has a buffer that is not there");
}

static void transaction_state(struct receive_transaction *transaction, struct state *state)
{
	state_bool(state, &transaction->is_used);
	state_u16(state, &transaction->serial);
	if (!transaction->is_used)
		return;
	state_u8_max(state, &transaction->chunk_count, BATCH_CHUNKS);
	for (unsigned i = 0; i < transaction->chunk_count; i++)
		state_u16_max(state, &transaction->chunks[i], CHUNKS_MAX - 1);
}

/*
 * Each piece has one owner at most, or the lists of them would overflow. What owns none is no packet: there is one transaction for each
 * piece, so that one is always free.
 */
static bool claim(uint8_t owned[CHUNKS_MAX], const struct receive_state *receive, const uint16_t *chunks,
		  unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (chunks[i] >= receive->chunk_count || owned[chunks[i]])
			return false;
		owned[chunks[i]] = 1;
	}
	return true;
}

static bool are_owners_good(const struct netvsp *adapter)
{
	const struct receive_state *receive = &adapter->receive;
	uint8_t owned[CHUNKS_MAX] = { 0 };
	bool is_good = claim(owned, receive, receive->free_chunks, receive->free_count);

	for (unsigned i = 0; is_good && i < CHUNKS_MAX; i++)
		if (receive->transactions[i].is_used)
			is_good = receive->transactions[i].chunk_count > 0 &&
				  claim(owned, receive, receive->transactions[i].chunks,
					receive->transactions[i].chunk_count);
	for (unsigned i = 0; is_good && i < NETVSP_QUEUES_MAX; i++) {
		const struct receive_batch *batch = &adapter->channels[i].batch;

		is_good = (batch->chunk_count > 0 || batch->range_count == 0) &&
			  claim(owned, receive, batch->chunks, batch->chunk_count);
	}
	return is_good;
}

static void relink_transactions(struct receive_state *receive)
{
	uint16_t *link = &receive->first_free;

	for (unsigned i = 0; i < CHUNKS_MAX; i++) {
		if (receive->transactions[i].is_used)
			continue;
		*link = (uint16_t)i;
		link = &receive->transactions[i].next_free;
	}
	*link = CHUNKS_MAX;
}

static void receive_fields(struct netvsp *adapter, struct state *state)
{
	struct receive_state *receive = &adapter->receive;

	state_u32_max(state, &receive->chunk_size, CHUNK_MOST);
	state_u32_max(state, &receive->chunk_count, CHUNKS_MAX);
	state_u16_max(state, &receive->free_count, CHUNKS_MAX);
	for (unsigned i = 0; i < receive->free_count; i++)
		state_u16_max(state, &receive->free_chunks[i], CHUNKS_MAX - 1);
	for (unsigned i = 0; i < CHUNKS_MAX; i++)
		transaction_state(&receive->transactions[i], state);
	state_u16(state, &receive->packet_id);
}

static void check_receive(struct netvsp *adapter, struct state *state)
{
	struct receive_state *receive = &adapter->receive;

	relink_transactions(receive);
	if (receive->buffer.gpadl &&
	    (receive->chunk_size < CHUNK_LEAST ||
	     (uint64_t)receive->chunk_size * receive->chunk_count > receive->buffer.size ||
	     !are_owners_good(adapter)))
		state_refuse(state, "has a receive buffer that cannot be");
	if (!receive->buffer.gpadl || !state_is_good(state))
		receive_reset(adapter);
}

static void transmit_fields(struct netvsp *adapter, struct state *state)
{
	struct transmit_state *transmit = &adapter->transmit;
	uint32_t place = transmit->channel ? transmit->channel->index + 1 : 0;

	state_u32_max(state, &place, NETVSP_QUEUES_MAX);
	if (state_is_reading(state))
		transmit->channel = NULL;
	if (place == 0)
		return;
	state_u64(state, &transmit->transaction_id);
	state_bool(state, &transmit->wants_completion);
	state_u32_max(state, &transmit->size, NETVSP_TRANSMIT_MAX);
	state_u32_max(state, &transmit->at, transmit->size);
	state_bytes(state, transmit->data, transmit->size);
	if (state_is_reading(state) && adapter->channels[place - 1].channel)
		transmit->channel = &adapter->channels[place - 1];
}

/* --- channels --------------------------------------------------------------------------------------------- */

static void batch_state(struct receive_batch *batch, struct state *state)
{
	state_u32_max(state, &batch->chunk_count, BATCH_CHUNKS);
	for (unsigned i = 0; i < batch->chunk_count; i++)
		state_u16_max(state, &batch->chunks[i], CHUNKS_MAX - 1);
	state_u32_max(state, &batch->range_count, BATCH_RANGES);
	for (unsigned i = 0; i < batch->range_count; i++) {
		state_u32(state, &batch->ranges[i].size);
		state_u32(state, &batch->ranges[i].offset);
	}
	state_u32_max(state, &batch->fill, CHUNK_MOST);
	state_bool(state, &batch->is_control);
}

static void channel_fields(struct netvsp_channel *channel, struct state *state)
{
	state_bool(state, &channel->has_answer);
	state_u64(state, &channel->answer_id);
	state_u32_max(state, &channel->answer_size, ANSWER_MAX);
	state_bytes(state, channel->answer, channel->answer_size);
	state_bool(state, &channel->is_batch_stuck);
	batch_state(&channel->batch, state);
}

static void channels_state(struct netvsp *adapter, struct state *state)
{
	for (unsigned i = 0; i < adapter->config.queues; i++) {
		struct vmbus_channel *vmbus_channel = vmbus_device_channel(adapter->device, i);
		struct netvsp_channel *channel = &adapter->channels[i];

		if (!vmbus_channel)
			continue;
		channel_fields(channel, state);
		if (!state_is_reading(state))
			continue;
		channel->channel = vmbus_channel;
		vmbus_channel_set_data(vmbus_channel, channel);
	}
}

void netvsp_state(void *opaque, struct state *state)
{
	struct netvsp *adapter = opaque;

	driver_state(adapter, state);
	replies_state(adapter, state);
	channels_state(adapter, state);
	buffer_state(adapter, &adapter->receive.buffer, state);
	buffer_state(adapter, &adapter->transmit.buffer, state);
	receive_fields(adapter, state);
	transmit_fields(adapter, state);
	if (!state_is_reading(state))
		return;
	check_receive(adapter, state);
	if (!state_is_good(state))
		return;
	adapter_port_notify(adapter); /* the filter is another than that of an adapter without a driver */
	if (adapter->config.port_fd < 0)
		control_indicate_link(adapter);
}
