/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of a display's socket: messages of a hostile viewer to the machine's side; a framebuffer of a
 * hostile machine, and its messages, to a viewer.
 */
#include "fuzz.h"

#include "loop/loop.h"
#include "ui/display.h"
#include "ui/screen_text.h"
#include "ui/viewer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER_BYTES = sizeof(struct framebuffer_header), MODE_AT = 12 };

static void draw(void *opaque, struct framebuffer *framebuffer)
{
	const struct framebuffer_mode *mode = opaque;

	framebuffer_begin(framebuffer, mode);
	framebuffer_mark(framebuffer, mode->columns, mode->rows, mode->cell_width, mode->cell_height);
	framebuffer_end(framebuffer, true);
}

static void on_key(void *opaque, uint16_t key, bool is_down)
{
}

static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	CHECK(abs(dx) <= 4096 && abs(dy) <= 4096 && abs(wheel) <= 127 && buttons < 32);
}

static void on_pointer_to(void *opaque, int x, int y, int wheel, unsigned buttons)
{
	CHECK(x >= 0 && x <= DISPLAY_POSITION_MAX && y >= 0 && y <= DISPLAY_POSITION_MAX &&
	      abs(wheel) <= 127 && buttons < 32);
}

static void on_size(void *opaque, uint32_t width, uint32_t height)
{
	CHECK(width <= FRAMEBUFFER_MAX_WIDTH && height <= FRAMEBUFFER_MAX_HEIGHT);
}

static void read_mode(struct fuzz_input *input, struct framebuffer_mode *mode)
{
	*mode =
	    (struct framebuffer_mode){ fuzz_u8(input) & 3, fuzz_u16(input), fuzz_u16(input), fuzz_u16(input),
				       fuzz_u16(input),	   fuzz_u32(input), fuzz_u32(input) };
}

/* Of one of the kinds that there are, mostly. */
static void read_message(struct fuzz_input *input, struct display_message *message)
{
	uint8_t how = fuzz_u8(input);

	message->kind = how < 240 ? (uint32_t)DISPLAY_LOOK + how % 6 : fuzz_u32(input);
	for (unsigned i = 0; i < 4; i++)
		message->values[i] = (int32_t)(how & 1 ? fuzz_u8(input) : fuzz_u32(input));
}

static void attack_machine(struct fuzz_input *input)
{
	static const struct display_ops ops = { draw, on_key, on_pointer, on_pointer_to, on_size, NULL };
	struct framebuffer_mode mode;
	struct viewer_link viewer;
	struct display *display;
	struct loop *loop;
	int pair[2];

	read_mode(input, &mode);
	CHECK(loop_new(&loop) == 0 && display_new(loop, -1, &ops, &mode, &display) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0);
	CHECK(display_add(display, pair[0]) == 0);
	viewer_init(&viewer, pair[1]);
	while (fuzz_more(input)) {
		struct display_message message;
		size_t size = sizeof(message);

		read_message(input, &message);
		if (message.kind > 128)
			size = fuzz_u8(input) % sizeof(message);
		(void)!send(pair[1], &message, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		loop_run_pending(loop);
		viewer_receive(&viewer);
	}
	viewer_deinit(&viewer);
	close(pair[1]);
	loop_run_pending(loop);
	display_free(display);
	loop_free(loop);
}

static int hostile_file(struct fuzz_input *input)
{
	uint8_t header[HEADER_BYTES];
	struct framebuffer *framebuffer;
	int fd;

	/* A whole one whose header is then written through the writer's mapping. */
	CHECK(framebuffer_new(&framebuffer) == 0);
	memcpy(header, framebuffer_fonts(framebuffer) - FRAMEBUFFER_FONTS_OFFSET, sizeof(header));
	for (unsigned i = fuzz_u8(input) & 3 ? MODE_AT : 0; i < sizeof(header) && fuzz_more(input); i++)
		header[i] = fuzz_u8(input);
	header[8] &= 0xfe; /* not being written, or copying takes a while */
	memcpy(framebuffer_fonts(framebuffer) - FRAMEBUFFER_FONTS_OFFSET, header, sizeof(header));
	fd = fcntl(framebuffer_fd(framebuffer), F_DUPFD_CLOEXEC, 0);
	framebuffer_free(framebuffer);
	return fd;
}

static void attack_viewer(struct fuzz_input *input)
{
	int fd = hostile_file(input);
	struct framebuffer_view *view;
	struct framebuffer_mode mode;
	struct framebuffer_console console;
	static uint32_t shape[FRAMEBUFFER_POINTER_SIZE / 4];
	struct screen screen;

	CHECK(fd >= 0);
	if (framebuffer_view_new(fd, &view) == 0) {
		uint32_t sequence = framebuffer_view_state(view, &mode);

		CHECK(mode.width <= FRAMEBUFFER_MAX_WIDTH && mode.height <= FRAMEBUFFER_MAX_HEIGHT);
		if (mode.width && mode.height)
			framebuffer_view_has_changed(view, mode.width - 1, mode.height - 1, sequence);
		if (framebuffer_view_copy(view, mode.width * mode.height < 10000, &screen) == 0) {
			CHECK(!screen.text.has_cursor || (screen.text.cursor_column < screen.mode.columns &&
							  screen.text.cursor_row < screen.mode.rows));
			free(screen_text(&screen));
			screen_deinit(&screen);
		}
		if (framebuffer_view_console(view, &console, shape) == 0)
			CHECK(console.pointer.width <= FRAMEBUFFER_POINTER_MAX &&
			      console.pointer.hot_y <= console.pointer.height &&
			      console.pointer.x < FRAMEBUFFER_MAX_WIDTH && console.leds < 8);
		framebuffer_view_free(view);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 1024 ? size : 1024) };

	if (fuzz_u8(&input) & 1)
		attack_machine(&input);
	else
		attack_viewer(&input);
	return 0;
}
