/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/viewer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void viewer_init(struct viewer_link *viewer, int fd)
{
	*viewer = (struct viewer_link){ .fd = fd };
}

void viewer_deinit(struct viewer_link *viewer)
{
	viewer->view = framebuffer_view_free(viewer->view);
}

bool viewer_send(const struct viewer_link *viewer, enum display_kind kind, int a, int b, int c, int d)
{
	struct display_message message = { kind, { a, b, c, d } };

	return send(viewer->fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

/* A message has room for one descriptor, so no other gets lost here. */
static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static int handle(struct viewer_link *viewer, const struct display_message *message, int fd)
{
	if (message->kind == DISPLAY_HELLO) {
		int r = fd < 0 || viewer->view ? -EBADMSG : framebuffer_view_new(fd, &viewer->view);

		return r < 0 ? r : DISPLAY_HELLO;
	}
	return message->kind == DISPLAY_DRAWN ? DISPLAY_DRAWN : -EBADMSG;
}

int viewer_receive(struct viewer_link *viewer)
{
	struct display_message message;
	struct iovec iov = { &message, sizeof(message) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(viewer->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd, r;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	if (n == 0)
		return -EPIPE;
	fd = take_fd(&msg);
	r = n == (ssize_t)sizeof(message) ? handle(viewer, &message, fd) : -EBADMSG;
	if (fd >= 0)
		close(fd);
	return r;
}
