/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection: bytes between a channel and a socket, with an end in each direction. */
#include "vsp/hvsock/hvsock_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void close_socket(struct connection *connection)
{
	connection->watch = loop_watch_free(connection->watch);
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

void hvsock_connection_end(struct connection *connection)
{
	if (connection->is_over)
		return;
	connection->is_over = true;
	loop_timer_set(connection->timer, LOOP_NEVER);
	close_socket(connection);
	vmbus_device_rescind(connection->device);
}

/* What we want to hear from the socket now. */
static void listen_to_socket(struct connection *connection)
{
	uint32_t events = 0;

	if (!connection->watch)
		return;
	if (!connection->is_host_done && connection->to_guest == 0 && connection->channel)
		events |= EPOLLIN;
	if (connection->to_host > 0)
		events |= EPOLLOUT;
	loop_watch_set_events(connection->watch, events);
}

static bool is_done(const struct connection *connection)
{
	return connection->is_guest_done && connection->to_host == 0 && connection->is_fin_sent;
}

/* --- to the guest ------------------------------------------------------------------------------------ */

/* Length 0 is the end of the stream. False: no room now, or the channel is gone. */
static bool send_chunk(struct connection *connection)
{
	struct iovec parts[2] = { { &connection->head, sizeof(connection->head) },
				  { connection->to_guest_bytes, connection->to_guest } };
	int r;

	connection->head = (struct vsp_pipe_header){ VSP_PIPE_DATA, (uint32_t)connection->to_guest };
	r = vmbus_send(connection->channel, 0, false, parts, 2);
	if (r == 0)
		connection->to_guest = 0;
	return r == 0;
}

static void send_fin(struct connection *connection)
{
	if (connection->is_host_done && connection->to_guest == 0 && !connection->is_fin_sent &&
	    connection->channel)
		connection->is_fin_sent = send_chunk(connection);
}

static void read_socket(struct connection *connection)
{
	ssize_t n = read(connection->fd, connection->to_guest_bytes, HVSOCK_CHUNK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		hvsock_connection_end(connection);
		return;
	}
	connection->to_guest = (size_t)n;
	connection->is_host_done = n == 0;
	if (n > 0)
		send_chunk(connection); /* what does not fit waits for on_writable() */
	send_fin(connection);
}

static void on_writable(void *opaque, struct vmbus_channel *channel)
{
	struct connection *connection = opaque;

	if (connection->to_guest > 0 && !send_chunk(connection))
		return;
	send_fin(connection);
	if (is_done(connection))
		hvsock_connection_end(connection);
	else
		listen_to_socket(connection);
}

/* --- to the socket ----------------------------------------------------------------------------------- */

/* True when all was written. */
static bool write_socket(struct connection *connection)
{
	while (connection->to_host > 0) {
		ssize_t n = send(connection->fd, connection->to_host_bytes + connection->to_host_done,
				 connection->to_host, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			hvsock_connection_end(connection); /* the host's program is gone */
			return false;
		}
		connection->to_host -= (size_t)n;
		connection->to_host_done += (size_t)n;
	}
	if (connection->is_guest_done)
		shutdown(connection->fd, SHUT_WR);
	return true;
}

/* False: the framing is broken. */
static bool take_packet(struct connection *connection, const struct vmbus_packet *packet)
{
	struct vsp_pipe_header head;

	if (packet->type != VMBUS_PACKET_INBAND || packet->payload_size < sizeof(head))
		return false;
	memcpy(&head, packet->payload, sizeof(head));
	if (head.type != VSP_PIPE_DATA || head.size > packet->payload_size - sizeof(head) ||
	    head.size > HVSOCK_CHUNK)
		return false;
	if (head.size == 0)
		connection->is_guest_done = true;
	if (connection->is_guest_done)
		return true; /* what comes behind the end is nothing */
	memcpy(connection->to_host_bytes, (const uint8_t *)packet->payload + sizeof(head), head.size);
	connection->to_host = head.size;
	connection->to_host_done = 0;
	return true;
}

/* While the socket takes it: the guest's ring holds the rest. */
static void read_channel(struct connection *connection)
{
	struct vmbus_packet packet;

	while (!connection->is_over && write_socket(connection) &&
	       vmbus_receive(connection->channel, &packet) == 1)
		if (!take_packet(connection, &packet)) {
			hvsock_connection_end(connection);
			return;
		}
	if (connection->is_over)
		return;
	if (is_done(connection))
		hvsock_connection_end(connection);
	else
		listen_to_socket(connection);
}

static void on_readable(void *opaque, struct vmbus_channel *channel)
{
	struct connection *connection = opaque;

	if (!connection->is_over)
		read_channel(connection);
}

void hvsock_connection_on_socket(void *opaque, int fd, uint32_t events)
{
	struct connection *connection = opaque;
	bool was_held_up = connection->to_host > 0;

	vmbus_batch_begin(connection->hvsock->bus);
	if (was_held_up && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		if (connection->channel)
			read_channel(connection);
		else if (write_socket(connection) || connection->is_over)
			hvsock_connection_end(connection); /* the guest went before us */
	}
	if (!connection->is_over && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !connection->is_host_done &&
	    connection->to_guest == 0 && connection->channel)
		read_socket(connection);
	if (!connection->is_over) {
		if (is_done(connection))
			hvsock_connection_end(connection);
		else
			listen_to_socket(connection);
	}
	vmbus_batch_end(connection->hvsock->bus);
}

/* --- the channel ------------------------------------------------------------------------------------- */

static int on_open(void *opaque, struct vmbus_channel *channel)
{
	struct connection *connection = opaque;

	if (connection->is_over)
		return -EPIPE;
	connection->channel = channel;
	loop_timer_set(connection->timer, LOOP_NEVER);
	listen_to_socket(connection);
	return 0;
}

static void on_close(void *opaque, struct vmbus_channel *channel)
{
	struct connection *connection = opaque;

	connection->channel = NULL;
	connection->is_guest_done = true;
	vmbus_channel_closed(channel);
	if (connection->to_host == 0)
		hvsock_connection_end(connection);
	else
		listen_to_socket(connection); /* the last bytes still go out */
}

static void on_released(void *opaque)
{
	struct connection *connection = opaque, **link = &connection->hvsock->connections;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	connection->hvsock->count--;
	close_socket(connection);
	loop_timer_free(connection->timer);
	vmbus_device_free(connection->device);
	free(connection);
}

const struct vmbus_device_ops hvsock_connection_ops = {
	.open = on_open,
	.close = on_close,
	.readable = on_readable,
	.writable = on_writable,
	.released = on_released,
};
