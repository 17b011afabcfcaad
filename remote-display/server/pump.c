/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/pump.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 256 << 10, STALLED_MS = 20000 };

struct queue {
	size_t first, end;
	char bytes[RD_PUMP_BYTES];
};

struct rd_pump {
	struct rd_stream *stream;
	int plain; /* our side of the pair */
	pthread_t thread;
	struct queue in, out; /* from the viewer, to the viewer */
};

static bool is_empty(const struct queue *queue)
{
	return queue->first == queue->end;
}

/* What `read` gave; -EAGAIN is nothing. */
static int filled(struct queue *queue, ssize_t n)
{
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return -EPIPE;
	queue->first = 0;
	queue->end = (size_t)n;
	return 1;
}

static int emptied(struct queue *queue, ssize_t n)
{
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return -EPIPE;
	queue->first += (size_t)n;
	return 1;
}

static ssize_t checked(ssize_t n)
{
	return n < 0 ? -errno : n;
}

/* Each way: fills its queue when it is empty, empties it when it is not. How many steps were made. */
static int move_in(struct rd_pump *pump)
{
	struct queue *queue = &pump->in;
	int r = 0;

	if (is_empty(queue))
		r = filled(queue, pump->stream->ops->read(pump->stream, queue->bytes, sizeof(queue->bytes)));
	if (r < 0 || is_empty(queue))
		return r;
	return emptied(queue, checked(send(pump->plain, queue->bytes + queue->first,
					   queue->end - queue->first, MSG_DONTWAIT | MSG_NOSIGNAL)));
}

static int move_out(struct rd_pump *pump)
{
	struct queue *queue = &pump->out;
	int r = 0;

	if (is_empty(queue)) {
		ssize_t n = checked(recv(pump->plain, queue->bytes, sizeof(queue->bytes), MSG_DONTWAIT));

		r = filled(queue, n);
	}
	if (r < 0 || is_empty(queue))
		return r;
	return emptied(queue, pump->stream->ops->write(pump->stream, queue->bytes + queue->first,
						       queue->end - queue->first));
}

/* Who is not waited for is not looked at either: its end alone would wake us for ever. */
static struct pollfd watch(int fd, short events)
{
	return (struct pollfd){ .fd = events ? fd : -1, .events = events };
}

static int wait_for_more(struct rd_pump *pump, int flushed)
{
	bool must_send = !is_empty(&pump->out) || flushed == -EAGAIN;
	short from = is_empty(&pump->in) ? POLLIN : 0, to = must_send ? POLLOUT : 0;
	short plain_from = is_empty(&pump->out) ? POLLIN : 0, plain_to = is_empty(&pump->in) ? 0 : POLLOUT;
	struct pollfd fds[2] = { watch(rd_stream_socket(pump->stream), (short)(from | to)),
				 watch(pump->plain, (short)(plain_from | plain_to)) };
	int n = poll(fds, 2, must_send ? STALLED_MS : -1);

	if (n == 0)
		return -ETIMEDOUT; /* the viewer took no byte for so long */
	return n < 0 && errno != EINTR ? -errno : 0;
}

static void *run(void *opaque)
{
	struct rd_pump *pump = opaque;
	int r = 0;

	pthread_setname_np(pthread_self(), "viewer-pump");
	while (r >= 0) {
		int in = move_in(pump), out = in < 0 ? in : move_out(pump);
		int flushed = out < 0 ? out : pump->stream->ops->flush(pump->stream);

		r = flushed < 0 && flushed != -EAGAIN ? flushed : 0;
		if (r == 0 && in == 0 && out == 0)
			r = wait_for_more(pump, flushed);
	}
	shutdown(pump->plain, SHUT_RDWR);
	rd_stream_shutdown(pump->stream);
	return NULL;
}

int rd_pump_new(struct rd_stream *stream, struct rd_pump **ret_pump, int *ret_socket)
{
	struct rd_pump *pump = calloc(1, sizeof(*pump));
	pthread_attr_t attr;
	int pair[2], r;

	if (!pump || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		free(pump);
		return -ENOMEM;
	}
	pump->stream = stream;
	pump->plain = pair[0];
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = pthread_create(&pump->thread, &attr, run, pump);
	pthread_attr_destroy(&attr);
	if (r != 0) {
		close(pair[0]);
		close(pair[1]);
		free(pump);
		return -r;
	}
	*ret_pump = pump;
	*ret_socket = pair[1];
	return 0;
}

struct rd_pump *rd_pump_free(struct rd_pump *pump)
{
	if (!pump)
		return NULL;
	pthread_join(pump->thread, NULL);
	close(pump->plain);
	free(pump);
	return NULL;
}
