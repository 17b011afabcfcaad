/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv/synic.h without a hypervisor: messages and events end in struct guest. */
#include "guest_priv.h"

#include <errno.h>
#include <string.h>

static struct connected *find(struct hv_partition *partition, uint32_t id)
{
	for (unsigned i = 0; i < HV_CONNECTIONS_MAX; i++)
		if (partition->connected[i].id == id)
			return &partition->connected[i];
	return NULL;
}

static int connect_any(struct hv_partition *partition, const struct connected *new)
{
	struct connected *place;

	if (find(partition, new->id))
		return -EEXIST;
	place = find(partition, 0);
	if (!place)
		return -ENOSPC;
	*place = *new;
	return 0;
}

int hv_connect_messages(struct hv_partition *partition, uint32_t connection, hv_message_fn fn, void *opaque)
{
	return connect_any(partition,
			   &(struct connected){ .id = connection, .on_message = fn, .opaque = opaque });
}

int hv_connect_events(struct hv_partition *partition, uint32_t connection, hv_event_fn fn, void *opaque)
{
	return connect_any(partition,
			   &(struct connected){ .id = connection, .on_event = fn, .opaque = opaque });
}

void hv_disconnect(struct hv_partition *partition, uint32_t connection)
{
	struct connected *place = find(partition, connection);

	if (place)
		*place = (struct connected){ 0 };
}

int hv_post_message(struct hv_partition *partition, unsigned vp, unsigned sint, uint32_t type,
		    const void *payload, size_t size)
{
	struct guest_message *message;

	if (vp >= GUEST_VPS || sint == 0 || sint >= HV_SINTS || type == 0 || size > HV_MESSAGE_PAYLOAD_MAX)
		return -EINVAL;
	if (partition->count >= partition->limit) {
		partition->has_refused = true;
		return -EAGAIN;
	}
	message = &partition->messages[(partition->first + partition->count++) % GUEST_MESSAGES];
	message->size = (uint32_t)size;
	memcpy(message->bytes, payload, size);
	partition->activity++;
	return 0;
}

void hv_drop_messages(struct hv_partition *partition, unsigned vp, unsigned sint)
{
	partition->count = 0;
}

int hv_signal_event(struct hv_partition *partition, unsigned vp, unsigned sint, unsigned flag)
{
	struct guest_channel *channel = flag < VMBUS_RELIDS ? partition->guest->by_relid[flag] : NULL;

	partition->activity++;
	if (vp >= GUEST_VPS || flag >= VMBUS_RELIDS)
		return -EINVAL;
	if (channel)
		__atomic_fetch_add(&channel->interrupts, 1,
				   __ATOMIC_RELEASE); /* race_test.c waits for it on another thread */
	return 0;
}

uint64_t hv_reference_time(const struct hv_partition *partition)
{
	return loop_now() / 100;
}

enum hv_status guest_post(struct guest *guest, uint32_t connection, const void *message, size_t size)
{
	struct connected *place = find(&guest->partition, connection);
	uint64_t copy[HV_MESSAGE_PAYLOAD_MAX / 8];

	if (connection == 0 || !place || !place->on_message)
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (size > sizeof(copy))
		return HV_STATUS_INVALID_PARAMETER;
	memcpy(copy, message, size);
	return place->on_message(place->opaque, 0, VMBUS_MESSAGE_TYPE, copy, size);
}

void guest_signal(struct guest_channel *channel)
{
	struct connected *place = find(&channel->guest->partition, channel->connection);

	if (place && place->on_event)
		place->on_event(place->opaque, 0);
}

static void remove_message(struct hv_partition *partition, unsigned index)
{
	for (unsigned i = index; i + 1 < partition->count; i++)
		partition->messages[(partition->first + i) % GUEST_MESSAGES] =
		    partition->messages[(partition->first + i + 1) % GUEST_MESSAGES];
	partition->count--;
	if (partition->has_refused) {
		partition->has_refused = false;
		vmbus_message_room(partition->guest->bus);
	}
}

static uint32_t type_of(const struct guest_message *message)
{
	struct vmbus_header header;

	memcpy(&header, message->bytes, sizeof(header));
	return header.type;
}

static void keep_offer(struct guest *guest, const struct guest_message *message)
{
	if (guest->offer_count == GUEST_OFFERS_MAX)
		return;
	guest->is_rescinded[guest->offer_count] = false;
	memcpy(&guest->offers[guest->offer_count++], message->bytes, sizeof(guest->offers[0]));
}

static void note_rescind(struct guest *guest, const struct guest_message *message)
{
	struct vmbus_relid_message rescind;

	memcpy(&rescind, message->bytes, sizeof(rescind));
	for (unsigned i = 0; i < guest->offer_count; i++)
		if (guest->offers[i].relid == rescind.relid)
			guest->is_rescinded[i] = true;
}

void guest_sort_messages(struct guest *guest)
{
	struct hv_partition *partition = &guest->partition;
	unsigned i = 0;

	while (i < partition->count) {
		const struct guest_message *message =
		    &partition->messages[(partition->first + i) % GUEST_MESSAGES];
		uint32_t type = type_of(message);

		if (type == VMBUS_OFFER_CHANNEL)
			keep_offer(guest, message);
		else if (type == VMBUS_ALL_OFFERS_DELIVERED)
			guest->has_all_offers = true;
		else if (type == VMBUS_RESCIND_OFFER)
			note_rescind(guest, message);
		if (type == VMBUS_OFFER_CHANNEL || type == VMBUS_ALL_OFFERS_DELIVERED)
			remove_message(partition, i);
		else
			i++;
	}
}

bool guest_take(struct guest *guest, uint32_t type, void *ret_message, size_t size)
{
	struct hv_partition *partition = &guest->partition;

	guest_run(guest);
	for (unsigned i = 0; i < partition->count; i++) {
		const struct guest_message *message =
		    &partition->messages[(partition->first + i) % GUEST_MESSAGES];

		if (type_of(message) != type)
			continue;
		/* Linux waits for ever when a message is shorter than its struct. */
		if (message->size < size)
			return false;
		memcpy(ret_message, message->bytes, size);
		remove_message(partition, i);
		return true;
	}
	return false;
}

unsigned guest_messages(struct guest *guest)
{
	return guest->partition.count;
}

void guest_limit_messages(struct guest *guest, unsigned limit)
{
	guest->partition.limit = limit < GUEST_MESSAGES ? limit : GUEST_MESSAGES;
}
