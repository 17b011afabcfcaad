/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/message_device.h"
#include "vsp/pipe_proto.h"

#include "state/state.h"

#include <errno.h>

static void on_readable(void *opaque, struct vmbus_channel *channel)
{
	struct message_device *device = opaque;
	struct vmbus_packet packet;

	while (vmbus_receive(channel, &packet) > 0)
		if (packet.type == VMBUS_PACKET_INBAND)
			device->ops->packet(device->opaque, &packet);
}

static void on_writable(void *opaque, struct vmbus_channel *channel)
{
	struct message_device *device = opaque;

	(void)channel;
	device->ops->writable(device->opaque);
}

static int on_open(void *opaque, struct vmbus_channel *channel)
{
	struct message_device *device = opaque;

	device->channel = channel;
	return 0;
}

static void on_close(void *opaque, struct vmbus_channel *channel)
{
	struct message_device *device = opaque;

	device->channel = NULL;
	device->ops->closed(device->opaque);
	vmbus_channel_closed(channel);
}

static void on_state(void *opaque, struct state *state)
{
	struct message_device *device = opaque;

	if (state_is_reading(state))
		device->channel = vmbus_device_channel(device->device, 0);
	device->ops->state(device->opaque, state);
}

static const struct vmbus_device_ops device_ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.writable = on_writable,
	.state = on_state,
	.state_version = 2,
	.name = "console",
};

int message_device_init(struct message_device *device, struct vmbus *bus,
			const struct message_device_config *config)
{
	struct vmbus_device_config offer = { .flags = config->has_pipe ? VMBUS_OFFER_NAMED_PIPE : 0,
					     .mmio_megabytes = config->mmio_megabytes,
					     .user_data = { config->has_pipe ? VSP_PIPE_MESSAGES : 0 },
					     .packet_max = config->packet_max,
					     .ops = &device_ops,
					     .opaque = device };
	int r = vmbus_guid_parse(config->type_guid, &offer.type);

	*device = (struct message_device){ .ops = config->ops, .opaque = config->opaque };
	if (r == 0)
		r = vmbus_guid_parse(config->instance_guid, &offer.instance);
	return r < 0 ? r : vmbus_device_new(bus, &offer, &device->device);
}

void message_device_deinit(struct message_device *device)
{
	device->device = vmbus_device_free(device->device);
}

void message_device_renew(struct message_device *device)
{
	vmbus_device_renew(device->device);
}

int message_device_send(struct message_device *device, const struct iovec *parts, unsigned count)
{
	return device->channel ? vmbus_send(device->channel, 0, false, parts, count) : -EPIPE;
}
