/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine and those who look at it say to each other, over a SOCK_SEQPACKET socket, one message a
 * packet.
 *
 * First the machine sends DISPLAY_HELLO, with the framebuffer's descriptor (framebuffer.h). The screen is
 * drawn only when somebody looks: on DISPLAY_LOOK, or all the time on DISPLAY_WATCH.
 */
#ifndef UI_DISPLAY_PROTO_H
#define UI_DISPLAY_PROTO_H

#include <stdint.h>

enum display_kind {
	/* from the machine */
	DISPLAY_HELLO = 1, /* values: FRAMEBUFFER_VERSION */
	DISPLAY_DRAWN = 2, /* the framebuffer is up to date: sequence */

	/* to the machine */
	DISPLAY_LOOK = 16, /* draw; DISPLAY_DRAWN follows in any case */
	DISPLAY_WATCH =
	    17, /* milliseconds (10..1000, 0 = stop): draws that often; DISPLAY_DRAWN follows a change */
	DISPLAY_KEY = 18,	 /* key as in chipset/ps2_keyboard.h, is_down */
	DISPLAY_POINTER = 19,	 /* dx, dy, wheel, buttons as in chipset/ps2_mouse.h */
	DISPLAY_POINTER_TO = 20, /* x, y (0..DISPLAY_POSITION_MAX over the whole screen), wheel, buttons */
	/* width, height: what the guest is to take, if framebuffer_console.takes_size */
	DISPLAY_SIZE = 21,
};

enum { DISPLAY_POSITION_MAX = 32767 };

struct display_message {
	uint32_t kind;
	int32_t values[4];
};
_Static_assert(sizeof(struct display_message) == 20, "display message");

#endif
