/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several packets for one signal. A guest signals when it writes into an empty ring whose mask is off (Linux,
 * hv_signal_on_write()): a host that is quick finds the first packet of sixteen, and the guest signals for
 * each of the others. So the mask stays on for a moment when the ring is empty; then we look by ourselves,
 * again and again while packets come, later where many came: a deep queue fills while it waits. Where few
 * come, this is left alone for a while.
 *
 * Nothing is lost: the mask is taken off by vmbus_receive() alone, which then looks once more. While it is
 * on, the timer is set, or the provider has stopped receiving and will go on by itself.
 */
#include "vmbus/vmbus_priv.h"

enum {
	MOMENT_NS = 40000,
	LONG_MOMENT_NS =
	    100000, /* when many came in the last one: a queue that is deep does not wait for us */
	MANY = 3,
	WORTH = 4, /* packets for the price of one signal */
	PAUSE_MAX = 64,
};

static void on_timer(void *opaque)
{
	struct vmbus_channel *channel = opaque;

	if (channel->state == CHANNEL_OPEN && !channel->is_broken && channel->gather.is_open)
		channel_look(channel);
}

static bool set_timer(struct vmbus_channel *channel)
{
	struct gather *gather = &channel->gather;

	if (!gather->timer &&
	    loop_timer_new(channel->bus->config.loop, on_timer, channel, &gather->timer) < 0)
		return false;
	loop_timer_set(gather->timer, loop_now() + (gather->fresh >= MANY ? LONG_MOMENT_NS : MOMENT_NS));
	return true;
}

static bool open_window(struct vmbus_channel *channel)
{
	struct gather *gather = &channel->gather;

	if (gather->wait > 0) {
		gather->wait--;
		gather->fresh = 0;
		return false;
	}
	gather->is_open = set_timer(channel);
	gather->packets = gather->fresh = 0;
	return gather->is_open;
}

static void close_window(struct gather *gather)
{
	gather->is_open = false;
	if (gather->packets >= WORTH)
		gather->pause = 0;
	else if (gather->pause < PAUSE_MAX)
		gather->pause = gather->pause * 2 + 1;
	gather->wait = gather->pause;
}

bool gather_goes_on(struct vmbus_channel *channel)
{
	struct gather *gather = &channel->gather;

	if (!channel->device->config.gathers)
		return false;
	if (!gather->is_open)
		return open_window(channel);
	if (gather->fresh > 0 && set_timer(channel)) {
		gather->fresh = 0;
		return true;
	}
	close_window(gather);
	return false;
}

void gather_count(struct vmbus_channel *channel)
{
	channel->gather.packets++;
	channel->gather.fresh++;
}

void gather_end(struct vmbus_channel *channel)
{
	loop_timer_free(channel->gather.timer);
	channel->gather = (struct gather){ 0 };
}
