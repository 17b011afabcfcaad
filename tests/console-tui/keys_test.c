/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, mouse and paste out of bytes: known sequences of terminals, in one piece and cut anywhere; then
 * noise. */
#include "input/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static const struct {
	const char *bytes;
	guint32 key;
	unsigned modifiers;
} known[] = {
	{ "a", 'a', 0 },
	{ "\xc3\xa4", 0xe4, 0 },
	{ "\xf0\x9f\x90\xa7", 0x1f427, 0 },
	{ "\r", TUI_KEY_ENTER, 0 },
	{ "\t", TUI_KEY_TAB, 0 },
	{ "\x7f", TUI_KEY_BACKSPACE, 0 },
	{ "\x08", TUI_KEY_BACKSPACE, 0 },
	{ "\x03", 'c', TUI_CTRL },
	{ "\x1a", 'z', TUI_CTRL },
	{ "\x1d", ']', TUI_CTRL },
	{ "\033[A", TUI_KEY_UP, 0 },
	{ "\033OA", TUI_KEY_UP, 0 },
	{ "\033[1;5C", TUI_KEY_RIGHT, TUI_CTRL },
	{ "\033[1;2D", TUI_KEY_LEFT, TUI_SHIFT },
	{ "\033[H", TUI_KEY_HOME, 0 },
	{ "\033[1~", TUI_KEY_HOME, 0 },
	{ "\033[7~", TUI_KEY_HOME, 0 },
	{ "\033[4~", TUI_KEY_END, 0 },
	{ "\033OF", TUI_KEY_END, 0 },
	{ "\033[2~", TUI_KEY_INSERT, 0 },
	{ "\033[3~", TUI_KEY_DELETE, 0 },
	{ "\033[5~", TUI_KEY_PAGE_UP, 0 },
	{ "\033[6;3~", TUI_KEY_PAGE_DOWN, TUI_ALT },
	{ "\033OP", TUI_KEY_F1, 0 },
	{ "\033[[A", TUI_KEY_F1, 0 },
	{ "\033[[E", TUI_KEY_F1 + 4, 0 },
	{ "\033[11~", TUI_KEY_F1, 0 },
	{ "\033[15~", TUI_KEY_F1 + 4, 0 },
	{ "\033[21~", TUI_KEY_F1 + 9, 0 },
	{ "\033[24~", TUI_KEY_F12, 0 },
	{ "\033[Z", TUI_KEY_TAB, TUI_SHIFT },
	{ "\033x", 'x', TUI_ALT },
	{ "\033\r", TUI_KEY_ENTER, TUI_ALT },
	{ "\033[97;5u", 'a', TUI_CTRL },
};

static void fail(const char *what, guint i)
{
	printf("FAILED: %s, case %u\n", what, i);
	failures++;
}

static void test_known(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		const guint8 *bytes = (const guint8 *)known[i].bytes;
		gsize size = strlen(known[i].bytes);
		struct tui_event event;

		if (tui_keys_decode(bytes, size, FALSE, &event) != size || event.kind != TUI_KEY ||
		    event.key != known[i].key || event.modifiers != known[i].modifiers)
			fail("a known key", i);
		/* Cut anywhere, it waits for the rest. */
		for (gsize part = 1; part < size; part++)
			if (tui_keys_decode(bytes, part, FALSE, &event) != 0 && event.kind != TUI_KEY)
				fail("a cut key", i);
	}
}

static void expect_mouse(const char *text, enum tui_mouse mouse, guint button, int x, int y)
{
	struct tui_event event;

	if (tui_keys_decode((const guint8 *)text, strlen(text), FALSE, &event) != strlen(text) ||
	    event.kind != TUI_MOUSE || event.mouse != mouse || event.button != button || event.x != x ||
	    event.y != y)
		fail(text + 1, 0);
}

static void test_others(void)
{
	struct tui_event event;
	const char *paste = "\033[200~ab\033[31m\033[201~x";

	expect_mouse("\033[<0;10;5M", TUI_MOUSE_PRESS, 0, 9, 4);
	expect_mouse("\033[<2;1;1m", TUI_MOUSE_RELEASE, 2, 0, 0);
	expect_mouse("\033[<64;3;4M", TUI_MOUSE_UP, 0, 2, 3);
	expect_mouse("\033[<65;3;4M", TUI_MOUSE_DOWN, 1, 2, 3);
	expect_mouse("\033[<32;3;4M", TUI_MOUSE_DRAG, 0, 2, 3);
	if (tui_keys_decode((const guint8 *)paste, strlen(paste), FALSE, &event) != strlen(paste) - 1 ||
	    event.kind != TUI_PASTE || event.text_size != 7)
		fail("a paste", 0);
	if (tui_keys_decode((const guint8 *)paste, 8, FALSE, &event) != 0)
		fail("a cut paste", 0);
	if (tui_keys_decode((const guint8 *)"\033", 1, FALSE, &event) != 0 ||
	    tui_keys_decode((const guint8 *)"\033", 1, TRUE, &event) != 1 || event.key != TUI_KEY_ESCAPE)
		fail("Escape", 0);
	/* Answers of a terminal are no keys. */
	if (tui_keys_decode((const guint8 *)"\033[?62;4c", 8, FALSE, &event) != 8 ||
	    event.kind != TUI_NOTHING)
		fail("an answer", 0);
}

/* Never more than there is, never stuck at the end, never a control character as a key. */
static void test_noise(unsigned seed)
{
	static const char pieces[] = "\033[<;0123456789MmABZ~Ou\x80\xc3\xff\r\t\x01x";
	guint8 bytes[200];

	srand(seed);
	for (guint round = 0; round < 20000; round++) {
		gsize size = 1 + (gsize)rand() % sizeof(bytes), used = 0;

		for (gsize i = 0; i < size; i++)
			bytes[i] =
			    rand() % 4 ? (guint8)pieces[rand() % (int)(sizeof(pieces) - 1)] : (guint8)rand();
		while (used < size) {
			struct tui_event event;
			gsize n = tui_keys_decode(bytes + used, size - used, TRUE, &event);

			if (n > size - used)
				fail("noise: beyond the end, seed", seed);
			if (event.kind == TUI_KEY && (event.key < 0x20 || event.key > TUI_KEY_LAST))
				fail("noise: a key that there is not, seed", seed);
			if (n == 0)
				break; /* a paste without an end */
			used += n;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 1;

	test_known();
	test_others();
	test_noise(seed);
	return failures != 0;
}
