/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at a machine's screen and presses its keys, for tests:
 *   screen SOCKET COMMAND...
 *     wait SECONDS TEXT     until TEXT is on the screen
 *     graphics SECONDS WxH  until the screen is in this graphics mode
 *     shape SECONDS TEXT    until a line of a graphics screen may be TEXT, in whatever font of 8x16 pixels:
 * equal characters look equal, others do not colors SECONDS N      until the screen has at least N colours
 *     key NAME              enter, esc, up, down, left, right, space, tab, f1..f12, a character,
 *                           or one of them behind "ctrl-"
 *     type TEXT             each character's key
 *     text                  prints the text
 *     picture FILE          writes a PNG
 *     sleep SECONDS
 * Exit status 0 when all commands were done; else 1, after the text of the screen on stderr.
 */
#include "ui/png.h"
#include "ui/screen_text.h"
#include "ui/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct viewer_link viewer;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_s(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
}

static bool connect_to(const char *path, double deadline)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (now() > deadline)
			return false;
		pause_s(0.05);
	}
	viewer_init(&viewer, fd);
	return true;
}

/* Until a message of this kind came. */
static bool await(enum display_kind kind)
{
	for (double deadline = now() + 10; now() < deadline;) {
		struct pollfd in = { .fd = viewer.fd, .events = POLLIN };
		int r;

		poll(&in, 1, 100);
		r = viewer_receive(&viewer);
		if (r == (int)kind)
			return true;
		if (r == -EPIPE)
			return false;
	}
	return false;
}

static bool look(bool with_pixels, struct screen *screen)
{
	return viewer_send(&viewer, DISPLAY_LOOK, 0, 0, 0, 0) && await(DISPLAY_DRAWN) &&
	       framebuffer_view_copy(viewer.view, with_pixels, screen) == 0;
}

static bool has_text(const struct screen *screen, const char *wanted)
{
	char *text = screen_text(screen);
	bool has = text && strstr(text, wanted);

	free(text);
	return has;
}

static bool has_mode(const struct screen *screen, const char *wanted)
{
	char mode[32];

	snprintf(mode, sizeof(mode), "%ux%u", screen->mode.width, screen->mode.height);
	return screen->mode.kind == FRAMEBUFFER_GRAPHICS && strcmp(mode, wanted) == 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool has_colors(const struct screen *screen, const char *wanted)
{
	size_t count = (size_t)screen->mode.width * screen->mode.height;
	unsigned colors = count > 0;

	qsort(screen->pixels, count, sizeof(uint32_t), compare);
	for (size_t i = 1; i < count; i++)
		colors += screen->pixels[i] != screen->pixels[i - 1];
	return colors >= (unsigned)atoi(wanted);
}

/* --- text in a font that nobody knows ---------------------------------------------------------------- */

enum { GLYPH_WIDTH = 8, GLYPH_HEIGHT = 16, COLUMNS_MAX = 512 };

struct glyph {
	uint64_t rows[GLYPH_WIDTH * GLYPH_HEIGHT / 64];
};

/* Which pixels differ from the first, which hardly any character uses. */
static struct glyph read_glyph(const struct screen *screen, unsigned column, unsigned row)
{
	const uint32_t *from =
	    screen->pixels + (size_t)row * GLYPH_HEIGHT * screen->mode.width + column * GLYPH_WIDTH;
	struct glyph glyph = { { 0 } };

	for (unsigned i = 0; i < GLYPH_WIDTH * GLYPH_HEIGHT; i++)
		if (from[i / GLYPH_WIDTH * screen->mode.width + i % GLYPH_WIDTH] != from[0])
			glyph.rows[i / 64] |= 1ull << (i % 64);
	return glyph;
}

static bool is_shape_of(const struct glyph *line, const char *text, size_t length)
{
	for (size_t i = 1; i < length; i++)
		for (size_t j = 0; j < i; j++)
			if ((memcmp(&line[i], &line[j], sizeof(*line)) == 0) != (text[i] == text[j]))
				return false;
	return true;
}

static bool has_shape(const struct screen *screen, const char *wanted)
{
	unsigned columns = screen->mode.width / GLYPH_WIDTH, rows = screen->mode.height / GLYPH_HEIGHT;
	size_t length = strlen(wanted);
	struct glyph line[COLUMNS_MAX];

	if (screen->mode.kind != FRAMEBUFFER_GRAPHICS || columns > COLUMNS_MAX)
		return false;
	for (unsigned row = 0; row < rows; row++) {
		for (unsigned column = 0; column < columns; column++)
			line[column] = read_glyph(screen, column, row);
		for (size_t column = 0; column + length <= columns; column++)
			if (is_shape_of(line + column, wanted, length))
				return true;
	}
	return false;
}

static bool wait_for(bool (*is_there)(const struct screen *screen, const char *wanted), const char *seconds,
		     const char *wanted)
{
	for (double deadline = now() + atof(seconds); now() < deadline; pause_s(0.1)) {
		struct screen screen;
		bool is;

		if (!look(is_there == has_colors || is_there == has_shape, &screen))
			return false;
		is = is_there(&screen, wanted);
		screen_deinit(&screen);
		if (is)
			return true;
	}
	return false;
}

/* Make codes of set 1; E000h for the extended ones; 10000h: with shift. */
static int key_code(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} named[] = {
		{ "enter", 0x1c }, { "esc", 0x01 },    { "space", 0x39 },  { "tab", 0x0f },
		{ "up", 0xe048 },  { "down", 0xe050 }, { "left", 0xe04b }, { "right", 0xe04d },
		{ "f1", 0x3b },	   { "f2", 0x3c },     { "f3", 0x3d },	   { "f4", 0x3e },
		{ "f5", 0x3f },	   { "f6", 0x40 },     { "f10", 0x44 },	   { "f12", 0x58 },
	};
	static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
	static const char shifted[] = "\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (strcmp(named[i].name, name) == 0)
			return named[i].code;
	if (strlen(name) != 1)
		return -1;
	for (size_t i = 1; i < sizeof(plain) - 1; i++)
		if (plain[i] == name[0])
			return (int)i;
	for (size_t i = 1; i < sizeof(shifted) - 1; i++)
		if (shifted[i] == name[0])
			return (int)i | 0x10000;
	return -1;
}

static bool press(const char *name)
{
	bool has_ctrl = strncmp(name, "ctrl-", 5) == 0;
	int code = key_code(has_ctrl ? name + 5 : name);

	if (code < 0)
		return false;
	if (has_ctrl)
		viewer_send(&viewer, DISPLAY_KEY, 0x1d, 1, 0, 0);
	if (code & 0x10000)
		viewer_send(&viewer, DISPLAY_KEY, 0x2a, 1, 0, 0);
	viewer_send(&viewer, DISPLAY_KEY, code & 0xffff, 1, 0, 0);
	viewer_send(&viewer, DISPLAY_KEY, code & 0xffff, 0, 0, 0);
	if (code & 0x10000)
		viewer_send(&viewer, DISPLAY_KEY, 0x2a, 0, 0, 0);
	if (has_ctrl)
		viewer_send(&viewer, DISPLAY_KEY, 0x1d, 0, 0, 0);
	pause_s(0.05);
	return true;
}

static bool type(const char *text)
{
	for (; *text; text++) {
		char name[2] = { *text, '\0' };

		if (!press(name))
			return false;
	}
	return true;
}

static void print_text(FILE *to)
{
	struct screen screen;
	char *text;

	if (!look(false, &screen))
		return;
	text = screen_text(&screen);
	fprintf(to, "(%s, %ux%u)\n%s", screen.mode.kind == FRAMEBUFFER_TEXT ? "text" : "no text",
		screen.mode.width, screen.mode.height, text ? text : "");
	free(text);
	screen_deinit(&screen);
}

static bool write_picture(const char *path)
{
	struct screen screen;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), r;

	if (fd < 0 || !look(true, &screen))
		return false;
	r = png_write(fd, screen.pixels, screen.mode.width, screen.mode.height);
	close(fd);
	screen_deinit(&screen);
	return r == 0;
}

/* The number of arguments that the command took; 0: it failed. */
static int run_command(char **argv, int argc)
{
	if (strcmp(argv[0], "text") == 0)
		return print_text(stdout), 1;
	if (argc >= 2 && strcmp(argv[0], "key") == 0)
		return press(argv[1]) ? 2 : 0;
	if (argc >= 2 && strcmp(argv[0], "type") == 0)
		return type(argv[1]) ? 2 : 0;
	if (argc >= 2 && strcmp(argv[0], "sleep") == 0)
		return pause_s(atof(argv[1])), 2;
	if (argc >= 2 && strcmp(argv[0], "picture") == 0)
		return write_picture(argv[1]) ? 2 : 0;
	if (argc >= 3 && strcmp(argv[0], "wait") == 0)
		return wait_for(has_text, argv[1], argv[2]) ? 3 : 0;
	if (argc >= 3 && strcmp(argv[0], "graphics") == 0)
		return wait_for(has_mode, argv[1], argv[2]) ? 3 : 0;
	if (argc >= 3 && strcmp(argv[0], "colors") == 0)
		return wait_for(has_colors, argv[1], argv[2]) ? 3 : 0;
	if (argc >= 3 && strcmp(argv[0], "shape") == 0)
		return wait_for(has_shape, argv[1], argv[2]) ? 3 : 0;
	return 0;
}

int main(int argc, char **argv)
{
	int taken;

	if (argc < 2 || !connect_to(argv[1], now() + 10) || !await(DISPLAY_HELLO)) {
		fprintf(stderr, "screen: no display at %s\n", argc < 2 ? "(nothing given)" : argv[1]);
		return 1;
	}
	for (int i = 2; i < argc; i += taken) {
		taken = run_command(argv + i, argc - i);
		if (taken == 0) {
			fprintf(stderr, "screen: failed: %s %s %s\n", argv[i],
				i + 1 < argc ? argv[i + 1] : "", i + 2 < argc ? argv[i + 2] : "");
			print_text(stderr);
			return 1;
		}
	}
	return 0;
}
