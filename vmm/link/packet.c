/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/link_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * LINK_FDS_MAX)];
};

static int send_with(int socket, const struct link_message *message, int flags)
{
	struct iovec part = { .iov_base = (void *)message->text, .iov_len = message->size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };
	struct cmsghdr *c;
	ssize_t n;

	if (message->error)
		return message->error;
	if (message->fd_count > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * message->fd_count);
		c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * message->fd_count);
		memcpy(CMSG_DATA(c), message->fds, sizeof(int) * message->fd_count);
	}
	do
		n = sendmsg(socket, &header, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return LINK_CLOSED;
	return errno == EAGAIN ? LINK_AGAIN : -errno;
}

int link_send(int socket, const struct link_message *message)
{
	return send_with(socket, message, 0);
}

int link_send_now(int socket, const struct link_message *message)
{
	return send_with(socket, message, MSG_DONTWAIT);
}

/* Takes over all descriptors first, so that none leaks whatever else is wrong. */
static int take_descriptors(struct msghdr *header, struct link_message *message)
{
	int r = header->msg_flags & MSG_CTRUNC ? -EBADMSG : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (message->fd_count < LINK_FDS_MAX) {
				message->fds[message->fd_count++] = fd;
			} else {
				close(fd);
				r = -EBADMSG;
			}
		}
	}
	return r;
}

static int receive_into(int socket, struct link_message *message)
{
	struct iovec part = { .iov_base = message->text, .iov_len = sizeof(message->text) };
	union control control;
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	ssize_t n;
	int r;

	do
		n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return LINK_AGAIN;
	if (n < 0)
		return errno == ECONNRESET ? LINK_CLOSED : -errno;
	r = take_descriptors(&header, message);
	if (n == 0)
		return LINK_CLOSED;
	if (r < 0 || (header.msg_flags & MSG_TRUNC))
		return -EBADMSG;
	message->size = (size_t)n;
	return link_parse(message);
}

int link_receive(int socket, struct link_message **ret_message)
{
	struct link_message *message = link_message_alloc();
	int r;

	if (!message)
		return -ENOMEM;
	message->is_received = true;
	r = receive_into(socket, message);
	if (r != 0) {
		link_message_free(message);
		return r;
	}
	*ret_message = message;
	return 0;
}
