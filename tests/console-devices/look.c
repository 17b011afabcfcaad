/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at a machine's graphics screen as text and uses its keyboard and pointer:
 *   look SOCKET COMMAND...
 *     wait SECONDS TEXT  until a line of the screen has TEXT, read by its font
 *     key CODE           presses and releases a key (make code, hexadecimal)
 *     move X Y BUTTONS   the pointer: 0..32767 each way
 *     size WIDTH HEIGHT  what the guest is to take
 *     mode               prints "WIDTHxHEIGHT"
 *     text               prints what is on the screen
 * Exit status 0 when all was done; else 1, after the text of the screen.
 */
#include "text/text.h"
#include "ui/viewer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct viewer_link viewer;
static struct rd_fonts fonts;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	viewer_init(&viewer, fd);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

/* False: the machine is gone, or does not answer. */
static bool wait_for(int kind, int timeout_ms)
{
	for (;;) {
		struct pollfd fd = { .fd = viewer.fd, .events = POLLIN };
		int got;

		if (poll(&fd, 1, timeout_ms) != 1)
			return false;
		got = viewer_receive(&viewer);
		if (got == kind)
			return true;
		if (got < 0 && got != -EAGAIN)
			return false;
	}
}

static bool take(struct screen *screen)
{
	viewer_send(&viewer, DISPLAY_LOOK, 0, 0, 0, 0);
	return wait_for(DISPLAY_DRAWN, 5000) && framebuffer_view_copy(viewer.view, true, screen) == 0;
}

/* The caller frees it; NULL: no picture. */
static char *read_text(void)
{
	struct screen screen;
	struct rd_text text;
	char *out = NULL;

	if (!take(&screen))
		return NULL;
	if (rd_text_recognize(&fonts,
			      &(struct rd_picture){ screen.pixels, screen.mode.width, screen.mode.height,
						    screen.mode.width },
			      &text) == 0) {
		out = rd_text_format(&text);
		rd_text_deinit(&text);
	}
	screen_deinit(&screen);
	return out;
}

static bool wait_text(const char *seconds, const char *wanted)
{
	double deadline = now() + atof(seconds);

	while (now() < deadline) {
		char *text = read_text();
		bool is_there = text && strstr(text, wanted);

		free(text);
		if (is_there)
			return true;
		usleep(200000);
	}
	return false;
}

static void press(const char *code)
{
	int key = (int)strtol(code, NULL, 16);

	viewer_send(&viewer, DISPLAY_KEY, key, 1, 0, 0);
	viewer_send(&viewer, DISPLAY_KEY, key, 0, 0, 0);
	usleep(50000);
}

static bool print_mode(void)
{
	struct screen screen;

	if (!take(&screen))
		return false;
	printf("%ux%u\n", screen.mode.width, screen.mode.height);
	screen_deinit(&screen);
	return true;
}

static bool run(char **argv)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, "wait") == 0 && argv[1] && argv[2]) {
			if (!wait_text(argv[1], argv[2])) {
				printf("\"%s\" did not come onto the screen\n", argv[2]);
				return false;
			}
			argv += 2;
		} else if (strcmp(*argv, "key") == 0 && argv[1]) {
			press(*++argv);
		} else if (strcmp(*argv, "move") == 0 && argv[1] && argv[2] && argv[3]) {
			viewer_send(&viewer, DISPLAY_POINTER_TO, atoi(argv[1]), atoi(argv[2]), 0,
				    atoi(argv[3]));
			usleep(50000);
			argv += 3;
		} else if (strcmp(*argv, "size") == 0 && argv[1] && argv[2]) {
			viewer_send(&viewer, DISPLAY_SIZE, atoi(argv[1]), atoi(argv[2]), 0, 0);
			usleep(50000);
			argv += 2;
		} else if (strcmp(*argv, "mode") == 0) {
			if (!print_mode())
				return false;
		} else if (strcmp(*argv, "text") == 0) {
			char *text = read_text();

			fputs(text ? text : "", stdout);
			free(text);
		} else {
			printf("what is \"%s\"?\n", *argv);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	char *text;

	if (argc < 3 || !connect_to(argv[1]) || !wait_for(DISPLAY_HELLO, 5000)) {
		printf("no screen at %s\n", argc < 2 ? "(nowhere)" : argv[1]);
		return 1;
	}
	rd_fonts_init(&fonts);
	rd_fonts_add_installed(&fonts);
	/* Somebody watches: so changes come by the guest's own reports, not by drawing all. */
	viewer_send(&viewer, DISPLAY_WATCH, 50, 0, 0, 0);
	if (run(argv + 2))
		return 0;
	text = read_text();
	printf("the screen:\n%s", text ? text : "(nothing)\n");
	free(text);
	return 1;
}
