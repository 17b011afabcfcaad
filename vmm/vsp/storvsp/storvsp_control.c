/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handshake on the primary channel: begin, version, properties, end, subchannels. */
#include "vsp/storvsp/storvsp_priv.h"

#include <string.h>

static const char *const state_names[STORVSP_STATE_COUNT] = {
	[STORVSP_CLOSED] = "closed",
	[STORVSP_OPEN] = "open",
	[STORVSP_BEGUN] = "begun",
	[STORVSP_VERSION_KNOWN] = "version-known",
	[STORVSP_PROPERTIES_KNOWN] = "properties-known",
	[STORVSP_READY] = "ready",
};

const char *storvsp_state_name(enum storvsp_state state)
{
	return state_names[state];
}

void storvsp_set_state(struct storvsp *controller, enum storvsp_state state)
{
	controller->state = state;
	if (state == STORVSP_CLOSED)
		controller->has_subchannels = false;
}

static enum vstor_nt_status query_version(struct storvsp *controller, const struct vstor_packet *packet)
{
	switch (packet->version.version) {
	case VSTOR_VERSION_WIN10:
	case VSTOR_VERSION_WIN8_1:
	case VSTOR_VERSION_WIN8:
		controller->version = packet->version.version;
		storvsp_set_state(controller, STORVSP_VERSION_KNOWN);
		return VSTOR_SUCCESS;
	default: return VSTOR_REVISION_MISMATCH; /* the guest tries an older one */
	}
}

static enum vstor_nt_status query_properties(struct storvsp *controller, struct vstor_packet *packet)
{
	packet->properties = (struct vstor_properties){
		.max_channels = (uint16_t)controller->config.subchannels,
		.flags = controller->config.subchannels ? VSTOR_MULTI_CHANNEL : 0,
		.max_transfer = controller->config.max_transfer,
	};
	storvsp_set_state(controller, STORVSP_PROPERTIES_KNOWN);
	return VSTOR_SUCCESS;
}

/* They are offered when the answer is on its way: storvsp_control_answered(). */
static enum vstor_nt_status create_subchannels(struct storvsp *controller, const struct vstor_packet *packet)
{
	if (packet->sub_channel_count == 0 || packet->sub_channel_count > controller->config.subchannels)
		return VSTOR_INVALID_PARAMETER;
	if (controller->has_subchannels)
		return VSTOR_INVALID_DEVICE_STATE;
	return VSTOR_SUCCESS;
}

static enum vstor_nt_status handle(struct storvsp *controller, struct vstor_packet *packet)
{
	/* the one state in which each is allowed; BEGIN starts over at any time */
	static const enum storvsp_state wanted[] = {
		[VSTOR_QUERY_PROTOCOL_VERSION] = STORVSP_BEGUN,
		[VSTOR_QUERY_PROPERTIES] = STORVSP_VERSION_KNOWN,
		[VSTOR_END_INITIALIZATION] = STORVSP_PROPERTIES_KNOWN,
		[VSTOR_CREATE_SUB_CHANNELS] = STORVSP_READY,
	};

	if (packet->operation == VSTOR_BEGIN_INITIALIZATION) {
		storvsp_set_state(controller, STORVSP_BEGUN);
		return VSTOR_SUCCESS;
	}
	if (packet->operation >= sizeof(wanted) / sizeof(wanted[0]) || !wanted[packet->operation])
		return VSTOR_NOT_IMPLEMENTED;
	if (controller->state != wanted[packet->operation])
		return VSTOR_INVALID_DEVICE_STATE;
	switch (packet->operation) {
	case VSTOR_QUERY_PROTOCOL_VERSION: return query_version(controller, packet);
	case VSTOR_QUERY_PROPERTIES: return query_properties(controller, packet);
	case VSTOR_CREATE_SUB_CHANNELS: return create_subchannels(controller, packet);
	default: storvsp_set_state(controller, STORVSP_READY); return VSTOR_SUCCESS;
	}
}

void storvsp_control(struct storvsp *controller, struct vmbus_channel *channel, struct vstor_packet *packet)
{
	if (vmbus_channel_index(channel) != 0) /* subchannels carry requests only */
		packet->status = (uint32_t)VSTOR_INVALID_DEVICE_STATE;
	else
		packet->status = (uint32_t)handle(controller, packet);
}

void storvsp_control_answered(struct storvsp *controller, const struct vstor_packet *packet)
{
	if (packet->operation != VSTOR_CREATE_SUB_CHANNELS || packet->status != VSTOR_SUCCESS)
		return;
	controller->has_subchannels = true;
	vmbus_device_offer_subchannels(controller->device, packet->sub_channel_count);
}
