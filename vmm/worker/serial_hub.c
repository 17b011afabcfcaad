/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/serial_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CHUNK = 4096,
	NOTICE_MAX = 160,
	PIECE_MAX = 65536, /* of the writer in one go, while a text waits */
};

struct client {
	struct serial_hub *hub;
	int fd; /* -1: a free place */
	struct loop_watch *watch;
	uint64_t position; /* how much of all output it has */
	bool is_input_over, is_output_over, is_hung_up;
	bool is_plain;		 /* it hears nothing but the guest */
	bool is_text;		 /* HUB_TEXT */
	uint64_t last;		 /* the one of those who type with the smallest number is next */
	uint64_t turn;		 /* types when those with smaller numbers are done; 0: not waiting */
	char notice[NOTICE_MAX]; /* a line of ours that goes first */
	size_t notice_start, notice_end;
};

struct serial_hub {
	struct loop *loop;
	int fd; /* to the serial port */
	struct loop_watch *watch;
	int listen_fd; /* -1: clients come by serial_hub_add() only */
	struct loop_watch *listen_watch;
	struct client clients[HUB_CLIENTS_MAX];
	struct client *writer;
	struct client *typist; /* the writer or a text, whose piece is being typed; NULL: nobody's */
	size_t piece;	       /* how much of it was */
	uint8_t input[CHUNK];  /* typed, not taken by the port yet */
	size_t input_start, input_end;
	uint64_t turns;
	uint64_t written; /* all output ever; the last HUB_HISTORY bytes of it are in the ring */
	uint8_t ring[HUB_HISTORY];
};

static void update_watch(struct client *client);

/* The one who has waited longest types next. */
static void end_writer(struct serial_hub *hub)
{
	struct client *next = NULL;

	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++) {
		struct client *client = &hub->clients[i];

		if (client->fd >= 0 && client->turn && (!next || client->turn < next->turn))
			next = client;
	}
	hub->writer = next;
	if (!next)
		return;
	next->turn = 0;
	update_watch(next);
}

/* The next one may come when the one before has gone, even if the guest has not read all of it yet. */
static void update_listener(struct serial_hub *hub)
{
	bool is_taken = false;

	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		is_taken |=
		    hub->clients[i].fd >= 0 && hub->clients[i].is_plain && !hub->clients[i].is_hung_up;
	if (hub->listen_watch)
		loop_watch_set_events(hub->listen_watch, is_taken ? 0 : EPOLLIN);
}

static void next_piece(struct serial_hub *hub);

static void drop_client(struct client *client)
{
	client->turn = 0;
	client->is_text = false;
	if (client->hub->typist == client)
		client->hub->typist = NULL;
	if (client->hub->writer == client)
		end_writer(client->hub);
	client->watch = loop_watch_free(client->watch);
	close(client->fd);
	client->fd = -1;
	next_piece(client->hub);
	update_listener(client->hub);
}

static void on_client(void *opaque, int fd, uint32_t events);

static void give_notice(struct client *client, const char *text)
{
	if (client->is_plain || client->notice_end != client->notice_start)
		return; /* the first one is still on its way, perhaps in part */
	client->notice_start = 0;
	client->notice_end =
	    (size_t)snprintf(client->notice, sizeof(client->notice), "\r\n[bulkhead: %s]\r\n", text);
	if (client->notice_end >= sizeof(client->notice))
		client->notice_end = sizeof(client->notice) - 1;
}

/* --- output ---------------------------------------------------------------------------------------- */

static void skip_lost_output(struct client *client)
{
	uint64_t behind = client->hub->written - client->position;
	char text[80];

	if (behind <= HUB_HISTORY)
		return;
	snprintf(text, sizeof(text), "%llu bytes of output were lost here",
		 (unsigned long long)(behind - HUB_HISTORY / 2));
	give_notice(client, text);
	client->position = client->hub->written - HUB_HISTORY / 2;
}

/* What goes out next, in one piece; NULL: nothing. */
static const void *next_output(const struct client *client, size_t *ret_size)
{
	const struct serial_hub *hub = client->hub;
	size_t start = client->position % HUB_HISTORY;
	uint64_t size = hub->written - client->position;

	if (client->notice_start != client->notice_end) {
		*ret_size = client->notice_end - client->notice_start;
		return client->notice + client->notice_start;
	}
	*ret_size = size > HUB_HISTORY - start ? HUB_HISTORY - start : (size_t)size;
	return size ? hub->ring + start : NULL;
}

static void advance(struct client *client, size_t size)
{
	if (client->notice_start != client->notice_end)
		client->notice_start += size;
	else
		client->position += size;
}

/* Or would, if there was something of it. */
static bool types(const struct client *client)
{
	return client->fd >= 0 && !client->is_input_over &&
	       (client->is_text || client->hub->writer == client);
}

static bool may_type_now(const struct client *client)
{
	const struct serial_hub *hub = client->hub;

	return hub->input_end == 0 && (!hub->typist || hub->typist == client);
}

static bool has_output(const struct client *client)
{
	size_t size;

	return !client->is_output_over && next_output(client, &size) != NULL;
}

static void update_watch(struct client *client)
{
	struct serial_hub *hub = client->hub;
	/* A looker's input is read too, and thrown away: else its end would not be seen. */
	bool reads = !client->is_input_over && !client->turn && (!types(client) || may_type_now(client));
	uint32_t events = (reads ? EPOLLIN : 0) | (has_output(client) ? EPOLLOUT : 0);

	/* One that has gone is told again and again, whatever is asked for: it has no watch until it can be read. */
	if (client->is_hung_up && !reads)
		client->watch = loop_watch_free(client->watch);
	else if (client->watch)
		loop_watch_set_events(client->watch, events);
	else if (loop_watch_new(hub->loop, client->fd, events, on_client, client, &client->watch) < 0)
		client->watch = NULL; /* no memory: what it typed waits for ever, as it would anyhow */
}

/* What it typed and nobody has read yet is worth more than that it cannot see any more. */
static bool has_to_be_read(const struct client *client)
{
	return !client->is_input_over && (client->turn || types(client));
}

static void pump_client(struct client *client)
{
	const void *data;
	size_t size;
	ssize_t n;

	skip_lost_output(client);
	while (!client->is_output_over && (data = next_output(client, &size))) {
		n = send(client->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && has_to_be_read(client)) {
			client->is_output_over = client->is_hung_up = true;
			update_listener(client->hub);
			break;
		}
		if (n < 0) {
			drop_client(client);
			return;
		}
		advance(client, (size_t)n);
	}
	update_watch(client);
}

static void pump_all(struct serial_hub *hub)
{
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		if (hub->clients[i].fd >= 0)
			pump_client(&hub->clients[i]);
}

/* True: there may be more. */
static bool read_port(struct serial_hub *hub)
{
	size_t start = hub->written % HUB_HISTORY;
	size_t room = HUB_HISTORY - start < CHUNK ? HUB_HISTORY - start : CHUNK;
	ssize_t n = recv(hub->fd, hub->ring + start, room, MSG_DONTWAIT);

	if (n > 0)
		hub->written += (uint64_t)n;
	else if (n == 0)
		hub->watch = loop_watch_free(hub->watch);
	return n > 0;
}

/* --- input ----------------------------------------------------------------------------------------- */

static void pump_input(struct serial_hub *hub)
{
	while (hub->input_start != hub->input_end) {
		ssize_t n = send(hub->fd, hub->input + hub->input_start, hub->input_end - hub->input_start,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			hub->input_start = hub->input_end; /* the port is gone: the machine ends */
		else
			hub->input_start += (size_t)n;
	}
	if (hub->input_start == hub->input_end)
		hub->input_start = hub->input_end = 0;
	if (hub->watch)
		loop_watch_set_events(hub->watch, EPOLLIN | (hub->input_end ? EPOLLOUT : 0));
}

/* Its end, too. */
static bool has_typed(const struct client *client)
{
	struct pollfd state = { .fd = client->fd, .events = POLLIN };

	return types(client) && poll(&state, 1, 0) > 0 && state.revents;
}

/* Of those who have typed something, the one who has waited longest; NULL: nobody has. */
static struct client *longest_waiting(struct serial_hub *hub, const struct client *besides)
{
	struct client *first = NULL;

	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++) {
		struct client *client = &hub->clients[i];

		if (client != besides && has_typed(client) && (!first || client->last < first->last))
			first = client;
	}
	return first;
}

/* What a typist has ready is one piece: it goes on as long as there is more of it, and then it is another one's turn. */
static void next_piece(struct serial_hub *hub)
{
	struct client *typist = hub->typist;

	if (hub->input_end != 0)
		return;
	if (typist && has_typed(typist) &&
	    (typist->is_text || hub->piece < PIECE_MAX || !longest_waiting(hub, typist))) {
		update_watch(typist);
		return;
	}
	if (typist)
		typist->last = ++hub->turns;
	hub->piece = 0;
	hub->typist = longest_waiting(hub, typist);
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		if (types(&hub->clients[i]))
			update_watch(&hub->clients[i]);
}

static void take_piece(struct client *client, const uint8_t *bytes, size_t size)
{
	struct serial_hub *hub = client->hub;

	hub->typist = client;
	hub->piece += size;
	memcpy(hub->input, bytes, size);
	hub->input_end = size;
	pump_input(hub);
	next_piece(hub);
}

/* Whether it is its turn: another one may have typed before it, though the loop came to this one first. */
static bool has_turn(struct client *client)
{
	struct serial_hub *hub = client->hub;

	if (client->turn || (types(client) && !may_type_now(client)))
		return false;
	if (types(client) && !hub->typist)
		next_piece(hub);
	return !types(client) || may_type_now(client);
}

/* False: the client is gone. */
static bool read_client(struct client *client)
{
	struct serial_hub *hub = client->hub;
	uint8_t bytes[CHUNK];
	ssize_t n;

	if (!has_turn(client))
		return true;
	n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0) {
		drop_client(client);
		return false;
	}
	if (n == 0) { /* it may still look */
		client->is_input_over = true;
		if (hub->writer == client)
			end_writer(hub);
		next_piece(hub);
	} else if (types(client)) {
		take_piece(client, bytes, (size_t)n);
	}
	return true;
}

static void on_port(void *opaque, int fd, uint32_t events)
{
	struct serial_hub *hub = opaque;

	if (events & EPOLLOUT) {
		pump_input(hub);
		next_piece(hub);
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		read_port(hub);
		pump_all(hub);
	}
}

static void on_client(void *opaque, int fd, uint32_t events)
{
	struct client *client = opaque;

	if (events & (EPOLLHUP | EPOLLERR)) {
		client->is_hung_up = true;
		update_listener(client->hub);
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !read_client(client))
		return;
	if ((client->is_hung_up || client->is_text) && client->is_input_over)
		drop_client(client);
	else
		pump_client(client);
}

/* --- life ------------------------------------------------------------------------------------------ */

int serial_hub_new(struct loop *loop, struct serial_hub **ret_hub, int *ret_serial_fd)
{
	struct serial_hub *hub = calloc(1, sizeof(*hub));
	int pair[2], r;

	if (!hub)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		r = -errno;
		free(hub);
		return r;
	}
	hub->loop = loop;
	hub->fd = pair[0];
	hub->listen_fd = -1;
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		hub->clients[i] = (struct client){ .hub = hub, .fd = -1 };
	r = loop_watch_new(loop, hub->fd, EPOLLIN, on_port, hub, &hub->watch);
	if (r < 0) {
		close(pair[0]);
		close(pair[1]);
		free(hub);
		return r;
	}
	*ret_hub = hub;
	*ret_serial_fd = pair[1];
	return 0;
}

struct serial_hub *serial_hub_free(struct serial_hub *hub)
{
	if (!hub)
		return NULL;
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		if (hub->clients[i].fd >= 0)
			drop_client(&hub->clients[i]);
	loop_watch_free(hub->watch);
	loop_watch_free(hub->listen_watch);
	if (hub->listen_fd >= 0)
		close(hub->listen_fd);
	close(hub->fd);
	free(hub);
	return NULL;
}

static struct client *find_place(struct serial_hub *hub)
{
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		if (hub->clients[i].fd < 0)
			return &hub->clients[i];
	return NULL;
}

/* Or will not type any more; what it has typed may wait to be read. */
static bool has_gone(const struct client *client)
{
	struct pollfd state = { .fd = client->fd, .events = POLLRDHUP };

	return poll(&state, 1, 0) > 0 && state.revents;
}

static void choose_writer(struct client *client, enum hub_write write)
{
	struct serial_hub *hub = client->hub;

	if (write == HUB_LOOKS || write == HUB_TEXT)
		return;
	if (hub->writer && write == HUB_WRITES && has_gone(hub->writer)) {
		client->turn = ++hub->turns;
		return;
	}
	if (hub->writer && write == HUB_WRITES) {
		give_notice(client, "somebody else is typing here; you only look");
		return;
	}
	if (hub->writer) {
		struct client *before = hub->writer;

		give_notice(before, "somebody else types here now; you only look");
		hub->writer = client;
		if (hub->typist == before)
			hub->typist = NULL;
		pump_client(before);
	}
	hub->writer = client;
}

static int add_client(struct serial_hub *hub, int fd, enum hub_write write, uint64_t history, bool is_plain)
{
	struct client *client = find_place(hub);
	int type = 0, r = -EMFILE;
	socklen_t size = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
		r = -ENOTSOCK;
	else if (client)
		r = loop_watch_new(hub->loop, fd, EPOLLIN, on_client, client, &client->watch);
	if (r < 0) {
		close(fd);
		return r;
	}
	if (history > hub->written)
		history = hub->written;
	if (history > HUB_HISTORY)
		history = HUB_HISTORY;
	client->fd = fd;
	client->is_input_over = client->is_hung_up = false;
	client->is_text = client->is_output_over = write == HUB_TEXT;
	client->last = ++hub->turns;
	client->is_plain = is_plain;
	client->turn = 0;
	client->notice_start = client->notice_end = 0;
	client->position = hub->written - history;
	choose_writer(client, write);
	pump_client(client);
	next_piece(hub);
	return 0;
}

int serial_hub_add(struct serial_hub *hub, int fd, enum hub_write write, uint64_t history)
{
	return add_client(hub, fd, write, history, false);
}

static void on_listen(void *opaque, int fd, uint32_t events)
{
	struct serial_hub *hub = opaque;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return;
	add_client(hub, client, HUB_WRITES, 0, true);
	update_listener(hub);
}

int serial_hub_listen(struct serial_hub *hub, int fd)
{
	int is_listening = 0;
	socklen_t size = sizeof(is_listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) < 0 || !is_listening ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		close(fd);
		return -ENOTSOCK;
	}
	hub->listen_fd = fd;
	return loop_watch_new(hub->loop, fd, EPOLLIN, on_listen, hub, &hub->listen_watch);
}

static bool is_drained(const struct serial_hub *hub)
{
	for (unsigned i = 0; i < HUB_CLIENTS_MAX; i++)
		if (hub->clients[i].fd >= 0 && has_output(&hub->clients[i]))
			return false;
	return true;
}

void serial_hub_drain(struct serial_hub *hub, unsigned timeout_ms)
{
	uint64_t deadline = loop_now() + timeout_ms * 1000000ull;

	while (hub->watch && read_port(hub))
		pump_all(hub);
	while (!is_drained(hub) && loop_now() < deadline) {
		poll(NULL, 0, 5);
		pump_all(hub);
	}
}
