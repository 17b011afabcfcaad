/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controller's life, and what the bus tells it. */
#include "vsp/storvsp/storvsp_priv.h"

#include <errno.h>
#include <stdlib.h>

static struct vmbus_guid scsi_type(void)
{
	struct vmbus_guid guid = { 0 };

	vmbus_guid_parse("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f", &guid);
	return guid;
}

static struct vmbus_guid ide_type(void)
{
	struct vmbus_guid guid = { 0 };

	vmbus_guid_parse("32412632-86cb-44a2-9b5c-50d1417354f5", &guid);
	return guid;
}

/* The name of an IDE disk's offer says where it is: bytes 0-3 the channel, 4-5 master or slave, which Linux
 * takes for the target (storvsc_probe). */
static struct vmbus_guid ide_instance(unsigned unit)
{
	struct vmbus_guid guid = { 0 };

	vmbus_guid_parse("00000000-0000-8899-0000-000000000000", &guid);
	guid.bytes[0] = (uint8_t)(unit / 2);
	guid.bytes[4] = (uint8_t)(unit % 2);
	return guid;
}

/* --- callbacks of the bus ---------------------------------------------------------------------------- */

static int on_open(void *opaque, struct vmbus_channel *bus_channel)
{
	struct storvsp *controller = opaque;
	struct storvsp_channel *channel;
	int r = storvsp_channel_new(controller, bus_channel, &channel);

	if (r < 0)
		return r;
	vmbus_channel_set_data(bus_channel, channel);
	if (vmbus_channel_index(bus_channel) == 0) {
		controller->primary = bus_channel;
		controller->wants_rescan = false;
		scsi_target_power_on(controller->target); /* what a guest before set is forgotten */
		storvsp_set_state(controller, STORVSP_OPEN);
	}
	return 0;
}

static void on_close(void *opaque, struct vmbus_channel *bus_channel)
{
	struct storvsp *controller = opaque;

	if (bus_channel == controller->primary) {
		controller->primary = NULL;
		controller->wants_rescan = false;
		storvsp_set_state(controller, STORVSP_CLOSED);
	}
	storvsp_channel_close(vmbus_channel_data(bus_channel));
}

static void on_readable(void *opaque, struct vmbus_channel *bus_channel)
{
	storvsp_channel_take(vmbus_channel_data(bus_channel));
}

static void on_writable(void *opaque, struct vmbus_channel *bus_channel)
{
	storvsp_channel_send_answers(vmbus_channel_data(bus_channel));
}

static void on_released(void *opaque)
{
	struct storvsp *controller = opaque;

	if (controller->config.on_released)
		controller->config.on_released(controller->config.opaque);
}

static const struct vmbus_device_ops device_ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.writable = on_writable,
	.released = on_released,
	.state = storvsp_state,
	.name = "storage",
};

/* --- life -------------------------------------------------------------------------------------------- */

static int check_config(struct storvsp_config *config)
{
	if (config->max_transfer == 0)
		config->max_transfer = STORVSP_TRANSFER_MAX;
	if (config->max_transfer % STORVSP_PAGE || config->max_transfer > STORVSP_TRANSFER_MAX ||
	    config->ide_unit >= STORVSP_IDE_UNITS)
		return -EINVAL;
	if (config->subchannels > STORVSP_SUBCHANNELS_MAX)
		config->subchannels = STORVSP_SUBCHANNELS_MAX;
	if (config->is_ide) /* guests ask for none there */
		config->subchannels = 0;
	return 0;
}

static int offer(struct storvsp *controller)
{
	const struct storvsp_config *config = &controller->config;
	struct vmbus_device_config device = {
		.type = config->is_ide ? ide_type() : scsi_type(),
		.instance = config->is_ide ? ide_instance(config->ide_unit) : config->instance,
		.flags = config->is_ide ? VMBUS_OFFER_ENUMERATE : 0,
		.subchannels_max = config->subchannels,
		.gathers = true,
		.packet_max = STORVSP_PACKET_MAX,
		.ops = &device_ops,
		.opaque = controller,
	};

	return vmbus_device_new(config->bus, &device, &controller->device);
}

int storvsp_new(const struct storvsp_config *config, struct storvsp **ret_controller)
{
	struct storvsp *controller = calloc(1, sizeof(*controller));
	int r;

	if (!controller)
		return -ENOMEM;
	controller->config = *config;
	list_init(&controller->channels);
	r = check_config(&controller->config);
	if (r == 0)
		r = scsi_target_new(&controller->target);
	if (r == 0)
		r = offer(controller);
	if (r < 0) {
		storvsp_free(controller);
		return r;
	}
	*ret_controller = controller;
	return 0;
}

struct storvsp *storvsp_free(struct storvsp *controller)
{
	if (!controller)
		return NULL;
	vmbus_device_free(controller->device);
	scsi_target_free(controller->target);
	free(controller);
	return NULL;
}

struct scsi_target *storvsp_target(struct storvsp *controller)
{
	return controller->target;
}

void storvsp_rescind(struct storvsp *controller)
{
	vmbus_device_rescind(controller->device);
}
