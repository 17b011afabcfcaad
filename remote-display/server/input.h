/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one viewer does with keyboard and mouse, on its way to the machine.
 *
 * Threads    The viewer's thread; new and free: the main thread, when that thread is not there.
 * Held keys  are released by rd_input_free().
 */
#ifndef RD_INPUT_H
#define RD_INPUT_H

#include "server/screen.h"

struct rd_input;
struct rd_layout;
struct viewer_link;

/* What it speaks to, of which each viewer has the same. */
struct rd_input_target {
	const struct viewer_link *machine;
	_Atomic(const struct rd_layout *) layout; /* of the guest's keyboard; may change at any time */
};

int rd_input_new(const struct rd_input_target *target, struct rd_screen *screen, struct rd_input **ret_input);
struct rd_input *rd_input_free(struct rd_input *input);

void rd_input_key(struct rd_input *input, uint16_t code, bool is_down);
void rd_input_keysym(struct rd_input *input, uint32_t keysym, bool is_down);
/* Pixels of the screen; buttons as RFC 6143, 7.5.5. */
void rd_input_pointer(struct rd_input *input, uint32_t x, uint32_t y, unsigned buttons);

#endif
