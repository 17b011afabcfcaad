/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic keyboard.
 *
 * Keys       are named as for the PS/2 keyboard: make codes of scan code set 1, 01h..7Fh, E000h | code
 *            with the E0 prefix, E11Dh for Pause.
 * Threads    The bus's loop.
 * Limits     SYNTHKBD_QUEUE_MAX events wait for a slow guest; what comes then is refused whole.
 * Trust      A guest that says what it should not is not answered; it has no keyboard then.
 */
#ifndef VSP_SYNTHKBD_H
#define VSP_SYNTHKBD_H

#include "vmbus/vmbus.h"

enum { SYNTHKBD_QUEUE_MAX = 256 };

struct synthkbd;

struct synthkbd_ops {
	void (*on_ready)(void *opaque,
			 bool is_ready);	     /* the guest's driver takes keys, or does not any more */
	void (*on_leds)(void *opaque, uint8_t leds); /* optional: bit 0 scroll, 1 num, 2 caps */
};

int synthkbd_new(struct vmbus *bus, const struct synthkbd_ops *ops, void *opaque,
		 struct synthkbd **ret_keyboard);
/* While the bus is stopped. NULL is fine; returns NULL. */
struct synthkbd *synthkbd_free(struct synthkbd *keyboard);
/* False: no driver or no room. A code that no key has: true, and nothing. */
bool synthkbd_key(struct synthkbd *keyboard, uint16_t key, bool is_down);

#endif
