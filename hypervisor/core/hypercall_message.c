/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HvCallPostMessage and HvCallSignalEvent (TLFS 11.10): to whoever has the connection in the worker. */
#include "core/hypercall.h"

#include <string.h>

struct post_message {
	uint32_t connection;
	uint32_t reserved;
	uint32_t type;
	uint32_t size;
	uint8_t payload[HV_MESSAGE_PAYLOAD_MAX];
};
_Static_assert(sizeof(struct post_message) == 256, "TLFS 11.10.6");

struct signal_event {
	uint32_t connection;
	uint16_t flag;
	uint16_t reserved;
};
_Static_assert(sizeof(struct signal_event) == 8, "TLFS 11.10.7");

/* Types with the top bit set are the hypervisor's own; 0 is an empty slot. */
static bool type_is_valid(uint32_t type)
{
	return type != 0 && !(type >> 31);
}

unsigned hypercall_post_message(struct hypercall *call)
{
	struct post_message input;

	memcpy(&input, call->input, sizeof(input));
	if (input.size > HV_MESSAGE_PAYLOAD_MAX || !type_is_valid(input.type))
		return HV_STATUS_INVALID_PARAMETER;
	return connection_post(&call->vp->hyperv->connections, input.connection, call->vp->index, input.type,
			       input.payload, input.size);
}

unsigned hypercall_signal_event(struct hypercall *call)
{
	struct signal_event input;

	memcpy(&input, call->input, sizeof(input));
	if (input.flag >= HV_EVENT_FLAGS)
		return HV_STATUS_INVALID_PARAMETER;
	return connection_signal(&call->vp->hyperv->connections, input.connection, input.flag);
}
