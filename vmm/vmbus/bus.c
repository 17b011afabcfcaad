/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a bus: made once, attached to one partition after another. */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS 60000000000u

void bus_log(struct vmbus *bus, const char *format, ...)
{
	uint64_t now = loop_now();
	char text[256];
	va_list args;

	if (now - bus->log_since_ns > MINUTE_NS) {
		bus->log_since_ns = now;
		bus->log_count = 0;
	}
	if (!bus->config.log || bus->log_count++ >= VMBUS_LOGS_PER_MINUTE)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	bus->config.log(bus->config.opaque, text);
}

int vmbus_new(const struct vmbus_config *config, struct vmbus **ret_bus)
{
	struct vmbus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->config = *config;
	bus->sint = VMBUS_SINT;
	bus->next_relid = 1;
	bus->log_since_ns = loop_now();
	bus->signal_call = (struct loop_call){ .fn = channel_run_signals, .opaque = bus };
	bus->release_call = (struct loop_call){ .fn = offer_run_releases, .opaque = bus };
	r = message_queue_init(bus);
	if (r < 0)
		return vmbus_free(bus), r;
	*ret_bus = bus;
	return 0;
}

struct vmbus *vmbus_free(struct vmbus *bus)
{
	if (!bus)
		return NULL;
	while (bus->devices)
		vmbus_device_free(bus->devices);
	message_queue_forget(bus);
	loop_call_cancel(bus->config.loop, &bus->signal_call);
	loop_call_cancel(bus->config.loop, &bus->release_call);
	message_queue_deinit(bus);
	free(bus);
	return NULL;
}

int vmbus_attach(struct vmbus *bus, struct hv_partition *partition)
{
	int r;

	if (bus->partition)
		return -EBUSY;
	bus->partition = partition;
	bus->target_vp = 0;
	bus->sint = VMBUS_SINT;
	r = hv_connect_messages(partition, VMBUS_CONNECTION, message_queue_receive, bus);
	if (r == 0) {
		r = hv_connect_messages(partition, VMBUS_CONNECTION_5_0, message_queue_receive, bus);
		if (r < 0)
			hv_disconnect(partition, VMBUS_CONNECTION);
	}
	if (r < 0)
		bus->partition = NULL;
	return r;
}

static void end_stop(struct vmbus *bus)
{
	void (*done)(void *opaque) = bus->on_stopped;

	bus->ending = ENDING_NONE;
	message_queue_forget(bus);
	loop_call_cancel(bus->config.loop, &bus->signal_call);
	bus->partition = NULL;
	loop_call(bus->config.loop, &bus->release_call);
	if (done)
		done(bus->stopped_opaque);
}

void bus_check_ending(struct vmbus *bus)
{
	enum vmbus_ending ending = bus->ending;

	if (ending == ENDING_NONE || bus->busy_channels > 0 || bus->is_closing_all)
		return;
	connection_end(bus);
	if (ending == ENDING_STOP)
		end_stop(bus);
	else
		message_queue_kick(bus);
}

void vmbus_stop(struct vmbus *bus, void (*done)(void *opaque), void *opaque)
{
	if (!bus->partition) {
		done(opaque);
		return;
	}
	hv_disconnect(bus->partition, VMBUS_CONNECTION);
	hv_disconnect(bus->partition, VMBUS_CONNECTION_5_0);
	bus->ending = ENDING_STOP; /* whatever else was under way */
	bus->on_stopped = done;
	bus->stopped_opaque = opaque;
	channel_close_all(bus);
	bus_check_ending(bus);
}

void vmbus_batch_begin(struct vmbus *bus)
{
	bus->batch_depth++;
}

void vmbus_batch_end(struct vmbus *bus)
{
	if (--bus->batch_depth == 0)
		channel_show_all(bus);
}

uint32_t vmbus_version(const struct vmbus *bus)
{
	return bus->version;
}
