/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer core at a server that this program plays byte by byte: pointer shapes, clipboard, lamps, bell,
 * fences, a server that knows no scan codes, sizes that are asked for.
 */
#include "../run/check.h"

#include "client/client.h"

#include <glib.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000, SENT_MAX = 1 << 16 };

struct viewer {
	struct rd_client *client;
	int server;
	struct rd_client_pointer shape;
	uint32_t shape_pixels[16];
	char *clipboard;
	unsigned leds, bells, x, y;
	bool has_leds, has_shape, has_position, is_late;
	uint8_t sent[SENT_MAX]; /* by the viewer */
	size_t sent_size;
};

static void on_pointer(void *opaque, const struct rd_client_pointer *pointer)
{
	struct viewer *viewer = opaque;

	viewer->has_shape = true;
	viewer->shape = *pointer;
	if (pointer->pixels && pointer->width * pointer->height <= 16)
		memcpy(viewer->shape_pixels, pointer->pixels, pointer->width * pointer->height * 4);
}

static void on_position(void *opaque, unsigned x, unsigned y)
{
	struct viewer *viewer = opaque;

	viewer->has_position = true;
	viewer->x = x;
	viewer->y = y;
}

static void on_clipboard(void *opaque, const char *text)
{
	struct viewer *viewer = opaque;

	g_free(viewer->clipboard);
	viewer->clipboard = g_strdup(text);
}

static void on_leds(void *opaque, unsigned leds)
{
	struct viewer *viewer = opaque;

	viewer->has_leds = true;
	viewer->leds = leds;
}

static void on_bell(void *opaque)
{
	((struct viewer *)opaque)->bells++;
}

static const struct rd_client_ops ops = {
	.pointer_changed = on_pointer,
	.pointer_moved = on_position,
	.clipboard = on_clipboard,
	.leds = on_leds,
	.bell = on_bell,
};

/* --- the server -------------------------------------------------------------------------------------- */

static gboolean on_timeout(gpointer viewer)
{
	((struct viewer *)viewer)->is_late = true;
	return G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer unused)
{
	(void)unused;
	return G_SOURCE_CONTINUE;
}

static void take_sent(struct viewer *viewer)
{
	struct pollfd fd = { .fd = viewer->server, .events = POLLIN };

	while (viewer->sent_size < SENT_MAX && poll(&fd, 1, 0) == 1) {
		ssize_t n =
		    read(viewer->server, viewer->sent + viewer->sent_size, SENT_MAX - viewer->sent_size);

		if (n <= 0)
			return;
		viewer->sent_size += (size_t)n;
	}
}

static bool has_sent(const struct viewer *viewer, const void *bytes, size_t size)
{
	return memmem(viewer->sent, viewer->sent_size, bytes, size) != NULL;
}

#define WAIT_FOR(viewer, condition)                                                                          \
	do {                                                                                                 \
		guint timer = g_timeout_add(TIMEOUT_MS, on_timeout, viewer), ticks;                          \
		ticks = g_timeout_add(20, on_tick, NULL);                                                    \
		while (take_sent(viewer), !(condition) && !(viewer)->is_late)                                \
			g_main_context_iteration(NULL, TRUE);                                                \
		g_source_remove(ticks);                                                                      \
		if (!CHECK(!(viewer)->is_late && #condition))                                                \
			exit(1);                                                                             \
		g_source_remove(timer);                                                                      \
	} while (0)
#define SENT(viewer, text) has_sent(viewer, text, sizeof(text) - 1)
#define SAY(viewer, text)  CHECK(write((viewer)->server, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1)
#define UPDATE		   "\0\0\0\1" /* one rectangle */

static void open_viewer(struct viewer *viewer)
{
	struct rd_client_config config = { .ops = &ops, .opaque = viewer };
	int pair[2];

	*viewer = (struct viewer){ 0 };
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	config.socket = pair[0];
	viewer->server = pair[1];
	SAY(viewer, "RFB 003.008\n\1\1\0\0\0\0"
		    "\1\0\0\300\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0\0\0\0\4name"); /* 256 x 192 */
	viewer->client = rd_client_new(&config);
	WAIT_FOR(viewer, SENT(viewer, "\3\0\0\0\0\0\1\0\0\300")); /* the first picture is asked for */
}

static void close_viewer(struct viewer *viewer)
{
	rd_client_free(viewer->client);
	close(viewer->server);
	g_free(viewer->clipboard);
}

/* --- what is tested ---------------------------------------------------------------------------------- */

static void test_news(struct viewer *viewer)
{
	SAY(viewer, UPDATE "\0\0\0\0\0\0\0\0\377\377\376\373\6"); /* QEMU's lamps */
	WAIT_FOR(viewer, viewer->has_leds);
	CHECK(viewer->leds == (RD_LED_CAPS_LOCK | RD_LED_NUM_LOCK));
	SAY(viewer, "\2");
	WAIT_FOR(viewer, viewer->bells == 1);
	SAY(viewer, "\3\0\0\0\0\0\0\11a\x1b[m\xe4\n\tb\x80");
	WAIT_FOR(viewer, viewer->clipboard);
	CHECK(strcmp(viewer->clipboard, "a[m\303\244\n\tb") == 0);
	SAY(viewer, UPDATE "\0\7\0\11\0\0\0\0\377\377\377\30");
	WAIT_FOR(viewer, viewer->has_position);
	CHECK(viewer->x == 7 && viewer->y == 9);
}

static void test_shapes(struct viewer *viewer)
{
	/* two pixels and their mask */
	SAY(viewer, UPDATE "\0\1\0\0\0\2\0\1\377\377\377\21"
			   "\x30\x20\x10\0\x60\x50\x40\0\200");
	WAIT_FOR(viewer, viewer->has_shape);
	CHECK(viewer->shape.width == 2 && viewer->shape.height == 1 && viewer->shape.hot_x == 1);
	CHECK(viewer->shape_pixels[0] == 0xff102030 && viewer->shape_pixels[1] == 0);
	viewer->has_shape = false;
	/* with alpha: raw, red first */
	SAY(viewer, UPDATE "\0\0\0\1\0\1\0\2\377\377\376\306\0\0\0\0"
			   "\x10\x20\x30\x40\xff\0\0\xff");
	WAIT_FOR(viewer, viewer->has_shape);
	CHECK(viewer->shape.width == 1 && viewer->shape.height == 2 && viewer->shape.hot_y == 1);
	CHECK(viewer->shape_pixels[0] == 0x40102030 && viewer->shape_pixels[1] == 0xffff0000);
	viewer->has_shape = false;
	SAY(viewer, UPDATE "\0\0\0\0\0\0\0\0\377\377\376\306\0\0\0\0"); /* none */
	WAIT_FOR(viewer, viewer->has_shape);
	CHECK(viewer->shape.width == 0 && viewer->shape.height == 0);
}

/* This server has said nothing of scan codes. */
static void test_keysyms(struct viewer *viewer)
{
	rd_client_key(viewer->client, 0x10, 'a', true); /* a French viewer */
	WAIT_FOR(viewer, SENT(viewer, "\4\1\0\0\0\0\0a"));
	rd_client_key(viewer->client, 0xe048, 0, true);
	WAIT_FOR(viewer, SENT(viewer, "\4\1\0\0\0\0\377\122"));
	rd_client_release(viewer->client);
	WAIT_FOR(viewer, SENT(viewer, "\4\0\0\0\0\0\377\122"));
	WAIT_FOR(viewer, SENT(viewer, "\4\0\0\0\0\0\0a"));
	rd_client_set_clipboard(viewer->client, "\303\274\r\n\342\202\254");
	WAIT_FOR(viewer, SENT(viewer, "\6\0\0\0\0\0\0\3\374\n?"));
}

static void test_codes(struct viewer *viewer)
{
	take_sent(viewer);
	viewer->sent_size = 0;
	SAY(viewer, UPDATE "\0\0\0\0\0\0\0\0\377\377\376\376");
	WAIT_FOR(viewer, SENT(viewer, "\3\1\0\0\0\0\1\0\0\300")); /* it has been taken */
	rd_client_key(viewer->client, 0x10, 'a', true);
	WAIT_FOR(viewer, SENT(viewer, "\377\0\0\1\0\0\0a\0\0\0\20"));
	rd_client_key(viewer->client, 0xe048, 0, true);
	WAIT_FOR(viewer, SENT(viewer, "\377\0\0\1\0\0\377\122\0\0\0\310"));
}

static void test_fences(struct viewer *viewer)
{
	struct rd_client_statistics statistics = { 0 };
	const uint8_t *mine;
	uint8_t answer[17];

	/* A request, with a flag that nobody knows, is answered without both. */
	SAY(viewer, "\370\0\0\0\200\0\1\3\5hello");
	WAIT_FOR(viewer, SENT(viewer, "\370\0\0\0\0\0\0\3\5hello"));
	/* After an update the viewer sends one of its own. */
	SAY(viewer, "\0\0\0\0");
	WAIT_FOR(viewer, SENT(viewer, "\370\0\0\0\200\0\0\0\10"));
	WAIT_FOR(viewer, (mine = memmem(viewer->sent, viewer->sent_size, "\370\0\0\0\200\0\0\0\10", 9)) &&
			     mine + sizeof(answer) <= viewer->sent + viewer->sent_size);
	memcpy(answer, mine, sizeof(answer));
	answer[4] = 0;
	CHECK(write(viewer->server, answer, sizeof(answer)) == sizeof(answer));
	WAIT_FOR(viewer, (rd_client_get_statistics(viewer->client, &statistics), statistics.latency_us > 0));
}

static void test_size(struct viewer *viewer)
{
	CHECK(!rd_client_can_resize(viewer->client));
	SAY(viewer, UPDATE "\0\0\0\0\1\0\0\300\377\377\376\314\1\0\0\0"
			   "\0\0\0\1\0\0\0\0\1\0\0\300\0\0\0\0");
	WAIT_FOR(viewer, rd_client_can_resize(viewer->client));
	rd_client_resize(viewer->client, 0x280, 0x1e0);
	WAIT_FOR(viewer, SENT(viewer, "\373\0\2\200\1\340\1\0\0\0\0\1\0\0\0\0\2\200\1\340\0\0\0\0"));
}

int main(void)
{
	static struct viewer viewer;

	open_viewer(&viewer);
	test_news(&viewer);
	test_shapes(&viewer);
	test_keysyms(&viewer);
	test_codes(&viewer);
	test_fences(&viewer);
	test_size(&viewer);
	close_viewer(&viewer);
	return check_result();
}
