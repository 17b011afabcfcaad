/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture SOCKET PICTURE [TRUTH]: what a machine's screen shows, as a PPM packed by gzip; in a text mode also
 * the truth about its text, from the machine's characters.
 */
#include "ui/screen_text.h"
#include "ui/viewer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

static bool wait_for(struct viewer_link *viewer, int kind)
{
	for (;;) {
		struct pollfd fd = { .fd = viewer->fd, .events = POLLIN };
		int got = poll(&fd, 1, 5000) == 1 ? viewer_receive(viewer) : -1;

		if (got == kind)
			return true;
		if (got < 0 && got != -11)
			return false;
	}
}

static bool look(const char *path, struct screen *screen)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct viewer_link viewer;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	viewer_init(&viewer, fd);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       wait_for(&viewer, DISPLAY_HELLO) && viewer_send(&viewer, DISPLAY_LOOK, 0, 0, 0, 0) &&
	       wait_for(&viewer, DISPLAY_DRAWN) && framebuffer_view_copy(viewer.view, true, screen) == 0;
}

static bool write_picture(const char *path, const struct screen *screen)
{
	gzFile file = gzopen(path, "wb9");

	if (!file)
		return false;
	gzprintf(file, "P6\n%u %u\n255\n", screen->mode.width, screen->mode.height);
	for (size_t i = 0; i < (size_t)screen->mode.width * screen->mode.height; i++) {
		uint32_t pixel = screen->pixels[i];
		uint8_t rgb[3] = { (uint8_t)(pixel >> 16), (uint8_t)(pixel >> 8), (uint8_t)pixel };

		gzwrite(file, rgb, 3);
	}
	return gzclose(file) == Z_OK;
}

static bool write_truth(const char *path, const struct screen *screen)
{
	char *text = screen_text(screen);
	FILE *file = fopen(path, "we");
	bool is_good = text && file && fputs(text, file) >= 0;

	free(text);
	return file && fclose(file) == 0 && is_good;
}

int main(int argc, char **argv)
{
	struct screen screen;

	if (argc < 3 || argc > 4 || !look(argv[1], &screen) || !write_picture(argv[2], &screen)) {
		fprintf(stderr, "capture: the screen cannot be taken\n");
		return 1;
	}
	if (argc == 4 && (screen.mode.kind != FRAMEBUFFER_TEXT || !write_truth(argv[3], &screen))) {
		fprintf(stderr, "capture: it is not in a text mode\n");
		return 1;
	}
	return 0;
}
