/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer core at bulkhead-display: pictures, damage, sizes, every key, pointer, clipboard, reconnecting,
 * ends of each kind. usage: client_test PROGRAM
 */
#include "rig.h"
#include "../run/check.h"

#include "client/client.h"
#include "keys/keys.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000 };

/* --- a viewer that keeps a copy by damage alone, as the consoles do ---------------------------------- */

struct viewer {
	struct rd_client *client;
	char *name, *reason;
	unsigned width, height, sizes, damages;
	uint32_t *copy;
	size_t damaged_pixels;
	bool is_outside; /* damage outside of the picture */
};

static void on_connected(void *opaque, const char *name)
{
	((struct viewer *)opaque)->name = g_strdup(name);
}

static void on_resized(void *opaque, unsigned width, unsigned height)
{
	struct viewer *viewer = opaque;

	viewer->sizes++;
	viewer->width = width;
	viewer->height = height;
	g_free(viewer->copy);
	viewer->copy = g_new0(uint32_t, (gsize)width * height + 1);
}

static void on_damaged(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	struct viewer *viewer = opaque;
	struct rd_client_frame frame;

	viewer->damages++;
	rd_client_lock(viewer->client, &frame);
	for (unsigned i = 0; i < count; i++) {
		const struct rd_client_rect *rect = &rects[i];

		viewer->is_outside |=
		    rect->x + rect->width > viewer->width || rect->y + rect->height > viewer->height;
		viewer->damaged_pixels += (size_t)rect->width * rect->height;
		if (frame.width != viewer->width || frame.height != viewer->height || viewer->is_outside)
			continue; /* another size is on its way */
		for (unsigned y = rect->y; y < rect->y + rect->height; y++)
			memcpy(viewer->copy + (size_t)y * viewer->width + rect->x,
			       frame.pixels + y * frame.stride + rect->x, rect->width * 4);
	}
	rd_client_unlock(viewer->client);
}

static void on_ended(void *opaque, const char *reason)
{
	((struct viewer *)opaque)->reason = g_strdup(reason);
}

static const struct rd_client_ops ops = {
	.connected = on_connected,
	.resized = on_resized,
	.damaged = on_damaged,
	.ended = on_ended,
};

static void open_viewer(struct viewer *viewer, int socket, enum rd_client_link link, bool is_view_only)
{
	struct rd_client_config config = {
		.socket = socket, .link = link, .is_view_only = is_view_only, .ops = &ops, .opaque = viewer
	};

	*viewer = (struct viewer){ 0 };
	viewer->client = rd_client_new(&config);
}

static void close_viewer(struct viewer *viewer)
{
	rd_client_free(viewer->client);
	CHECK(!viewer->is_outside);
	g_free(viewer->name);
	g_free(viewer->reason);
	g_free(viewer->copy);
}

/* --- waiting ----------------------------------------------------------------------------------------- */

static gboolean on_timeout(gpointer is_over)
{
	*(gboolean *)is_over = TRUE;
	return G_SOURCE_REMOVE;
}

static bool wait_until(bool (*is_so)(struct viewer *viewer, void *opaque), struct viewer *viewer,
		       void *opaque)
{
	gboolean is_over = FALSE;
	guint timer = g_timeout_add(TIMEOUT_MS, on_timeout, &is_over);

	while (!is_over && !is_so(viewer, opaque))
		g_main_context_iteration(NULL, TRUE);
	if (!is_over)
		g_source_remove(timer);
	return !is_over;
}

static bool is_equal(struct viewer *viewer, void *rig)
{
	return viewer->copy && rig_is_equal(rig, viewer->copy, viewer->width, viewer->height, viewer->width);
}

static bool has_ended(struct viewer *viewer, void *unused)
{
	(void)unused;
	return viewer->reason != NULL;
}

static bool has_damages(struct viewer *viewer, void *count)
{
	return viewer->damages >= *(unsigned *)count;
}

/* --- what is tested ---------------------------------------------------------------------------------- */

/* A small change is a small damage; of the first picture something may still be on its way. */
static void test_damage(struct rig *rig, struct viewer *viewer)
{
	bool is_small = false;

	for (unsigned i = 0; i < 20 && !is_small; i++) {
		viewer->damaged_pixels = 0;
		rig_fill(rig, 100, 200, 5, 7, 0x123456 + i);
		CHECK(wait_until(is_equal, viewer, rig));
		is_small = viewer->damaged_pixels > 0 && viewer->damaged_pixels <= 4 * 16 * 16;
	}
	CHECK(is_small);
}

static void test_picture(struct rig *rig, enum rd_client_link link)
{
	struct rd_client_statistics statistics;
	struct viewer viewer;
	unsigned sizes;

	rig_set_size(rig, 640, 480, 1);
	open_viewer(&viewer, rig_add_viewer(rig, 1, false), link, false);
	CHECK(wait_until(is_equal, &viewer, rig));
	CHECK(viewer.name && strcmp(viewer.name, "a test") == 0);

	test_damage(rig, &viewer);
	sizes = viewer.sizes;
	rig_set_size(rig, 1024, 768, 2);
	CHECK(wait_until(is_equal, &viewer, rig));
	rig_set_size(rig, 320, 200, 3);
	CHECK(wait_until(is_equal, &viewer, rig));
	CHECK(viewer.sizes >= sizes + 2 && viewer.width == 320 && viewer.height == 200);

	rd_client_get_statistics(viewer.client, &statistics);
	if (!CHECK(statistics.updates >= 3 && statistics.rects >= 3 && statistics.bytes > 0))
		printf("%lu updates, %lu rectangles\n", (unsigned long)statistics.updates,
		       (unsigned long)statistics.rects);
	close_viewer(&viewer);
	rig_expect_gone(rig, 1);
}

/* While it is hidden nothing comes, and what changed comes when it is seen again. */
static void test_visible(struct rig *rig)
{
	struct viewer viewer;
	struct rd_client_statistics before, after;

	rig_set_size(rig, 640, 480, 4);
	open_viewer(&viewer, rig_add_viewer(rig, 2, false), RD_LINK_LOCAL, false);
	CHECK(wait_until(is_equal, &viewer, rig));
	rd_client_set_visible(viewer.client, false);
	/* when that is there, the client knows that it is hidden */
	rd_client_key(viewer.client, 0x1e, 0, true);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', 0x1e, 1, 0, 0 }));
	rd_client_get_statistics(viewer.client, &before);
	for (unsigned i = 0; i < 5; i++) {
		rig_fill(rig, 0, 100, 64, 64, 0x00ff00 + i);
		rd_client_key(viewer.client, 0x1e, 0, true); /* an answer that tells that time has gone by */
		CHECK(rig_expect_event(rig, (struct rig_event){ 'k', 0x1e, 1, 0, 0 }));
		g_usleep(20000);
	}
	rd_client_get_statistics(viewer.client, &after);
	CHECK(after.updates <= before.updates + 1); /* the request of before may be answered yet */
	CHECK(after.updates > before.updates || !is_equal(&viewer, rig));
	rd_client_set_visible(viewer.client, true);
	CHECK(wait_until(is_equal, &viewer, rig));
	close_viewer(&viewer);
	rig_expect_gone(rig, 2);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', 0x1e, 0, 0, 0 })); /* was held */
}

static const uint16_t prefixed[] = { 0xe01c, 0xe01d, 0xe035, 0xe037, 0xe038, 0xe047, 0xe048,
				     0xe049, 0xe04b, 0xe04d, 0xe04f, 0xe050, 0xe051, 0xe052,
				     0xe053, 0xe05b, 0xe05c, 0xe05d, 0xe11d };

static void press(struct rig *rig, struct viewer *viewer, uint16_t code)
{
	rd_client_key(viewer->client, code, 0, true);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', code, 1, 0, 0 }));
	rd_client_key(viewer->client, code, 0, false);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', code, 0, 0, 0 }));
}

/* All 105 keys, by their places. */
static void test_keys(struct rig *rig, struct viewer *viewer)
{
	for (uint16_t code = 1; code <= 0x58; code++)
		if (code != 0x54 && code != 0x55)
			press(rig, viewer, code);
	for (unsigned i = 0; i < G_N_ELEMENTS(prefixed); i++)
		press(rig, viewer, prefixed[i]);

	rd_client_key(viewer->client, RD_KEY_LEFT_CTRL, 0, true);
	rd_client_key(viewer->client, RD_KEY_LEFT_ALT, 0, true);
	rd_client_release(viewer->client);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', RD_KEY_LEFT_ALT, 0, 0, 0 }));
	CHECK(rig_expect_event(rig, (struct rig_event){ 'k', RD_KEY_LEFT_CTRL, 0, 0, 0 }));
}

static void test_pointer(struct rig *rig, struct viewer *viewer)
{
	rd_client_pointer(viewer->client, 0, 0, 0);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 0, 0, 0, 0 }));
	rd_client_pointer(viewer->client, viewer->width - 1, viewer->height - 1, RD_BUTTON_RIGHT);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 32767, 32767, 0, 2 }));
	rd_client_release(viewer->client);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 32767, 32767, 0, 0 }));
	rd_client_scroll(viewer->client, 0, 0, 0, -2);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 0, 0, -1, 0 }));
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 0, 0, -1, 0 }));
	/* Movements may be left out, the last one may not, and no press may. */
	for (unsigned i = 0; i < 2000; i++)
		rd_client_pointer(viewer->client, i % viewer->width, 0, 0);
	rd_client_pointer(viewer->client, 0, viewer->height - 1, RD_BUTTON_LEFT);
	rd_client_pointer(viewer->client, 0, 0, 0);
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 0, 32767, 0, 1 }));
	CHECK(rig_expect_event(rig, (struct rig_event){ 'p', 0, 0, 0, 0 }));
}

static void test_input(struct rig *rig)
{
	struct viewer viewer, looker;
	struct rig_event event;

	open_viewer(&viewer, rig_add_viewer(rig, 3, false), RD_LINK_LOCAL, false);
	CHECK(wait_until(is_equal, &viewer, rig));
	test_keys(rig, &viewer);
	test_pointer(rig, &viewer);

	open_viewer(&looker, rig_add_viewer(rig, 4, false), RD_LINK_LOCAL, true);
	CHECK(wait_until(is_equal, &looker, rig));
	rd_client_key(looker.client, 0x1e, 'a', true);
	rd_client_pointer(looker.client, 1, 1, RD_BUTTON_LEFT);
	rd_client_set_clipboard(looker.client, "no");
	press(rig, &viewer, 0x30);
	CHECK(!rig_next_event(rig, 50, &event));
	close_viewer(&looker);
	close_viewer(&viewer);
}

/* A caller that does not come to its main loop for a while gets one callback, with the newest picture. */
static void test_slow_caller(struct rig *rig)
{
	struct viewer viewer;
	unsigned damages;

	open_viewer(&viewer, rig_add_viewer(rig, 5, false), RD_LINK_LOCAL, false);
	CHECK(wait_until(is_equal, &viewer, rig));
	damages = viewer.damages;
	for (unsigned i = 0; i < 20; i++) {
		rig_fill(rig, i * 8, 0, 8, 200, 0x445566 + i);
		g_usleep(20000);
	}
	CHECK(viewer.damages == damages);
	CHECK(wait_until(is_equal, &viewer, rig));
	CHECK(viewer.damages < damages + 10);
	close_viewer(&viewer);
}

/* --- ends -------------------------------------------------------------------------------------------- */

static void test_bad_server(const char *says, size_t size)
{
	struct viewer viewer;
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(write(pair[1], says, size) == (ssize_t)size);
	shutdown(pair[1], SHUT_WR);
	open_viewer(&viewer, pair[0], RD_LINK_LOCAL, false);
	CHECK(wait_until(has_ended, &viewer, NULL));
	CHECK(viewer.reason && strlen(viewer.reason) > 20 && g_utf8_validate(viewer.reason, -1, NULL));
	close_viewer(&viewer);
	close(pair[1]);
}

#define GREETING "RFB 003.008\n\1\1\0\0\0\0"
#define INIT                                                                                                 \
	"\0\20\0\20\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0"                                               \
	"\0\0\0\1x"

static void test_bad_servers(void)
{
#define BAD(text) test_bad_server(text, sizeof(text) - 1)
	BAD("");
	BAD("HTTP/1.1 400 Bad Request\r\n\r\n");
	BAD("RFB 003.008\n");
	BAD("RFB 003.008\n\0\0\0\0\14not\nnow\xff\x1b[m");
	BAD("RFB 003.008\n\1\20");
	BAD(GREETING "\377\377\377\377\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0\0\0\0\1x");
	BAD(GREETING INIT "\0\0\0\1\0\0\0\0\377\377\377\377\0\0\0\0");	      /* outside */
	BAD(GREETING INIT "\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0");		      /* no width */
	BAD(GREETING INIT "\0\0\0\1\0\0\0\0\377\377\377\377\377\377\377\41"); /* a size */
	BAD(GREETING INIT "\0\0\0\1\0\0\0\0\0\1\0\1\0\0\0\7\200\377\377\377");
	BAD(GREETING INIT "\370\0\0\0\200\0\0\0\101");
	BAD(GREETING INIT "\3\0\0\0\377\377\377\377");
#undef BAD
}

static void on_damaged_end(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	struct viewer *viewer = opaque;

	(void)rects;
	(void)count;
	viewer->client = rd_client_free(viewer->client);
	viewer->damages++;
}

static void test_ends(struct rig *rig)
{
	static const struct rd_client_ops ending = { .damaged = on_damaged_end, .resized = on_resized };
	struct viewer viewer = { 0 };
	struct rd_client_config config = { .ops = &ending, .opaque = &viewer };
	unsigned one = 1;

	config.socket = rig_add_viewer(rig, 6, false);
	viewer.client = rd_client_new(&config);
	CHECK(wait_until(has_damages, &viewer, &one));
	CHECK(!viewer.client && viewer.damages == 1);
	g_free(viewer.copy);
	rig_expect_gone(rig, 6);

	/* At every moment of a connection's beginning, and the next one works. */
	for (unsigned i = 0; i < 20; i++) {
		config.socket = rig_add_viewer(rig, 20 + i, false);
		config.ops = &ops;
		viewer = (struct viewer){ 0 };
		viewer.client = rd_client_new(&config);
		g_usleep(i * 300);
		close_viewer(&viewer);
		rig_expect_gone(rig, 20 + i);
	}
	open_viewer(&viewer, rig_add_viewer(rig, 50, false), RD_LINK_LOCAL, false);
	CHECK(wait_until(is_equal, &viewer, rig));
	rig_free(rig);
	CHECK(wait_until(has_ended, &viewer, NULL));
	CHECK(viewer.reason && strstr(viewer.reason, "ended"));
	close_viewer(&viewer);
}

int main(int argc, char **argv)
{
	struct rig *rig;

	if (argc != 2)
		return 2;
	rig = rig_new(argv[1], 640, 480);
	test_picture(rig, RD_LINK_LOCAL);
	test_picture(rig, RD_LINK_NETWORK);
	test_visible(rig);
	test_input(rig);
	test_slow_caller(rig);
	test_bad_servers();
	test_ends(rig); /* ends it, too */
	return check_result();
}
