/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 keyboard (IBM PS/2 technical reference, "Keyboard"), on the first port of an 8042.
 *
 * Keys       are named by their make code of scan code set 1: 01h..7Fh, PS2_KEY_E0 | code for those
 *            with the E0 prefix, and PS2_KEY_PAUSE. That is what the synthetic keyboard of the VMBus
 *            sends, too.
 * Sets       The keyboard speaks set 2 (after reset) or 1; the 8042 translates 2 to 1 when it is told
 *            to.
 * Repeat     comes from whoever gives the keys (a console's own repeat); the keyboard has no timer.
 * Threads    Under the bus lock (io_bus.h), the callbacks too.
 * Limits     A key that finds no room is refused whole; on_room() says when to try again.
 */
#ifndef CHIPSET_PS2_KEYBOARD_H
#define CHIPSET_PS2_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

struct state;

enum {
	PS2_KEY_E0 = 0xe000,
	PS2_KEY_PRINT = 0xe037,
	PS2_KEY_PAUSE = 0xe11d,

	PS2_LED_SCROLL = 1 << 0,
	PS2_LED_NUM = 1 << 1,
	PS2_LED_CAPS = 1 << 2,
};

struct i8042;
struct ps2_keyboard;

struct ps2_keyboard_ops {
	void (*on_leds)(void *opaque, uint8_t leds); /* optional */
	void (*on_room)(void *opaque);		     /* optional: after a refused key the queue is empty */
};

int ps2_keyboard_new(struct i8042 *i8042, const struct ps2_keyboard_ops *ops, void *opaque,
		     struct ps2_keyboard **ret_keyboard);
struct ps2_keyboard *ps2_keyboard_free(struct ps2_keyboard *keyboard);
/* False when it was refused for lack of room. A code that no key has, or a keyboard that is switched off:
 * true, and nothing. */
bool ps2_keyboard_key(struct ps2_keyboard *keyboard, uint16_t key, bool is_down);

void ps2_keyboard_state(struct ps2_keyboard *keyboard, struct state *state);

#endif
