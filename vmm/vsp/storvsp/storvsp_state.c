/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A controller that is saved: no request is under way in the target then. Answers that found no room in a ring wait still, and go out
 * when the guest has made some.
 */
#include "vsp/storvsp/storvsp_priv.h"

#include "state/state.h"

#include <stdlib.h>

static void answer_state(struct storvsp_request *request, struct state *state)
{
	state_u64(state, &request->transaction_id);
	state_bytes(state, &request->packet, sizeof(request->packet));
}

static void write_answers(struct storvsp_channel *channel, struct state *state)
{
	uint32_t count = 0;

	for (struct list *link = channel->answers.next; link != &channel->answers; link = link->next)
		count++;
	state_u32(state, &count);
	for (struct list *link = channel->answers.next; link != &channel->answers; link = link->next)
		answer_state(list_entry(link, struct storvsp_request, link), state);
}

static void read_answers(struct storvsp_channel *channel, struct state *state)
{
	uint32_t count;

	state_u32_max(state, &count, STORVSP_REQUESTS_MAX);
	for (uint32_t i = 0; i < count && state_is_good(state); i++) {
		struct storvsp_request *request = storvsp_channel_new_request(channel);

		if (!request) {
			state_refuse(state, "finds no memory");
			return;
		}
		answer_state(request, state);
		list_append(&channel->answers, &request->link);
	}
}

static void read_channel(struct storvsp *controller, struct vmbus_channel *bus_channel, struct state *state)
{
	struct storvsp_channel *channel;

	if (storvsp_channel_new(controller, bus_channel, &channel) < 0) {
		state_refuse(state, "finds no memory");
		return;
	}
	vmbus_channel_set_data(bus_channel, channel);
	channel->is_stalled = true;
	if (vmbus_channel_index(bus_channel) == 0)
		controller->primary = bus_channel;
	read_answers(channel, state);
}

/* Which are open the bus has taken back before. */
static void channels_state(struct storvsp *controller, struct state *state)
{
	for (unsigned i = 0; i <= controller->config.subchannels; i++) {
		struct vmbus_channel *bus_channel = vmbus_device_channel(controller->device, i);

		if (bus_channel && state_is_reading(state))
			read_channel(controller, bus_channel, state);
		else if (bus_channel)
			write_answers(vmbus_channel_data(bus_channel), state);
	}
}

void storvsp_state(void *opaque, struct state *state)
{
	struct storvsp *controller = opaque;

	if (!state_is_reading(state) && (controller->in_flight > 0 || controller->reset))
		state_refuse(state, "has requests under way");
	state_enum_max(state, &controller->state, STORVSP_STATE_COUNT - 1);
	state_u16(state, &controller->version);
	state_bool(state, &controller->has_subchannels);
	state_bool(state, &controller->wants_rescan);
	channels_state(controller, state);
	scsi_target_state(controller->target, state);
	/* the handshake is that of an open channel */
	if (state_is_reading(state) && !controller->primary)
		storvsp_set_state(controller, STORVSP_CLOSED);
	else if (state_is_reading(state) && controller->state == STORVSP_CLOSED)
		state_refuse(state, "is open and closed");
}

bool storvsp_is_idle(const struct storvsp *controller)
{
	return controller->in_flight == 0 && !controller->reset;
}
