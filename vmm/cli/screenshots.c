/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/screenshots.h"
#include "cli/message.h"

#include "ui/png.h"
#include "ui/screen_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_NS 100000000ull

void screenshots_init(struct screenshots *shots, const struct run_options *options, int fd, uint64_t start_ns)
{
	*shots = (struct screenshots){ .options = options, .start_ns = start_ns };
	viewer_init(&shots->viewer, fd);
}

void screenshots_deinit(struct screenshots *shots)
{
	viewer_deinit(&shots->viewer);
	shots->viewer.fd = -1;
}

/* --- the pictures ------------------------------------------------------------------------------------ */

static void write_picture(struct screenshots *shots, const struct run_screenshot *shot,
			  const struct screen *screen)
{
	int fd = open(shot->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	int r = fd < 0 ? -errno : 0;

	if (r == 0)
		r = png_write(fd, screen->pixels, screen->mode.width, screen->mode.height);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return;
	if (r == -EINVAL)
		say("--screenshot-at: %s: the screen was blank; there is no picture", shot->path);
	else
		say("--screenshot-at: %s cannot be written: %s; name another file", shot->path, strerror(-r));
	shots->has_failed = true;
}

static bool is_due(const struct screenshots *shots, unsigned i, const char *text, uint64_t now_ns)
{
	const struct run_screenshot *shot = &shots->options->screenshots[i];

	if (shots->is_done[i])
		return false;
	return shot->text ? strstr(text, shot->text) != NULL : now_ns >= shots->start_ns + shot->ms * 1000000;
}

static void take(struct screenshots *shots, unsigned i, struct screen *screen)
{
	if (!screen->pixels) {
		screen_deinit(screen);
		if (framebuffer_view_copy(shots->viewer.view, true, screen) < 0)
			return; /* the next time */
	}
	write_picture(shots, &shots->options->screenshots[i], screen);
	shots->is_done[i] = true;
	shots->done_count++;
}

static void look(struct screenshots *shots, uint64_t now_ns)
{
	struct screen screen;
	char *text;

	if (!shots->viewer.view || framebuffer_view_copy(shots->viewer.view, false, &screen) < 0)
		return;
	text = screen_text(&screen);
	for (unsigned i = 0; text && i < shots->options->screenshot_count; i++)
		if (is_due(shots, i, text, now_ns))
			take(shots, i, &screen);
	free(text);
	screen_deinit(&screen);
	if (shots->done_count == shots->options->screenshot_count)
		screenshots_deinit(shots);
}

/* --- the machine's side ------------------------------------------------------------------------------ */

static void ask(struct screenshots *shots)
{
	shots->is_asked = viewer_send(&shots->viewer, DISPLAY_LOOK, 0, 0, 0, 0);
}

static void receive(struct screenshots *shots, uint64_t now_ns)
{
	int r = viewer_receive(&shots->viewer);

	if (r == DISPLAY_DRAWN) {
		shots->is_asked = false;
		shots->ask_ns = now_ns + ASK_NS;
		look(shots, now_ns);
	} else if (r < 0 && r != -EAGAIN) { /* the worker is gone, or talks nonsense */
		screenshots_deinit(shots);
	}
}

int screenshots_prepare(const struct screenshots *shots, struct pollfd *poll, uint64_t now_ns)
{
	*poll = (struct pollfd){ .fd = shots->viewer.fd, .events = POLLIN };
	if (shots->viewer.fd < 0 || shots->is_asked || !shots->viewer.view)
		return -1;
	return shots->ask_ns <= now_ns ? 0 : (int)((shots->ask_ns - now_ns + 999999) / 1000000);
}

void screenshots_handle(struct screenshots *shots, const struct pollfd *poll, uint64_t now_ns)
{
	if (shots->viewer.fd >= 0 && poll->revents)
		receive(shots, now_ns);
	if (shots->viewer.fd >= 0 && shots->viewer.view && !shots->is_asked && shots->ask_ns <= now_ns)
		ask(shots);
}

bool screenshots_finish(struct screenshots *shots)
{
	for (unsigned i = 0; i < shots->options->screenshot_count; i++) {
		const struct run_screenshot *shot = &shots->options->screenshots[i];

		if (shots->is_done[i])
			continue;
		shots->has_failed = true;
		if (shot->text)
			say("--screenshot-at: \"%s\" was never on the screen; %s was not written", shot->text,
			    shot->path);
		else
			say("--screenshot-at: the machine ended before; %s was not written", shot->path);
	}
	screenshots_deinit(shots);
	return !shots->has_failed;
}
