/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct socket_stream {
	struct rd_stream stream;
	int fd;
};

uint64_t rd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t rd_seconds(unsigned seconds)
{
	return rd_now() + seconds * 1000000000ull;
}

/* --- a socket ---------------------------------------------------------------------------------------- */

static int socket_read(struct rd_stream *stream, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(stream->ops->socket(stream), buffer, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (int)n : n == 0 ? -EPIPE : -errno;
}

static int socket_write(struct rd_stream *stream, const void *data, size_t size)
{
	ssize_t n;

	do
		n = send(stream->ops->socket(stream), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (int)n;
}

static int socket_flush(struct rd_stream *stream)
{
	return 0;
}

static int socket_fd(const struct rd_stream *stream)
{
	return ((const struct socket_stream *)stream)->fd;
}

static void socket_free(struct rd_stream *stream)
{
	close(socket_fd(stream));
	free(stream);
}

static const struct rd_stream_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.flush = socket_flush,
	.socket = socket_fd,
	.free = socket_free,
};

int rd_stream_new_socket(int socket, struct rd_stream **ret_stream)
{
	struct socket_stream *stream = malloc(sizeof(*stream));

	if (!stream) {
		close(socket);
		return -ENOMEM;
	}
	*stream = (struct socket_stream){ { &socket_ops }, socket };
	*ret_stream = &stream->stream;
	return 0;
}

struct rd_stream *rd_stream_free(struct rd_stream *stream)
{
	if (stream)
		stream->ops->free(stream);
	return NULL;
}

/* --- every stream ------------------------------------------------------------------------------------ */

int rd_stream_socket(const struct rd_stream *stream)
{
	return stream->ops->socket(stream);
}

int rd_stream_wait(const struct rd_stream *stream, short events, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = rd_stream_socket(stream), .events = events };
		uint64_t now = rd_now();
		struct timespec left;
		int n;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		left.tv_sec = (time_t)((deadline_ns - now) / 1000000000u);
		left.tv_nsec = (long)((deadline_ns - now) % 1000000000u);
		n = ppoll(&poll_fd, 1, deadline_ns == RD_NO_DEADLINE ? NULL : &left, NULL);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int rd_stream_peek(const struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns)
{
	int r = rd_stream_wait(stream, POLLIN, deadline_ns);
	ssize_t n;

	if (r < 0)
		return r == -ETIMEDOUT ? 0 : r;
	n = recv(rd_stream_socket(stream), buffer, size, MSG_DONTWAIT | MSG_PEEK);
	return n > 0 ? (int)n : -EPIPE;
}

static int flush(struct rd_stream *stream, uint64_t deadline_ns)
{
	int r;

	while ((r = stream->ops->flush(stream)) == -EAGAIN) {
		r = rd_stream_wait(stream, POLLOUT, deadline_ns);
		if (r < 0)
			return r;
	}
	return r;
}

int rd_stream_read_exact(struct rd_stream *stream, void *buffer, size_t size, uint64_t deadline_ns)
{
	char *at = buffer;

	while (size > 0) {
		int n = stream->ops->read(stream, at, size);

		if (n == -EAGAIN)
			n = rd_stream_wait(stream, POLLIN, deadline_ns);
		if (n < 0)
			return n;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int rd_stream_write(struct rd_stream *stream, const void *data, size_t size, uint64_t deadline_ns)
{
	const char *at = data;

	while (size > 0) {
		int n = stream->ops->write(stream, at, size);

		if (n == -EAGAIN)
			n = rd_stream_wait(stream, POLLOUT, deadline_ns);
		if (n < 0)
			return n;
		at += n;
		size -= (size_t)n;
	}
	return flush(stream, deadline_ns);
}

void rd_stream_shutdown(struct rd_stream *stream)
{
	shutdown(rd_stream_socket(stream), SHUT_RDWR);
}
