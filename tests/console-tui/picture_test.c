/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen as what each kind of terminal takes: the bytes of pictures begin and end as their protocols have
 * it, and nothing but them reaches the terminal; cells fill what was wished for. */
#include "console/picture.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 320, HEIGHT = 200, COLUMNS = 40, ROWS = 12 };

static const struct {
	enum picture_way way;
	const char *begin, *end; /* of all bytes */
} ways[] = {
	{ PICTURE_SIXEL, "\033P", "\033\\" },
	{ PICTURE_KITTY, "\033_G", "\033\\" },
	{ PICTURE_ITERM, "\033]1337;File=", "\a" },
};

struct answer {
	struct picture *picture;
	GMainLoop *loop;
};

static void on_picture(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct answer *answer = opaque;

	answer->picture = picture_finish(result);
	g_main_loop_quit(answer->loop);
}

static struct picture *make(const struct picture_wish *wish)
{
	static guint32 pixels[WIDTH * HEIGHT];
	struct answer answer = { NULL, g_main_loop_new(NULL, FALSE) };

	for (guint y = 0; y < HEIGHT; y++)
		for (guint x = 0; x < WIDTH; x++)
			pixels[y * WIDTH + x] =
			    (x * 255 / WIDTH) << 16 | (y * 255 / HEIGHT) << 8 | ((x ^ y) & 0xff);
	picture_start(pixels, WIDTH, HEIGHT, WIDTH, wish, on_picture, &answer);
	g_main_loop_run(answer.loop);
	g_main_loop_unref(answer.loop);
	return answer.picture;
}

static int fail(const char *way, const char *what)
{
	printf("FAILED: %s: %s\n", way, what);
	return 1;
}

/* Control characters but those of the protocol; kitty's picture is several sequences one after the other. */
static gboolean is_clean(const GString *bytes)
{
	for (gsize i = 0; i < bytes->len; i++) {
		unsigned char c = (unsigned char)bytes->str[i];

		if ((c < 0x20 && c != '\033' && c != '\a' && c != '\n' && c != '\r') || c >= 0x7f)
			return FALSE;
		if (c == '\033' && !strchr("P_]\\", bytes->str[i + 1]))
			return FALSE;
	}
	return TRUE;
}

static int check_bytes(void)
{
	int failed = 0;

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		struct picture_wish wish = { .columns = COLUMNS,
					     .rows = ROWS,
					     .cell_width = 8,
					     .cell_height = 16,
					     .way = ways[i].way,
					     .wants_picture = TRUE };
		struct picture *picture = make(&wish);
		const char *name = picture_way_name(ways[i].way);

		if (!picture->bytes || picture->cells)
			failed |= fail(name, "no bytes");
		else if (!g_str_has_prefix(picture->bytes->str, ways[i].begin) ||
			 !g_str_has_suffix(g_strchomp(picture->bytes->str), ways[i].end))
			failed |= fail(name, "it begins or ends in another way than its protocol");
		else if (!is_clean(picture->bytes))
			failed |= fail(name, "something else is between its bytes");
		if (picture->columns > COLUMNS || picture->rows > ROWS || picture->x < 0 || picture->y < 0)
			failed |= fail(name, "it is larger than its place");
		picture_free(picture);
	}
	return failed;
}

static int check_cells(gboolean is_ascii, gboolean is_mono)
{
	struct picture_wish wish = { .columns = COLUMNS,
				     .rows = ROWS,
				     .wants_picture = TRUE,
				     .is_ascii = is_ascii,
				     .is_mono = is_mono };
	struct picture *picture = make(&wish);
	int failed = 0;

	if (!picture->cells || picture->bytes)
		failed = fail("symbols", "no cells");
	for (int i = 0; !failed && i < picture->columns * picture->rows; i++) {
		const struct tui_cell *cell = &picture->cells[i];

		if (cell->width != 1 || cell->text[0] < ' ' || (is_ascii && cell->text[0] > '~'))
			failed = fail("symbols", "a cell that the terminal cannot show");
		if (is_mono &&
		    (!(cell->foreground & THEME_COLOR_DEFAULT) || !(cell->background & THEME_COLOR_DEFAULT)))
			failed = fail("symbols", "a colour where there are none");
	}
	picture_free(picture);
	return failed;
}

int main(void)
{
	return check_bytes() | check_cells(FALSE, FALSE) | check_cells(TRUE, FALSE) | check_cells(TRUE, TRUE);
}
