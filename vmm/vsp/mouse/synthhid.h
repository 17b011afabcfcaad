/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic mouse: an absolute pointer with five buttons and a wheel, as a HID device.
 *
 * Threads    The bus's loop.
 * Limits     Movement is not queued: what a slow guest has not taken is replaced by the newest
 *            position. Changes of the buttons are kept, SYNTHHID_QUEUE_MAX of them.
 * Trust      A guest that says what it should not is not answered; it has no mouse then.
 */
#ifndef VSP_SYNTHHID_H
#define VSP_SYNTHHID_H

#include "vmbus/vmbus.h"

enum {
	SYNTHHID_QUEUE_MAX = 64,
	SYNTHHID_POSITION_MAX = 32767,
};

struct synthhid;

struct synthhid_ops {
	void (*on_ready)(void *opaque, bool is_ready);
};

int synthhid_new(struct vmbus *bus, const struct synthhid_ops *ops, void *opaque,
		 struct synthhid **ret_mouse);
/* While the bus is stopped. NULL is fine; returns NULL. */
struct synthhid *synthhid_free(struct synthhid *mouse);
/*
 * x, y: 0..SYNTHHID_POSITION_MAX (cut to it) over the whole screen; wheel: steps, towards the user is
 * positive; buttons: bit 0 left, 1 right, 2 middle, 3 side, 4 extra. False: no driver.
 */
bool synthhid_move(struct synthhid *mouse, int x, int y, int wheel, unsigned buttons);

#endif
