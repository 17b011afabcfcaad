/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVSP: what is agreed upon before packets flow. */
#include "vsp/netvsp/netvsp_priv.h"

#include <string.h>

/* What to do with a message, and whether it has an answer. */
struct exchange {
	struct netvsp_channel *channel;
	const struct nvsp_message *message;
	struct nvsp_message answer; /* type 0: none */
};

/* The highest version that both know, inside what the guest offers. */
static void on_init(struct netvsp *adapter, struct exchange *exchange)
{
	static const uint32_t versions[] = { NVSP_VERSION_61, NVSP_VERSION_6, NVSP_VERSION_5,
					     NVSP_VERSION_4,  NVSP_VERSION_2, NVSP_VERSION_1 };
	uint32_t min = exchange->message->init.min, max = exchange->message->init.max;

	exchange->answer.type = NVSP_INIT_COMPLETE;
	exchange->answer.init_complete.max_mdl_chain = NVSP_MAX_MDL_CHAIN;
	exchange->answer.init_complete.status = max < NVSP_VERSION_1 ? NVSP_TOO_OLD : NVSP_TOO_NEW;
	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i] >= min && versions[i] <= max) {
			adapter->version = versions[i];
			exchange->answer.init_complete.version = versions[i];
			exchange->answer.init_complete.status = NVSP_SUCCESS;
			return;
		}
}

static void on_config(struct netvsp *adapter, struct exchange *exchange)
{
	uint32_t mtu = exchange->message->config.mtu;

	if (mtu >= FRAME_ETHERNET_HEADER + 68 && mtu <= FRAME_ETHERNET_HEADER + NETVSP_MTU_MAX)
		adapter->mtu = mtu - FRAME_ETHERNET_HEADER;
	adapter->capabilities = exchange->message->config.capabilities[0];
}

static void on_receive_buffer(struct netvsp *adapter, struct exchange *exchange)
{
	uint32_t id = exchange->message->buffer.gpadl;
	struct vmbus_gpadl *gpadl = vmbus_gpadl_find(exchange->channel->channel, id);
	struct nvsp_message *answer = &exchange->answer;

	answer->type = NVSP_RECEIVE_BUFFER_COMPLETE;
	if (!gpadl || adapter->receive.buffer.gpadl || receive_set_buffer(adapter, id, gpadl) < 0) {
		answer->receive_complete.status = NVSP_INVALID;
		return;
	}
	answer->receive_complete.status = NVSP_SUCCESS;
	answer->receive_complete.sections = 1;
	answer->receive_complete.size = adapter->receive.chunk_size;
	answer->receive_complete.count = adapter->receive.chunk_count;
	answer->receive_complete.end = adapter->receive.chunk_size * adapter->receive.chunk_count;
}

static void on_send_buffer(struct netvsp *adapter, struct exchange *exchange)
{
	uint32_t id = exchange->message->buffer.gpadl;
	struct vmbus_gpadl *gpadl = vmbus_gpadl_find(exchange->channel->channel, id);
	struct nvsp_message *answer = &exchange->answer;

	answer->type = NVSP_SEND_BUFFER_COMPLETE;
	answer->send_complete.status = NVSP_INVALID;
	if (!gpadl || adapter->transmit.buffer.gpadl || vmbus_gpadl_size(gpadl) < NETVSP_SEND_SECTION)
		return;
	adapter->transmit.buffer =
	    (struct shared_buffer){ .gpadl_id = id, .gpadl = gpadl, .size = vmbus_gpadl_size(gpadl) };
	answer->send_complete.status = NVSP_SUCCESS;
	answer->send_complete.section_size = NETVSP_SEND_SECTION;
}

/* All that are granted are offered: the guest waits for each, without a time limit. */
static void on_subchannels(struct netvsp *adapter, struct exchange *exchange)
{
	uint32_t wanted = exchange->message->subchannels.count, most = adapter->config.queues - 1;

	exchange->answer.type = NVSP_SUBCHANNELS;
	if (exchange->message->subchannels.op != NVSP_SUBCHANNELS_ALLOCATE ||
	    adapter->version < NVSP_VERSION_5 || adapter->subchannels) {
		exchange->answer.words[0] = NVSP_FAIL;
		return;
	}
	if (wanted > most)
		wanted = most;
	adapter->subchannels = wanted;
	if (wanted && vmbus_device_offer_subchannels(adapter->device, wanted) < 0)
		adapter->subchannels = wanted = 0;
	exchange->answer.words[0] = NVSP_SUCCESS;
	exchange->answer.words[1] = wanted;
}

static void on_revoke(struct netvsp *adapter, struct exchange *exchange)
{
	if (exchange->message->type == NVSP_REVOKE_RECEIVE_BUFFER)
		receive_reset(adapter);
	else
		adapter->transmit.buffer = (struct shared_buffer){ 0 };
}

static void on_nothing(struct netvsp *adapter, struct exchange *exchange)
{
}

static void handle_control(struct netvsp_channel *channel, const struct vmbus_packet *packet,
			   const struct nvsp_message *message)
{
	static const struct {
		enum nvsp_type type;
		void (*fn)(struct netvsp *adapter, struct exchange *exchange);
	} handlers[] = {
		{ NVSP_INIT, on_init },
		{ NVSP_NDIS_VERSION, on_nothing },
		{ NVSP_NDIS_CONFIG, on_config },
		{ NVSP_RECEIVE_BUFFER, on_receive_buffer },
		{ NVSP_SEND_BUFFER, on_send_buffer },
		{ NVSP_REVOKE_RECEIVE_BUFFER, on_revoke },
		{ NVSP_REVOKE_SEND_BUFFER, on_revoke },
		{ NVSP_SUBCHANNELS, on_subchannels },
		{ NVSP_SWITCH_DATA_PATH, on_nothing },
	};
	struct exchange exchange = { .channel = channel, .message = message };
	unsigned i = 0;

	while (i < sizeof(handlers) / sizeof(handlers[0]) && handlers[i].type != message->type)
		i++;
	if (i == sizeof(handlers) / sizeof(handlers[0]) || channel->index != 0 ||
	    (!channel->adapter->version && message->type != NVSP_INIT))
		netvsp_log(channel->adapter,
			   "the guest's network driver asked for something that there is not");
	else
		handlers[i].fn(channel->adapter, &exchange);
	/* Whatever it was: who wants an answer waits for it. */
	if (packet->wants_completion)
		channel_answer(channel, packet->transaction_id, &exchange.answer, sizeof(exchange.answer));
}

void nvsp_handle(struct netvsp_channel *channel, const struct vmbus_packet *packet)
{
	struct nvsp_message message = { 0 };
	size_t size = packet->payload_size < sizeof(message) ? packet->payload_size : sizeof(message);

	memcpy(&message, packet->payload, size);
	if (message.type == NVSP_RNDIS && channel->adapter->version)
		transmit_begin(channel, packet, &message);
	else
		handle_control(channel, packet, &message);
}
