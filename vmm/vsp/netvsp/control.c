/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RNDIS control messages: the guest asks through its send path, the answers come as received packets. */
#include "vsp/netvsp/netvsp_priv.h"

#include <string.h>

enum {
	MEDIUM_802_3 = 0,
	DEVICE_CONNECTIONLESS = 1,
	ALIGNMENT_LOG2 = 3,
};

/* control_flush() sends it, after the completion of the question. A guest that asks more than it reads
 * answers loses some. */
static void reply(struct netvsp *adapter, const void *data, uint32_t size)
{
	struct control_reply *place;

	if (adapter->reply_count == REPLIES_MAX) {
		netvsp_log(adapter, "the guest's network driver asks without reading the answers");
		return;
	}
	place = &adapter->replies[(adapter->reply_first + adapter->reply_count++) % REPLIES_MAX];
	place->size = size;
	memcpy(place->data, data, size);
}

void control_flush(struct netvsp *adapter)
{
	struct netvsp_channel *channel = &adapter->channels[0];

	while (adapter->reply_count && channel->channel && adapter->receive.buffer.gpadl &&
	       !channel->is_batch_stuck) {
		struct control_reply *next = &adapter->replies[adapter->reply_first];

		if (!receive_flush(channel)) /* frames that came before */
			return;
		channel->batch.is_control = true;
		if (!receive_more(channel)) {
			channel->batch.is_control = false;
			return;
		}
		receive_write(channel, 0, next->data, next->size);
		receive_add_range(channel, next->size);
		adapter->reply_first = (adapter->reply_first + 1) % REPLIES_MAX;
		adapter->reply_count--;
		receive_flush(channel);
	}
}

void control_indicate_link(struct netvsp *adapter)
{
	const struct rndis_indicate indicate = {
		.head = { .type = RNDIS_INDICATE, .length = sizeof(indicate) },
		.status = adapter_has_link(adapter) ? RNDIS_MEDIA_CONNECT : RNDIS_MEDIA_DISCONNECT,
	};

	if (!adapter->is_initialized)
		return;
	reply(adapter, &indicate, sizeof(indicate));
	control_flush(adapter);
}

/* --- requests -------------------------------------------------------------------------------------- */

static void on_initialize(struct netvsp *adapter, const struct rndis_request *request)
{
	const struct rndis_initialize_complete complete = {
		.head = { .type = RNDIS_INITIALIZE | RNDIS_COMPLETE, .length = sizeof(complete) },
		.request = request->request,
		.status = RNDIS_SUCCESS,
		.major = 1,
		.device_flags = DEVICE_CONNECTIONLESS,
		.medium = MEDIUM_802_3,
		.max_packets = NETVSP_PACKETS_MAX,
		.max_transfer = NETVSP_TRANSMIT_MAX,
		.alignment_log2 = ALIGNMENT_LOG2,
	};

	adapter->is_initialized = true;
	reply(adapter, &complete, sizeof(complete));
}

static void on_halt(struct netvsp *adapter)
{
	adapter->is_initialized = false;
	adapter->filter = 0;
	adapter_port_notify(adapter);
}

/* The information that goes along with a request. */
static bool find_data(const uint8_t *message, uint32_t size, const struct rndis_request *request,
		      const uint8_t **ret_data)
{
	uint32_t body = size - RNDIS_BODY;

	if (size < sizeof(*request) || request->offset > body || request->length > body - request->offset)
		return false;
	*ret_data = message + RNDIS_BODY + request->offset;
	return true;
}

static void on_query(struct netvsp *adapter, const uint8_t *message, uint32_t size,
		     const struct rndis_request *request)
{
	struct {
		struct rndis_query_complete complete;
		uint8_t data[REPLY_MAX - sizeof(struct rndis_query_complete)];
	} answer = { .complete = { .head = { .type = RNDIS_QUERY | RNDIS_COMPLETE },
				   .request = request->request,
				   .offset = sizeof(struct rndis_query_complete) - RNDIS_BODY } };
	const uint8_t *input = NULL;
	uint32_t length = sizeof(answer.data);

	answer.complete.status = RNDIS_INVALID_DATA;
	if (find_data(message, size, request, &input))
		answer.complete.status =
		    oid_query(adapter, request->oid, input, request->length, answer.data, &length);
	if (answer.complete.status != RNDIS_SUCCESS)
		length = 0;
	answer.complete.length = length;
	answer.complete.head.length = (uint32_t)sizeof(answer.complete) + length;
	reply(adapter, &answer, answer.complete.head.length);
}

static void on_set(struct netvsp *adapter, const uint8_t *message, uint32_t size,
		   const struct rndis_request *request)
{
	struct rndis_set_complete complete = { .head = { .type = RNDIS_SET | RNDIS_COMPLETE,
							 .length = sizeof(complete) },
					       .request = request->request,
					       .status = RNDIS_INVALID_DATA };
	const uint8_t *data;

	if (find_data(message, size, request, &data))
		complete.status = oid_set(adapter, request->oid, data, request->length);
	reply(adapter, &complete, sizeof(complete));
}

static void on_reset(struct netvsp *adapter)
{
	const struct rndis_reset_complete complete = {
		.head = { .type = RNDIS_RESET | RNDIS_COMPLETE, .length = sizeof(complete) },
		.status = RNDIS_SUCCESS,
	};

	adapter->filter = 0;
	adapter_port_notify(adapter);
	reply(adapter, &complete, sizeof(complete));
}

static void on_keepalive(struct netvsp *adapter, const struct rndis_request *request)
{
	const struct rndis_set_complete complete = {
		.head = { .type = RNDIS_KEEPALIVE | RNDIS_COMPLETE, .length = sizeof(complete) },
		.request = request->request,
		.status = RNDIS_SUCCESS,
	};

	reply(adapter, &complete, sizeof(complete));
}

void control_handle(struct netvsp *adapter, const uint8_t *message, uint32_t size)
{
	struct rndis_request request = { 0 };

	memcpy(&request, message, size < sizeof(request) ? size : sizeof(request));
	switch (request.head.type) {
	case RNDIS_INITIALIZE: on_initialize(adapter, &request); break;
	case RNDIS_HALT: on_halt(adapter); break;
	case RNDIS_QUERY: on_query(adapter, message, size, &request); break;
	case RNDIS_SET: on_set(adapter, message, size, &request); break;
	case RNDIS_RESET: on_reset(adapter); break;
	case RNDIS_KEEPALIVE: on_keepalive(adapter, &request); break;
	default: netvsp_log(adapter, "the guest's network driver sent an unknown RNDIS message"); break;
	}
}
