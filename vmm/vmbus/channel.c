/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open, close, and the signals of both sides. */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- signals from the guest ----------------------------------------------------------------------------- */

/* One wake of the loop for whatever is signalled until it runs. */
void channel_wake(struct vmbus *bus, uint32_t relid)
{
	atomic_fetch_or_explicit(&bus->signals[relid / 64], UINT64_C(1) << relid % 64, memory_order_release);
	if (!atomic_exchange(&bus->is_woken, true))
		loop_call(bus->config.loop, &bus->signal_call);
}

/* A VP's thread; the channel lives until hv_disconnect() has returned. */
static void on_signal(void *opaque, uint16_t flag)
{
	struct vmbus_channel *channel = opaque;

	channel_wake(channel->bus, channel->relid);
}

static void count(struct vmbus *bus, enum vmbus_counter counter)
{
	if (bus->config.counters)
		atomic_fetch_add_explicit(&bus->config.counters[counter], 1, memory_order_relaxed);
}

static void run_writable(struct vmbus_channel *channel)
{
	int64_t room = ring_out_room(&channel->out);

	if (room < 0) {
		channel_break(channel, "its ring is broken");
		return;
	}
	if (room < channel->blocked_bytes)
		return;
	channel->blocked_bytes = 0;
	ring_out_want_room(&channel->out, 0);
	if (channel->device->config.ops->writable)
		channel->device->config.ops->writable(channel->device->config.opaque, channel);
}

static void run(struct vmbus_channel *channel)
{
	if (channel->state != CHANNEL_OPEN)
		return;
	if (channel->is_broken) {
		channel->is_broken = false;
		channel->is_shut = true;
		channel_close(channel);
		return;
	}
	channel->stats.signals_in++;
	count(channel->bus, VMBUS_COUNT_SIGNALS);
	channel->budget = VMBUS_PACKETS_PER_TURN;
	if (!channel->is_masked)
		ring_in_mask(&channel->in);
	channel->is_masked = true;
	if (channel->blocked_bytes > 0)
		run_writable(channel);
	if (channel->state == CHANNEL_OPEN)
		channel->device->config.ops->readable(channel->device->config.opaque, channel);
}

void channel_run_signals(void *opaque)
{
	struct vmbus *bus = opaque;

	atomic_store(&bus->is_woken, false);
	vmbus_batch_begin(bus);
	for (unsigned word = 0; word < VMBUS_RELIDS / 64; word++) {
		uint64_t bits = 0;

		if (atomic_load_explicit(&bus->signals[word], memory_order_relaxed))
			bits = atomic_exchange_explicit(&bus->signals[word], 0, memory_order_acquire);
		for (; bits; bits &= bits - 1) {
			struct vmbus_channel *channel =
			    bus->by_relid[word * 64 + (unsigned)__builtin_ctzll(bits)];

			if (channel)
				run(channel);
		}
	}
	vmbus_batch_end(bus);
}

void channel_look(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;

	vmbus_batch_begin(bus);
	channel->budget = VMBUS_PACKETS_PER_TURN;
	channel->device->config.ops->readable(channel->device->config.opaque, channel);
	vmbus_batch_end(bus);
}

/* --- signals to the guest ------------------------------------------------------------------------------- */

void channel_touch(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;

	if (!channel->is_touched) {
		channel->is_touched = true;
		channel->next_touched = bus->touched;
		bus->touched = channel;
	}
	if (bus->batch_depth == 0)
		channel_show_all(bus);
}

static void show(struct vmbus_channel *channel)
{
	bool must_signal = ring_out_show(&channel->out);

	if (channel->has_read && ring_in_must_signal(&channel->in, channel->free_before))
		must_signal = true;
	channel->has_read = false;
	if (!must_signal || channel->target_vp == VMBUS_VP_NONE)
		return;
	channel->stats.signals_out++;
	count(channel->bus, VMBUS_COUNT_INTERRUPTS);
	/* -ENXIO: the guest has no event page at present; it looks itself when it has one */
	(void)hv_signal_event(channel->bus->partition, channel->target_vp, channel->bus->sint,
			      channel->relid);
}

void channel_show_all(struct vmbus *bus)
{
	while (bus->touched) {
		struct vmbus_channel *channel = bus->touched;

		bus->touched = channel->next_touched;
		channel->is_touched = false;
		if (channel->state == CHANNEL_OPEN)
			show(channel);
	}
}

static void untouch(struct vmbus_channel *channel)
{
	struct vmbus_channel **link = &channel->bus->touched;

	if (!channel->is_touched)
		return;
	while (*link != channel)
		link = &(*link)->next_touched;
	*link = channel->next_touched;
	channel->is_touched = false;
}

/* --- open ----------------------------------------------------------------------------------------------- */

static int map_rings(struct vmbus_channel *channel, uint32_t ring_gpadl, uint32_t split)
{
	struct vmbus_gpadl *gpadl = gpadl_find(channel->bus, ring_gpadl);
	int r;

	if (!gpadl || gpadl->channel != channel || gpadl->is_ring || gpadl->byte_offset != 0 ||
	    gpadl->byte_count % VMBUS_PAGE != 0 || split >= gpadl->page_count)
		return -EINVAL;
	r = ring_in_init(&channel->in, gpadl->pages, split);
	if (r == 0)
		r = ring_out_init(&channel->out, gpadl->pages + split, gpadl->page_count - split);
	if (r < 0)
		return r;
	channel->ring_gpadl = gpadl;
	gpadl->is_ring = true;
	return 0;
}

static void unmap_rings(struct vmbus_channel *channel)
{
	untouch(channel);
	gather_end(channel);
	if (channel->ring_gpadl)
		channel->ring_gpadl->is_ring = false;
	channel->ring_gpadl = NULL;
	free(channel->packet);
	channel->packet = NULL;
}

int channel_connect(struct vmbus_channel *channel, uint32_t ring_gpadl, uint32_t downstream_page)
{
	struct vmbus *bus = channel->bus;
	int r = map_rings(channel, ring_gpadl, downstream_page);

	if (r == 0) {
		channel->packet = calloc(1, channel->device->config.packet_max + 8);
		r = channel->packet
			? hv_connect_events(bus->partition, VMBUS_EVENT_CONNECTION | channel->relid,
					    on_signal, channel)
			: -ENOMEM;
	}
	if (r < 0)
		unmap_rings(channel);
	return r;
}

static void disconnect_channel(struct vmbus_channel *channel)
{
	hv_disconnect(channel->bus->partition, VMBUS_EVENT_CONNECTION | channel->relid);
}

void channel_disconnect(struct vmbus_channel *channel)
{
	disconnect_channel(channel);
	unmap_rings(channel);
}

int channel_open(struct vmbus_channel *channel, const struct vmbus_open_channel *message)
{
	struct vmbus *bus = channel->bus;
	int r;

	if (channel->state != CHANNEL_OFFERED || channel->is_shut ||
	    (message->target_vp >= bus->config.vp_count && message->target_vp != VMBUS_VP_NONE))
		return -EINVAL;
	r = channel_connect(channel, message->ring_gpadl, message->downstream_page);
	if (r < 0)
		return r;
	channel->target_vp = message->target_vp;
	memcpy(channel->open_data, message->user_data, sizeof(channel->open_data));
	channel->is_masked = channel->is_close_told = channel->has_read = false;
	channel->is_broken = false;
	channel->blocked_bytes = 0;
	channel->budget = VMBUS_PACKETS_PER_TURN;
	channel->data = NULL;
	channel->stats = (struct vmbus_channel_stats){ 0 };
	channel->state = CHANNEL_OPEN;
	r = channel->device->config.ops->open(channel->device->config.opaque, channel);
	if (r < 0) {
		channel->state = CHANNEL_OFFERED;
		channel_disconnect(channel);
		return r;
	}
	bus->busy_channels++;
	channel_wake(bus, channel->relid); /* it may have written already */
	return 0;
}

/* --- close ---------------------------------------------------------------------------------------------- */

static struct vmbus_channel *primary_of(const struct vmbus_channel *channel)
{
	const struct vmbus *bus = channel->bus;

	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == channel->device &&
		    bus->by_relid[i]->index == 0)
			return bus->by_relid[i];
	return NULL;
}

static bool has_busy_subchannel(const struct vmbus_channel *channel)
{
	const struct vmbus *bus = channel->bus;

	if (channel->index != 0 || channel->device->channel_count == 1)
		return false;
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == channel->device &&
		    bus->by_relid[i]->index != 0 && bus->by_relid[i]->state != CHANNEL_OFFERED)
			return true;
	return false;
}

/* The provider's turn, when those that it must close before are closed. */
static void tell_close(struct vmbus_channel *channel)
{
	if (channel->is_close_told || has_busy_subchannel(channel))
		return;
	channel->is_close_told = true;
	channel->device->config.ops->close(channel->device->config.opaque, channel);
}

void channel_close(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;

	channel->state = CHANNEL_CLOSING;
	disconnect_channel(channel);
	untouch(channel);
	for (unsigned i = 0; channel->index == 0 && channel->device->channel_count > 1 && i < VMBUS_RELIDS;
	     i++) {
		struct vmbus_channel *other = bus->by_relid[i];

		if (other && other != channel && other->device == channel->device &&
		    other->state == CHANNEL_OPEN)
			channel_close(other);
	}
	tell_close(channel);
}

void channel_close_all(struct vmbus *bus)
{
	bus->is_closing_all = true;
	for (unsigned i = 0; i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->state == CHANNEL_OPEN)
			channel_close(bus->by_relid[i]);
	bus->is_closing_all = false;
}

/* A guest that closes the primary gets new subchannels, with new relids, when it asks again. */
static void rescind_subchannels(struct vmbus_channel *primary)
{
	struct vmbus *bus = primary->bus;

	for (unsigned i = 0; primary->device->channel_count > 1 && i < VMBUS_RELIDS; i++)
		if (bus->by_relid[i] && bus->by_relid[i]->device == primary->device &&
		    bus->by_relid[i] != primary)
			offer_rescind_channel(bus->by_relid[i]);
}

void vmbus_channel_closed(struct vmbus_channel *channel)
{
	struct vmbus *bus = channel->bus;

	if (channel->state != CHANNEL_CLOSING || !channel->is_close_told)
		return;
	channel->state = CHANNEL_OFFERED;
	channel->data = NULL;
	unmap_rings(channel);
	bus->busy_channels--;
	if (bus->ending == ENDING_NONE && channel->index == 0)
		rescind_subchannels(channel);
	if (bus->ending == ENDING_NONE && channel->is_rescinded)
		offer_send_rescind(channel);
	if (channel->index != 0) {
		struct vmbus_channel *primary = primary_of(channel);

		if (primary && primary->state == CHANNEL_CLOSING)
			tell_close(primary);
	}
	message_queue_kick(bus);
	bus_check_ending(bus);
}

void channel_break(struct vmbus_channel *channel, const char *reason)
{
	if (channel->is_broken)
		return;
	bus_log(channel->bus, "channel %u is shut: %s", channel->relid, reason);
	channel->is_broken = true;
	channel_wake(channel->bus, channel->relid);
}

/* --- what providers ask ------------------------------------------------------------------------------ */

unsigned vmbus_channel_index(const struct vmbus_channel *channel)
{
	return channel->index;
}

void vmbus_channel_set_data(struct vmbus_channel *channel, void *data)
{
	channel->data = data;
}

void *vmbus_channel_data(const struct vmbus_channel *channel)
{
	return channel->data;
}

unsigned vmbus_channel_vp(const struct vmbus_channel *channel)
{
	return channel->target_vp == VMBUS_VP_NONE ? 0 : channel->target_vp;
}

const uint8_t *vmbus_channel_open_data(const struct vmbus_channel *channel)
{
	return channel->open_data;
}

void vmbus_channel_get_stats(const struct vmbus_channel *channel, struct vmbus_channel_stats *ret_stats)
{
	*ret_stats = channel->stats;
}
