/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 mouse with wheel and five buttons (IBM PS/2 technical reference; Microsoft IntelliMouse and
 * Explorer protocols), on the second port of an 8042.
 *
 * Movement   adds up until the guest has read the packet before: a guest that reads slowly gets few
 *            large steps.
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_PS2_MOUSE_H
#define CHIPSET_PS2_MOUSE_H

#include <stdbool.h>
#include <stdint.h>

struct state;

enum {
	PS2_BUTTON_LEFT = 1 << 0,
	PS2_BUTTON_RIGHT = 1 << 1,
	PS2_BUTTON_MIDDLE = 1 << 2,
	PS2_BUTTON_SIDE = 1 << 3,
	PS2_BUTTON_EXTRA = 1 << 4,
};

struct i8042;
struct ps2_mouse;

int ps2_mouse_new(struct i8042 *i8042, struct ps2_mouse **ret_mouse);
struct ps2_mouse *ps2_mouse_free(struct ps2_mouse *mouse);
/* Right and down are positive, as on a screen; a wheel turned towards the user is positive. `buttons`: all
 * that are down now. */
void ps2_mouse_move(struct ps2_mouse *mouse, int dx, int dy, int wheel, unsigned buttons);

void ps2_mouse_state(struct ps2_mouse *mouse, struct state *state);

#endif
