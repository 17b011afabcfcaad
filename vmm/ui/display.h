/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's side of its displays: hands out the framebuffer, draws when somebody looks, takes keys and
 * pointer movements (display_proto.h).
 *
 * Threads    All on the loop's thread, the callbacks too.
 * Ownership  display_new() and display_add() take the sockets, also when they fail.
 * Limits     DISPLAY_VIEWERS_MAX; a viewer that does not read its messages loses some, never blocks us. A
 *            picture in 10 ms, whoever asks how often.
 * Trust      Viewers are hostile: what is no message is ignored.
 */
#ifndef UI_DISPLAY_H
#define UI_DISPLAY_H

#include "ui/framebuffer.h"

enum { DISPLAY_VIEWERS_MAX = 8 };

struct display;
struct loop;

struct display_ops {
	/* Brings the framebuffer up to date, between framebuffer_begin() and _end(). */
	void (*draw)(void *opaque, struct framebuffer *framebuffer);
	void (*key)(void *opaque, uint16_t key, bool is_down);
	void (*pointer)(void *opaque, int dx, int dy, int wheel, unsigned buttons);
	/* x, y: 0..DISPLAY_POSITION_MAX over the whole screen */
	void (*pointer_to)(void *opaque, int x, int y, int wheel, unsigned buttons);
	/* Optional: a viewer wants this size; within FRAMEBUFFER_MAX_WIDTH and _HEIGHT. */
	void (*size)(void *opaque, uint32_t width, uint32_t height);
	/* Optional: whether somebody has the screen drawn all the time. */
	void (*watch)(void *opaque, bool is_watched);
};

/* listen_fd: -1 for none. */
int display_new(struct loop *loop, int listen_fd, const struct display_ops *ops, void *opaque,
		struct display **ret_display);
struct display *display_free(struct display *display);
int display_add(struct display *display, int fd);

#endif
