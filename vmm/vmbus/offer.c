/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices and their offers. A channel exists from its offer until the guest has given its relid back
 * (RELID_RELEASED) or is gone; relids are handed out in a circle, so that a late signal for an old one hits
 * nothing.
 */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct vmbus_channel *offer_find(const struct vmbus *bus, uint32_t relid)
{
	return relid < VMBUS_RELIDS ? bus->by_relid[relid] : NULL;
}

static unsigned free_relid(struct vmbus *bus)
{
	for (unsigned i = 1; i < VMBUS_RELIDS; i++) {
		unsigned relid = bus->next_relid;

		bus->next_relid = relid == VMBUS_RELIDS - 1 ? 1 : relid + 1;
		if (!bus->by_relid[relid])
			return relid;
	}
	return 0;
}

static void send_offer(const struct vmbus_channel *channel)
{
	const struct vmbus_device_config *config = &channel->device->config;
	struct vmbus_offer_channel offer = { .header.type = VMBUS_OFFER_CHANNEL,
					     .flags = (uint16_t)config->flags,
					     .mmio_megabytes = config->mmio_megabytes,
					     .subchannel_index = (uint16_t)channel->index,
					     .relid = channel->relid,
					     .monitor_id = 0xff,
					     .is_dedicated_interrupt = 1,
					     .connection_id = VMBUS_EVENT_CONNECTION | channel->relid };

	memcpy(offer.type, config->type.bytes, sizeof(offer.type));
	memcpy(offer.instance, config->instance.bytes, sizeof(offer.instance));
	memcpy(offer.user_data, config->user_data, sizeof(offer.user_data));
	message_send(channel->bus, &offer, sizeof(offer));
}

struct vmbus_channel *offer_make_channel(struct vmbus_device *device, unsigned index, unsigned relid)
{
	struct vmbus *bus = device->bus;
	struct vmbus_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->bus = bus;
	channel->device = device;
	channel->index = index;
	channel->relid = relid;
	bus->by_relid[relid] = channel;
	bus->channel_count++;
	device->channel_count++;
	return channel;
}

static int offer_channel(struct vmbus_device *device, unsigned index)
{
	struct vmbus *bus = device->bus;
	unsigned relid = bus->channel_count < VMBUS_CHANNELS_MAX ? free_relid(bus) : 0;
	struct vmbus_channel *channel;

	if (relid == 0)
		return -ENOSPC;
	channel = offer_make_channel(device, index, relid);
	if (!channel)
		return -ENOMEM;
	send_offer(channel);
	return 0;
}

void offer_all(struct vmbus *bus)
{
	for (struct vmbus_device *device = bus->devices; device; device = device->next)
		if (!device->is_rescinded && offer_channel(device, 0) < 0)
			bus_log(bus, "a device could not be offered to the guest: no memory");
}

void offer_free_channel(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;

	gpadl_forget_channel(channel);
	bus->by_relid[channel->relid] = NULL;
	bus->channel_count--;
	channel->device->channel_count--;
	if (channel->device->is_rescinded)
		loop_call(bus->config.loop, &bus->release_call);
	free(channel);
}

void offer_send_rescind(struct vmbus_channel *channel)
{
	struct vmbus_relid_message message = { .header.type = VMBUS_RESCIND_OFFER, .relid = channel->relid };

	gpadl_forget_channel(channel); /* the guest does not tear them down any more */
	channel->is_rescind_sent = true;
	message_send(channel->bus, &message, sizeof(message));
}

/* The guest is told when nothing of ours touches its memory any more: from then on the pages are its own
 * again. */
void offer_rescind_channel(struct vmbus_channel *channel)
{
	if (channel->is_rescinded)
		return;
	channel->is_rescinded = true;
	if (channel->state == CHANNEL_OPEN)
		channel_close(channel);
	else if (channel->state == CHANNEL_OFFERED)
		offer_send_rescind(channel);
}

/* --- devices -------------------------------------------------------------------------------------------- */

static bool is_taken(const struct vmbus *bus, const struct vmbus_device_config *config)
{
	for (const struct vmbus_device *device = bus->devices; device; device = device->next)
		if (vmbus_guid_equal(&device->config.type, &config->type) &&
		    vmbus_guid_equal(&device->config.instance, &config->instance))
			return true;
	return false;
}

int vmbus_device_new(struct vmbus *bus, const struct vmbus_device_config *config,
		     struct vmbus_device **ret_device)
{
	struct vmbus_device *device, **end = &bus->devices;
	unsigned count = 0;
	int r = 0;

	if (config->packet_max > VMBUS_PACKET_BYTES_MAX)
		return -EINVAL;
	if (is_taken(bus, config))
		return -EEXIST;
	for (; *end; end = &(*end)->next)
		count++;
	if (count == VMBUS_CHANNELS_MAX)
		return -ENOSPC;
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->bus = bus;
	device->config = *config;
	*end = device;
	if (bus->has_requested_offers && bus->ending == ENDING_NONE)
		r = offer_channel(device, 0);
	if (r < 0) {
		*end = NULL;
		free(device);
		return r;
	}
	*ret_device = device;
	return 0;
}

static void rescind_channels(struct vmbus_device *device, bool is_primary)
{
	struct vmbus *bus = device->bus;

	for (unsigned i = 0; device->channel_count > 0 && i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == device &&
		    (bus->by_relid[i]->index == 0) == is_primary)
			offer_rescind_channel(bus->by_relid[i]);
}

void vmbus_device_rescind(struct vmbus_device *device)
{
	device->returns = false;
	if (device->is_rescinded)
		return;
	device->is_rescinded = true;
	rescind_channels(device, false);
	rescind_channels(device, true);
	if (device->channel_count == 0)
		loop_call(device->bus->config.loop, &device->bus->release_call);
}

void vmbus_device_renew(struct vmbus_device *device)
{
	if (device->is_rescinded)
		return;
	vmbus_device_rescind(device);
	device->returns = true;
}

/* Not before the guest has let go: Linux takes a second offer of the same instance for a mistake and forgets it. */
static void offer_again(struct vmbus_device *device)
{
	struct vmbus *bus = device->bus;

	device->is_rescinded = device->returns = false;
	if (bus->has_requested_offers && bus->ending == ENDING_NONE && offer_channel(device, 0) < 0)
		bus_log(bus, "a device could not be offered to the guest again: no memory");
}

/* A callback may free its device: from the front again after each. */
void offer_run_releases(void *opaque)
{
	struct vmbus *bus = opaque;
	struct vmbus_device *device = bus->devices;

	while (device) {
		if (!device->is_rescinded || device->is_release_told || device->channel_count > 0) {
			device = device->next;
			continue;
		}
		if (device->returns) {
			offer_again(device);
			continue;
		}
		device->is_release_told = true;
		if (device->config.ops->released)
			device->config.ops->released(device->config.opaque);
		device = bus->devices;
	}
}

struct vmbus_device *vmbus_device_free(struct vmbus_device *device)
{
	struct vmbus_device **link;
	struct vmbus *bus;

	if (!device)
		return NULL;
	bus = device->bus;
	for (unsigned i = 0; device->channel_count > 0 && i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == device)
			offer_free_channel(bus->by_relid[i]);
	for (link = &bus->devices; *link != device; link = &(*link)->next)
		;
	*link = device->next;
	free(device);
	return NULL;
}

/* That the guest may still open. */
static bool has_subchannels(const struct vmbus_device *device)
{
	const struct vmbus *bus = device->bus;

	for (unsigned i = 0; device->channel_count > 1 && i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == device && bus->by_relid[i]->index != 0 &&
		    !bus->by_relid[i]->is_rescinded)
			return true;
	return false;
}

int vmbus_device_offer_subchannels(struct vmbus_device *device, unsigned count)
{
	int r = 0;

	if (count > device->config.subchannels_max)
		return -EINVAL;
	if (device->is_rescinded || !device->bus->has_requested_offers || device->bus->ending != ENDING_NONE)
		return -EPIPE;
	if (has_subchannels(device))
		return -EEXIST;
	for (unsigned i = 1; r == 0 && i <= count; i++)
		r = offer_channel(device, i);
	return r;
}
