/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The framebuffer and its views, a display and its viewers, the text of a screen, PNG files. */
#include "../run/check.h"

#include "loop/loop.h"
#include "ui/display.h"
#include "ui/png.h"
#include "ui/screen_text.h"
#include "ui/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct framebuffer_mode text_mode = { FRAMEBUFFER_TEXT, 720, 400, 80, 25, 9, 16 };

static void test_framebuffer(void)
{
	struct framebuffer_mode huge = { 99, 100000, 100000, 100000, 100000, 99, 99 };
	struct framebuffer_text text = {
		.has_cursor = 1, .cursor_column = 79, .cursor_row = 24, .cursor_last = 99
	};
	struct framebuffer *framebuffer;
	struct framebuffer_view *view;
	struct screen screen;
	uint32_t sequence;

	if (!CHECK(framebuffer_new(&framebuffer) == 0))
		return;
	CHECK(framebuffer_begin(framebuffer, &text_mode));
	framebuffer_pixels(framebuffer)[FRAMEBUFFER_STRIDE + 2] = 0x123456;
	framebuffer_cells(framebuffer)[80] = 0x0741;
	framebuffer_fonts(framebuffer)[FRAMEBUFFER_FONTS_SIZE - 1] = 0x55;
	framebuffer_mark_fonts(framebuffer);
	framebuffer_set_text(framebuffer, &text);
	framebuffer_end(framebuffer, true);
	CHECK(!framebuffer_begin(framebuffer, &text_mode));
	sequence = framebuffer_sequence(framebuffer);
	framebuffer_end(framebuffer, false);
	CHECK(framebuffer_sequence(framebuffer) == sequence && sequence % 2 == 0);

	if (!CHECK(framebuffer_view_new(framebuffer_fd(framebuffer), &view) == 0))
		return;
	CHECK(framebuffer_view_copy(view, true, &screen) == 0);
	CHECK(screen.mode.width == 720 && screen.pixels[720 + 2] == 0x123456 && screen.cells[80] == 0x0741);
	CHECK(screen.fonts[FRAMEBUFFER_FONTS_SIZE - 1] == 0x55 && screen.fonts[0] == 0);
	CHECK(screen.text.has_cursor && screen.text.cursor_column == 79 && screen.text.cursor_last == 31);
	screen_deinit(&screen);
	text.cursor_row = 25; /* not there */
	framebuffer_begin(framebuffer, &text_mode);
	framebuffer_set_text(framebuffer, &text);
	framebuffer_end(framebuffer, true);
	CHECK(framebuffer_view_copy(view, false, &screen) == 0 && !screen.text.has_cursor && !screen.pixels);
	screen_deinit(&screen);
	framebuffer_begin(framebuffer, &huge); /* being written: no copy */
	CHECK(framebuffer_view_copy(view, false, &screen) == -EAGAIN);
	framebuffer_mark(framebuffer, 4000000000u, 0, 4000000000u, 7);
	framebuffer_mark(framebuffer, 2500, 1500, 1000, 1000);
	framebuffer_end(framebuffer, true);
	CHECK(framebuffer_view_copy(view, true, &screen) == 0);
	CHECK(screen.mode.width == FRAMEBUFFER_MAX_WIDTH && screen.mode.height == FRAMEBUFFER_MAX_HEIGHT);
	screen_deinit(&screen);

	/* A viewer can neither write nor shrink it. */
	CHECK(ftruncate(framebuffer_fd(framebuffer), 0) < 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, framebuffer_fd(framebuffer), 0) ==
	      MAP_FAILED);
	framebuffer_view_free(view);
	framebuffer_free(framebuffer);
}

static void test_bad_view(void)
{
	struct framebuffer_view *view = NULL;
	int fd = memfd_create("small", MFD_ALLOW_SEALING);

	CHECK(framebuffer_view_new(fd, &view) == -EBADMSG); /* not sealed */
	CHECK(ftruncate(fd, 4096) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	CHECK(framebuffer_view_new(fd, &view) == -EBADMSG); /* too small */
	CHECK(ftruncate(fd, FRAMEBUFFER_SIZE) == 0);
	CHECK(framebuffer_view_new(fd, &view) == -EBADMSG); /* no magic number */
	close(fd);
	CHECK(framebuffer_view_new(fd, &view) == -EBADMSG);
}

static void test_text(void)
{
	uint16_t cells[] = { 0x0741, 0x0720, 0x07c4, 0x0720, 0x0700, 0x0781, 0x0720, 0x07ff };
	struct screen screen = { .mode = { FRAMEBUFFER_TEXT, 0, 0, 4, 2, 0, 0 }, .cells = cells };
	char *text = screen_text(&screen);

	CHECK(text && strcmp(text, "A \xe2\x94\x80\n \xc3\xbc\n") == 0);
	free(text);
	screen.cells = NULL;
	text = screen_text(&screen);
	CHECK(text && strcmp(text, "") == 0);
	free(text);
}

/* --- a display --------------------------------------------------------------------------------------- */

struct seen {
	unsigned draws, keys, pointers;
	uint16_t key;
	bool is_down;
	int dx, wheel;
	unsigned buttons;
};

static void draw(void *opaque, struct framebuffer *framebuffer)
{
	struct seen *seen = opaque;

	seen->draws++;
	framebuffer_begin(framebuffer, &text_mode);
	framebuffer_cells(framebuffer)[0] = (uint16_t)seen->draws;
	framebuffer_end(framebuffer, true);
}

static void on_key(void *opaque, uint16_t key, bool is_down)
{
	struct seen *seen = opaque;

	seen->keys++;
	seen->key = key;
	seen->is_down = is_down;
}

static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	struct seen *seen = opaque;

	seen->pointers++;
	seen->dx = dx;
	seen->wheel = wheel;
	seen->buttons = buttons;
}

static void test_display(void)
{
	static const struct display_ops ops = { draw, on_key, on_pointer };
	struct seen seen = { 0 };
	struct viewer_link viewer;
	struct display *display;
	struct screen screen;
	struct loop *loop;
	uint64_t since_ns;
	int pair[2];

	if (!CHECK(loop_new(&loop) == 0) || !CHECK(display_new(loop, -1, &ops, &seen, &display) == 0) ||
	    !CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0))
		return;
	CHECK(display_add(display, pair[0]) == 0);
	viewer_init(&viewer, pair[1]);
	CHECK(viewer_receive(&viewer) == DISPLAY_HELLO && viewer.view);
	CHECK(viewer_receive(&viewer) == -EAGAIN && seen.draws == 0); /* nobody looks */
	CHECK(viewer_send(&viewer, DISPLAY_LOOK, 0, 0, 0, 0));
	CHECK(viewer_send(&viewer, DISPLAY_KEY, 0xe048, 1, 0, 0));
	CHECK(viewer_send(&viewer, DISPLAY_POINTER, -1000000, 5, 1000000, -1));
	CHECK(send(pair[1], "?", 1, 0) == 1);
	for (int i = 0; i < 8; i++)
		loop_run_pending(loop);
	CHECK(viewer_receive(&viewer) == DISPLAY_DRAWN && seen.draws == 1);
	CHECK(framebuffer_view_copy(viewer.view, false, &screen) == 0 && screen.cells[0] == 1);
	screen_deinit(&screen);
	CHECK(seen.keys == 1 && seen.key == 0xe048 && seen.is_down);
	CHECK(seen.pointers == 1 && seen.dx == -4096 && seen.wheel == 127 && seen.buttons == 0x1f);

	/* Who asks all the time is answered, and a picture is drawn in 10 ms at most. */
	since_ns = loop_now();
	for (int i = 0; i < 50; i++) {
		CHECK(viewer_send(&viewer, DISPLAY_LOOK, 0, 0, 0, 0));
		loop_run_pending(loop);
	}
	for (int i = 0; i < 2000 && viewer_receive(&viewer) != DISPLAY_DRAWN; i++) {
		usleep(5000);
		loop_run_pending(loop);
	}
	CHECK(seen.draws > 1 && seen.draws <= (loop_now() - since_ns) / 10000000 + 3);
	while (viewer_receive(&viewer) == DISPLAY_DRAWN)
		;
	usleep(30000); /* the last one that waits */
	loop_run_pending(loop);
	while (viewer_receive(&viewer) == DISPLAY_DRAWN)
		;
	seen.draws = 1;

	CHECK(viewer_send(&viewer, DISPLAY_WATCH, 10, 0, 0, 0));
	loop_run_pending(loop);
	usleep(15000);
	loop_run_pending(loop);
	CHECK(seen.draws == 2 && viewer_receive(&viewer) == DISPLAY_DRAWN);
	viewer_deinit(&viewer);
	close(pair[1]);
	usleep(15000);
	loop_run_pending(loop);
	loop_run_pending(loop);
	usleep(15000);
	seen.draws = 0;
	loop_run_pending(loop);
	CHECK(seen.draws == 0); /* nobody is left */
	display_free(display);
	loop_free(loop);
}

/* --- PNG --------------------------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* The compressed data is checked by a decoder elsewhere (pc_test.sh); here the frame. */
static void test_png(void)
{
	uint32_t pixels[300 * 3];
	uint8_t file[4096];
	int fd = memfd_create("png", 0);
	ssize_t size, at = 8;
	unsigned chunks = 0;

	for (int i = 0; i < 900; i++)
		pixels[i] = i < 400 ? 0xff0000 : (uint32_t)i * 77;
	CHECK(png_write(fd, pixels, 300, 3) == 0);
	size = pread(fd, file, sizeof(file), 0);
	CHECK(size > 60 && memcmp(file, "\x89PNG\r\n\x1a\n", 8) == 0);
	while (at + 12 <= size) {
		chunks++;
		at += 12 + (ssize_t)be32(file + at);
	}
	CHECK(at == size && chunks == 3 && be32(file + 16) == 300 && be32(file + 20) == 3);
	CHECK(png_write(fd, pixels, 0, 3) == -EINVAL && png_write(fd, pixels, 3, 100000) == -EINVAL);
	close(fd);
	CHECK(png_write(fd, pixels, 1, 1) == -EBADF);
}

int main(void)
{
	test_framebuffer();
	test_bad_view();
	test_text();
	test_display();
	test_png();
	return check_result();
}
