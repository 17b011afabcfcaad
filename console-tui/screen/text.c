/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen/text.h"

enum { REPLACEMENT = 0xfffd };

static gboolean is_silent(guint32 c)
{
	return g_unichar_type(c) == G_UNICODE_FORMAT || (c >= 0xfe00 && c <= 0xfe0f) ||
	       (c >= 0xe0000 && c <= 0xe0fff) || c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x3164;
}

static guint32 clean(guint32 c)
{
	if (c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029)
		return ' ';
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE: return REPLACEMENT;
	default: return c;
	}
}

guint32 tui_text_next(const char **text)
{
	while (**text) {
		gunichar c = g_utf8_get_char_validated(*text, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			++*text;
			return REPLACEMENT;
		}
		*text = g_utf8_next_char(*text);
		if (!is_silent(c))
			return clean(c);
	}
	return 0;
}

int tui_character_width(guint32 c)
{
	if (c < 0x300)
		return 1;
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

int tui_text_width(const char *text)
{
	int width = 0;

	for (guint32 c; (c = tui_text_next(&text));)
		width += tui_character_width(c);
	return width;
}

/* Unicode, DerivedBidiClass: the blocks of classes R and AL. */
static gboolean is_right_to_left(guint32 c)
{
	return (c >= 0x0590 && c <= 0x08ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff) ||
	       (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

/* Combining characters stay behind their base. */
static void turn(guint32 *text, gsize count)
{
	guint32 *old = g_memdup2(text, count * sizeof(*text));

	for (gsize end = count, to = 0; end > 0;) {
		gsize start = end - 1;

		while (start > 0 && tui_character_width(old[start]) == 0)
			start--;
		for (gsize i = start; i < end; i++)
			text[to++] = old[i];
		end = start;
	}
	g_free(old);
}

/* A run goes on over blanks and punctuation as long as its script comes again. */
static gsize run_end(const guint32 *text, gsize count, gsize start)
{
	gsize end = start + 1;

	for (gsize i = start + 1; i < count; i++) {
		if (is_right_to_left(text[i]) || tui_character_width(text[i]) == 0)
			end = i + 1;
		else if (g_unichar_isalnum(text[i]))
			break;
	}
	return end;
}

guint32 *tui_text_visual(const char *text, gsize *ret_count)
{
	GArray *all = g_array_new(TRUE, FALSE, sizeof(guint32));
	gsize count;
	guint32 *data;

	for (guint32 c; (c = tui_text_next(&text));)
		g_array_append_val(all, c);
	count = *ret_count = all->len;
	data = (guint32 *)(void *)g_array_free(all, FALSE);
	for (gsize i = 0; i < count; i++)
		if (is_right_to_left(data[i])) {
			gsize end = run_end(data, count, i);

			turn(data + i, end - i);
			i = end - 1;
		}
	return data;
}

char tui_character_ascii(guint32 c)
{
	static const struct {
		guint32 c;
		char ascii;
	} known[] = {
		{ 0x2500, '-' }, { 0x2502, '|' }, { 0x2550, '=' }, { 0x2551, '|' }, { 0x2026, '~' },
		{ 0x25cf, '*' }, { 0x25cb, 'o' }, { 0x25b6, '>' }, { 0x25b8, '>' }, { 0x25be, 'v' },
		{ 0x25b2, '^' }, { 0x25bc, 'v' }, { 0x2713, 'x' }, { 0x2717, '!' }, { 0x2022, '*' },
		{ 0x2192, '>' }, { 0x2190, '<' }, { 0x2191, '^' }, { 0x2193, 'v' }, { 0x2588, '#' },
		{ 0x2591, '.' }, { 0x2592, ':' }, { 0x25a0, '#' }, { 0x25d0, '%' }, { 0x25c6, '+' },
		{ 0x2016, '|' }, { 0x00b7, '.' }, { 0x2014, '-' }, { 0x2013, '-' }, { 0x26a0, '!' },
	};

	if (c < 0x80)
		return (char)c;
	for (guint i = 0; i < G_N_ELEMENTS(known); i++)
		if (known[i].c == c)
			return known[i].ascii;
	if (c >= 0x2501 && c <= 0x257f)
		return '+';
	if (c >= 0x2581 && c <= 0x2587)
		return ".::-=+*"[c - 0x2581];
	if (c >= 0x2800 && c <= 0x28ff)
		return c == 0x2800 ? ' ' : ':';
	return '?';
}
