/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/mouse/synthhid.h"
#include "vsp/mouse/synthhid_proto.h"
#include "vsp/message_device.h"
#include "vsp/pipe_proto.h"

#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE_GUID "58f75a6d-d949-4320-99e1-a2a2576d581c"

enum {
	PACKET_MAX = 256,
	BUTTONS = 0x1f,
};

/* HID 1.11, 6.2.2: five buttons, absolute X and Y of 16 bits, a relative wheel of 16 bits. */
static const uint8_t report_descriptor[] = {
	0x05, 0x01,	  /* usage page: generic desktop */
	0x09, 0x02,	  /* usage: mouse */
	0xa1, 0x01,	  /* collection: application */
	0x09, 0x01,	  /*  usage: pointer */
	0xa1, 0x00,	  /*  collection: physical */
	0x05, 0x09,	  /*   usage page: buttons */
	0x19, 0x01,	  /*   from 1 */
	0x29, 0x05,	  /*   to 5 */
	0x15, 0x00,	  /*   from 0 */
	0x25, 0x01,	  /*   to 1 */
	0x95, 0x05,	  /*   five */
	0x75, 0x01,	  /*   of one bit */
	0x81, 0x02,	  /*   input: data, variable, absolute */
	0x95, 0x01,	  /*   one */
	0x75, 0x03,	  /*   of three bits */
	0x81, 0x01,	  /*   input: constant */
	0x05, 0x01,	  /*   usage page: generic desktop */
	0x09, 0x30,	  /*   usage: X */
	0x09, 0x31,	  /*   usage: Y */
	0x15, 0x00,	  /*   from 0 */
	0x26, 0xff, 0x7f, /*   to 32767 */
	0x75, 0x10,	  /*   16 bits */
	0x95, 0x02,	  /*   twice */
	0x81, 0x02,	  /*   input: data, variable, absolute */
	0x05, 0x01,	  /*   usage page: generic desktop */
	0x09, 0x38,	  /*   usage: wheel */
	0x16, 0x01, 0x80, /*   from -32767 */
	0x26, 0xff, 0x7f, /*   to 32767 */
	0x75, 0x10,	  /*   16 bits */
	0x95, 0x01,	  /*   once */
	0x81, 0x06,	  /*   input: data, variable, relative */
	0xc0, 0xc0,
};

struct synthhid {
	struct message_device device;
	const struct synthhid_ops *ops;
	void *opaque;
	bool is_ready;
	struct synthhid_report reports[SYNTHHID_QUEUE_MAX]; /* a circle of those that found no room */
	unsigned first, count;
	uint8_t last_buttons;
};

static void set_ready(struct synthhid *mouse, bool is_ready)
{
	if (mouse->is_ready == is_ready)
		return;
	mouse->is_ready = is_ready;
	mouse->first = mouse->count = 0;
	mouse->last_buttons = 0;
	mouse->ops->on_ready(mouse->opaque, is_ready);
}

static int send_message(struct synthhid *mouse, const void *message, uint32_t size, const void *more,
			uint32_t more_size)
{
	struct vsp_pipe_header pipe = { VSP_PIPE_DATA, size + more_size };
	struct iovec iov[] = { { &pipe, sizeof(pipe) },
			       { (void *)message, size },
			       { (void *)more, more_size } };

	return message_device_send(&mouse->device, iov, more_size ? 3 : 2);
}

/* --- movement -------------------------------------------------------------------------------------- */

static void send_reports(struct synthhid *mouse)
{
	while (mouse->count > 0) {
		struct synthhid_input_report message = { { SYNTHHID_INPUT_REPORT, sizeof(message.report) },
							 mouse->reports[mouse->first] };

		if (send_message(mouse, &message, sizeof(message), NULL, 0) < 0)
			return; /* on_writable(), or close */
		mouse->first = (mouse->first + 1) % SYNTHHID_QUEUE_MAX;
		mouse->count--;
	}
}

static int bound(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

static void add_report(struct synthhid *mouse, struct synthhid_report report)
{
	bool replaces =
	    mouse->count == SYNTHHID_QUEUE_MAX || (mouse->count > 0 && report.buttons == mouse->last_buttons);
	unsigned i;

	if (!replaces)
		mouse->count++;
	i = (mouse->first + mouse->count - 1) % SYNTHHID_QUEUE_MAX;
	if (replaces)
		report.wheel = (int16_t)bound(report.wheel + mouse->reports[i].wheel, -INT16_MAX, INT16_MAX);
	mouse->reports[i] = report;
	mouse->last_buttons = report.buttons;
}

bool synthhid_move(struct synthhid *mouse, int x, int y, int wheel, unsigned buttons)
{
	struct synthhid_report report = {
		.buttons = buttons & BUTTONS,
		.x = (uint16_t)bound(x, 0, SYNTHHID_POSITION_MAX),
		.y = (uint16_t)bound(y, 0, SYNTHHID_POSITION_MAX),
		.wheel = (int16_t)bound(-wheel, -INT16_MAX, INT16_MAX),
	};

	if (!mouse->is_ready)
		return false;
	add_report(mouse, report);
	send_reports(mouse);
	return true;
}

/* --- the guest's messages -------------------------------------------------------------------------- */

static int send_device_info(struct synthhid *mouse)
{
	struct synthhid_device_info info = {
		.header = { SYNTHHID_INITIAL_DEVICE_INFO,
			    sizeof(info) - sizeof(info.header) + sizeof(report_descriptor) },
		.attributes = { .size = sizeof(info.attributes),
				.vendor = 0x045e,
				.product = 0x0621,
				.version = 1 },
		.descriptor = { .length = sizeof(info.descriptor),
				.type = 0x21,
				.hid_version = 0x0101,
				.descriptor_count = 1,
				.report_type = 0x22,
				.report_length = sizeof(report_descriptor) },
	};

	return send_message(mouse, &info, sizeof(info), report_descriptor, sizeof(report_descriptor));
}

static void handle_request(struct synthhid *mouse, uint32_t version)
{
	struct synthhid_protocol_response response = {
		.header = { SYNTHHID_PROTOCOL_RESPONSE, sizeof(response) - sizeof(response.header) },
		.version = version,
		.is_approved = version == SYNTHHID_VERSION,
	};

	set_ready(mouse, false);
	if (send_message(mouse, &response, sizeof(response), NULL, 0) == 0 && response.is_approved)
		(void)send_device_info(mouse);
}

static void on_packet(void *opaque, const struct vmbus_packet *packet)
{
	struct synthhid *mouse = opaque;
	struct {
		struct vsp_pipe_header pipe;
		struct synthhid_protocol_request request;
	} message = { { 0 }, { { 0 }, 0 } };
	size_t size = packet->payload_size < sizeof(message) ? packet->payload_size : sizeof(message);

	if (size < sizeof(message.pipe) + sizeof(message.request.header))
		return;
	memcpy(&message, packet->payload, size);
	if (message.pipe.type != VSP_PIPE_DATA)
		return;
	if (message.request.header.type == SYNTHHID_PROTOCOL_REQUEST && size == sizeof(message))
		handle_request(mouse, message.request.version);
	else if (message.request.header.type == SYNTHHID_INITIAL_DEVICE_INFO_ACK)
		set_ready(mouse, true);
}

static void on_closed(void *opaque)
{
	set_ready(opaque, false);
}

static void on_writable(void *opaque)
{
	send_reports(opaque);
}

static void on_state(void *opaque, struct state *state)
{
	struct synthhid *mouse = opaque;
	bool is_ready = mouse->is_ready;

	state_bool(state, &is_ready);
	if (state_is_reading(state))
		set_ready(mouse, is_ready && mouse->device.channel);
	state_u32_max(state, &mouse->first, SYNTHHID_QUEUE_MAX - 1);
	state_u32_max(state, &mouse->count, mouse->is_ready ? SYNTHHID_QUEUE_MAX : 0);
	state_u8(state, &mouse->last_buttons);
	for (unsigned i = 0; i < SYNTHHID_QUEUE_MAX; i++)
		state_bytes(state, &mouse->reports[i], sizeof(mouse->reports[i]));
}

static const struct message_device_ops device_ops = {
	.packet = on_packet,
	.closed = on_closed,
	.writable = on_writable,
	.state = on_state,
};

/* --- life ------------------------------------------------------------------------------------------ */

int synthhid_new(struct vmbus *bus, const struct synthhid_ops *ops, void *opaque, struct synthhid **ret_mouse)
{
	struct synthhid *mouse = calloc(1, sizeof(*mouse));
	struct message_device_config config = { .type_guid = SYNTHHID_TYPE_GUID,
						.instance_guid = INSTANCE_GUID,
						.has_pipe = true,
						.packet_max = PACKET_MAX,
						.ops = &device_ops,
						.opaque = mouse };
	int r;

	if (!mouse)
		return -ENOMEM;
	mouse->ops = ops;
	mouse->opaque = opaque;
	r = message_device_init(&mouse->device, bus, &config);
	if (r < 0) {
		free(mouse);
		return r;
	}
	*ret_mouse = mouse;
	return 0;
}

struct synthhid *synthhid_free(struct synthhid *mouse)
{
	if (!mouse)
		return NULL;
	message_device_deinit(&mouse->device);
	free(mouse);
	return NULL;
}
