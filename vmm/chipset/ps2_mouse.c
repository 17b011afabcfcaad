/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PS/2 mouse. */
#include <errno.h>
#include <stdlib.h>

#include "i8042.h"
#include "ps2_mouse.h"
#include "ps2_queue.h"
#include "state/state.h"

enum {
	COMMAND_SCALE_1 = 0xe6,
	COMMAND_SCALE_2 = 0xe7,
	COMMAND_RESOLUTION = 0xe8,
	COMMAND_STATUS = 0xe9,
	COMMAND_STREAM = 0xea,
	COMMAND_READ_DATA = 0xeb,
	COMMAND_WRAP_OFF = 0xec,
	COMMAND_WRAP_ON = 0xee,
	COMMAND_REMOTE = 0xf0,
	COMMAND_IDENTIFY = 0xf2,
	COMMAND_RATE = 0xf3,
	COMMAND_ENABLE = 0xf4,
	COMMAND_DISABLE = 0xf5,
	COMMAND_DEFAULTS = 0xf6,
	COMMAND_RESEND = 0xfe,
	COMMAND_RESET = 0xff,

	REPLY_ACK = 0xfa,
	REPLY_RESEND = 0xfe,
	REPLY_SELF_TEST = 0xaa,

	ID_PLAIN = 0,
	ID_WHEEL = 3,
	ID_EXPLORER = 4,

	STATUS_SCALE_2 = 1 << 4,
	STATUS_ENABLED = 1 << 5,
	STATUS_REMOTE = 1 << 6,

	PACKET_ALWAYS = 1 << 3,
	PACKET_X_SIGN = 1 << 4,
	PACKET_Y_SIGN = 1 << 5,

	MOVE_MAX = 255, /* nine bits with the sign: -256..255, kept symmetrical */
	SUM_MAX = 100000,
};

struct ps2_mouse {
	struct i8042 *i8042;
	struct ps2_queue queue;
	uint8_t parameter_of;
	uint8_t id, resolution, rate;
	uint8_t rates[3]; /* the last three that were set: a knock that switches the protocol */
	bool is_scale_2, is_enabled, is_remote, is_wrapping;
	int dx, dy, wheel; /* not sent yet */
	uint8_t buttons, sent_buttons;
};

static void put(struct ps2_mouse *mouse, uint8_t byte)
{
	ps2_queue_put(&mouse->queue, byte);
}

static int limit(int value, int max)
{
	return value > max ? max : value < -max ? -max : value;
}

/* Takes up to `max` of a sum. */
static int take(int *sum, int max)
{
	int part = limit(*sum, max);

	*sum -= part;
	return part;
}

static void put_packet(struct ps2_mouse *mouse)
{
	int x = take(&mouse->dx, MOVE_MAX), y = -take(&mouse->dy, MOVE_MAX), wheel;
	uint8_t buttons = mouse->buttons;

	put(mouse, (uint8_t)((buttons & 7) | PACKET_ALWAYS | (x < 0 ? PACKET_X_SIGN : 0) |
			     (y < 0 ? PACKET_Y_SIGN : 0)));
	put(mouse, (uint8_t)x);
	put(mouse, (uint8_t)y);
	mouse->sent_buttons = buttons;
	if (mouse->id == ID_PLAIN)
		mouse->wheel = 0;
	wheel = take(&mouse->wheel, mouse->id == ID_EXPLORER ? 7 : 127);
	if (mouse->id == ID_WHEEL)
		put(mouse, (uint8_t)wheel);
	else if (mouse->id == ID_EXPLORER)
		put(mouse, (uint8_t)((wheel & 15) | (buttons & (PS2_BUTTON_SIDE | PS2_BUTTON_EXTRA)) << 1));
}

static bool has_news(const struct ps2_mouse *mouse)
{
	return mouse->dx || mouse->dy || mouse->wheel || mouse->buttons != mouse->sent_buttons;
}

static void stream(struct ps2_mouse *mouse)
{
	if (mouse->is_enabled && !mouse->is_remote && !mouse->is_wrapping && mouse->queue.count == 0 &&
	    has_news(mouse))
		put_packet(mouse);
}

void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int wheel, unsigned buttons)
{
	mouse->buttons = buttons & 0x1f;
	if (!mouse->is_enabled) {
		mouse->sent_buttons = mouse->buttons;
		return;
	}
	mouse->dx = limit(mouse->dx + limit(dx, SUM_MAX), SUM_MAX);
	mouse->dy = limit(mouse->dy + limit(dy, SUM_MAX), SUM_MAX);
	mouse->wheel = limit(mouse->wheel + limit(wheel, SUM_MAX), SUM_MAX);
	stream(mouse);
	i8042_device_ready(mouse->i8042, I8042_MOUSE);
}

static void set_defaults(struct ps2_mouse *mouse)
{
	mouse->resolution = 2; /* 4 counts a millimetre */
	mouse->rate = 100;
	mouse->is_scale_2 = mouse->is_enabled = mouse->is_remote = mouse->is_wrapping = false;
	mouse->dx = mouse->dy = mouse->wheel = 0;
}

static void put_status(struct ps2_mouse *mouse)
{
	uint8_t buttons = mouse->buttons;

	put(mouse,
	    (uint8_t)((mouse->is_remote ? STATUS_REMOTE : 0) | (mouse->is_enabled ? STATUS_ENABLED : 0) |
		      (mouse->is_scale_2 ? STATUS_SCALE_2 : 0) | (buttons & 1) << 2 | (buttons & 4) >> 1 |
		      (buttons & 2) >> 1));
	put(mouse, mouse->resolution);
	put(mouse, mouse->rate);
}

/* 200, 100, 80 wakes the wheel; 200, 200, 80 after it wakes buttons 4 and 5. */
static void set_rate(struct ps2_mouse *mouse, uint8_t rate)
{
	mouse->rate = rate;
	mouse->rates[0] = mouse->rates[1];
	mouse->rates[1] = mouse->rates[2];
	mouse->rates[2] = rate;
	if (mouse->rates[0] != 200 || rate != 80)
		return;
	if (mouse->rates[1] == 100 && mouse->id == ID_PLAIN)
		mouse->id = ID_WHEEL;
	else if (mouse->rates[1] == 200 && mouse->id == ID_WHEEL)
		mouse->id = ID_EXPLORER;
}

static void write_parameter(struct ps2_mouse *mouse, uint8_t command, uint8_t value)
{
	put(mouse, REPLY_ACK);
	if (command == COMMAND_RATE)
		set_rate(mouse, value);
	else
		mouse->resolution = value & 3;
}

static void reset(struct ps2_mouse *mouse)
{
	set_defaults(mouse);
	mouse->id = ID_PLAIN;
	mouse->rates[0] = mouse->rates[1] = mouse->rates[2] = 0;
	mouse->parameter_of = 0;
	ps2_queue_clear(&mouse->queue);
}

static void write_command(struct ps2_mouse *mouse, uint8_t command)
{
	if (command == COMMAND_RESEND) {
		put(mouse, mouse->queue.last < 0 ? REPLY_ACK : (uint8_t)mouse->queue.last);
		return;
	}
	ps2_queue_clear(&mouse->queue); /* a command stops what is being sent */
	put(mouse, REPLY_ACK);
	switch (command) {
	case COMMAND_SCALE_1: mouse->is_scale_2 = false; break;
	case COMMAND_SCALE_2: mouse->is_scale_2 = true; break;
	case COMMAND_RESOLUTION:
	case COMMAND_RATE: mouse->parameter_of = command; break;
	case COMMAND_STATUS: put_status(mouse); break;
	case COMMAND_STREAM: mouse->is_remote = false; break;
	case COMMAND_READ_DATA: put_packet(mouse); break;
	case COMMAND_WRAP_OFF: mouse->is_wrapping = false; break;
	case COMMAND_WRAP_ON: mouse->is_wrapping = true; break;
	case COMMAND_REMOTE: mouse->is_remote = true; break;
	case COMMAND_IDENTIFY: put(mouse, mouse->id); break;
	case COMMAND_ENABLE: mouse->is_enabled = true; break;
	case COMMAND_DISABLE: mouse->is_enabled = false; break;
	case COMMAND_DEFAULTS: set_defaults(mouse); break;
	case COMMAND_RESET:
		reset(mouse);
		put(mouse, REPLY_ACK);
		put(mouse, REPLY_SELF_TEST);
		put(mouse, ID_PLAIN);
		break;
	default:
		ps2_queue_clear(&mouse->queue);
		put(mouse, REPLY_RESEND);
		break;
	}
}

static void on_write(void *opaque, uint8_t byte)
{
	struct ps2_mouse *mouse = opaque;
	uint8_t command = mouse->parameter_of;

	mouse->parameter_of = 0;
	if (mouse->is_wrapping && byte != COMMAND_WRAP_OFF && byte != COMMAND_RESET)
		put(mouse, byte);
	else if (command)
		write_parameter(mouse, command, byte);
	else
		write_command(mouse, byte);
}

static int on_read(void *opaque)
{
	struct ps2_mouse *mouse = opaque;

	if (mouse->queue.count == 0)
		stream(mouse);
	return ps2_queue_take(&mouse->queue);
}

static void on_reset(void *opaque)
{
	reset(opaque);
}

static const struct ps2_device_ops device_ops = { .write = on_write, .read = on_read, .reset = on_reset };

int ps2_mouse_new(struct i8042 *i8042, struct ps2_mouse **ret_mouse)
{
	struct ps2_mouse *mouse = calloc(1, sizeof(*mouse));

	if (!mouse)
		return -ENOMEM;
	mouse->i8042 = i8042;
	reset(mouse);
	i8042_connect(i8042, I8042_MOUSE, &device_ops, mouse);
	*ret_mouse = mouse;
	return 0;
}

struct ps2_mouse *ps2_mouse_free(struct ps2_mouse *mouse)
{
	if (!mouse)
		return NULL;
	i8042_connect(mouse->i8042, I8042_MOUSE, NULL, NULL);
	free(mouse);
	return NULL;
}

void ps2_mouse_state(struct ps2_mouse *mouse, struct state *state)
{
	if (!state_begin(state, "ps2-mouse", 1))
		return;
	ps2_queue_state(&mouse->queue, state);
	state_u8(state, &mouse->parameter_of);
	state_u8(state, &mouse->id);
	state_u8_max(state, &mouse->resolution, 3);
	state_u8(state, &mouse->rate);
	state_bytes(state, mouse->rates, sizeof(mouse->rates));
	state_bool(state, &mouse->is_scale_2);
	state_bool(state, &mouse->is_enabled);
	state_bool(state, &mouse->is_remote);
	state_bool(state, &mouse->is_wrapping);
	state_u8(state, &mouse->buttons);
	state_u8(state, &mouse->sent_buttons);
	state_end(state);
	if (state_is_reading(state)) /* where it stood is long ago */
		mouse->dx = mouse->dy = mouse->wheel = 0;
}
