/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "echo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int on_open(void *opaque, struct vmbus_channel *channel)
{
	struct echo *echo = opaque;

	if (echo->refuses_open)
		return -ENODEV;
	echo->opens++;
	echo->open[vmbus_channel_index(channel)] = channel;
	return 0;
}

static void on_close(void *opaque, struct vmbus_channel *channel)
{
	struct echo *echo = opaque;
	unsigned index = vmbus_channel_index(channel);

	echo->closes++;
	echo->open[index] = NULL;
	for (unsigned i = 1; index == 0 && i <= ECHO_SUBCHANNELS; i++)
		if (echo->open[i] || echo->closing[i])
			echo->order_is_bad = true;
	if (echo->closes_late)
		echo->closing[index] = channel;
	else
		vmbus_channel_closed(channel);
}

void echo_finish_close(struct echo *echo)
{
	for (unsigned i = ECHO_SUBCHANNELS + 1; i-- > 0;) {
		struct vmbus_channel *channel = echo->closing[i];

		echo->closing[i] = NULL;
		if (channel)
			vmbus_channel_closed(channel);
	}
}

static void add_ranges(struct echo *echo, struct vmbus_channel *channel, const struct vmbus_packet *packet)
{
	struct iovec iov[64];

	for (unsigned i = 0; i < packet->range_count; i++) {
		int count = vmbus_range_map(channel, &packet->ranges[i], 0, packet->ranges[i].size, iov, 64);

		if (count < 0)
			echo->errors++;
		for (int piece = 0; piece < count; piece++)
			for (size_t byte = 0; byte < iov[piece].iov_len; byte++)
				echo->sum += ((const uint8_t *)iov[piece].iov_base)[byte];
		if (count >= 0)
			vmbus_range_written(channel, &packet->ranges[i], 0, packet->ranges[i].size);
	}
}

/* Takes a packet only when its answer fits. */
static void on_readable(void *opaque, struct vmbus_channel *channel)
{
	struct echo *echo = opaque;
	struct vmbus_packet packet;
	int r;

	while ((r = vmbus_receive(channel, &packet)) == 1) {
		struct iovec payload = { (void *)(uintptr_t)packet.payload, packet.payload_size };

		echo->packets++;
		add_ranges(echo, channel, &packet);
		if (packet.wants_completion && !echo->is_silent &&
		    vmbus_send_completion(channel, packet.transaction_id, &payload, 1) < 0)
			echo->errors++;
	}
	if (r < 0)
		echo->errors++;
}

static void on_writable(void *opaque, struct vmbus_channel *channel)
{
	((struct echo *)opaque)->writables++;
}

static void on_gpadl_gone(void *opaque, struct vmbus_channel *channel, uint32_t gpadl)
{
	((struct echo *)opaque)->gone++;
}

static void on_released(void *opaque)
{
	((struct echo *)opaque)->releases++;
}

/* It keeps nothing. */
static void on_state(void *opaque, struct state *state)
{
}

static const struct vmbus_device_ops ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.writable = on_writable,
	.gpadl_gone = on_gpadl_gone,
	.released = on_released,
	.state = on_state,
};

int echo_init_kind(struct echo *echo, struct vmbus *bus, unsigned number, bool gathers)
{
	struct vmbus_device_config config = { .subchannels_max = ECHO_SUBCHANNELS,
					      .gathers = gathers,
					      .packet_max = ECHO_PACKET_MAX,
					      .ops = &ops,
					      .opaque = echo };

	*echo = (struct echo){ 0 };
	memcpy(echo->type.bytes, &number, sizeof(number));
	echo->type.bytes[15] = 0xec;
	config.type = config.instance = echo->type;
	return vmbus_device_new(bus, &config, &echo->device);
}

int echo_init(struct echo *echo, struct vmbus *bus, unsigned number)
{
	return echo_init_kind(echo, bus, number, false);
}

void echo_deinit(struct echo *echo)
{
	echo->device = vmbus_device_free(echo->device);
}
