/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xterm's "Control Sequences", the Linux console's own F1 to F5 (console_codes(4)), rxvt's keys. */
#include "input/keys.h"

#include <string.h>

enum { ESC = 0x1b, PARAMETERS_MAX = 4, SEQUENCE_MAX = 64 };

static void set_key(struct tui_event *event, guint32 key, unsigned modifiers)
{
	event->kind = TUI_KEY;
	event->key = key;
	event->modifiers = modifiers;
}

/* "modifyOtherKeys": 1 + shift + 2 alt + 4 control. */
static unsigned modifiers_of(unsigned parameter)
{
	return parameter > 1 && parameter <= 16 ? (parameter - 1) & 7 : 0;
}

static guint32 letter_key(guint8 letter)
{
	static const struct {
		guint8 letter;
		guint32 key;
	} keys[] = {
		{ 'A', TUI_KEY_UP },	 { 'B', TUI_KEY_DOWN },	  { 'C', TUI_KEY_RIGHT },
		{ 'D', TUI_KEY_LEFT },	 { 'H', TUI_KEY_HOME },	  { 'F', TUI_KEY_END },
		{ 'P', TUI_KEY_F1 },	 { 'Q', TUI_KEY_F1 + 1 }, { 'R', TUI_KEY_F1 + 2 },
		{ 'S', TUI_KEY_F1 + 3 }, { 'Z', TUI_KEY_TAB },	  { 'M', TUI_KEY_ENTER },
		{ 'I', TUI_KEY_TAB },
	};

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].letter == letter)
			return keys[i].key;
	return 0;
}

static guint32 number_key(unsigned number)
{
	static const guint8 function[] = { 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24 };
	static const guint32 others[] = { 0,	       TUI_KEY_HOME,	TUI_KEY_INSERT,	   TUI_KEY_DELETE,
					  TUI_KEY_END, TUI_KEY_PAGE_UP, TUI_KEY_PAGE_DOWN, TUI_KEY_HOME,
					  TUI_KEY_END };

	if (number < G_N_ELEMENTS(others))
		return others[number];
	for (guint i = 0; i < G_N_ELEMENTS(function); i++)
		if (function[i] == number)
			return TUI_KEY_F1 + i;
	return 0;
}

/* xterm's "CSI u": the character's number. */
static guint32 character_key(unsigned number)
{
	switch (number) {
	case 9: return TUI_KEY_TAB;
	case 13: return TUI_KEY_ENTER;
	case 27: return TUI_KEY_ESCAPE;
	case 8:
	case 127: return TUI_KEY_BACKSPACE;
	default: return number < 0x110000 && g_unichar_isprint(number) ? number : 0;
	}
}

/* "\033[<B;X;YM" (SGR, 1006). */
static void decode_mouse(const unsigned *p, gboolean is_release, struct tui_event *event)
{
	event->x = (int)MIN(p[1], 10000) - 1;
	event->y = (int)MIN(p[2], 10000) - 1;
	if (event->x < 0 || event->y < 0)
		return;
	event->kind = TUI_MOUSE;
	event->modifiers = (p[0] & 4 ? TUI_SHIFT : 0) | (p[0] & 8 ? TUI_ALT : 0) | (p[0] & 16 ? TUI_CTRL : 0);
	event->button = p[0] & 3;
	if (p[0] & 64)
		event->mouse = p[0] & 1 ? TUI_MOUSE_DOWN : TUI_MOUSE_UP;
	else if (is_release)
		event->mouse = TUI_MOUSE_RELEASE;
	else
		event->mouse = p[0] & 32 ? TUI_MOUSE_DRAG : TUI_MOUSE_PRESS;
	if ((p[0] & 64 && p[0] & 2) || (!(p[0] & 64) && event->button == 3))
		event->kind = TUI_NOTHING; /* sideways; moved without a button */
}

/* After "\033[": the sequence's bytes up to and with the final one. */
static void decode_csi(const guint8 *bytes, gsize size, struct tui_event *event)
{
	unsigned p[PARAMETERS_MAX] = { 0 }, count = 0;
	guint8 final = bytes[size - 1], lead = bytes[0];
	guint32 key;

	for (gsize i = 0; i + 1 < size; i++) {
		if (g_ascii_isdigit(bytes[i]) && count < PARAMETERS_MAX)
			p[count] = MIN(p[count] * 10 + (bytes[i] - '0'), 1000000);
		else if (bytes[i] == ';')
			count++;
	}
	if (lead == '<' && (final == 'M' || final == 'm')) {
		decode_mouse(p, final == 'm', event);
		return;
	}
	if (lead == '[' && size == 2 && final >= 'A' && final <= 'E') { /* the Linux console */
		set_key(event, TUI_KEY_F1 + final - 'A', 0);
		return;
	}
	if (!g_ascii_isdigit(lead) && lead != ';' && size > 1)
		return; /* answers of the terminal */
	key = final == '~' ? number_key(p[0]) : final == 'M' || final == 'I' ? 0 : letter_key(final);
	if (final == 'u')
		key = character_key(p[0]);
	if (final == '^' || final == '$')
		key = number_key(p[0]); /* rxvt */
	if (key)
		set_key(event, key,
			modifiers_of(p[1]) | (final == 'Z' ? TUI_SHIFT : 0) | (final == '^' ? TUI_CTRL : 0) |
			    (final == '$' ? TUI_SHIFT : 0));
}

/* Bytes of a pasted text up to its end mark. */
static gsize decode_paste(const guint8 *bytes, gsize size, gsize start, struct tui_event *event)
{
	static const char end[] = "\033[201~";
	const guint8 *at = memmem(bytes + start, size - start, end, strlen(end));

	if (!at && size - start < TUI_PASTE_MAX)
		return 0;
	event->kind = TUI_PASTE;
	event->text = (const char *)bytes + start;
	event->text_size = at ? (gsize)(at - bytes) - start : size - start;
	return at ? (gsize)(at - bytes) + strlen(end) : size;
}

static gsize decode_sequence(const guint8 *bytes, gsize size, gboolean is_final, struct tui_event *event)
{
	gsize at = 2;

	/* The Linux console's second '[' is no final byte. */
	if (size > 2 && bytes[2] == '[')
		at = 3;
	while (at < size && at < SEQUENCE_MAX && bytes[at] >= 0x20 && bytes[at] < 0x40)
		at++;
	if (at >= size && at < SEQUENCE_MAX)
		return is_final ? size : 0;
	if (at >= SEQUENCE_MAX || bytes[at] < 0x20 || bytes[at] > 0x7e)
		return at; /* broken: the byte that broke it is looked at anew */
	if (at == 5 && memcmp(bytes, "\033[200~", 6) == 0)
		return decode_paste(bytes, size, 6, event);
	decode_csi(bytes + 2, at - 1, event);
	return at + 1;
}

static gsize decode_character(const guint8 *bytes, gsize size, gboolean is_final, struct tui_event *event)
{
	gunichar c = g_utf8_get_char_validated((const char *)bytes, (gssize)MIN(size, 6));

	if (bytes[0] == '\r' || bytes[0] == '\n')
		set_key(event, TUI_KEY_ENTER, 0);
	else if (bytes[0] == '\t')
		set_key(event, TUI_KEY_TAB, 0);
	else if (bytes[0] == 0x7f || bytes[0] == 8)
		set_key(event, TUI_KEY_BACKSPACE, 0);
	else if (bytes[0] == 0)
		set_key(event, ' ', TUI_CTRL);
	else if (bytes[0] < 0x20)
		set_key(event, bytes[0] < 27 ? bytes[0] + 'a' - 1u : bytes[0] + 0x40u, TUI_CTRL);
	else if (c == (gunichar)-2 && !is_final && size < 6)
		return 0;
	else if (c == (gunichar)-1 || c == (gunichar)-2)
		return 1;
	else if (!g_unichar_iscntrl(c))
		set_key(event, c, 0);
	return bytes[0] < 0x80 ? 1 : (gsize)(g_utf8_next_char((const char *)bytes) - (const char *)bytes);
}

static gsize decode_escape(const guint8 *bytes, gsize size, gboolean is_final, struct tui_event *event)
{
	gsize used;

	if (size == 1 || bytes[1] == ESC) {
		if (size == 1 && !is_final)
			return 0;
		set_key(event, TUI_KEY_ESCAPE, 0);
		return 1;
	}
	if (bytes[1] == '[' && (size > 2 || !is_final))
		return size > 2 ? decode_sequence(bytes, size, is_final, event) : 0;
	if (bytes[1] == 'O' && (size > 2 || !is_final)) {
		guint32 key = size > 2 ? letter_key(bytes[2]) : 0;

		if (size == 2)
			return 0;
		if (key)
			set_key(event, key, 0);
		return 3;
	}
	used = decode_character(bytes + 1, size - 1, is_final, event);
	event->modifiers |= TUI_ALT;
	return used ? used + 1 : 0;
}

gsize tui_keys_decode(const guint8 *bytes, gsize size, gboolean is_final, struct tui_event *ret_event)
{
	memset(ret_event, 0, sizeof(*ret_event));
	if (size == 0)
		return 0;
	if (bytes[0] == ESC)
		return decode_escape(bytes, size, is_final, ret_event);
	return decode_character(bytes, size, is_final, ret_event);
}

char *tui_key_text(guint32 key, unsigned modifiers)
{
	static const char *const names[] = { "Up",   "Down", "Left", "Right", "Home", "End",   "PgUp",
					     "PgDn", "Ins",  "Del",  "Bksp",  "Tab",  "Enter", "Esc" };
	GString *text = g_string_new(NULL);

	if (modifiers & TUI_CTRL)
		g_string_append(text, "Ctrl+");
	if (modifiers & TUI_ALT)
		g_string_append(text, "Alt+");
	if (modifiers & TUI_SHIFT)
		g_string_append(text, "Shift+");
	if (key >= TUI_KEY_F1)
		g_string_append_printf(text, "F%u", key - TUI_KEY_F1 + 1);
	else if (key >= TUI_KEY_UP)
		g_string_append(text, names[key - TUI_KEY_UP]);
	else if (key == ' ')
		g_string_append(text, "Space");
	else
		g_string_append_unichar(text, modifiers & TUI_CTRL ? g_unichar_toupper(key) : key);
	return g_string_free(text, FALSE);
}
