/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/keyboard/synthkbd.h"
#include "vsp/keyboard/synthkbd_proto.h"
#include "vsp/message_device.h"

#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE_GUID "d34b2567-b9b6-42b9-8778-0a4ec0b955bf"

enum {
	PACKET_MAX = 256,
	KEY_E0 = 0xe0,
	KEY_PAUSE = 0xe11d,
};

struct synthkbd {
	struct message_device device;
	const struct synthkbd_ops *ops;
	void *opaque;
	bool is_ready;
	struct synthkbd_event events[SYNTHKBD_QUEUE_MAX]; /* a circle */
	unsigned first, count;
};

static void set_ready(struct synthkbd *keyboard, bool is_ready)
{
	if (keyboard->is_ready == is_ready)
		return;
	keyboard->is_ready = is_ready;
	keyboard->first = keyboard->count = 0;
	keyboard->ops->on_ready(keyboard->opaque, is_ready);
}

/* --- keys ------------------------------------------------------------------------------------------ */

static void send_events(struct synthkbd *keyboard)
{
	while (keyboard->count > 0) {
		struct iovec iov = { &keyboard->events[keyboard->first], sizeof(struct synthkbd_event) };

		if (message_device_send(&keyboard->device, &iov, 1) < 0)
			return; /* on_writable(), or close */
		keyboard->first = (keyboard->first + 1) % SYNTHKBD_QUEUE_MAX;
		keyboard->count--;
	}
}

static void add_event(struct synthkbd *keyboard, uint16_t code, uint32_t info)
{
	unsigned i = (keyboard->first + keyboard->count++) % SYNTHKBD_QUEUE_MAX;

	keyboard->events[i] = (struct synthkbd_event){ SYNTHKBD_EVENT, code, 0, info };
}

bool synthkbd_key(struct synthkbd *keyboard, uint16_t key, bool is_down)
{
	uint32_t info = is_down ? 0 : SYNTHKBD_IS_BREAK;
	unsigned prefix = key >> 8, code = key & 0xff;

	if (!keyboard->is_ready || keyboard->count + 2 > SYNTHKBD_QUEUE_MAX)
		return false;
	if (key == KEY_PAUSE) { /* E1 1D 45: two keystrokes, of which only the first has the prefix */
		add_event(keyboard, 0x1d, info | SYNTHKBD_IS_E1);
		add_event(keyboard, 0x45, info);
	} else if (code >= 0x01 && code <= 0x7f && (prefix == 0 || prefix == KEY_E0)) {
		add_event(keyboard, (uint16_t)code, info | (prefix ? SYNTHKBD_IS_E0 : 0));
	}
	send_events(keyboard);
	return true;
}

/* --- the guest's messages -------------------------------------------------------------------------- */

static void handle_request(struct synthkbd *keyboard, const struct vmbus_packet *packet)
{
	struct synthkbd_protocol_request request;
	struct synthkbd_protocol_response response = { .type = SYNTHKBD_PROTOCOL_RESPONSE };
	struct iovec iov = { &response, sizeof(response) };

	memcpy(&request, packet->payload, sizeof(request));
	response.status = request.version == SYNTHKBD_VERSION;
	if (message_device_send(&keyboard->device, &iov, 1) == 0)
		set_ready(keyboard, response.status);
}

static void on_packet(void *opaque, const struct vmbus_packet *packet)
{
	struct synthkbd *keyboard = opaque;
	struct synthkbd_led_indicators message; /* no message is smaller */

	if (packet->payload_size < sizeof(message))
		return;
	memcpy(&message, packet->payload, sizeof(message));
	if (message.type == SYNTHKBD_PROTOCOL_REQUEST)
		handle_request(keyboard, packet);
	else if (message.type == SYNTHKBD_LED_INDICATORS && keyboard->ops->on_leds)
		keyboard->ops->on_leds(keyboard->opaque, message.leds & 7);
}

static void on_closed(void *opaque)
{
	set_ready(opaque, false);
}

static void on_writable(void *opaque)
{
	send_events(opaque);
}

static void on_state(void *opaque, struct state *state)
{
	struct synthkbd *keyboard = opaque;
	bool is_ready = keyboard->is_ready;

	state_bool(state, &is_ready);
	if (state_is_reading(state))
		set_ready(keyboard, is_ready && keyboard->device.channel);
	state_u32_max(state, &keyboard->first, SYNTHKBD_QUEUE_MAX - 1);
	state_u32_max(state, &keyboard->count, keyboard->is_ready ? SYNTHKBD_QUEUE_MAX : 0);
	for (unsigned i = 0; i < SYNTHKBD_QUEUE_MAX; i++)
		state_bytes(state, &keyboard->events[i], sizeof(keyboard->events[i]));
}

static const struct message_device_ops device_ops = {
	.packet = on_packet,
	.closed = on_closed,
	.writable = on_writable,
	.state = on_state,
};

/* --- life ------------------------------------------------------------------------------------------ */

int synthkbd_new(struct vmbus *bus, const struct synthkbd_ops *ops, void *opaque,
		 struct synthkbd **ret_keyboard)
{
	struct synthkbd *keyboard = calloc(1, sizeof(*keyboard));
	struct message_device_config config = { .type_guid = SYNTHKBD_TYPE_GUID,
						.instance_guid = INSTANCE_GUID,
						.packet_max = PACKET_MAX,
						.ops = &device_ops,
						.opaque = keyboard };
	int r;

	if (!keyboard)
		return -ENOMEM;
	keyboard->ops = ops;
	keyboard->opaque = opaque;
	r = message_device_init(&keyboard->device, bus, &config);
	if (r < 0) {
		free(keyboard);
		return r;
	}
	*ret_keyboard = keyboard;
	return 0;
}

struct synthkbd *synthkbd_free(struct synthkbd *keyboard)
{
	if (!keyboard)
		return NULL;
	message_device_deinit(&keyboard->device);
	free(keyboard);
	return NULL;
}
