/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a viewer sends to bulkhead-display. The first byte says to which part:
 *   0  everything, on a socket that was handed over: version, security, RFB messages
 *   1  RFB messages after a greeting that was right
 *   2  a stranger by TCP: version, VNC authentication, VeNCrypt, a browser's request, WebSocket frames
 *   3  WebSocket frames: what comes out is not more than what came in
 *   4  not a viewer, but the service's file of pages
 */
#include "fuzz.h"

#include "server/handshake.h"
#include "server/rfb.h"
#include "server/stream_websocket.h"
#include "server/web.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WIDTH = 40, HEIGHT = 30, INPUT_MAX = 60000 };

static struct rd_screen *screen;
static struct rd_web *web;
static const char pages[] = "vnc.html\n2\nhi"
			    "a.js\n0\n";

/* --- what is looked at ------------------------------------------------------------------------------- */

static void make_screen(void)
{
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS, .width = WIDTH, .height = HEIGHT };
	static struct framebuffer *framebuffer;
	static struct framebuffer_view *view;

	CHECK(framebuffer_new(&framebuffer) == 0);
	framebuffer_begin(framebuffer, &mode);
	for (unsigned i = 0; i < FRAMEBUFFER_STRIDE * HEIGHT; i++)
		framebuffer_pixels(framebuffer)[i] = i * 2654435761u;
	framebuffer_end(framebuffer, true);
	CHECK(framebuffer_view_new(framebuffer_fd(framebuffer), &view) == 0 &&
	      rd_screen_new(view, &screen) == 0);
}

static int make_file(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size &&
	      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	return fd;
}

static void set_up(void)
{
	int fd = make_file(pages, sizeof(pages) - 1);

	signal(SIGPIPE, SIG_IGN);
	make_screen();
	CHECK(rd_web_new(fd, &web) == 0);
	close(fd);
}

/* --- the viewer's end: says all at once, and hears everything ---------------------------------------- */

static void *drain(void *fd)
{
	static char bytes[65536];

	while (read((int)(intptr_t)fd, bytes, sizeof(bytes)) > 0)
		;
	return NULL;
}

struct viewer {
	int fd;
	pthread_t thread;
};

static int begin(struct viewer *viewer, const void *data, size_t size)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(write(pair[0], data, size) == (ssize_t)size);
	shutdown(pair[0], SHUT_WR);
	viewer->fd = pair[0];
	CHECK(pthread_create(&viewer->thread, NULL, drain, (void *)(intptr_t)pair[0]) == 0);
	return pair[1];
}

/* After the other end was closed. */
static void end(struct viewer *viewer)
{
	pthread_join(viewer->thread, NULL);
	close(viewer->fd);
}

/* --- RFB --------------------------------------------------------------------------------------------- */

static void on_key(void *opaque, uint16_t code, bool is_down)
{
	CHECK(code == 0xe11d || (code & 0x7f && (code <= 0x7f || (code >= 0xe000 && code <= 0xe07f))));
}

static void on_keysym(void *opaque, uint32_t keysym, bool is_down)
{
}

static void on_pointer(void *opaque, uint32_t x, uint32_t y, unsigned buttons)
{
	CHECK(x <= 0xffff && y <= 0xffff && buttons <= 0xff);
}

static void on_text(void *opaque, const char *utf8, size_t size)
{
	volatile char last = size ? utf8[size - 1] : 0;

	(void)last;
}

static void on_size(void *opaque, uint32_t width, uint32_t height)
{
	CHECK(width <= RD_WIDTH_MAX && height <= RD_HEIGHT_MAX);
}

static void look(int socket)
{
	static const struct rd_rfb_ops ops = { on_key, on_keysym, on_pointer, on_text, on_size };
	struct rd_rfb_config config = { .screen = screen, .name = "fuzz", .ops = &ops };
	struct rd_rfb *rfb;

	if (rd_rfb_new(&config, socket, &rfb) < 0)
		return;
	rd_rfb_run(rfb);
	rd_rfb_free(rfb);
}

static void attack_socket(const uint8_t *data, size_t size, bool is_greeted,
			  const struct rd_security *security)
{
	struct rd_stream *stream;
	struct viewer viewer;
	bool is_view_only = false;
	int r = 0;

	CHECK(rd_stream_new_socket(begin(&viewer, data, size), &stream) == 0);
	if (!is_greeted)
		r = rd_handshake(&stream, security, &is_view_only);
	CHECK(r < 0 || !security); /* nobody guesses a challenge's answer */
	if (r == 0)
		look(rd_stream_socket(stream));
	rd_stream_free(stream);
	end(&viewer);
}

static void attack_websocket(const uint8_t *data, size_t size)
{
	struct rd_stream *stream;
	struct viewer viewer;
	uint8_t buffer[100];
	size_t all = 0;
	int n;

	CHECK(rd_stream_new_socket(begin(&viewer, data, size), &stream) == 0);
	CHECK(rd_stream_websocket(&stream, "", 0) == 0);
	do {
		n = stream->ops->read(stream, buffer, 1 + all % sizeof(buffer));
		all += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	CHECK(all <= size && n != -EAGAIN);
	rd_stream_free(stream);
	end(&viewer);
}

static void attack_web(const uint8_t *data, size_t size)
{
	int fd = make_file(data, size);
	struct rd_web *given;
	size_t found;

	if (rd_web_new(fd, &given) == 0) {
		const char *bytes = rd_web_find(given, "vnc.html", &found);

		CHECK(!bytes || found <= size);
		rd_web_free(given);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd_security security = { .web = web, .password = "secret", .view_password = "look" };

	if (!screen)
		set_up();
	security.web = web;
	if (size < 1 || size > INPUT_MAX)
		return 0;
	switch (data[0]) {
	case 0: attack_socket(data + 1, size - 1, false, NULL); break;
	case 1: attack_socket(data + 1, size - 1, true, NULL); break;
	case 2: attack_socket(data + 1, size - 1, false, &security); break;
	case 3: attack_websocket(data + 1, size - 1); break;
	case 4: attack_web(data + 1, size - 1); break;
	default: break;
	}
	return 0;
}
