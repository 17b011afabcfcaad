/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/gate.h"
#include "service/message_filter.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 16384, FDS_MAX = 16 };

/* One direction: what was read from one side and not yet taken by the other. */
struct flow {
	struct gate *gate;
	int from, to;
	GByteArray *bytes;
	gsize start;
	int fds[FDS_MAX]; /* go with the next byte */
	guint fd_count;
	guint read_watch, write_watch;
};

struct gate {
	int client, inner;
	struct message_filter filter;
	struct flow in, out;
	guint64 out_left;   /* of the message that GDBus is sending */
	guint stall;	    /* while something waits for the client */
	guint stall_count;  /* of GATE_STALL_S each, in a row */
	gboolean has_taken; /* in this one */
};

/* --- closing --------------------------------------------------------------------------------------- */

static void drop_fds(struct flow *flow)
{
	for (guint i = 0; i < flow->fd_count; i++)
		close(flow->fds[i]);
	flow->fd_count = 0;
}

static void stop_flow(struct flow *flow)
{
	if (flow->read_watch)
		g_source_remove(flow->read_watch);
	if (flow->write_watch)
		g_source_remove(flow->write_watch);
	flow->read_watch = flow->write_watch = 0;
	drop_fds(flow);
}

static void close_gate(struct gate *gate)
{
	stop_flow(&gate->in);
	stop_flow(&gate->out);
	if (gate->stall)
		g_source_remove(gate->stall);
	gate->stall = 0;
	if (gate->client >= 0)
		close(gate->client);
	if (gate->inner >= 0)
		close(gate->inner);
	gate->client = gate->inner = -1;
}

static gboolean on_stall(gpointer opaque)
{
	struct gate *gate = opaque;

	if (gate->has_taken && ++gate->stall_count < GATE_BEHIND_S / GATE_STALL_S) {
		gate->has_taken = FALSE;
		return G_SOURCE_CONTINUE;
	}
	gate->stall = 0;
	close_gate(gate);
	return G_SOURCE_REMOVE;
}

static void start_stall(struct gate *gate)
{
	if (gate->stall)
		return;
	gate->stall = g_timeout_add_seconds(GATE_STALL_S, on_stall, gate);
	gate->stall_count = 0;
	gate->has_taken = FALSE;
}

/* The client took a piece. Did it take all that GDBus has for it? */
static void end_stall(struct gate *gate)
{
	char byte;

	gate->has_taken = TRUE;
	if (!gate->stall || recv(gate->inner, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		return;
	g_source_remove(gate->stall);
	gate->stall = 0;
}

/* --- writing --------------------------------------------------------------------------------------- */

static gsize waiting(const struct flow *flow)
{
	return flow->bytes->len - flow->start;
}

static ssize_t send_some(struct flow *flow)
{
	struct iovec part = { .iov_base = flow->bytes->data + flow->start, .iov_len = waiting(flow) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	struct cmsghdr *c;

	if (flow->fd_count) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * flow->fd_count);
		c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * flow->fd_count);
		memcpy(CMSG_DATA(c), flow->fds, sizeof(int) * flow->fd_count);
	}
	return sendmsg(flow->to, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* FALSE: the other side is gone. */
static gboolean write_out(struct flow *flow)
{
	while (waiting(flow) > 0) {
		ssize_t n = send_some(flow);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		drop_fds(flow); /* they went with the first byte */
		flow->start += (gsize)n;
	}
	g_byte_array_set_size(flow->bytes, 0);
	flow->start = 0;
	if (flow == &flow->gate->out)
		end_stall(flow->gate);
	return TRUE;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer opaque);
static gboolean on_writable(int fd, GIOCondition condition, gpointer opaque);

static gboolean may_read(const struct flow *flow)
{
	const struct gate *gate = flow->gate;

	return waiting(flow) == 0 && (flow != &gate->in || gate->filter.calls < GATE_CALLS_MAX);
}

static void arm(struct flow *flow)
{
	gboolean has_bytes = waiting(flow) > 0, reads = may_read(flow);

	if (!reads && flow->read_watch) {
		g_source_remove(flow->read_watch);
		flow->read_watch = 0;
	}
	if (has_bytes && !flow->write_watch)
		flow->write_watch =
		    g_unix_fd_add(flow->to, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_writable, flow);
	if (reads && !flow->read_watch)
		flow->read_watch =
		    g_unix_fd_add(flow->from, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, flow);
	if (has_bytes && flow == &flow->gate->out)
		start_stall(flow->gate);
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer opaque)
{
	struct flow *flow = opaque;

	if (!write_out(flow)) {
		flow->write_watch = 0;
		close_gate(flow->gate);
		return G_SOURCE_REMOVE;
	}
	if (waiting(flow) > 0) {
		arm(flow);
		return G_SOURCE_CONTINUE;
	}
	flow->write_watch = 0;
	arm(flow);
	return G_SOURCE_REMOVE;
}

/* --- reading --------------------------------------------------------------------------------------- */

static void take_fds(struct flow *flow, struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		gsize count = c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		for (gsize i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (flow->fd_count < FDS_MAX)
				flow->fds[flow->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

/*
 * How much to read of what GDBus sends: a descriptor lies at the first byte of its message and must stay
 * there, so nothing is read over the seam of two messages. Authentication is text, line by line.
 */
static gsize out_size(struct gate *gate)
{
	guint8 head[AUTH_LINE_MAX];
	ssize_t n;
	const guint8 *end;

	if (gate->out_left)
		return (gsize)MIN(gate->out_left, CHUNK);
	n = recv(gate->inner, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return 1; /* which tells the same */
	if (head[0] != 'l' && head[0] != 'B') {
		end = memchr(head, '\n', (gsize)n);
		return end ? (gsize)(end - head) + 1 : (gsize)n;
	}
	if (n >= MESSAGE_HEADER) {
		gate->out_left = message_size(head);
		if (message_is_answer(head) && gate->filter.calls > 0)
			gate->filter.calls--;
	}
	return gate->out_left ? (gsize)MIN(gate->out_left, CHUNK) : 0;
}

/* Without room for descriptors the kernel drops a client's. */
static ssize_t receive_some(struct flow *flow, guint8 *data)
{
	gboolean is_out = flow == &flow->gate->out;
	gsize size = is_out ? out_size(flow->gate) : CHUNK;
	struct iovec part = { .iov_base = data, .iov_len = size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control;
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	if (is_out) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	if (size == 0) { /* a header comes in one piece, but for a moment */
		errno = EAGAIN;
		return -1;
	}
	n = recvmsg(flow->from, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n >= 0)
		take_fds(flow, &header);
	if (n > 0 && is_out)
		flow->gate->out_left -= MIN(flow->gate->out_left, (guint64)n);
	return n;
}

static gboolean read_in(struct flow *flow)
{
	guint8 data[CHUNK];
	ssize_t n = receive_some(flow, data);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return FALSE;
	if (flow == &flow->gate->in)
		return message_filter_pass(&flow->gate->filter, data, (gsize)n, flow->bytes) &&
		       write_out(flow);
	g_byte_array_append(flow->bytes, data, (guint)n);
	arm(&flow->gate->in); /* an answer more may have gone */
	return write_out(flow);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer opaque)
{
	struct flow *flow = opaque;

	if (!read_in(flow)) {
		flow->read_watch = 0;
		close_gate(flow->gate);
		return G_SOURCE_REMOVE;
	}
	if (may_read(flow))
		return G_SOURCE_CONTINUE;
	flow->read_watch = 0;
	arm(flow);
	return G_SOURCE_REMOVE;
}

/* --- life ------------------------------------------------------------------------------------------ */

static void start_flow(struct flow *flow, struct gate *gate, int from, int to)
{
	*flow = (struct flow){ .gate = gate, .from = from, .to = to, .bytes = g_byte_array_new() };
	arm(flow);
}

struct gate *gate_new(int client, uid_t uid, int *ret_inner)
{
	struct gate *gate;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		close(client);
		return NULL;
	}
	gate = g_new0(struct gate, 1);
	gate->client = client;
	gate->inner = pair[0];
	message_filter_init(&gate->filter, uid, geteuid());
	start_flow(&gate->in, gate, client, pair[0]);
	start_flow(&gate->out, gate, pair[0], client);
	*ret_inner = pair[1];
	return gate;
}

struct gate *gate_free(struct gate *gate)
{
	if (!gate)
		return NULL;
	close_gate(gate);
	g_byte_array_unref(gate->in.bytes);
	g_byte_array_unref(gate->out.bytes);
	g_free(gate);
	return NULL;
}

void gate_drain(struct gate *gate, int timeout_ms)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

	while (gate->inner >= 0) {
		struct pollfd polls[2] = { { .fd = gate->inner, .events = POLLIN },
					   { .fd = gate->client, .events = POLLOUT } };
		gboolean has_bytes = waiting(&gate->out) > 0;
		int left = (int)((deadline - g_get_monotonic_time()) / 1000);

		if (!has_bytes && poll(polls, 1, 0) <= 0)
			return;
		if (left <= 0 || (has_bytes && poll(polls + 1, 1, left) <= 0))
			return;
		if (has_bytes ? !write_out(&gate->out) : !read_in(&gate->out))
			return;
	}
}

gboolean gate_is_authenticated(const struct gate *gate)
{
	return message_filter_is_authenticated(&gate->filter);
}
