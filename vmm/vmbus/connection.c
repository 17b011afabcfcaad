/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control protocol: what each message of the guest does. Every message that wants an answer gets one,
 * refusals too: the guest has no time-outs.
 */
#include "vmbus/vmbus_priv.h"

#include <string.h>

static bool is_version_known(uint32_t version)
{
	static const uint32_t known[] = { VMBUS_VERSION_2_4, VMBUS_VERSION_3_0, VMBUS_VERSION_4_0,
					  VMBUS_VERSION_4_1, VMBUS_VERSION_5_0, VMBUS_VERSION_5_1,
					  VMBUS_VERSION_5_2, VMBUS_VERSION_5_3 };

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == version)
			return true;
	return false;
}

static void begin(struct vmbus *bus, enum vmbus_ending ending)
{
	bus->ending = ending;
	channel_close_all(bus);
	bus_check_ending(bus);
}

static bool on_contact(struct vmbus *bus, const struct vmbus_initiate_contact *message)
{
	bus->contact = *message;
	begin(bus,
	      ENDING_CONTACT); /* a new connection at any time: reboot, kexec, the kernel of a crash dump */
	return true;
}

static void answer_contact(struct vmbus *bus)
{
	const struct vmbus_initiate_contact *contact = &bus->contact;
	bool is_known = is_version_known(contact->version);
	struct vmbus_version_response response = { .header.type = VMBUS_VERSION_RESPONSE,
						   .is_supported = is_known,
						   .connection_id = VMBUS_CONNECTION };

	bus->target_vp = contact->target_vp < bus->config.vp_count ? contact->target_vp : 0;
	bus->sint = VMBUS_SINT;
	if (contact->version >= VMBUS_VERSION_5_0 && contact->sint > 0 && contact->sint < HV_SINTS)
		bus->sint = contact->sint;
	bus->version = is_known ? contact->version : 0;
	message_send(bus, &response, sizeof(response));
}

static bool on_unload(struct vmbus *bus)
{
	begin(bus, ENDING_UNLOAD);
	return true;
}

static void answer_unload(struct vmbus *bus)
{
	struct vmbus_header response = { .type = VMBUS_UNLOAD_RESPONSE };

	message_send(bus, &response, sizeof(response));
}

void connection_end(struct vmbus *bus)
{
	enum vmbus_ending ending = bus->ending;

	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i])
			offer_free_channel(bus->by_relid[i]);
	gpadl_forget_all(bus);
	message_queue_forget_out(bus);
	bus->version = 0;
	bus->has_requested_offers = false;
	bus->ending = ENDING_NONE;
	if (ending == ENDING_CONTACT)
		answer_contact(bus);
	else if (ending == ENDING_UNLOAD)
		answer_unload(bus);
}

static bool on_request_offers(struct vmbus *bus)
{
	struct vmbus_header all = { .type = VMBUS_ALL_OFFERS_DELIVERED };

	if (bus->has_requested_offers) {
		bus_log(bus, "the guest asks for its devices twice");
		return true;
	}
	bus->has_requested_offers = true;
	offer_all(bus);
	message_send(bus, &all, sizeof(all));
	return true;
}

static bool on_open(struct vmbus *bus, const struct vmbus_open_channel *message)
{
	struct vmbus_channel *channel = offer_find(bus, message->relid);
	struct vmbus_open_result result = { .header.type = VMBUS_OPEN_RESULT,
					    .relid = message->relid,
					    .open_id = message->open_id,
					    .status = VMBUS_STATUS_FAILED };

	if (channel && channel->state == CHANNEL_CLOSING)
		return false;
	if (channel && channel->is_rescinded)
		return true; /* the two messages crossed; nobody waits for the answer */
	if (channel && channel_open(channel, message) == 0)
		result.status = VMBUS_STATUS_OK;
	else
		bus_log(bus, "the guest cannot open channel %u", message->relid);
	message_send(bus, &result, sizeof(result));
	return true;
}

static bool on_close(struct vmbus *bus, const struct vmbus_relid_message *message)
{
	struct vmbus_channel *channel = offer_find(bus, message->relid);

	if (!channel)
		return true;
	if (channel->state == CHANNEL_CLOSING && channel->is_shut)
		return false;
	channel->is_shut = false;
	if (channel->state == CHANNEL_OPEN)
		channel_close(channel);
	return true;
}

static bool on_modify(struct vmbus *bus, const struct vmbus_modify_channel *message)
{
	struct vmbus_channel *channel = offer_find(bus, message->relid);
	struct vmbus_modify_response response = { .header.type = VMBUS_MODIFY_CHANNEL_RESPONSE,
						  .relid = message->relid,
						  .status = VMBUS_STATUS_FAILED };

	if (channel && channel->state == CHANNEL_OPEN &&
	    (message->target_vp < bus->config.vp_count || message->target_vp == VMBUS_VP_NONE)) {
		channel->target_vp = message->target_vp;
		response.status = VMBUS_STATUS_OK;
	}
	if (bus->version >= VMBUS_VERSION_5_3)
		message_send(bus, &response, sizeof(response));
	return true;
}

static bool on_relid_released(struct vmbus *bus, const struct vmbus_relid_message *message)
{
	struct vmbus_channel *channel = offer_find(bus, message->relid);

	/* Without a rescind the guest only forgets a device (its driver was taken out); it stays offered. */
	if (channel && channel->is_rescind_sent)
		offer_free_channel(channel);
	return true;
}

static bool on_tl_connect(struct vmbus *bus, const struct vmbus_tl_connect *message)
{
	struct vmbus_tl_result result = { .header.type = VMBUS_TL_CONNECT_RESULT,
					  .status = VMBUS_STATUS_CONNECTION_REFUSED };
	struct vmbus_guid endpoint, service;

	memcpy(endpoint.bytes, message->endpoint, sizeof(endpoint.bytes));
	memcpy(service.bytes, message->service, sizeof(service.bytes));
	if (bus->config.connect && bus->config.connect(bus->config.opaque, &endpoint, &service) == 0)
		return true; /* the offer is the answer */
	memcpy(result.endpoint, message->endpoint, sizeof(result.endpoint));
	memcpy(result.service, message->service, sizeof(result.service));
	message_send(bus, &result, sizeof(result));
	return true;
}

static bool on_gpadl_header(struct vmbus *bus, const struct vmbus_message_in *message)
{
	gpadl_on_header(bus, message);
	return true;
}

static bool on_gpadl_body(struct vmbus *bus, const struct vmbus_message_in *message)
{
	gpadl_on_body(bus, message);
	return true;
}

/* Sizes are checked here; what is longer is from a newer guest, and its head is the same. */
static const struct {
	size_t size;
	bool is_for_connected;
} rules[VMBUS_MODIFY_CHANNEL_RESPONSE + 1] = {
	[VMBUS_REQUEST_OFFERS] = { sizeof(struct vmbus_header), true },
	[VMBUS_OPEN_CHANNEL] = { sizeof(struct vmbus_open_channel), true },
	[VMBUS_CLOSE_CHANNEL] = { sizeof(struct vmbus_relid_message), true },
	[VMBUS_GPADL_HEADER] = { sizeof(struct vmbus_gpadl_header), true },
	[VMBUS_GPADL_BODY] = { sizeof(struct vmbus_gpadl_body), true },
	[VMBUS_GPADL_TEARDOWN] = { sizeof(struct vmbus_gpadl_teardown), true },
	[VMBUS_RELID_RELEASED] = { sizeof(struct vmbus_relid_message), true },
	[VMBUS_INITIATE_CONTACT] = { sizeof(struct vmbus_initiate_contact), false },
	[VMBUS_UNLOAD] = { sizeof(struct vmbus_header), false },
	[VMBUS_TL_CONNECT_REQUEST] = { sizeof(struct vmbus_tl_connect), true },
	[VMBUS_MODIFY_CHANNEL] = { sizeof(struct vmbus_modify_channel), true },
};

static bool dispatch(struct vmbus *bus, const struct vmbus_message_in *message)
{
	const void *body = message->bytes; /* a private copy, aligned */

	switch (message->header.type) {
	case VMBUS_REQUEST_OFFERS: return on_request_offers(bus);
	case VMBUS_OPEN_CHANNEL: return on_open(bus, body);
	case VMBUS_CLOSE_CHANNEL: return on_close(bus, body);
	case VMBUS_GPADL_HEADER: return on_gpadl_header(bus, message);
	case VMBUS_GPADL_BODY: return on_gpadl_body(bus, message);
	case VMBUS_GPADL_TEARDOWN: return gpadl_on_teardown(bus, body);
	case VMBUS_RELID_RELEASED: return on_relid_released(bus, body);
	case VMBUS_INITIATE_CONTACT: return on_contact(bus, body);
	case VMBUS_UNLOAD: return on_unload(bus);
	case VMBUS_TL_CONNECT_REQUEST: return on_tl_connect(bus, body);
	case VMBUS_MODIFY_CHANNEL: return on_modify(bus, body);
	}
	return true;
}

bool connection_handle(struct vmbus *bus, const struct vmbus_message_in *message)
{
	uint32_t type = message->header.type;

	if (type >= sizeof(rules) / sizeof(rules[0]) || rules[type].size == 0 ||
	    message->size < rules[type].size) {
		bus_log(bus, "the guest sent a message of type %u and %u bytes, which means nothing", type,
			message->size);
		return true;
	}
	/* After UNLOAD, a guest whose driver is taken out still gives its devices back. */
	if (bus->version == 0 && type == VMBUS_RELID_RELEASED)
		return true;
	if (rules[type].is_for_connected && bus->version == 0) {
		bus_log(bus, "the guest sent a message of type %u before it connected", type);
		return true;
	}
	return dispatch(bus, message);
}
