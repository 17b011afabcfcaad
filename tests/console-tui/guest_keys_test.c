/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal tells of a key becomes the keys of the guest's layout, each pressed and released in order.
 */
#include "console/guest_keys.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *layout;
	guint32 key;
	unsigned modifiers;
	const char *expected; /* "" and FALSE: no key */
} cases[] = {
	{ "us", 'a', 0, "+1e -1e " },
	{ "us", 'A', 0, "+2a +1e -1e -2a " },
	{ "us", 'y', 0, "+15 -15 " },
	{ "us", '@', 0, "+2a +3 -3 -2a " },
	{ "us", 0xe4, 0, "" },
	{ "de", 'y', 0, "+2c -2c " },
	{ "de", 0xe4, 0, "+28 -28 " },
	{ "de", '@', 0, "+e038 +10 -10 -e038 " },
	{ "de", '{', 0, "+e038 +8 -8 -e038 " },
	{ "de", 'y', TUI_CTRL, "+1d +2c -2c -1d " },
	{ "fr", 'a', 0, "+10 -10 " },
	{ "fr", '1', 0, "+2a +2 -2 -2a " },
	{ "gb", '#', 0, "+2b -2b " },
	{ "de", TUI_KEY_UP, 0, "+e048 -e048 " },
	{ "de", TUI_KEY_F12, TUI_CTRL | TUI_ALT, "+1d +38 +58 -58 -38 -1d " },
	{ "us", TUI_KEY_ENTER, 0, "+1c -1c " },
};

static void on_key(gpointer opaque, guint16 code, gboolean is_down)
{
	g_string_append_printf(opaque, "%c%x ", is_down ? '+' : '-', code);
}

int main(void)
{
	int failed = 0;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct tui_event event = { .kind = TUI_KEY,
					   .key = cases[i].key,
					   .modifiers = cases[i].modifiers };
		GString *got = g_string_new(NULL);
		gboolean is_key = guest_keys_press(&event, rd_layout_find(cases[i].layout), on_key, got);

		if (is_key != (*cases[i].expected != '\0') || strcmp(got->str, cases[i].expected) != 0) {
			printf("FAILED: %s, key %x, modifiers %x: \"%s\" instead of \"%s\"\n",
			       cases[i].layout, cases[i].key, cases[i].modifiers, got->str,
			       cases[i].expected);
			failed = 1;
		}
		g_string_free(got, TRUE);
	}
	return failed;
}
