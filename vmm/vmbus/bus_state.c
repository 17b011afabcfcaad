/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bus that is saved, and one that goes on where another was. The rings lie in the guest's memory, with their indices; here is
 * what stands on our side: who is connected, which relid is which device, which pages the guest has lent us, which channels are open.
 * What the other machine had and this one has not (a hvsock connection, a disk that was just being taken away) is taken from the
 * guest as any device that leaves: by a device without a provider.
 */
#include "vmbus/vmbus_priv.h"

#include "state/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vmbus_hold(struct vmbus *bus, bool is_held)
{
	bus->is_held = is_held;
	if (is_held)
		return;
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->state == CHANNEL_OPEN)
			channel_wake(bus, i);
	message_queue_kick(bus);
}

bool vmbus_is_quiet(const struct vmbus *bus)
{
	if (!bus->is_held || bus->ending != ENDING_NONE || bus->is_closing_all || bus->batch_depth > 0)
		return false;
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->state == CHANNEL_CLOSING)
			return false;
	for (const struct vmbus_device *device = bus->devices; device; device = device->next)
		if (device->returns && device->channel_count == 0)
			return false; /* its new offer is under way */
	return true;
}

struct vmbus_channel *vmbus_device_channel(const struct vmbus_device *device, unsigned index)
{
	const struct vmbus *bus = device->bus;

	for (unsigned i = 0; device->channel_count > 0 && i < VMBUS_RELIDS; i++) {
		struct vmbus_channel *channel = bus->by_relid[i];

		if (channel && channel->device == device && channel->index == index &&
		    channel->state == CHANNEL_OPEN)
			return channel;
	}
	return NULL;
}

/* --- devices that nobody provides any more ----------------------------------------------------------------- */

static int refuse_open(void *opaque, struct vmbus_channel *channel)
{
	return -ENODEV;
}

static void close_at_once(void *opaque, struct vmbus_channel *channel)
{
	vmbus_channel_closed(channel);
}

static void read_nothing(void *opaque, struct vmbus_channel *channel)
{
}

/* The opaque of such a device is itself. */
static void free_orphan(void *opaque)
{
	vmbus_device_free(opaque);
}

static const struct vmbus_device_ops orphan_ops = { .open = refuse_open,
						    .close = close_at_once,
						    .readable = read_nothing,
						    .released = free_orphan,
						    .name = "gone" };

static bool is_orphan(const struct vmbus_device *device)
{
	return device->config.ops == &orphan_ops;
}

/* Those that the guest was told of already stay rescinded; the others are now. */
static void rescind_orphans(struct vmbus *bus)
{
	for (unsigned i = 0; i < VMBUS_RELIDS; i++) {
		struct vmbus_channel *channel = bus->by_relid[i];

		if (!channel || !is_orphan(channel->device))
			continue;
		channel->device->is_rescinded = true;
		offer_rescind_channel(channel);
	}
	loop_call(bus->config.loop, &bus->release_call);
}

/* --- messages ---------------------------------------------------------------------------------------------- */

static void size_and_bytes(struct state *state, uint32_t *size, uint8_t bytes[HV_MESSAGE_PAYLOAD_MAX])
{
	state_u32_max(state, size, HV_MESSAGE_PAYLOAD_MAX);
	state_bytes(state, bytes, *size);
}

static void messages_in_state(struct vmbus *bus, struct state *state)
{
	uint32_t count = bus->message_count;

	state_u32_max(state, &count, VMBUS_MESSAGES_IN_MAX);
	for (uint32_t i = 0; i < count && state_is_good(state); i++) {
		struct vmbus_message_in *message =
		    &bus->messages[(bus->message_first + i) % VMBUS_MESSAGES_IN_MAX];

		if (state_is_reading(state))
			*message = (struct vmbus_message_in){ 0 };
		size_and_bytes(state, &message->size, message->bytes);
		if (message->size < sizeof(struct vmbus_header))
			state_refuse(state, "has a message that is too short");
	}
	bus->message_count = state_is_good(state) ? count : 0;
}

static void messages_out_state(struct vmbus *bus, struct state *state)
{
	struct vmbus_message_out *message = bus->out_first;
	uint32_t count = bus->out_count;

	state_u32_max(state, &count, VMBUS_CHANNELS_MAX + VMBUS_MESSAGES_OUT_MAX + 64);
	for (uint32_t i = 0; i < count && state_is_good(state); i++) {
		uint8_t bytes[HV_MESSAGE_PAYLOAD_MAX];
		uint32_t size;

		if (!state_is_reading(state)) {
			size_and_bytes(state, &message->size, message->bytes);
			message = message->next;
			continue;
		}
		size_and_bytes(state, &size, bytes);
		if (state_is_good(state))
			message_keep(bus, bytes, size);
	}
}

/* --- lists of pages ---------------------------------------------------------------------------------------- */

static void write_gpadl(struct vmbus_gpadl *gpadl, struct state *state)
{
	state_u32(state, &gpadl->id);
	state_u32(state, &gpadl->channel->relid);
	state_u32(state, &gpadl->byte_count);
	state_u32(state, &gpadl->byte_offset);
	state_bool(state, &gpadl->is_bad);
	state_u32(state, &gpadl->arrived);
	for (uint32_t i = 0; i < gpadl->arrived; i++)
		state_u64(state, &gpadl->pfns[i]);
}

static void read_gpadl(struct vmbus *bus, struct state *state)
{
	uint32_t id, relid, byte_count, byte_offset, arrived;
	struct vmbus_gpadl *gpadl = NULL;
	struct vmbus_channel *channel;
	bool is_bad, is_whole;

	state_u32(state, &id);
	state_u32(state, &relid);
	state_u32(state, &byte_count);
	state_u32(state, &byte_offset);
	state_bool(state, &is_bad);
	state_u32_max(state, &arrived, VMBUS_GPADL_PAGES_MAX);
	channel = offer_find(bus, relid);
	if (state_is_good(state) && channel)
		gpadl = gpadl_new(channel, id, byte_count, byte_offset);
	if (!gpadl || arrived > gpadl->page_count) {
		state_refuse(state, "has a list of pages that cannot be");
		return;
	}
	gpadl->is_bad = is_bad;
	for (uint32_t i = 0; i < arrived && state_is_good(state); i++) {
		uint64_t pfn;

		state_u64(state, &pfn);
		is_whole = gpadl_add_page(gpadl, pfn) == 0;
		if (!is_whole && !(is_bad && arrived < gpadl->page_count))
			state_refuse(state, "names a page that this machine does not have");
	}
}

static void gpadls_state(struct vmbus *bus, struct state *state)
{
	uint32_t count = bus->gpadl_count;

	state_u32_max(state, &count, VMBUS_GPADLS_MAX);
	if (state_is_reading(state)) {
		for (uint32_t i = 0; i < count && state_is_good(state); i++)
			read_gpadl(bus, state);
		return;
	}
	for (unsigned i = 0; i < 256; i++)
		for (struct vmbus_gpadl *gpadl = bus->gpadls[i]; gpadl; gpadl = gpadl->next)
			write_gpadl(gpadl, state);
}

/* --- channels ---------------------------------------------------------------------------------------------- */

static struct vmbus_device *device_by_name(const struct vmbus *bus, const struct vmbus_guid *type,
					   const struct vmbus_guid *instance)
{
	for (struct vmbus_device *device = bus->devices; device; device = device->next)
		if (vmbus_guid_equal(&device->config.type, type) &&
		    vmbus_guid_equal(&device->config.instance, instance))
			return device;
	return NULL;
}

static struct vmbus_device *find_or_make_device(struct vmbus *bus, const struct vmbus_guid *type,
						const struct vmbus_guid *instance, bool may_be_gone,
						struct state *state)
{
	struct vmbus_device_config config = {
		.type = *type, .instance = *instance, .packet_max = 4096, .ops = &orphan_ops
	};
	struct vmbus_device *device = device_by_name(bus, type, instance);
	char text[37];

	if (device)
		return device;
	vmbus_guid_format(instance, text);
	if (!may_be_gone)
		state_refuse(state, "has a device %s, which this machine lacks", text);
	else if (vmbus_device_new(bus, &config, &device) < 0)
		state_refuse(state, "has more devices than possible");
	else
		device->config.opaque = device;
	return state_is_good(state) ? device : NULL;
}

/* What the guest knows of it, open or not. */
static void offer_fields(struct vmbus_channel *channel, struct state *state)
{
	state_bool(state, &channel->is_rescinded);
	state_bool(state, &channel->is_rescind_sent);
	state_bool(state, &channel->is_shut);
}

static void write_channel(struct vmbus_channel *channel, struct state *state)
{
	struct vmbus_device_config *config = &channel->device->config;
	bool may_be_gone = is_orphan(channel->device) ||
			   (channel->device->is_rescinded && !channel->device->returns) ||
			   config->flags & VMBUS_OFFER_HVSOCK;

	state_u32(state, &channel->relid);
	state_bytes(state, config->type.bytes, sizeof(config->type.bytes));
	state_bytes(state, config->instance.bytes, sizeof(config->instance.bytes));
	state_bool(state, &may_be_gone);
	state_u32(state, &channel->index);
	offer_fields(channel, state);
}

/* Another of the same index that is there to be used: providers keep one of each. */
static bool has_twin(const struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->device->bus;

	for (unsigned i = 0; i < VMBUS_RELIDS; i++) {
		const struct vmbus_channel *other = bus->by_relid[i];

		if (other && other != channel && other->device == channel->device &&
		    other->index == channel->index && !other->is_rescinded)
			return true;
	}
	return false;
}

static void read_channel(struct vmbus *bus, struct state *state)
{
	struct vmbus_guid type, instance;
	struct vmbus_channel *channel;
	struct vmbus_device *device;
	uint32_t relid, index;
	bool may_be_gone;

	state_u32_max(state, &relid, VMBUS_RELIDS - 1);
	state_bytes(state, type.bytes, sizeof(type.bytes));
	state_bytes(state, instance.bytes, sizeof(instance.bytes));
	state_bool(state, &may_be_gone);
	state_u32(state, &index);
	if (!state_is_good(state))
		return;
	device = find_or_make_device(bus, &type, &instance, may_be_gone, state);
	if (!device)
		return;
	if (relid == 0 || bus->by_relid[relid] ||
	    (!is_orphan(device) && index > device->config.subchannels_max) ||
	    bus->channel_count == VMBUS_CHANNELS_MAX) {
		state_refuse(state, "has a channel that cannot be");
		return;
	}
	channel = offer_make_channel(device, index, relid);
	if (!channel) {
		state_refuse(state, "finds no memory");
		return;
	}
	offer_fields(channel, state);
	if (!is_orphan(device) && !channel->is_rescinded && has_twin(channel))
		state_refuse(state, "has a channel that cannot be");
	if (channel->is_rescinded && !may_be_gone && index == 0)
		device->is_rescinded = device->returns = true;
}

static void channels_state(struct vmbus *bus, struct state *state)
{
	uint32_t count = bus->channel_count;

	state_u32_max(state, &count, VMBUS_CHANNELS_MAX);
	if (state_is_reading(state)) {
		for (uint32_t i = 0; i < count && state_is_good(state); i++)
			read_channel(bus, state);
		return;
	}
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i])
			write_channel(bus->by_relid[i], state);
}

/* --- those that are open ----------------------------------------------------------------------------------- */

static void open_fields(struct vmbus_channel *channel, struct state *state)
{
	state_u32(state, &channel->target_vp);
	state_bytes(state, channel->open_data, sizeof(channel->open_data));
	state_u32(state, &channel->blocked_bytes);
	state_bool(state, &channel->is_masked);
	state_bool(state, &channel->is_broken);
}

static void write_open(struct vmbus_channel *channel, struct state *state)
{
	uint32_t split = channel->in.size / VMBUS_PAGE + 1;

	state_u32(state, &channel->relid);
	state_u32(state, &channel->ring_gpadl->id);
	state_u32(state, &split);
	open_fields(channel, state);
}

static void read_open(struct vmbus *bus, struct state *state)
{
	uint32_t relid, ring, split;
	struct vmbus_channel *channel;

	state_u32(state, &relid);
	state_u32(state, &ring);
	state_u32(state, &split);
	channel = offer_find(bus, relid);
	if (!channel || channel->state != CHANNEL_OFFERED || channel->is_rescinded) {
		state_refuse(state, "has an open channel that cannot be");
		return;
	}
	open_fields(channel, state);
	if (channel->target_vp >= bus->config.vp_count && channel->target_vp != VMBUS_VP_NONE)
		state_refuse(state, "has a channel of a processor that this machine lacks");
	if (!state_is_good(state))
		return;
	if (channel_connect(channel, ring, split) < 0) {
		state_refuse(state, "has a ring that makes no sense");
		return;
	}
	channel->budget = VMBUS_PACKETS_PER_TURN;
	channel->state = CHANNEL_OPEN;
	bus->busy_channels++;
}

static void open_channels_state(struct vmbus *bus, struct state *state)
{
	uint32_t count = bus->busy_channels;

	state_u32_max(state, &count, VMBUS_CHANNELS_MAX);
	if (state_is_reading(state)) {
		for (uint32_t i = 0; i < count && state_is_good(state); i++)
			read_open(bus, state);
		return;
	}
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->state == CHANNEL_OPEN)
			write_open(bus->by_relid[i], state);
}

/* A provider has its primary from the first to the last of its channels. */
static void check_primaries(struct vmbus *bus, struct state *state)
{
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->state == CHANNEL_OPEN &&
		    !vmbus_device_channel(bus->by_relid[i]->device, 0))
			state_refuse(state, "has an open channel that cannot be");
}

/* The state is refused: who did not read a part of it knows nothing of its channels, and is not told that they end. */
static void forget_open_channels(struct vmbus *bus)
{
	for (unsigned i = 0; i < VMBUS_RELIDS; i++) {
		struct vmbus_channel *channel = bus->by_relid[i];

		if (!channel || channel->state != CHANNEL_OPEN || channel->device->has_read)
			continue;
		channel_disconnect(channel);
		channel->state = CHANNEL_OFFERED;
		bus->busy_channels--;
	}
}

/* --- all ---------------------------------------------------------------------------------------------------- */

static void bus_fields(struct vmbus *bus, struct state *state)
{
	state_u32(state, &bus->version);
	state_u32_max(state, &bus->target_vp, bus->config.vp_count - 1);
	state_u32_max(state, &bus->sint, HV_SINTS - 1);
	state_bool(state, &bus->has_requested_offers);
	state_u32_max(state, &bus->next_relid, VMBUS_RELIDS - 1);
	if (bus->next_relid == 0)
		bus->next_relid = 1;
}

static void devices_state(struct vmbus *bus, struct state *state)
{
	char guid[37], name[STATE_NAME_MAX];

	for (struct vmbus_device *device = bus->devices; device; device = device->next) {
		const struct vmbus_device_config *config = &device->config;

		if (is_orphan(device) || (device->is_rescinded && !device->returns) ||
		    config->flags & VMBUS_OFFER_HVSOCK)
			continue;
		vmbus_guid_format(&config->instance, guid);
		if (!config->ops->state) {
			state_refuse(state, "the device %s cannot be saved", guid);
			return;
		}
		snprintf(name, sizeof(name), "%.10s %s", config->ops->name, guid);
		if (!state_begin(state, name, config->ops->state_version ? config->ops->state_version : 1))
			return;
		device->has_read = state_is_reading(state);
		config->ops->state(config->opaque, state);
		state_end(state);
	}
}

void vmbus_state(struct vmbus *bus, struct state *state)
{
	bool is_reading = state_is_reading(state);

	for (struct vmbus_device *device = bus->devices; device; device = device->next)
		device->has_read = false;
	if (!state_begin(state, "vmbus", 1))
		return;
	if (is_reading ? bus->channel_count > 0 || !bus->partition : !vmbus_is_quiet(bus))
		state_refuse(state, "finds a bus that is in use");
	else
		bus_fields(bus, state);
	/* with offers unasked for, devices that are made would be offered once more */
	if (is_reading && state_is_good(state))
		bus->has_requested_offers = false;
	if (state_is_good(state)) {
		messages_in_state(bus, state);
		messages_out_state(bus, state);
		channels_state(bus, state);
		gpadls_state(bus, state);
		open_channels_state(bus, state);
		check_primaries(bus, state);
		state_bool(state, &bus->has_requested_offers);
	}
	state_end(state);
	if (state_is_good(state))
		devices_state(bus, state);
	if (is_reading && !state_is_good(state))
		forget_open_channels(bus);
	if (!is_reading || !state_is_good(state))
		return;
	rescind_orphans(bus);
	vmbus_hold(bus, false);
	vmbus_message_room(bus);
}
