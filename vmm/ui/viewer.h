/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The looking side of a display's socket (display_proto.h), for whoever shows, pictures or reads a machine's
 * screen. Threads: one. Trust: the machine's process may be its guest's: all that comes is checked.
 */
#ifndef UI_VIEWER_H
#define UI_VIEWER_H

#include "ui/display_proto.h"
#include "ui/framebuffer.h"

struct viewer_link {
	int fd;			       /* the caller's */
	struct framebuffer_view *view; /* NULL until DISPLAY_HELLO came */
};

void viewer_init(struct viewer_link *viewer, int fd);
void viewer_deinit(struct viewer_link *viewer);
/* Never blocks. False: it was not sent. */
bool viewer_send(const struct viewer_link *viewer, enum display_kind kind, int a, int b, int c, int d);
/*
 * Takes one message, without blocking: its kind; -EAGAIN: none there; -EPIPE: the machine is gone; -EBADMSG:
 * what came is no message.
 */
int viewer_receive(struct viewer_link *viewer);

#endif
