/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/input.h"

#include "keys/keys.h"
#include "ui/viewer.h"

#include <errno.h>
#include <stdlib.h>

enum {
	HELD_MAX = 32,
	POSITION_MAX = 32767,
	BUTTON_MASK = 0x07,
	WHEEL_UP = 1 << 3,
	WHEEL_DOWN = 1 << 4,
};

struct held {
	uint32_t keysym; /* 0: it came as a scan code */
	uint16_t code;	 /* 0: free */
};

struct rd_input {
	const struct rd_input_target *target;
	struct rd_screen *screen;
	struct held held[HELD_MAX];
	unsigned buttons;
	int x, y;
};

static void send_key(struct rd_input *input, uint16_t code, bool is_down)
{
	viewer_send(input->target->machine, DISPLAY_KEY, code, is_down, 0, 0);
}

/* --- what is held ------------------------------------------------------------------------------------ */

static bool is_held(const struct rd_input *input, uint16_t code)
{
	for (unsigned i = 0; i < HELD_MAX; i++)
		if (input->held[i].code == code)
			return true;
	return false;
}

/* False: it is held already, or too many are. A key that repeats is told again all the same. */
static void hold(struct rd_input *input, uint32_t keysym, uint16_t code)
{
	for (unsigned i = 0; !is_held(input, code) && i < HELD_MAX; i++)
		if (!input->held[i].code)
			input->held[i] = (struct held){ keysym, code };
}

static void release(struct rd_input *input, uint16_t code)
{
	for (unsigned i = 0; i < HELD_MAX; i++)
		if (input->held[i].code == code)
			input->held[i].code = 0;
	send_key(input, code, false);
}

void rd_input_key(struct rd_input *input, uint16_t code, bool is_down)
{
	if (!is_down) {
		release(input, code);
		return;
	}
	hold(input, 0, code);
	send_key(input, code, true);
}

/* --- keysyms ----------------------------------------------------------------------------------------- */

static bool is_letter(uint32_t character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/*
 * The viewer's layout may hold Shift where the guest's does not need it, or the other way about: it is
 * pressed or released around the key. Not for letters: there Caps Lock has its say.
 */
static void press_character(struct rd_input *input, uint32_t keysym, uint32_t character)
{
	bool has_shift = is_held(input, RD_KEY_LEFT_SHIFT) || is_held(input, RD_KEY_RIGHT_SHIFT);
	uint16_t shift = is_held(input, RD_KEY_RIGHT_SHIFT) ? RD_KEY_RIGHT_SHIFT : RD_KEY_LEFT_SHIFT;
	struct rd_stroke stroke;
	bool wants_shift, wants_altgr;

	if (!rd_layout_stroke(input->target->layout, character, &stroke))
		return;
	wants_shift = !is_letter(character) && has_shift != !!(stroke.modifiers & RD_SHIFT);
	wants_altgr = stroke.modifiers & RD_ALTGR && !is_held(input, RD_KEY_RIGHT_ALT);
	if (wants_shift)
		send_key(input, shift, !has_shift);
	if (wants_altgr)
		send_key(input, RD_KEY_RIGHT_ALT, true);
	hold(input, keysym, stroke.code);
	send_key(input, stroke.code, true);
	if (wants_altgr)
		send_key(input, RD_KEY_RIGHT_ALT, false);
	if (wants_shift)
		send_key(input, shift, has_shift);
}

static void release_keysym(struct rd_input *input, uint32_t keysym)
{
	for (unsigned i = 0; i < HELD_MAX; i++)
		if (input->held[i].code && input->held[i].keysym == keysym)
			release(input, input->held[i].code);
}

void rd_input_keysym(struct rd_input *input, uint32_t keysym, bool is_down)
{
	uint16_t code = rd_key_of_keysym(keysym);
	uint32_t character = rd_character_of_keysym(keysym);

	if (!is_down) {
		release_keysym(input, keysym);
	} else if (code) {
		hold(input, keysym, code);
		send_key(input, code, true);
	} else if (character) {
		press_character(input, keysym, character);
	}
}

/* --- pointer ----------------------------------------------------------------------------------------- */

static int scale(uint32_t at, uint32_t size)
{
	if (size < 2)
		return 0;
	if (at >= size)
		at = size - 1;
	return (int)((uint64_t)at * POSITION_MAX / (size - 1));
}

/* RFB's wheel is a button that is pressed and released for each step. */
void rd_input_pointer(struct rd_input *input, uint32_t x, uint32_t y, unsigned buttons)
{
	unsigned pressed = buttons & ~input->buttons;
	/* RFB: left, middle, right; ours: left, right, middle */
	unsigned ours = (buttons & 1) | (buttons & 4) >> 1 | (buttons & 2) << 1;
	int wheel = pressed & WHEEL_UP ? -1 : pressed & WHEEL_DOWN ? 1 : 0;
	uint32_t width, height;

	rd_screen_size(input->screen, &width, &height);
	input->x = scale(x, width);
	input->y = scale(y, height);
	input->buttons = buttons;
	viewer_send(input->target->machine, DISPLAY_POINTER_TO, input->x, input->y, wheel, (int)ours);
}

/* --- life -------------------------------------------------------------------------------------------- */

int rd_input_new(const struct rd_input_target *target, struct rd_screen *screen, struct rd_input **ret_input)
{
	struct rd_input *input = calloc(1, sizeof(*input));

	if (!input)
		return -ENOMEM;
	input->target = target;
	input->screen = screen;
	*ret_input = input;
	return 0;
}

struct rd_input *rd_input_free(struct rd_input *input)
{
	if (!input)
		return NULL;
	for (unsigned i = 0; i < HELD_MAX; i++)
		if (input->held[i].code)
			send_key(input, input->held[i].code, false);
	if (input->buttons & BUTTON_MASK)
		viewer_send(input->target->machine, DISPLAY_POINTER_TO, input->x, input->y, 0, 0);
	free(input);
	return NULL;
}
