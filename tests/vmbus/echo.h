/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A provider for tests of the bus: completes each packet with the same payload, and counts what happens to
 * it. */
#ifndef TESTS_VMBUS_ECHO_H
#define TESTS_VMBUS_ECHO_H

#include "vmbus/vmbus.h"

enum { ECHO_SUBCHANNELS = 3, ECHO_PACKET_MAX = 65536 };

struct echo {
	struct vmbus_device *device;
	struct vmbus_guid type;
	unsigned opens, closes, packets, errors, writables, gone, releases;
	bool refuses_open, closes_late, is_silent; /* silent: it counts packets, and answers nothing */
	struct vmbus_channel *closing[ECHO_SUBCHANNELS + 1], *open[ECHO_SUBCHANNELS + 1];
	bool order_is_bad; /* a primary was closed before its subchannels */
	uint64_t sum;	   /* of all bytes of the ranges of GPA_DIRECT packets */
};

/* `number` makes type and instance. */
int echo_init(struct echo *echo, struct vmbus *bus, unsigned number);
/* `gathers`: vmbus_device_config. */
int echo_init_kind(struct echo *echo, struct vmbus *bus, unsigned number, bool gathers);
void echo_deinit(struct echo *echo);
/* The answer to close() that closes_late kept back. */
void echo_finish_close(struct echo *echo);

#endif
