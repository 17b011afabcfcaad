/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control messages. Those of the guest come on VP threads and wait here, in order, for the loop; when too
 * many wait the guest has to try again (it does, HvCallPostMessage's own rule). Ours go to the SynIC, and
 * wait here when its queue is full. While too many answers wait no message is handled, so a guest that does
 * not read cannot make us grow.
 */
#include "vmbus/vmbus_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum hv_status message_queue_receive(void *opaque, unsigned vp, uint32_t type, const void *payload,
				     size_t size)
{
	struct vmbus *bus = opaque;
	struct vmbus_message_in *message;

	if (type != VMBUS_MESSAGE_TYPE || size < sizeof(struct vmbus_header) || size > HV_MESSAGE_PAYLOAD_MAX)
		return HV_STATUS_INVALID_PARAMETER;
	pthread_mutex_lock(&bus->message_lock);
	if (bus->message_count == VMBUS_MESSAGES_IN_MAX) {
		pthread_mutex_unlock(&bus->message_lock);
		return HV_STATUS_INSUFFICIENT_BUFFERS;
	}
	message = &bus->messages[(bus->message_first + bus->message_count++) % VMBUS_MESSAGES_IN_MAX];
	message->size = (uint32_t)size;
	memcpy(message->bytes, payload, size);
	memset(message->bytes + size, 0, sizeof(message->bytes) - size);
	pthread_mutex_unlock(&bus->message_lock);
	loop_call(bus->config.loop, &bus->message_call);
	return HV_STATUS_SUCCESS;
}

static bool peek(struct vmbus *bus, struct vmbus_message_in *ret_message)
{
	bool is_there;

	pthread_mutex_lock(&bus->message_lock);
	is_there = bus->message_count > 0;
	if (is_there)
		*ret_message = bus->messages[bus->message_first];
	pthread_mutex_unlock(&bus->message_lock);
	return is_there;
}

static void pop(struct vmbus *bus)
{
	pthread_mutex_lock(&bus->message_lock);
	if (bus->message_count > 0) {
		bus->message_first = (bus->message_first + 1) % VMBUS_MESSAGES_IN_MAX;
		bus->message_count--;
	}
	pthread_mutex_unlock(&bus->message_lock);
}

/* loop_call */
static void handle_messages(void *opaque)
{
	struct vmbus *bus = opaque;
	struct vmbus_message_in message;

	for (unsigned i = 0; i < VMBUS_MESSAGES_PER_TURN; i++) {
		bool is_handled;

		if (bus->is_held || bus->ending != ENDING_NONE || bus->out_count >= VMBUS_MESSAGES_OUT_MAX ||
		    !bus->partition || !peek(bus, &message))
			return;
		vmbus_batch_begin(bus);
		is_handled = connection_handle(bus, &message);
		if (is_handled)
			pop(bus);
		vmbus_batch_end(bus);
		if (!is_handled)
			return;
	}
	loop_call(bus->config.loop, &bus->message_call);
}

void message_queue_kick(struct vmbus *bus)
{
	loop_call(bus->config.loop, &bus->message_call);
}

/* --- to the guest --------------------------------------------------------------------------------------- */

static int post(struct vmbus *bus, const void *message, size_t size)
{
	return hv_post_message(bus->partition, bus->target_vp, bus->sint, VMBUS_MESSAGE_TYPE, message, size);
}

void message_keep(struct vmbus *bus, const void *bytes, size_t size)
{
	struct vmbus_message_out *message = malloc(sizeof(*message));

	if (!message) {
		bus_log(bus, "a message to the guest was lost: no memory");
		return;
	}
	message->next = NULL;
	message->size = (uint32_t)size;
	memcpy(message->bytes, bytes, size);
	*bus->out_tail = message;
	bus->out_tail = &message->next;
	bus->out_count++;
}

void message_send(struct vmbus *bus, const void *message, size_t size)
{
	int r = bus->out_first ? -EAGAIN : post(bus, message, size);

	if (r == -EAGAIN)
		message_keep(bus, message, size);
}

static struct vmbus_message_out *pop_out(struct vmbus *bus)
{
	struct vmbus_message_out *message = bus->out_first;

	bus->out_first = message->next;
	if (!bus->out_first)
		bus->out_tail = &bus->out_first;
	bus->out_count--;
	return message;
}

/* loop_call */
static void send_waiting(void *opaque)
{
	struct vmbus *bus = opaque;

	while (bus->partition && bus->out_first &&
	       post(bus, bus->out_first->bytes, bus->out_first->size) != -EAGAIN)
		free(pop_out(bus));
	message_queue_kick(bus);
}

void vmbus_message_room(struct vmbus *bus)
{
	loop_call(bus->config.loop, &bus->room_call);
}

/* --- life ----------------------------------------------------------------------------------------------- */

void message_queue_forget_out(struct vmbus *bus)
{
	while (bus->out_first)
		free(pop_out(bus));
	if (bus->partition)
		hv_drop_messages(bus->partition, bus->target_vp, bus->sint);
}

void message_queue_forget(struct vmbus *bus)
{
	message_queue_forget_out(bus);
	pthread_mutex_lock(&bus->message_lock);
	bus->message_count = 0;
	pthread_mutex_unlock(&bus->message_lock);
	loop_call_cancel(bus->config.loop, &bus->message_call);
	loop_call_cancel(bus->config.loop, &bus->room_call);
}

int message_queue_init(struct vmbus *bus)
{
	bus->messages = calloc(VMBUS_MESSAGES_IN_MAX, sizeof(*bus->messages));
	bus->out_tail = &bus->out_first;
	bus->message_call = (struct loop_call){ .fn = handle_messages, .opaque = bus };
	bus->room_call = (struct loop_call){ .fn = send_waiting, .opaque = bus };
	pthread_mutex_init(&bus->message_lock, NULL);
	return bus->messages ? 0 : -ENOMEM;
}

void message_queue_deinit(struct vmbus *bus)
{
	pthread_mutex_destroy(&bus->message_lock);
	free(bus->messages);
}
