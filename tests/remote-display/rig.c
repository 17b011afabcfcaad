/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include "link/link.h"
#include "link/spawn.h"
#include "loop/loop.h"
#include "ui/display.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 4096, EVENT_TIMEOUT_MS = 20000 };

struct rig {
	struct loop *loop;
	struct display *display;
	pthread_t thread;
	struct spawn spawn;
	struct spawned process;
	pthread_mutex_t lock;
	pthread_cond_t has_event;
	/* under the lock */
	unsigned width, height;
	uint32_t *pixels; /* width * height */
	bool is_new;
	unsigned left, top, right, bottom; /* what changed */
	struct rig_event events[EVENTS_MAX];
	unsigned first_event, event_count;
};

static void give_up(const char *what)
{
	printf("FAIL rig: %s\n", what);
	exit(1);
}

/* --- the machine ------------------------------------------------------------------------------------- */

static void draw(void *opaque, struct framebuffer *framebuffer)
{
	struct rig *rig = opaque;
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS };
	bool is_new, has_changed;

	pthread_mutex_lock(&rig->lock);
	mode.width = rig->width;
	mode.height = rig->height;
	is_new = framebuffer_begin(framebuffer, &mode) || rig->is_new;
	if (is_new) {
		rig->left = rig->top = 0;
		rig->right = rig->width;
		rig->bottom = rig->height;
	}
	has_changed = rig->left < rig->right && rig->top < rig->bottom;
	for (unsigned y = rig->top; has_changed && y < rig->bottom; y++)
		memcpy(framebuffer_pixels(framebuffer) + (size_t)y * FRAMEBUFFER_STRIDE + rig->left,
		       rig->pixels + (size_t)y * rig->width + rig->left, (rig->right - rig->left) * 4);
	if (has_changed)
		framebuffer_mark(framebuffer, rig->left, rig->top, rig->right - rig->left,
				 rig->bottom - rig->top);
	framebuffer_end(framebuffer, has_changed);
	rig->is_new = false;
	rig->left = rig->top = UINT32_MAX;
	rig->right = rig->bottom = 0;
	pthread_mutex_unlock(&rig->lock);
}

static void add_event(struct rig *rig, struct rig_event event)
{
	pthread_mutex_lock(&rig->lock);
	if (rig->event_count < EVENTS_MAX)
		rig->events[(rig->first_event + rig->event_count++) % EVENTS_MAX] = event;
	pthread_cond_signal(&rig->has_event);
	pthread_mutex_unlock(&rig->lock);
}

static void on_key(void *opaque, uint16_t key, bool is_down)
{
	add_event(opaque, (struct rig_event){ 'k', key, is_down, 0, 0 });
}

static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	add_event(opaque, (struct rig_event){ 'm', dx, dy, wheel, (int)buttons });
}

static void on_pointer_to(void *opaque, int x, int y, int wheel, unsigned buttons)
{
	add_event(opaque, (struct rig_event){ 'p', x, y, wheel, (int)buttons });
}

static const struct display_ops display_ops = {
	.draw = draw,
	.key = on_key,
	.pointer = on_pointer,
	.pointer_to = on_pointer_to,
};

static void *run_machine(void *opaque)
{
	loop_run(((struct rig *)opaque)->loop);
	return NULL;
}

/* --- what it shows ----------------------------------------------------------------------------------- */

void rig_set_size(struct rig *rig, unsigned width, unsigned height, uint32_t seed)
{
	pthread_mutex_lock(&rig->lock);
	rig->width = width;
	rig->height = height;
	free(rig->pixels);
	rig->pixels = malloc((size_t)width * height * 4);
	if (!rig->pixels)
		give_up("no memory");
	for (size_t i = 0; i < (size_t)width * height; i++)
		rig->pixels[i] = ((uint32_t)i * 2654435761u + seed) >> 8;
	rig->is_new = true;
	pthread_mutex_unlock(&rig->lock);
}

void rig_get_size(struct rig *rig, unsigned *ret_width, unsigned *ret_height)
{
	pthread_mutex_lock(&rig->lock);
	*ret_width = rig->width;
	*ret_height = rig->height;
	pthread_mutex_unlock(&rig->lock);
}

/* The lock is held. */
static void mark(struct rig *rig, unsigned x, unsigned y, unsigned width, unsigned height)
{
	rig->left = x < rig->left ? x : rig->left;
	rig->top = y < rig->top ? y : rig->top;
	rig->right = x + width > rig->right ? x + width : rig->right;
	rig->bottom = y + height > rig->bottom ? y + height : rig->bottom;
}

void rig_draw(struct rig *rig, unsigned x, unsigned y, unsigned width, unsigned height,
	      const uint32_t *pixels, unsigned stride)
{
	pthread_mutex_lock(&rig->lock);
	for (unsigned line = 0; line < height; line++)
		memcpy(rig->pixels + (size_t)(y + line) * rig->width + x, pixels + (size_t)line * stride,
		       width * 4);
	mark(rig, x, y, width, height);
	pthread_mutex_unlock(&rig->lock);
}

void rig_fill(struct rig *rig, unsigned x, unsigned y, unsigned width, unsigned height, uint32_t colour)
{
	pthread_mutex_lock(&rig->lock);
	for (unsigned line = y; line < y + height; line++)
		for (unsigned column = x; column < x + width; column++)
			rig->pixels[(size_t)line * rig->width + column] = colour;
	mark(rig, x, y, width, height);
	pthread_mutex_unlock(&rig->lock);
}

bool rig_is_equal(struct rig *rig, const uint32_t *pixels, unsigned width, unsigned height, unsigned stride)
{
	bool equal;

	pthread_mutex_lock(&rig->lock);
	equal = width == rig->width && height == rig->height;
	for (unsigned y = 0; equal && y < height; y++)
		for (unsigned x = 0; equal && x < width; x++)
			equal =
			    (pixels[(size_t)y * stride + x] & 0xffffff) == rig->pixels[(size_t)y * width + x];
	pthread_mutex_unlock(&rig->lock);
	return equal;
}

/* --- what it gets ------------------------------------------------------------------------------------ */

bool rig_next_event(struct rig *rig, unsigned timeout_ms, struct rig_event *ret_event)
{
	struct timespec until;
	bool has_one;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000 + (until.tv_nsec + timeout_ms % 1000 * 1000000) / 1000000000;
	until.tv_nsec = (until.tv_nsec + timeout_ms % 1000 * 1000000) % 1000000000;
	pthread_mutex_lock(&rig->lock);
	while (rig->event_count == 0 && r == 0)
		r = pthread_cond_timedwait(&rig->has_event, &rig->lock, &until);
	has_one = rig->event_count > 0;
	if (has_one) {
		*ret_event = rig->events[rig->first_event];
		rig->first_event = (rig->first_event + 1) % EVENTS_MAX;
		rig->event_count--;
	}
	pthread_mutex_unlock(&rig->lock);
	return has_one;
}

bool rig_expect_event(struct rig *rig, struct rig_event event)
{
	struct rig_event got;

	while (rig_next_event(rig, EVENT_TIMEOUT_MS, &got))
		if (got.kind == event.kind && got.a == event.a && got.b == event.b && got.c == event.c &&
		    got.d == event.d)
			return true;
	printf("FAIL no event %c %d %d %d %d\n", event.kind, event.a, event.b, event.c, event.d);
	return false;
}

/* --- the service ------------------------------------------------------------------------------------- */

static void send_start(int link, int display)
{
	struct link_message *message;

	if (link_message_new("start", &message) < 0)
		give_up("no memory");
	link_add(message, "name", "a test");
	link_add_fd(message, "display", display);
	if (link_send(link, message) < 0)
		give_up("the display does not listen");
	link_message_free(message);
}

static int add_viewer(struct rig *rig, unsigned id, bool is_view_only, bool must_prove)
{
	struct link_message *message = NULL;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
	    link_message_new("viewer", &message) < 0)
		give_up("no socket");
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only);
	link_add_number(message, "must-prove", must_prove);
	link_add_fd(message, "socket", pair[1]);
	if (link_send(rig->process.link, message) < 0)
		give_up("the display does not listen");
	link_message_free(message);
	close(pair[1]);
	return pair[0];
}

int rig_add_viewer(struct rig *rig, unsigned id, bool is_view_only)
{
	return add_viewer(rig, id, is_view_only, false);
}

int rig_add_tcp_viewer(struct rig *rig, unsigned id)
{
	return add_viewer(rig, id, false, true);
}

void rig_set_security(struct rig *rig, const struct rig_security *security)
{
	static const char *const names[] = { "web", "certificate", "key" };
	const int files[] = { security->web, security->certificate, security->key };
	struct link_message *message;

	if (link_message_new("security", &message) < 0)
		give_up("no memory");
	link_add_number(message, "needs-tls", security->needs_tls);
	link_add(message, "password", security->password);
	link_add(message, "view-password", "");
	for (unsigned i = 0; i < 3; i++)
		if (files[i] >= 0)
			link_add_fd(message, names[i], files[i]);
	if (link_send(rig->process.link, message) < 0)
		give_up("the display does not listen");
	link_message_free(message);
	for (unsigned i = 0; i < 3; i++)
		if (files[i] >= 0)
			close(files[i]);
}

static void expect(struct rig *rig, const char *verb, int64_t id)
{
	struct link_message *message;
	uint64_t got = 0;

	do {
		if (link_receive(rig->process.link, &message) != 0)
			give_up("the display went");
		if (strcmp(link_verb(message), verb) == 0 &&
		    (id < 0 || (link_get_number(message, "id", 1u << 30, &got) == 0 && got == (uint64_t)id)))
			break;
		link_message_free(message);
	} while (true);
	link_message_free(message);
}

void rig_expect_gone(struct rig *rig, unsigned id)
{
	expect(rig, "viewer-gone", id);
}

pid_t rig_display(const struct rig *rig)
{
	return rig->process.pid;
}

/* --- life -------------------------------------------------------------------------------------------- */

static void init_lock(struct rig *rig)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&rig->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&rig->has_event, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct rig *rig_new(const char *display_program, unsigned width, unsigned height)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	if (!rig || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		give_up("no memory");
	init_lock(rig);
	rig_set_size(rig, width, height, 1);
	if (loop_new(&rig->loop) < 0 || display_new(rig->loop, -1, &display_ops, rig, &rig->display) < 0 ||
	    display_add(rig->display, pair[0]) < 0 ||
	    pthread_create(&rig->thread, NULL, run_machine, rig) != 0)
		give_up("the machine does not start");
	spawn_init(&rig->spawn, display_program);
	if (spawn_process(&rig->spawn, &rig->process) < 0)
		give_up("bulkhead-display does not start");
	send_start(rig->process.link, pair[1]);
	close(pair[1]);
	expect(rig, "ready", -1);
	return rig;
}

struct rig *rig_free(struct rig *rig)
{
	int status;

	close(rig->process.link);
	if (waitpid(rig->process.pid, &status, 0) != rig->process.pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		give_up("bulkhead-display did not end well");
	loop_quit(rig->loop);
	pthread_join(rig->thread, NULL);
	display_free(rig->display);
	loop_free(rig->loop);
	pthread_cond_destroy(&rig->has_event);
	pthread_mutex_destroy(&rig->lock);
	free(rig->pixels);
	free(rig);
	return NULL;
}
