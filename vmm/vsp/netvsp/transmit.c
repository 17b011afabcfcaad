/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest sends: one packet with RNDIS messages, from its send buffer, its pages, or both. */
#include "vsp/netvsp/netvsp_priv.h"

#include <errno.h>
#include <string.h>

enum { PIECES = 24 };

static int append(struct transmit_state *transmit, const struct iovec *pieces, int count)
{
	for (int i = 0; i < count; i++) {
		if (pieces[i].iov_len > sizeof(transmit->data) - transmit->size)
			return -E2BIG;
		memcpy(transmit->data + transmit->size, pieces[i].iov_base, pieces[i].iov_len);
		transmit->size += (uint32_t)pieces[i].iov_len;
	}
	return count < 0 ? count : 0;
}

static int gather_section(struct transmit_state *transmit, const struct nvsp_message *message)
{
	uint32_t section = message->rndis.section, size = message->rndis.section_bytes;
	struct iovec pieces[PIECES];

	if (section == NVSP_NO_SECTION)
		return 0;
	if (!transmit->buffer.gpadl || section >= transmit->buffer.size / NETVSP_SEND_SECTION ||
	    size > NETVSP_SEND_SECTION)
		return -EINVAL;
	return append(
	    transmit, pieces,
	    vmbus_gpadl_map(transmit->buffer.gpadl, section * NETVSP_SEND_SECTION, size, pieces, PIECES));
}

static int gather_ranges(struct transmit_state *transmit, struct vmbus_channel *channel,
			 const struct vmbus_packet *packet)
{
	struct iovec pieces[PIECES];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < packet->range_count; i++) {
		const struct vmbus_range *range = &packet->ranges[i];

		if (range->size > sizeof(transmit->data) - transmit->size)
			return -E2BIG;
		r = append(transmit, pieces, vmbus_range_map(channel, range, 0, range->size, pieces, PIECES));
	}
	return r;
}

static void complete(struct netvsp_channel *channel, uint64_t transaction_id, uint32_t status)
{
	const struct nvsp_message answer = { .type = NVSP_RNDIS_COMPLETE, .rndis_complete.status = status };

	channel_answer(channel, transaction_id, &answer, sizeof(answer));
}

void transmit_begin(struct netvsp_channel *channel, const struct vmbus_packet *packet,
		    const struct nvsp_message *message)
{
	struct netvsp *adapter = channel->adapter;
	struct transmit_state *transmit = &adapter->transmit;
	int r;

	transmit->size = transmit->at = 0;
	r = gather_section(transmit, message);
	if (r == 0)
		r = gather_ranges(transmit, channel->channel, packet);
	if (r < 0) {
		adapter->stats.bad_out++;
		netvsp_log(adapter, "the guest's network driver sent from memory that it does not have");
		if (packet->wants_completion)
			complete(channel, packet->transaction_id, NVSP_FAIL);
		return;
	}
	transmit->channel = channel;
	transmit->transaction_id = packet->transaction_id;
	transmit->wants_completion = packet->wants_completion;
	transmit_continue(adapter);
}

/* One message at `at`; its size in `ret_size`. */
static int send_one(struct netvsp *adapter, struct transmit_state *transmit, uint32_t *ret_size)
{
	const uint8_t *message = transmit->data + transmit->at;
	uint32_t rest = transmit->size - transmit->at;
	struct rndis_head head;

	if (rest < sizeof(head))
		return -EINVAL;
	memcpy(&head, message, sizeof(head));
	if (head.length < sizeof(head) || head.length > rest)
		return -EINVAL;
	*ret_size = head.length;
	if (head.type == RNDIS_PACKET)
		return transmit_packet(adapter, transmit->data + transmit->at, head.length);
	control_handle(adapter, message, head.length);
	return 0;
}

bool transmit_continue(struct netvsp *adapter)
{
	struct transmit_state *transmit = &adapter->transmit;
	struct netvsp_channel *channel = transmit->channel;
	int r = 0;

	if (!channel)
		return true;
	while (r == 0 && transmit->at < transmit->size) {
		uint32_t size = 0;

		r = send_one(adapter, transmit, &size);
		if (r == 0)
			transmit->at += size;
	}
	if (r == -EAGAIN)
		return false;
	if (r < 0)
		adapter->stats.bad_out++;
	transmit->channel = NULL;
	if (transmit->wants_completion)
		complete(channel, transmit->transaction_id, r < 0 ? NVSP_FAIL : NVSP_SUCCESS);
	control_flush(adapter);
	return true;
}

void transmit_reset(struct netvsp *adapter)
{
	adapter->transmit.channel = NULL;
	adapter->transmit.buffer = (struct shared_buffer){ 0 };
}
