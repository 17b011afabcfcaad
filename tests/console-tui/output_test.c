/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is drawn is what a terminal shows: random texts in random places, written by screen/output.c into
 * libvterm, whose cells must be the surface's. And whatever the text is, no control character gets to the
 * terminal but our own.
 */
#include "screen/output.h"
#include "screen/text.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

static int failures;
static unsigned seed = 1;

static const char *const texts[] = {
	"plain",
	"\033[31mred\033[0m",
	"bell\a",
	"\xe4\xb8\xad\xe6\x96\x87",
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d abc 12",
	"e\xcc\x81"
	"a\xcc\x88",
	"\xc2\x9b"
	"31m",
	"\xe2\x80\xaetxet",
	"\xff\xfe",
	"tab\tnew\nline",
	"\xf0\x9f\x90\xa7",
	"\xef\xbc\xa1\xef\xbc\xa2",
	"a\xe2\x80\x8b"
	"b",
	"",
};

static void fail(const char *what, int x, int y)
{
	if (failures++ < 10)
		printf("FAILED: %s at %d,%d (seed %u)\n", what, x, y, seed);
}

/* Besides our own sequences only printable text. */
static void check_bytes(const GString *bytes)
{
	for (gsize i = 0; i < bytes->len; i++) {
		guchar c = (guchar)bytes->str[i];

		if (c == 0x1b) {
			if (bytes->str[i + 1] != '[')
				fail("a sequence that is not ours", (int)i, 0);
			for (i += 2; i < bytes->len && !g_ascii_isalpha(bytes->str[i]); i++)
				if (!strchr("0123456789;?", bytes->str[i]))
					fail("a sequence that is not ours", (int)i, 1);
			if (!strchr("mHCJhl", bytes->str[i]))
				fail("a sequence that is not ours", (int)i, 2);
		} else if (c < 0x20 || c == 0x7f || (c == 0xc2 && (guchar)bytes->str[i + 1] < 0xa0)) {
			fail("a control character", (int)i, c);
		}
	}
}

static void compare(VTermScreen *screen, const struct tui_surface *surface)
{
	for (int y = 0; y < surface->height; y++)
		for (int x = 0; x < surface->width; x++) {
			const struct tui_cell *cell = &surface->cells[y * surface->width + x];
			VTermScreenCell shown;

			vterm_screen_get_cell(screen, (VTermPos){ y, x }, &shown);
			if (cell->width == 0)
				continue;
			if ((shown.chars[0] ? shown.chars[0] : ' ') != cell->text[0])
				fail("another character", x, y);
			if (shown.attrs.bold != !!(cell->attributes & THEME_BOLD))
				fail("another look", x, y);
		}
}

static void draw(struct tui_surface *surface)
{
	struct tui_area area = tui_surface_area(surface);

	for (int i = rand() % 6; i >= 0; i--) {
		int x = rand() % surface->width, y = rand() % surface->height;
		enum theme_role role = (enum theme_role)(rand() % THEME_ROLES);

		switch (rand() % 6) {
		case 0: tui_row(&area, x, y, rand() % 20, role, 0x2500); break;
		case 1: {
			struct tui_area part = tui_area_part(&area, x, y, 1 + rand() % 30, 1 + rand() % 8);

			tui_box(&part, role, texts[(size_t)rand() % G_N_ELEMENTS(texts)]);
			break;
		}
		case 2: {
			struct tui_area part = tui_area_part(&area, x, y, rand() % 30, rand() % 8);

			tui_fill(&part, role);
			break;
		}
		default:
			tui_text(&area, x, y, rand() % 30 - 1, role,
				 texts[(size_t)rand() % G_N_ELEMENTS(texts)]);
			break;
		}
	}
}

static void test_size(int width, int height, enum tui_colors colors, const struct theme *theme)
{
	struct tui_surface surface = { .theme = theme };
	struct tui_output output;
	struct tui_area area;
	VTerm *vterm = vterm_new(height, width);
	VTermScreen *screen = vterm_obtain_screen(vterm);
	GString *bytes = g_string_new(NULL);

	vterm_set_utf8(vterm, 1);
	vterm_screen_reset(screen, 1);
	tui_output_init(&output, colors);
	tui_surface_resize(&surface, width, height);
	area = tui_surface_area(&surface);
	tui_fill(&area, THEME_TEXT);
	for (int round = 0; round < 150; round++) {
		draw(&surface);
		g_string_truncate(bytes, 0);
		tui_output_update(&output, &surface, bytes);
		check_bytes(bytes);
		vterm_input_write(vterm, bytes->str, bytes->len);
		compare(screen, &surface);
		g_string_truncate(bytes, 0);
		tui_output_update(&output, &surface, bytes);
		if (bytes->len)
			fail("bytes although nothing has changed", (int)bytes->len, 0);
	}
	g_string_free(bytes, TRUE);
	tui_output_deinit(&output);
	tui_surface_deinit(&surface);
	vterm_free(vterm);
}

static void test_texts(void)
{
	gsize count;
	guint32 *visual = tui_text_visual("ab \xd7\x90\xd7\x91\xd7\x92 cd", &count);

	if (count != 9 || visual[3] != 0x5d2 || visual[5] != 0x5d0 || visual[7] != 'c')
		fail("the visual order", 0, 0);
	g_free(visual);
	if (tui_text_width("\xe4\xb8\xad"
			   "a") != 3 ||
	    tui_text_width("e\xcc\x81") != 1)
		fail("a width", 0, 0);
	if (tui_text_lines("one two three", 8) != 2 || tui_text_lines("aaaaaaaaaaaa", 5) != 3)
		fail("lines", 0, 0);
	for (guint32 c = 0; c < 0x3000; c++)
		if ((guchar)tui_character_ascii(c) < (c < 0x80 ? 0 : 0x20))
			fail("ASCII for it", (int)c, 0);
}

int main(int argc, char **argv)
{
	static const int sizes[][2] = { { 80, 24 }, { 7, 3 }, { 200, 60 }, { 1, 1 } };
	struct theme *theme;

	setlocale(LC_ALL, "C.UTF-8");
	if (argc > 1)
		seed = (unsigned)atoi(argv[1]);
	srand(seed);
	theme = theme_load("dark", NULL);
	test_texts();
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		test_size(sizes[i][0], sizes[i][1], (enum tui_colors)(TUI_COLORS_8 + i), theme);
	theme_free(theme);
	return failures != 0;
}
