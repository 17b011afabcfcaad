/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/port.h"
#include "net/cut.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_BUFFER = 4 << 20 }; /* the kernel takes as much of it as net.core.wmem_max allows */

int port_prepare(int fd)
{
	int type = 0, domain = 0, size = PORT_BUFFER;
	socklen_t length = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
		return -errno;
	length = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0)
		return -errno;
	if (type != SOCK_SEQPACKET || domain != AF_UNIX)
		return -ENOTSOCK;
	/* Less room is slower, but good enough. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

int port_pair(int ret_fds[2])
{
	int r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return -errno;
	for (unsigned i = 0; i < 2 && r == 0; i++)
		r = port_prepare(ret_fds[i]);
	return r;
}

int port_send(int fd, const struct port_header *header, const struct iovec *parts, unsigned count)
{
	struct iovec all[PORT_PARTS_MAX + 1];
	struct msghdr message = { .msg_iov = all, .msg_iovlen = count + 1 };
	ssize_t n;

	if (count > PORT_PARTS_MAX)
		return -EMSGSIZE;
	all[0] = (struct iovec){ .iov_base = (void *)header, .iov_len = sizeof(*header) };
	if (count)
		memcpy(all + 1, parts, count * sizeof(*parts));
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		return -EAGAIN;
	return errno == ECONNRESET || errno == ENOTCONN ? -EPIPE : -errno;
}

int port_send_notice(int fd, unsigned flags)
{
	struct port_header header = { .kind = PORT_NOTICE, .flags = (uint8_t)flags };

	return port_send(fd, &header, NULL, 0);
}

static bool is_good(const struct port_header *header, size_t frame_size)
{
	if (header->reserved || header->flags & ~3u)
		return false;
	if (header->kind == PORT_NOTICE)
		return frame_size == 0 && header->segment == 0;
	return header->kind == PORT_FRAME && frame_size >= FRAME_ETHERNET_HEADER && frame_size <= FRAME_MAX &&
	       (header->segment == 0 || header->segment >= CUT_SEGMENT_MIN);
}

int port_receive(int fd, struct port_header *ret_header, void *frame, size_t size)
{
	struct iovec parts[] = { { .iov_base = ret_header, .iov_len = sizeof(*ret_header) },
				 { .iov_base = frame, .iov_len = size } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (n == 0)
		return -EPIPE;
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || (size_t)n < sizeof(*ret_header) ||
	    !is_good(ret_header, (size_t)n - sizeof(*ret_header)))
		return -EBADMSG;
	return (int)((size_t)n - sizeof(*ret_header));
}
