/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/serial.h"

#include "chipset/io_bus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct serial {
	struct loop *loop;
	struct io_bus *bus;
	struct uart *uart;
	enum worker_serial kind;
	void (*warn)(void *opaque, const char *text);
	void *opaque;

	int listen_fd;
	struct loop_watch *listen_watch;
	int fd; /* the client's, or the file's; -1: nobody there */
	struct loop_watch *watch;
	bool is_input_over; /* the client closed its writing side */
	bool has_failed;    /* the file: warned already */

	struct loop_call output_call;
	struct loop_call input_call;

	uint8_t output[SERIAL_CHUNK]; /* taken from the UART, not written yet; the loop's thread only */
	size_t output_start, output_end;

	uint8_t input[SERIAL_CHUNK]; /* read, not taken by the UART yet; under the bus lock */
	size_t input_start, input_end;
};

static void pump_output(struct serial *serial);

/* --- the client comes and goes --------------------------------------------------------------------- */

static void update_watch(struct serial *serial)
{
	uint32_t events = 0;
	bool is_input_full;

	if (!serial->watch)
		return;
	io_bus_lock(serial->bus);
	is_input_full = serial->input_end != 0;
	io_bus_unlock(serial->bus);
	if (!is_input_full && !serial->is_input_over)
		events |= EPOLLIN;
	if (serial->output_end != 0)
		events |= EPOLLOUT;
	loop_watch_set_events(serial->watch, events);
}

static void drop_client(struct serial *serial)
{
	serial->watch = loop_watch_free(serial->watch);
	if (serial->fd >= 0)
		close(serial->fd);
	serial->fd = -1;
	serial->output_start = serial->output_end = 0;
	if (serial->listen_watch)
		loop_watch_set_events(serial->listen_watch, EPOLLIN);
	pump_output(serial);
}

/* --- output ---------------------------------------------------------------------------------------- */

static void fill_output(struct serial *serial)
{
	io_bus_lock(serial->bus);
	serial->output_start = 0;
	serial->output_end = uart_take_output(serial->uart, serial->output, sizeof(serial->output));
	io_bus_unlock(serial->bus);
}

static ssize_t write_some(struct serial *serial)
{
	const uint8_t *data = serial->output + serial->output_start;
	size_t size = serial->output_end - serial->output_start;
	ssize_t n;

	do
		n = serial->kind == WORKER_SERIAL_FILE
			? write(serial->fd, data, size)
			: send(serial->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n;
}

static void give_up_file(struct serial *serial, int error)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "the file of the serial port cannot be written: %s; what follows is lost", strerror(error));
	close(serial->fd);
	serial->fd = -1;
	if (!serial->has_failed)
		serial->warn(serial->opaque, text);
	serial->has_failed = true;
}

/* Writes until the UART is empty or the other side takes no more. True: it can go on at once. */
static bool write_output(struct serial *serial)
{
	ssize_t n;

	if (serial->fd < 0) {
		serial->output_end = 0;
		return true;
	}
	n = write_some(serial);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0 && serial->kind == WORKER_SERIAL_FILE) {
		give_up_file(serial, errno);
		return true;
	}
	if (n < 0) {
		serial->output_end = 0;
		serial->is_input_over =
		    true; /* nobody is there; the watch reports the end of input, if it can */
		drop_client(serial);
		return false;
	}
	serial->output_start += (size_t)n;
	if (serial->output_start == serial->output_end)
		serial->output_start = serial->output_end = 0;
	return true;
}

static void pump_output(struct serial *serial)
{
	do {
		if (serial->output_end == 0)
			fill_output(serial);
	} while (serial->output_end != 0 && write_output(serial));
	update_watch(serial);
}

static void on_output_call(void *opaque)
{
	pump_output(opaque);
}

static void on_uart_output(void *opaque)
{
	struct serial *serial = opaque;

	loop_call(serial->loop, &serial->output_call);
}

void serial_drain(struct serial *serial, unsigned timeout_ms)
{
	uint64_t deadline = loop_now() + timeout_ms * 1000000ull;

	pump_output(serial);
	while (serial->output_end != 0 && serial->fd >= 0 && loop_now() < deadline) {
		struct pollfd p = { .fd = serial->fd, .events = POLLOUT };

		if (poll(&p, 1, 10) < 0 && errno != EINTR)
			return;
		pump_output(serial);
	}
}

/* --- input ----------------------------------------------------------------------------------------- */

/* Under the bus lock. */
static void feed_uart(struct serial *serial)
{
	if (serial->input_end == 0)
		return;
	serial->input_start += uart_input(serial->uart, serial->input + serial->input_start,
					  serial->input_end - serial->input_start);
	if (serial->input_start == serial->input_end)
		serial->input_start = serial->input_end = 0;
}

/* A VP took bytes out of the UART: the next ones go in at once, without a change of threads. */
static void on_uart_input_room(void *opaque)
{
	struct serial *serial = opaque;

	feed_uart(serial);
	if (serial->input_end == 0)
		loop_call(serial->loop, &serial->input_call);
}

const struct uart_ops serial_uart_ops = { .on_output = on_uart_output, .on_input_room = on_uart_input_room };

static void on_input_call(void *opaque)
{
	update_watch(opaque);
}

static void read_input(struct serial *serial)
{
	uint8_t bytes[SERIAL_CHUNK];
	ssize_t n = recv(serial->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop_client(serial);
		return;
	}
	if (n == 0) { /* it may still listen */
		serial->is_input_over = true;
		if (serial->listen_watch)
			loop_watch_set_events(serial->listen_watch, EPOLLIN);
		return;
	}
	io_bus_lock(serial->bus);
	memcpy(serial->input, bytes, (size_t)n);
	serial->input_start = 0;
	serial->input_end = (size_t)n;
	feed_uart(serial);
	io_bus_unlock(serial->bus);
}

static void on_client(void *opaque, int fd, uint32_t events)
{
	struct serial *serial = opaque;

	if ((events & (EPOLLHUP | EPOLLERR)) && serial->is_input_over) {
		drop_client(serial);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_input(serial);
	if (serial->fd >= 0 && (events & EPOLLOUT))
		pump_output(serial);
	update_watch(serial);
}

static void on_listen(void *opaque, int fd, uint32_t events)
{
	struct serial *serial = opaque;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return;
	if (serial->fd >= 0) /* one that has said its last word makes room for the next */
		drop_client(serial);
	if (loop_watch_new(serial->loop, client, EPOLLIN, on_client, serial, &serial->watch) < 0) {
		close(client);
		return;
	}
	serial->fd = client;
	serial->is_input_over = false;
	loop_watch_set_events(serial->listen_watch, 0);
	update_watch(serial);
}

/* --- life ------------------------------------------------------------------------------------------ */

static bool has_kind(int fd, int type, bool is_listening)
{
	int actual = 0, listening = 0;
	socklen_t size = sizeof(actual);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &actual, &size) < 0 || actual != type)
		return false;
	size = sizeof(listening);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
	       !!listening == is_listening;
}

int serial_new(struct loop *loop, enum worker_serial kind, int fd,
	       void (*warn)(void *opaque, const char *text), void *opaque, struct serial **ret_serial)
{
	struct serial *serial = calloc(1, sizeof(*serial));

	if (!serial) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	serial->loop = loop;
	serial->kind = kind;
	serial->warn = warn;
	serial->opaque = opaque;
	serial->fd = kind == WORKER_SERIAL_LISTEN ? -1 : fd;
	serial->listen_fd = kind == WORKER_SERIAL_LISTEN ? fd : -1;
	serial->output_call = (struct loop_call){ .fn = on_output_call, .opaque = serial };
	serial->input_call = (struct loop_call){ .fn = on_input_call, .opaque = serial };
	if ((kind == WORKER_SERIAL_STREAM && !has_kind(fd, SOCK_STREAM, false)) ||
	    (kind == WORKER_SERIAL_LISTEN && !has_kind(fd, SOCK_STREAM, true))) {
		serial_free(serial);
		return -ENOTSOCK;
	}
	*ret_serial = serial;
	return 0;
}

int serial_attach(struct serial *serial, struct io_bus *bus, struct uart *uart)
{
	serial->bus = bus;
	serial->uart = uart;
	if (serial->kind == WORKER_SERIAL_STREAM)
		return loop_watch_new(serial->loop, serial->fd, EPOLLIN, on_client, serial, &serial->watch);
	if (serial->kind == WORKER_SERIAL_LISTEN) {
		if (fcntl(serial->listen_fd, F_SETFL, O_NONBLOCK) < 0)
			return -errno;
		return loop_watch_new(serial->loop, serial->listen_fd, EPOLLIN, on_listen, serial,
				      &serial->listen_watch);
	}
	return 0;
}

struct serial *serial_free(struct serial *serial)
{
	if (!serial)
		return NULL;
	loop_call_cancel(serial->loop, &serial->output_call);
	loop_call_cancel(serial->loop, &serial->input_call);
	loop_watch_free(serial->watch);
	loop_watch_free(serial->listen_watch);
	if (serial->fd >= 0)
		close(serial->fd);
	if (serial->listen_fd >= 0)
		close(serial->listen_fd);
	free(serial);
	return NULL;
}
