/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user does, out of the bytes that the terminal sends: keys, mouse, pasted text.
 *
 * tui_keys_decode() is a pure function of bytes: it takes what one event needs and never more, and what no
 * event is it drops. Escape alone is a key once nothing followed for a while, which the caller knows
 * (is_final).
 */
#ifndef INPUT_KEYS_H
#define INPUT_KEYS_H

#include <glib.h>

enum tui_event_kind { TUI_NOTHING, TUI_KEY, TUI_MOUSE, TUI_PASTE };

enum { TUI_SHIFT = 1, TUI_ALT = 2, TUI_CTRL = 4 };

/* Beyond Unicode. */
enum {
	TUI_KEY_UP = 0x110000,
	TUI_KEY_DOWN,
	TUI_KEY_LEFT,
	TUI_KEY_RIGHT,
	TUI_KEY_HOME,
	TUI_KEY_END,
	TUI_KEY_PAGE_UP,
	TUI_KEY_PAGE_DOWN,
	TUI_KEY_INSERT,
	TUI_KEY_DELETE,
	TUI_KEY_BACKSPACE,
	TUI_KEY_TAB,
	TUI_KEY_ENTER,
	TUI_KEY_ESCAPE,
	TUI_KEY_F1, /* to F12 */
	TUI_KEY_F12 = TUI_KEY_F1 + 11,
	TUI_KEY_LAST = TUI_KEY_F12,
};

enum tui_mouse { TUI_MOUSE_PRESS, TUI_MOUSE_RELEASE, TUI_MOUSE_DRAG, TUI_MOUSE_UP, TUI_MOUSE_DOWN };

enum { TUI_PASTE_MAX = 1 << 20 };

struct tui_event {
	enum tui_event_kind kind;
	guint32 key;	    /* a character as typed, or one of the above */
	unsigned modifiers; /* SHIFT only with keys beyond Unicode */
	enum tui_mouse mouse;
	unsigned button; /* 0 left, 1 middle, 2 right */
	int x, y;
	gboolean is_double;
	const char *text; /* of a paste: in the caller's bytes */
	gsize text_size;
};

/* How many bytes belong to the event (kind TUI_NOTHING: to none); 0: more must come. */
gsize tui_keys_decode(const guint8 *bytes, gsize size, gboolean is_final, struct tui_event *ret_event);

/* "Ctrl+N", "F2", "?"; free it. */
char *tui_key_text(guint32 key, unsigned modifiers);

#endif
