/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/netvsp/netvsp_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char network_type[] = "f8615163-df3e-46c5-913f-f2d2f965ed0e";

void netvsp_log(struct netvsp *adapter, const char *text)
{
	if (adapter->config.log)
		adapter->config.log(adapter->config.opaque, text);
}

void netvsp_count(struct netvsp *adapter, enum netvsp_counter counter, uint64_t amount)
{
	if (adapter->config.counters)
		atomic_fetch_add_explicit(&adapter->config.counters[counter], amount, memory_order_relaxed);
}

/* --- answers --------------------------------------------------------------------------------------- */

static bool send_answer(struct netvsp_channel *channel)
{
	const struct iovec part = { .iov_base = channel->answer, .iov_len = channel->answer_size };

	/* A channel that is shut needs none. */
	channel->has_answer =
	    vmbus_send_completion(channel->channel, channel->answer_id, &part, 1) == -EAGAIN;
	return !channel->has_answer;
}

void channel_answer(struct netvsp_channel *channel, uint64_t transaction_id, const void *data, uint32_t size)
{
	channel->answer_id = transaction_id;
	channel->answer_size = size;
	memcpy(channel->answer, data, size);
	send_answer(channel);
}

/* --- reading --------------------------------------------------------------------------------------- */

bool channel_is_ready(const struct netvsp_channel *channel)
{
	return channel->channel && !channel->has_answer && !channel->adapter->transmit.channel;
}

static void handle_packet(struct netvsp_channel *channel, const struct vmbus_packet *packet)
{
	switch (packet->type) {
	case VMBUS_PACKET_COMPLETION: receive_completed(channel->adapter, packet->transaction_id); break;
	case VMBUS_PACKET_INBAND:
	case VMBUS_PACKET_GPA_DIRECT: nvsp_handle(channel, packet); break;
	default: netvsp_log(channel->adapter, "the guest's network driver sent an unknown packet"); break;
	}
}

static void read_channel(struct netvsp_channel *channel)
{
	struct vmbus_packet packet;

	while (channel_is_ready(channel) && vmbus_receive(channel->channel, &packet) == 1)
		handle_packet(channel, &packet);
	/* Completions made room. */
	control_flush(channel->adapter);
	adapter_port_update(channel->adapter);
}

void netvsp_read_all(struct netvsp *adapter)
{
	for (unsigned i = 0; i < NETVSP_QUEUES_MAX; i++)
		if (adapter->channels[i].channel)
			read_channel(&adapter->channels[i]);
}

/* --- what the bus calls ---------------------------------------------------------------------------- */

static int on_open(void *opaque, struct vmbus_channel *vmbus_channel)
{
	struct netvsp *adapter = opaque;
	unsigned index = vmbus_channel_index(vmbus_channel);
	struct netvsp_channel *channel;

	if (index > adapter->subchannels)
		return -EINVAL;
	channel = &adapter->channels[index];
	*channel = (struct netvsp_channel){ .adapter = adapter, .channel = vmbus_channel, .index = index };
	vmbus_channel_set_data(vmbus_channel, channel);
	return 0;
}

/* The driver is gone; the next one starts anew. */
static void forget_driver(struct netvsp *adapter)
{
	transmit_reset(adapter);
	receive_reset(adapter);
	adapter->version = 0;
	adapter->mtu = FRAME_MTU;
	adapter->capabilities = 0;
	adapter->is_initialized = false;
	adapter->filter = 0;
	adapter->mac = adapter->config.mac;
	adapter->multicast_count = 0;
	adapter->takes_large = false;
	adapter->rss = (struct netvsp_rss){ .table_count = 1 };
	adapter->subchannels = 0;
	adapter->reply_count = 0;
}

static void on_close(void *opaque, struct vmbus_channel *vmbus_channel)
{
	struct netvsp *adapter = opaque;
	struct netvsp_channel *channel = vmbus_channel_data(vmbus_channel);

	if (channel) {
		unsigned index = channel->index;

		if (adapter->transmit.channel == channel)
			transmit_reset(adapter);
		channel->channel = NULL;
		channel->has_answer = channel->is_batch_stuck = false;
		channel->batch = (struct receive_batch){ 0 };
		if (index == 0) {
			forget_driver(adapter);
			adapter_port_notify(adapter);
		}
		adapter_port_update(adapter);
	}
	vmbus_channel_closed(vmbus_channel);
}

static void on_readable(void *opaque, struct vmbus_channel *vmbus_channel)
{
	struct netvsp_channel *channel = vmbus_channel_data(vmbus_channel);

	if (channel)
		read_channel(channel);
}

static void on_writable(void *opaque, struct vmbus_channel *vmbus_channel)
{
	struct netvsp_channel *channel = vmbus_channel_data(vmbus_channel);

	if (!channel || !channel->channel)
		return;
	if (channel->has_answer && !send_answer(channel))
		return;
	if (channel->is_batch_stuck && !receive_flush(channel))
		return;
	read_channel(channel);
}

static void on_gpadl_gone(void *opaque, struct vmbus_channel *channel, uint32_t gpadl)
{
	struct netvsp *adapter = opaque;

	if (adapter->receive.buffer.gpadl && adapter->receive.buffer.gpadl_id == gpadl)
		receive_reset(adapter);
	if (adapter->transmit.buffer.gpadl && adapter->transmit.buffer.gpadl_id == gpadl)
		adapter->transmit.buffer = (struct shared_buffer){ 0 };
	adapter_port_update(adapter);
}

static void on_released(void *opaque)
{
	struct netvsp *adapter = opaque;

	if (adapter->config.on_released)
		adapter->config.on_released(adapter->config.opaque);
}

static const struct vmbus_device_ops device_ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.writable = on_writable,
	.gpadl_gone = on_gpadl_gone,
	.released = on_released,
	.state = netvsp_state,
	.name = "network",
};

/* --- life ------------------------------------------------------------------------------------------ */

static int offer(struct netvsp *adapter)
{
	struct vmbus_device_config device = { .instance = adapter->config.instance,
					      .subchannels_max = adapter->config.queues - 1,
					      .packet_max = 8192,
					      .ops = &device_ops,
					      .opaque = adapter };

	vmbus_guid_parse(network_type, &device.type);
	return vmbus_device_new(adapter->config.bus, &device, &adapter->device);
}

int netvsp_new(const struct netvsp_config *config, struct netvsp **ret_adapter)
{
	struct netvsp *adapter;
	int r;

	if (config->queues < 1 || config->queues > NETVSP_QUEUES_MAX || !frame_mac_is_station(&config->mac))
		return -EINVAL;
	adapter = calloc(1, sizeof(*adapter));
	if (!adapter)
		return -ENOMEM;
	adapter->config = *config;
	adapter->config.port_fd = -1;
	for (unsigned i = 0; i < NETVSP_QUEUES_MAX; i++)
		adapter->channels[i] = (struct netvsp_channel){ .adapter = adapter, .index = i };
	forget_driver(adapter);
	r = offer(adapter);
	if (r == 0 && config->port_fd >= 0)
		r = adapter_port_open(adapter, config->port_fd);
	if (r < 0) {
		vmbus_device_free(adapter->device);
		free(adapter);
		return r;
	}
	*ret_adapter = adapter;
	return 0;
}

struct netvsp *netvsp_free(struct netvsp *adapter)
{
	if (!adapter)
		return NULL;
	adapter_port_close(adapter);
	vmbus_device_free(adapter->device);
	free(adapter);
	return NULL;
}

void netvsp_rescind(struct netvsp *adapter)
{
	vmbus_device_rescind(adapter->device);
}

int netvsp_set_port(struct netvsp *adapter, int port_fd)
{
	adapter_port_close(adapter);
	control_indicate_link(adapter);
	return port_fd < 0 ? 0 : adapter_port_open(adapter, port_fd);
}

void netvsp_get_stats(const struct netvsp *adapter, struct netvsp_stats *ret_stats)
{
	*ret_stats = adapter->stats;
}
