/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/chord.h"

enum { CTRL_A = 1 };

static enum chord_action letter_action(uint8_t letter)
{
	switch (letter) {
	case 'x':
	case 'X':
	case 'X' & 0x1f: return CHORD_LEAVE;
	case 'h':
	case 'H':
	case '?': return CHORD_HELP;
	default: return CHORD_NONE;
	}
}

enum chord_action chord_filter(struct chord *chord, uint8_t *bytes, size_t size, size_t *ret_size,
			       size_t *ret_used)
{
	enum chord_action action = CHORD_NONE;
	size_t out = 0, in = 0;

	while (in < size && action == CHORD_NONE) {
		uint8_t byte = bytes[in++];

		if (!chord->is_started) {
			if (byte == CTRL_A)
				chord->is_started = true;
			else
				bytes[out++] = byte;
			continue;
		}
		chord->is_started = false;
		action = letter_action(byte);
		/* Ctrl-A A, or twice Ctrl-A, is one Ctrl-A for the guest; any other letter is for nobody. */
		if (byte == 'a' || byte == 'A' || byte == CTRL_A)
			bytes[out++] = CTRL_A;
	}
	*ret_size = out;
	*ret_used = in;
	return action;
}
