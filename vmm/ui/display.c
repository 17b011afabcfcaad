/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/display.h"
#include "ui/display_proto.h"

#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WATCH_MIN_MS = 10,
	WATCH_MAX_MS = 1000,
	STEP_MAX = 4096, /* of the pointer in one message */
	SIZE_MIN = 64,	 /* pixels each way */
};

struct viewer {
	struct display *display;
	int fd; /* -1: free */
	struct loop_watch *watch;
	uint32_t watch_ms; /* 0: looks only when it says so */
	uint32_t sequence; /* what it was told last */
	bool looks;	   /* it asked, and waits for the next picture */
};

struct display {
	struct loop *loop;
	const struct display_ops *ops;
	void *opaque;
	struct framebuffer *framebuffer;
	int listen_fd;
	struct loop_watch *listen_watch;
	struct loop_timer *timer;
	bool is_watched; /* by a viewer of those that follow */
	struct loop_timer *look_timer;
	bool is_look_set;
	uint64_t drawn_ns; /* the end of the last drawing */
	struct viewer viewers[DISPLAY_VIEWERS_MAX];
};

/* --- messages to a viewer ---------------------------------------------------------------------------- */

static void send_hello(const struct viewer *viewer)
{
	struct display_message message = { DISPLAY_HELLO, { FRAMEBUFFER_VERSION } };
	struct iovec iov = { &message, sizeof(message) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	int fd = framebuffer_fd(viewer->display->framebuffer);

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	(void)sendmsg(viewer->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_drawn(struct viewer *viewer)
{
	struct display_message message = { DISPLAY_DRAWN, { 0 } };

	viewer->sequence = framebuffer_sequence(viewer->display->framebuffer);
	message.values[0] = (int32_t)viewer->sequence;
	(void)send(viewer->fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void draw(struct display *display)
{
	display->ops->draw(display->opaque, display->framebuffer);
	display->drawn_ns = loop_now();
}

static void set_timer(struct display *display)
{
	uint32_t shortest = 0;

	for (unsigned i = 0; i < DISPLAY_VIEWERS_MAX; i++) {
		const struct viewer *viewer = &display->viewers[i];

		if (viewer->fd >= 0 && viewer->watch_ms && (!shortest || viewer->watch_ms < shortest))
			shortest = viewer->watch_ms;
	}
	loop_timer_set(display->timer, shortest ? loop_now() + shortest * 1000000ull : LOOP_NEVER);
	if (display->is_watched != (shortest > 0)) {
		display->is_watched = shortest > 0;
		if (display->ops->watch)
			display->ops->watch(display->opaque, display->is_watched);
	}
}

static void on_timer(void *opaque)
{
	struct display *display = opaque;

	draw(display);
	for (unsigned i = 0; i < DISPLAY_VIEWERS_MAX; i++) {
		struct viewer *viewer = &display->viewers[i];

		if (viewer->fd >= 0 && viewer->watch_ms &&
		    viewer->sequence != framebuffer_sequence(display->framebuffer))
			send_drawn(viewer);
	}
	set_timer(display);
}

static void on_look_timer(void *opaque)
{
	struct display *display = opaque;

	display->is_look_set = false;
	draw(display);
	for (unsigned i = 0; i < DISPLAY_VIEWERS_MAX; i++) {
		struct viewer *viewer = &display->viewers[i];

		if (viewer->fd < 0 || !viewer->looks)
			continue;
		viewer->looks = false;
		send_drawn(viewer);
	}
}

/* Who asks again and again gets no more pictures than who follows: they are drawn on the thread of the machine's chips. */
static void look(struct viewer *viewer)
{
	struct display *display = viewer->display;
	uint64_t next = display->drawn_ns + WATCH_MIN_MS * 1000000ull;

	if (!display->is_look_set && loop_now() >= next) {
		draw(display);
		send_drawn(viewer);
		return;
	}
	viewer->looks = true;
	if (!display->is_look_set)
		loop_timer_set(display->look_timer, next);
	display->is_look_set = true;
}

/* --- messages from a viewer -------------------------------------------------------------------------- */

static int bound(int32_t value, int32_t limit)
{
	return value < -limit ? -limit : value > limit ? limit : value;
}

static int within(int32_t value, int32_t limit)
{
	return value < 0 ? 0 : value > limit ? limit : value;
}

static void set_watch(struct viewer *viewer, int32_t ms)
{
	viewer->watch_ms = ms <= 0	       ? 0
			   : ms < WATCH_MIN_MS ? WATCH_MIN_MS
			   : ms > WATCH_MAX_MS ? WATCH_MAX_MS
					       : (uint32_t)ms;
	set_timer(viewer->display);
}

static void handle(struct viewer *viewer, const struct display_message *message)
{
	struct display *display = viewer->display;
	const int32_t *v = message->values;

	switch (message->kind) {
	case DISPLAY_LOOK: look(viewer); return;
	case DISPLAY_WATCH: set_watch(viewer, v[0]); return;
	case DISPLAY_KEY: display->ops->key(display->opaque, (uint16_t)v[0], v[1] != 0); return;
	case DISPLAY_POINTER:
		display->ops->pointer(display->opaque, bound(v[0], STEP_MAX), bound(v[1], STEP_MAX),
				      bound(v[2], 127), (unsigned)v[3] & 0x1f);
		return;
	case DISPLAY_POINTER_TO:
		display->ops->pointer_to(display->opaque, within(v[0], DISPLAY_POSITION_MAX),
					 within(v[1], DISPLAY_POSITION_MAX), bound(v[2], 127),
					 (unsigned)v[3] & 0x1f);
		return;
	case DISPLAY_SIZE:
		if (display->ops->size && v[0] >= SIZE_MIN && v[0] <= FRAMEBUFFER_MAX_WIDTH &&
		    v[1] >= SIZE_MIN && v[1] <= FRAMEBUFFER_MAX_HEIGHT)
			display->ops->size(display->opaque, (uint32_t)v[0], (uint32_t)v[1]);
		return;
	default: return;
	}
}

static void drop(struct viewer *viewer)
{
	if (viewer->fd < 0)
		return;
	viewer->watch = loop_watch_free(viewer->watch);
	close(viewer->fd);
	viewer->fd = -1;
	set_timer(viewer->display);
}

static void on_viewer(void *opaque, int fd, uint32_t events)
{
	struct viewer *viewer = opaque;
	struct display_message message;
	ssize_t n = recv(fd, &message, sizeof(message), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(message))
		handle(viewer, &message);
	else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(viewer);
}

/* --- viewers come and go ----------------------------------------------------------------------------- */

int display_add(struct display *display, int fd)
{
	struct viewer *viewer = NULL;
	int r;

	for (unsigned i = 0; !viewer && i < DISPLAY_VIEWERS_MAX; i++)
		if (display->viewers[i].fd < 0)
			viewer = &display->viewers[i];
	if (!viewer) {
		close(fd);
		return -EBUSY;
	}
	*viewer = (struct viewer){ .display = display, .fd = fd };
	r = loop_watch_new(display->loop, fd, EPOLLIN, on_viewer, viewer, &viewer->watch);
	if (r < 0) {
		close(fd);
		viewer->fd = -1;
		return r;
	}
	send_hello(viewer);
	return 0;
}

static void on_connect(void *opaque, int fd, uint32_t events)
{
	int viewer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (viewer >= 0)
		display_add(opaque, viewer);
}

int display_new(struct loop *loop, int listen_fd, const struct display_ops *ops, void *opaque,
		struct display **ret_display)
{
	struct display *display = calloc(1, sizeof(*display));
	int r;

	if (!display) {
		if (listen_fd >= 0)
			close(listen_fd);
		return -ENOMEM;
	}
	display->loop = loop;
	display->ops = ops;
	display->opaque = opaque;
	display->listen_fd = listen_fd;
	for (unsigned i = 0; i < DISPLAY_VIEWERS_MAX; i++)
		display->viewers[i].fd = -1;
	r = framebuffer_new(&display->framebuffer);
	if (r == 0)
		r = loop_timer_new(loop, on_timer, display, &display->timer);
	if (r == 0)
		r = loop_timer_new(loop, on_look_timer, display, &display->look_timer);
	if (r == 0 && listen_fd >= 0)
		r = loop_watch_new(loop, listen_fd, EPOLLIN, on_connect, display, &display->listen_watch);
	if (r < 0) {
		display_free(display);
		return r;
	}
	*ret_display = display;
	return 0;
}

struct display *display_free(struct display *display)
{
	if (!display)
		return NULL;
	for (unsigned i = 0; i < DISPLAY_VIEWERS_MAX; i++)
		drop(&display->viewers[i]);
	loop_watch_free(display->listen_watch);
	if (display->listen_fd >= 0)
		close(display->listen_fd);
	if (display->timer)
		loop_timer_free(display->timer);
	if (display->look_timer)
		loop_timer_free(display->look_timer);
	framebuffer_free(display->framebuffer);
	free(display);
	return NULL;
}
