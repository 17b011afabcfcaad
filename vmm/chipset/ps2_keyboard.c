/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PS/2 keyboard. */
#include <errno.h>
#include <stdlib.h>

#include "i8042.h"
#include "ps2_keyboard.h"
#include "ps2_queue.h"
#include "scancodes.h"
#include "state/state.h"

enum {
	COMMAND_LEDS = 0xed,
	COMMAND_ECHO = 0xee,
	COMMAND_SCAN_SET = 0xf0,
	COMMAND_IDENTIFY = 0xf2,
	COMMAND_RATE = 0xf3,
	COMMAND_ENABLE = 0xf4,
	COMMAND_DISABLE = 0xf5,
	COMMAND_DEFAULTS = 0xf6,
	COMMAND_ALL_KEYS = 0xf7, /* F7h-FAh: make and break of all keys, set 3 only */
	COMMAND_ONE_KEY = 0xfb,	 /* FBh-FDh: of the key that follows */
	COMMAND_RESEND = 0xfe,
	COMMAND_RESET = 0xff,

	REPLY_ACK = 0xfa,
	REPLY_RESEND = 0xfe,
	REPLY_SELF_TEST = 0xaa,
	REPLY_ECHO = 0xee,

	PREFIX_E0 = 0xe0,
	PREFIX_E1 = 0xe1,
	SET2_BREAK = 0xf0,
	SET1_BREAK = 0x80,

	LONGEST_KEY = 8, /* Pause in set 2 */
};

struct ps2_keyboard {
	struct i8042 *i8042;
	const struct ps2_keyboard_ops *ops;
	void *opaque;
	struct ps2_queue keys;
	struct ps2_queue replies; /* go before keys: the host waits for them */
	uint8_t parameter_of;	  /* the command that waits for its second byte, or 0 */
	uint8_t scan_set;
	bool is_scanning;
	bool wants_room;
};

static void put(struct ps2_keyboard *keyboard, uint8_t byte)
{
	ps2_queue_put(&keyboard->keys, byte);
}

static void reply(struct ps2_keyboard *keyboard, uint8_t byte)
{
	ps2_queue_put(&keyboard->replies, byte);
}

/* One code, `code` in set 1, in the set that is on. */
static void put_code(struct ps2_keyboard *keyboard, uint8_t prefix, uint8_t code, bool is_down)
{
	if (prefix)
		put(keyboard, prefix);
	if (keyboard->scan_set == 1) {
		put(keyboard, is_down ? code : code | SET1_BREAK);
		return;
	}
	if (!is_down)
		put(keyboard, SET2_BREAK);
	put(keyboard, scancode_set1_to_set2(code));
}

/* Pause sends make and break at once when it goes down, both with E1, and nothing when it goes up. */
static void put_pause(struct ps2_keyboard *keyboard)
{
	for (unsigned i = 0; i < 2; i++) {
		put_code(keyboard, PREFIX_E1, 0x1d, i == 0);
		put_code(keyboard, 0, 0x45, i == 0);
	}
}

/* Print Screen comes with a shift key of its own. */
static void put_print(struct ps2_keyboard *keyboard, bool is_down)
{
	if (is_down)
		put_code(keyboard, PREFIX_E0, 0x2a, true);
	put_code(keyboard, PREFIX_E0, 0x37, is_down);
	if (!is_down)
		put_code(keyboard, PREFIX_E0, 0x2a, false);
}

bool ps2_keyboard_key(struct ps2_keyboard *keyboard, uint16_t key, bool is_down)
{
	uint8_t prefix = (uint8_t)(key >> 8), code = key & 0xff;
	bool is_known = code < 0x80 && scancode_set1_to_set2(code) && (prefix == 0 || prefix == PREFIX_E0);

	if (!keyboard->is_scanning || (!is_known && key != PS2_KEY_PAUSE))
		return true;
	if (ps2_queue_room(&keyboard->keys) < LONGEST_KEY) {
		keyboard->wants_room = true;
		return false;
	}
	if (key == PS2_KEY_PRINT)
		put_print(keyboard, is_down);
	else if (key != PS2_KEY_PAUSE)
		put_code(keyboard, prefix, code, is_down);
	else if (is_down)
		put_pause(keyboard);
	i8042_device_ready(keyboard->i8042, I8042_KEYBOARD);
	return true;
}

static void set_defaults(struct ps2_keyboard *keyboard)
{
	keyboard->scan_set = 2;
	ps2_queue_clear(&keyboard->keys);
}

static void set_leds(struct ps2_keyboard *keyboard, uint8_t leds)
{
	if (keyboard->ops->on_leds)
		keyboard->ops->on_leds(keyboard->opaque, leds & 7);
}

static void write_parameter(struct ps2_keyboard *keyboard, uint8_t command, uint8_t value)
{
	reply(keyboard, REPLY_ACK);
	if (command == COMMAND_LEDS)
		set_leds(keyboard, value);
	if (command != COMMAND_SCAN_SET)
		return;
	if (value == 0)
		reply(keyboard, keyboard->scan_set);
	else if (value <= 2)
		keyboard->scan_set = value;
}

static void write_command(struct ps2_keyboard *keyboard, uint8_t command)
{
	switch (command) {
	case COMMAND_ECHO: reply(keyboard, REPLY_ECHO); return;
	case COMMAND_RESEND:
		reply(keyboard, keyboard->replies.last < 0 ? REPLY_ACK : (uint8_t)keyboard->replies.last);
		return;
	case COMMAND_LEDS:
	case COMMAND_SCAN_SET:
	case COMMAND_RATE:
	case COMMAND_ONE_KEY ... COMMAND_ONE_KEY + 2: keyboard->parameter_of = command; break;
	case COMMAND_ALL_KEYS ... COMMAND_ALL_KEYS + 3: break;
	case COMMAND_IDENTIFY:
		reply(keyboard, REPLY_ACK);
		reply(keyboard, 0xab);
		reply(keyboard, 0x83);
		return;
	case COMMAND_ENABLE: keyboard->is_scanning = true; break;
	case COMMAND_DISABLE:
		set_defaults(keyboard);
		keyboard->is_scanning = false;
		break;
	case COMMAND_DEFAULTS: set_defaults(keyboard); break;
	case COMMAND_RESET:
		set_defaults(keyboard);
		ps2_queue_clear(&keyboard->replies);
		keyboard->is_scanning = true;
		set_leds(keyboard, 0);
		reply(keyboard, REPLY_ACK);
		reply(keyboard, REPLY_SELF_TEST);
		return;
	default: reply(keyboard, REPLY_RESEND); return;
	}
	reply(keyboard, REPLY_ACK);
}

static void on_write(void *opaque, uint8_t byte)
{
	struct ps2_keyboard *keyboard = opaque;
	uint8_t command = keyboard->parameter_of;

	keyboard->parameter_of = 0;
	/* A byte that is a command ends the wait for a parameter. */
	if (command && byte < COMMAND_LEDS)
		write_parameter(keyboard, command, byte);
	else
		write_command(keyboard, byte);
}

static int on_read(void *opaque)
{
	struct ps2_keyboard *keyboard = opaque;
	int byte = ps2_queue_take(&keyboard->replies);

	if (byte < 0)
		byte = ps2_queue_take(&keyboard->keys);
	if (keyboard->keys.count == 0 && keyboard->wants_room) {
		keyboard->wants_room = false;
		if (keyboard->ops->on_room)
			keyboard->ops->on_room(keyboard->opaque);
	}
	return byte;
}

static void on_reset(void *opaque)
{
	struct ps2_keyboard *keyboard = opaque;

	set_defaults(keyboard);
	ps2_queue_clear(&keyboard->replies);
	keyboard->is_scanning = true;
	keyboard->parameter_of = 0;
}

static const struct ps2_device_ops device_ops = { .write = on_write, .read = on_read, .reset = on_reset };

int ps2_keyboard_new(struct i8042 *i8042, const struct ps2_keyboard_ops *ops, void *opaque,
		     struct ps2_keyboard **ret_keyboard)
{
	struct ps2_keyboard *keyboard = calloc(1, sizeof(*keyboard));

	if (!keyboard)
		return -ENOMEM;
	keyboard->i8042 = i8042;
	keyboard->ops = ops;
	keyboard->opaque = opaque;
	on_reset(keyboard);
	i8042_connect(i8042, I8042_KEYBOARD, &device_ops, keyboard);
	*ret_keyboard = keyboard;
	return 0;
}

struct ps2_keyboard *ps2_keyboard_free(struct ps2_keyboard *keyboard)
{
	if (!keyboard)
		return NULL;
	i8042_connect(keyboard->i8042, I8042_KEYBOARD, NULL, NULL);
	free(keyboard);
	return NULL;
}

void ps2_keyboard_state(struct ps2_keyboard *keyboard, struct state *state)
{
	if (!state_begin(state, "ps2-keyboard", 1))
		return;
	ps2_queue_state(&keyboard->keys, state);
	ps2_queue_state(&keyboard->replies, state);
	state_u8(state, &keyboard->parameter_of);
	state_u8_max(state, &keyboard->scan_set, 2);
	state_bool(state, &keyboard->is_scanning);
	state_end(state);
}
