/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side of hvsock: one listening Unix stream socket of the machine, or sockets that the service has
 * accepted for it. Who connects there says in one line what it wants:
 *
 *   CONNECT PORT   to the guest's program that listens there; the bytes of both follow
 *   LISTEN PORT    each program of the guest that connects to this port of the host gets a connection of its
 * own: it comes as a descriptor (SCM_RIGHTS) with the byte 'C'. It ends with the client
 *
 * Who may connect is the business of the folder that the socket is in.
 */
#include "worker/synthetic.h"

#include "vsp/hvsock/hvsock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, LINE_MAX_BYTES = 32 };

struct client {
	struct hvsock_part *part; /* NULL: a free place */
	struct loop_watch *watch;
	int fd;
	bool is_listener;
	uint32_t port;
	size_t used;
	char line[LINE_MAX_BYTES];
};

struct hvsock_part {
	struct synthetic *synthetic;
	struct hvsock *hvsock;
	struct loop_watch *watch;
	struct client clients[CLIENTS_MAX];
};

static void forget_client(struct client *client, bool keeps_fd)
{
	loop_watch_free(client->watch);
	if (!keeps_fd)
		close(client->fd);
	*client = (struct client){ .fd = -1 };
}

/* --- the guest connects ------------------------------------------------------------------------------ */

static int send_descriptor(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (void *)(uintptr_t) "C", 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -ECONNREFUSED;
}

static int on_guest_connects(void *opaque, uint32_t port)
{
	struct hvsock_part *part = opaque;
	int pair[2], r;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = &part->clients[i];

		if (!client->is_listener || client->port != port)
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
			return -errno;
		r = send_descriptor(client->fd, pair[1]);
		close(pair[1]);
		if (r < 0)
			close(pair[0]);
		return r < 0 ? r : pair[0];
	}
	return -ECONNREFUSED;
}

static const struct hvsock_ops ops = { .connect = on_guest_connects };

/* --- clients of the socket --------------------------------------------------------------------------- */

static bool is_taken(const struct hvsock_part *part, uint32_t port)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (part->clients[i].is_listener && part->clients[i].port == port)
			return true;
	return false;
}

/* "LISTEN 80": client->line without its end. False: it goes. */
static bool obey(struct client *client)
{
	struct hvsock_part *part = client->part;
	unsigned port;
	int end = 0, fd = client->fd;

	if (sscanf(client->line, "CONNECT %10u%n", &port, &end) == 1 && client->line[end] == '\0') {
		forget_client(client, true);
		hvsock_host_connects(part->hvsock, port, fd);
		return true;
	}
	end = 0;
	if (sscanf(client->line, "LISTEN %10u%n", &port, &end) != 1 || client->line[end] != '\0' ||
	    is_taken(part, port))
		return false;
	client->is_listener = true;
	client->port = port;
	return send(fd, "OK\n", 3, MSG_NOSIGNAL | MSG_DONTWAIT) == 3;
}

/* Byte by byte: what stands behind the line belongs to the guest. */
static bool read_line(struct client *client)
{
	char c;
	ssize_t n;

	while ((n = read(client->fd, &c, 1)) == 1) {
		if (client->is_listener)
			return false; /* it has nothing more to say */
		if (c == '\n') {
			client->line[client->used] = '\0';
			return obey(client);
		}
		if (client->used + 1 == sizeof(client->line))
			return false;
		client->line[client->used++] = c;
	}
	return n < 0 && errno == EAGAIN;
}

static void on_client(void *opaque, int fd, uint32_t events)
{
	struct client *client = opaque;

	if (!read_line(client))
		forget_client(client, false);
}

/* Takes the socket, which does not block. */
static void add_client(struct hvsock_part *part, int fd)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &part->clients[i];

		if (client->part)
			continue;
		*client = (struct client){ .part = part, .fd = fd };
		if (loop_watch_new(synthetic_loop(part->synthetic), fd, EPOLLIN, on_client, client,
				   &client->watch) < 0)
			forget_client(client, false);
		return;
	}
	close(fd);
}

static void on_socket(void *opaque, int socket, uint32_t events)
{
	int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		add_client(opaque, fd);
}

/* "hvsock": the service has accepted somebody. */
static bool part_handle(void *opaque, struct link_message *message)
{
	struct hvsock_part *part = opaque;
	int fd;

	if (strcmp(link_verb(message), "hvsock") != 0)
		return false;
	if (link_take_fd(message, "fd", &fd) == 0)
		add_client(part, fd);
	return true;
}

/* --- the part ---------------------------------------------------------------------------------------- */

static void part_free(void *opaque)
{
	struct hvsock_part *part = opaque;

	hvsock_free(part->hvsock);
	loop_watch_free(part->watch);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (part->clients[i].part)
			forget_client(&part->clients[i], false);
	free(part);
}

static int part_make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	int socket = synthetic_config(synthetic)->hvsock_fd, r;
	struct hvsock_part *part;

	part = calloc(1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	part->synthetic = synthetic;
	r = hvsock_new(synthetic_bus(synthetic), synthetic_loop(synthetic), &ops, part, &part->hvsock);
	if (r == 0 && socket >= 0)
		r = loop_watch_new(synthetic_loop(synthetic), socket, EPOLLIN, on_socket, part, &part->watch);
	if (r < 0) {
		part_free(part);
		snprintf(error->text, sizeof(error->text), "the socket of hvsock cannot be used: %s",
			 strerror(-r));
		return r;
	}
	*ret_part = part;
	return 0;
}

static int part_connect(void *opaque, const void *endpoint, const void *service)
{
	struct hvsock_part *part = opaque;

	return hvsock_guest_connects(part->hvsock, endpoint, service);
}

const struct synthetic_part synthetic_hvsock = {
	.name = "hvsock",
	.make = part_make,
	.free = part_free,
	.handle = part_handle,
	.connect = part_connect,
};
