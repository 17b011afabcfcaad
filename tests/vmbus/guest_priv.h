/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_VMBUS_GUEST_PRIV_H
#define TESTS_VMBUS_GUEST_PRIV_H

#include "guest.h"

#include "vmbus/vmbus_limits.h"

enum { GUEST_MESSAGES = 4096 };

struct guest_message {
	uint32_t size;
	uint8_t bytes[HV_MESSAGE_PAYLOAD_MAX];
};

struct connected {
	uint32_t id;
	hv_message_fn on_message;
	hv_event_fn on_event;
	void *opaque;
};

/* The fake hypervisor keeps its state in what the bus takes for a partition. */
struct hv_partition {
	struct guest *guest;
	struct connected connected[HV_CONNECTIONS_MAX];
	struct guest_message messages[GUEST_MESSAGES]; /* a queue */
	unsigned first, count, limit;
	bool has_refused;
	unsigned activity; /* counts whatever happens */
};

struct guest {
	struct hv_partition partition;
	struct loop *loop;
	struct vmbus *bus;
	uint8_t *memory;
	uint64_t next_free, written;
	struct vmbus_offer_channel offers[GUEST_OFFERS_MAX];
	bool is_rescinded[GUEST_OFFERS_MAX];
	unsigned offer_count;
	bool has_all_offers;
	uint32_t next_gpadl;
	struct guest_channel *by_relid[VMBUS_RELIDS];
	char log[256];
	bool is_stopped;
	vmbus_connect_fn on_connect;
	void *on_connect_opaque;
};

/* Moves offers out of the message queue. */
void guest_sort_messages(struct guest *guest);

#endif
