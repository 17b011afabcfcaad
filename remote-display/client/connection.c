/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection's thread of a viewer. */
#include "client/client_priv.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SECOND = 1000000, /* microseconds, as GLib counts */
};

void rd_client_wake(struct rd_client *client)
{
	if (!client->is_over)
		g_source_set_ready_time(client->source, 0);
}

/* --- sending ------------------------------------------------------------------------------------------- */

static bool act(struct rd_client *client, const struct rd_action *action)
{
	struct rd_rfb_client *rfb = client->rfb;

	switch (action->kind) {
	case RD_ACTION_KEY: return rd_rfb_client_key(rfb, (uint16_t)action->a, action->b, action->c);
	case RD_ACTION_POINTER: return rd_rfb_client_pointer(rfb, action->a, action->b, action->c);
	case RD_ACTION_CLIPBOARD: return rd_rfb_client_clipboard(rfb, action->text, action->a);
	case RD_ACTION_RESIZE: return rd_rfb_client_resize(rfb, action->a, action->b);
	case RD_ACTION_VISIBLE: return rd_rfb_client_set_visible(rfb, action->a);
	}
	return false;
}

static void send_all(struct rd_client *client)
{
	struct rd_action action;

	for (;;) {
		bool has_one;

		g_mutex_lock(&client->lock);
		has_one = rd_action_queue_take(&client->queue, &action);
		g_mutex_unlock(&client->lock);
		if (!has_one)
			return;
		if (!client->is_broken && !act(client, &action))
			client->is_broken = true;
		g_free(action.text);
	}
}

/* --- statistics ---------------------------------------------------------------------------------------- */

/* The lock is held. */
static void count_update(struct rd_client *client, gint64 now)
{
	struct rd_client_statistics *statistics = &client->statistics;

	statistics->updates++;
	statistics->rects += client->rects_of_update;
	client->rects_of_update = 0;
	client->updates_of_second++;
	if (now - client->second_began >= SECOND) {
		statistics->updates_per_second = client->updates_of_second;
		client->updates_of_second = 0;
		client->second_began = now;
	}
}

/* --- receiving ----------------------------------------------------------------------------------------- */

static bool on_size(void *opaque, unsigned width, unsigned height)
{
	struct rd_client *client = opaque;
	uint32_t *pixels = calloc((size_t)width * height + 1, 4);

	if (!pixels)
		return false;
	client->drawn.count = 0;
	g_mutex_lock(&client->lock);
	free(client->pixels);
	client->pixels = pixels;
	client->width = width;
	client->height = height;
	client->news.damage.count = 0;
	client->news.has_size = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
	return true;
}

/* Input does not wait for the end of a large update. */
static void on_drawn(void *opaque, struct rd_client_rect rect)
{
	struct rd_client *client = opaque;

	rd_client_damage_add(&client->drawn, rect);
	client->rects_of_update++;
	send_all(client);
}

/* The lock is held. */
static void copy_rect(struct rd_client *client, const struct rd_client_rect *rect)
{
	const uint32_t *from = rd_rfb_client_pixels(client->rfb);
	size_t at = (size_t)rect->y * client->width + rect->x;

	for (unsigned y = 0; y < rect->height; y++, at += client->width)
		memcpy(client->pixels + at, from + at, (size_t)rect->width * 4);
}

static void on_finished(void *opaque)
{
	struct rd_client *client = opaque;
	gint64 now = g_get_monotonic_time();

	g_mutex_lock(&client->lock);
	rd_client_damage_clip(&client->drawn, client->width, client->height);
	for (unsigned i = 0; i < client->drawn.count; i++) {
		copy_rect(client, &client->drawn.rects[i]);
		rd_client_damage_add(&client->news.damage, client->drawn.rects[i]);
	}
	count_update(client, now);
	client->can_resize = rd_rfb_client_can_resize(client->rfb);
	if (client->drawn.count)
		rd_client_wake(client);
	g_mutex_unlock(&client->lock);
	client->drawn.count = 0;
	client->is_broken |= !rd_rfb_client_measure(client->rfb);
}

static void on_shape(void *opaque, const struct rd_client_pointer *pointer)
{
	struct rd_client *client = opaque;
	struct rd_client_pointer copy = *pointer;

	copy.pixels = g_memdup2(pointer->pixels, (gsize)pointer->width * pointer->height * 4);
	g_mutex_lock(&client->lock);
	g_free((gpointer)client->news.shape.pixels);
	client->news.shape = copy;
	client->news.has_shape = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

static void on_position(void *opaque, unsigned x, unsigned y)
{
	struct rd_client *client = opaque;

	g_mutex_lock(&client->lock);
	client->news.x = x;
	client->news.y = y;
	client->news.has_position = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

/* RFB's clipboard is Latin-1 (RFC 6143, 7.6.4). */
static void on_clipboard(void *opaque, const char *text, size_t size)
{
	struct rd_client *client = opaque;
	GString *utf8 = g_string_sized_new(size);

	for (size_t i = 0; i < size && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f && (c < 0x80 || c >= 0xa0)))
			g_string_append_unichar(utf8, c);
	}
	g_mutex_lock(&client->lock);
	g_free(client->news.clipboard);
	client->news.clipboard = g_string_free(utf8, FALSE);
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

static void on_leds(void *opaque, unsigned leds)
{
	struct rd_client *client = opaque;

	g_mutex_lock(&client->lock);
	client->news.leds = leds;
	client->news.has_leds = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

static void on_bell(void *opaque)
{
	struct rd_client *client = opaque;

	g_mutex_lock(&client->lock);
	client->news.has_bell = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

static void on_latency(void *opaque, unsigned microseconds)
{
	struct rd_client *client = opaque;

	g_mutex_lock(&client->lock);
	client->statistics.latency_us = microseconds ? microseconds : 1;
	g_mutex_unlock(&client->lock);
}

static const struct rd_rfb_client_ops rfb_ops = {
	.resized = on_size,
	.drawn = on_drawn,
	.update_finished = on_finished,
	.pointer_changed = on_shape,
	.pointer_moved = on_position,
	.clipboard = on_clipboard,
	.leds = on_leds,
	.bell = on_bell,
	.latency = on_latency,
};

/* --- life ---------------------------------------------------------------------------------------------- */

static void tell_connected(struct rd_client *client)
{
	char *name = g_utf8_make_valid(rd_rfb_client_name(client->rfb), -1);

	for (char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = ' ';
	g_mutex_lock(&client->lock);
	client->name = name;
	client->news.is_connected = true;
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

static bool is_over(struct rd_client *client)
{
	bool over;

	g_mutex_lock(&client->lock);
	over = client->is_over;
	g_mutex_unlock(&client->lock);
	return over;
}

static void serve(struct rd_client *client)
{
	struct pollfd fds[2] = { { .fd = client->config.socket, .events = POLLIN },
				 { .fd = client->wake_fd, .events = POLLIN } };

	while (!client->is_broken && !is_over(client)) {
		bool has_more = rd_rfb_client_has_more(client->rfb);
		uint64_t unused;

		if (!has_more && poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (!has_more && fds[1].revents)
			(void)!read(client->wake_fd, &unused, sizeof(unused));
		send_all(client);
		if (has_more || fds[0].revents)
			client->is_broken |= !rd_rfb_client_receive(client->rfb);
	}
}

static void tell_end(struct rd_client *client, const char *reason)
{
	g_mutex_lock(&client->lock);
	client->news.reason = g_utf8_make_valid(reason, -1);
	rd_client_wake(client);
	g_mutex_unlock(&client->lock);
}

gpointer rd_client_run(gpointer opaque)
{
	struct rd_client *client = opaque;
	sigset_t pipe;

	g_atomic_int_set(&client->thread_id, gettid());
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE); /* the library's write() */
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	client->rfb = rd_rfb_client_new(&client->config, &rfb_ops, client);
	if (!client->rfb) {
		tell_end(client, "There is no memory for a viewer; close other programs");
		return NULL;
	}
	if (rd_rfb_client_connect(client->rfb)) {
		tell_connected(client);
		serve(client);
	}
	tell_end(client, rd_rfb_client_reason(client->rfb));
	shutdown(client->config.socket, SHUT_RDWR);
	return NULL;
}
