/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device with one channel, on which the guest and its provider exchange small messages: what keyboard,
 * mouse and video have in common.
 *
 * Threads    The bus's loop.
 * Ownership  Embedded in the provider; init before use, deinit while the bus is stopped.
 */
#ifndef VSP_MESSAGE_DEVICE_H
#define VSP_MESSAGE_DEVICE_H

#include "vmbus/vmbus.h"

struct message_device_ops {
	void (*packet)(void *opaque, const struct vmbus_packet *packet);
	void (*closed)(void *opaque);	/* the guest's driver is gone: nothing can be sent */
	void (*writable)(void *opaque); /* room again after -EAGAIN */
	/* As vmbus_device_ops has it, of version 2 (1: before video kept what it prefers); taken back, the channel is there already, if it was open. */
	void (*state)(void *opaque, struct state *state);
};

struct message_device_config {
	const char *type_guid, *instance_guid;
	bool has_pipe; /* a pipe header stands before each message (pipe_proto.h) */
	uint16_t mmio_megabytes;
	size_t packet_max;
	const struct message_device_ops *ops;
	void *opaque;
};

struct message_device {
	struct vmbus_device *device;
	struct vmbus_channel *channel; /* NULL: closed */
	const struct message_device_ops *ops;
	void *opaque;
};

/* Negative errno: there is nothing to deinit then. */
int message_device_init(struct message_device *device, struct vmbus *bus,
			const struct message_device_config *config);
void message_device_deinit(struct message_device *device);
/* Takes it from the guest and offers it anew, so that its driver starts again: closed() comes, then the guest's first words. */
void message_device_renew(struct message_device *device);
/* As vmbus_send(); -EPIPE while it is closed. */
int message_device_send(struct message_device *device, const struct iovec *parts, unsigned count);

#endif
