/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys, their codes, and what a keyboard layout writes on them.
 *
 * Purpose    A guest takes make codes of scan code set 1 (E000h | code with the E0 prefix, E11Dh for
 *            Pause) and applies its own layout. Where only a character or an X keysym is known, the
 *            layout that the guest uses must be known to find the key.
 * Threads    Any.
 */
#ifndef RD_KEYS_H
#define RD_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rd_key {
	RD_KEY_ESC = 0x01,
	RD_KEY_BACKSPACE = 0x0e,
	RD_KEY_TAB = 0x0f,
	RD_KEY_ENTER = 0x1c,
	RD_KEY_LEFT_CTRL = 0x1d,
	RD_KEY_LEFT_SHIFT = 0x2a,
	RD_KEY_RIGHT_SHIFT = 0x36,
	RD_KEY_LEFT_ALT = 0x38,
	RD_KEY_SPACE = 0x39,
	RD_KEY_RIGHT_CTRL = 0xe01d,
	RD_KEY_PRINT = 0xe037,
	RD_KEY_RIGHT_ALT = 0xe038,
	RD_KEY_DELETE = 0xe053,
	RD_KEY_PAUSE = 0xe11d,
};

struct rd_layout;

/* "us", "gb", "de", "fr"; NULL: there is none of that name. */
const struct rd_layout *rd_layout_find(const char *name);
/* One after the other, from 0; NULL at the end. */
const char *rd_layout_name(unsigned index);

enum rd_modifiers {
	RD_SHIFT = 1 << 0,
	RD_ALTGR = 1 << 1,
};

struct rd_stroke {
	uint16_t code;
	unsigned modifiers; /* that must be held */
};

/* The key that writes this character (Unicode); line feed and tab too. False: the layout has none. */
bool rd_layout_stroke(const struct rd_layout *layout, uint32_t character, struct rd_stroke *ret_stroke);

/* X keysyms: the key of a name that writes nothing (arrows, F1, Shift ...); 0: none. */
uint16_t rd_key_of_keysym(uint32_t keysym);
/* The other way: the keysym of a key that writes nothing; 0: it writes something, or is none. */
uint32_t rd_keysym_of_key(uint16_t code);
/* The Unicode character of a keysym; 0: it writes none. */
uint32_t rd_character_of_keysym(uint32_t keysym);

#endif
