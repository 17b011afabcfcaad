/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/console.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_INPUT, POLL_SOCKET, POLL_OUTPUT };

/* Writing must not block; a file does not, for a socket there is a flag. */
static void open_output(struct console *console)
{
	struct stat st;
	int again = terminal_open_again(STDOUT_FILENO);

	console->owns_output = again >= 0;
	console->output = console->owns_output ? again : STDOUT_FILENO;
	console->write_max = sizeof(console->to_user);
	if (fstat(STDOUT_FILENO, &st) < 0)
		return;
	console->is_output_socket = S_ISSOCK(st.st_mode);
	if (!console->owns_output && (S_ISFIFO(st.st_mode) || isatty(STDOUT_FILENO)))
		console->write_max = 256; /* what both mostly take without blocking once they are ready */
}

void console_init(struct console *console, int socket)
{
	*console = (struct console){ .socket = socket, .input = -1, .output = -1 };
	if (socket < 0)
		return;
	console->input = STDIN_FILENO;
	open_output(console);
	console->is_terminal = isatty(STDIN_FILENO) && terminal_make_raw(STDIN_FILENO);
}

void console_deinit(struct console *console)
{
	if (console->owns_output)
		close(console->output);
	console->owns_output = false;
	terminal_restore();
}

void console_prepare(const struct console *console, struct pollfd polls[CONSOLE_POLLS])
{
	bool wants_input = console->input >= 0 && console->socket >= 0 && console->to_guest_end == 0;
	short socket_events = 0;

	if (console->to_user_end == 0)
		socket_events |= POLLIN;
	if (console->to_guest_end != 0)
		socket_events |= POLLOUT;
	polls[POLL_INPUT] = (struct pollfd){ .fd = wants_input ? console->input : -1, .events = POLLIN };
	polls[POLL_SOCKET] =
	    (struct pollfd){ .fd = socket_events ? console->socket : -1, .events = socket_events };
	polls[POLL_OUTPUT] =
	    (struct pollfd){ .fd = console->to_user_end ? console->output : -1, .events = POLLOUT };
}

/* Passes the end of input on when all before it has been passed on. */
static void end_input(struct console *console)
{
	console->input = -1;
	if (console->socket >= 0 && console->to_guest_end == 0)
		shutdown(console->socket, SHUT_WR);
}

static void print_keys(const struct console *console)
{
	char text[256];
	int size =
	    snprintf(text, sizeof(text),
		     "\r\nCtrl-A X  %s\r\nCtrl-A A  send Ctrl-A to the guest\r\nCtrl-A H  this list\r\n",
		     console->is_left_running ? "leave; the machine runs on" : "stop the machine and leave");

	if (write(STDERR_FILENO, text, (size_t)size) < 0)
		return; /* a terminal that is gone is noticed when it is read */
}

static enum console_event act(const struct console *console, enum chord_action action)
{
	if (action == CHORD_LEAVE)
		return CONSOLE_LEAVE;
	if (action == CHORD_HELP)
		print_keys(console);
	return CONSOLE_NOTHING;
}

/* Filters in pieces: a list of keys in the middle of pasted text must not lose what follows it. */
static enum console_event filter_keys(struct console *console, uint8_t *bytes, size_t size)
{
	enum console_event event = CONSOLE_NOTHING;
	size_t kept, used;

	for (; size > 0 && event == CONSOLE_NOTHING; bytes += used, size -= used) {
		event = act(console, chord_filter(&console->chord, bytes, size, &kept, &used));
		memmove(console->to_guest + console->to_guest_end, bytes, kept);
		console->to_guest_end += kept;
	}
	return event;
}

static enum console_event read_input(struct console *console)
{
	uint8_t bytes[sizeof(console->to_guest)];
	ssize_t n = read(console->input, bytes, sizeof(bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return CONSOLE_NOTHING;
	if (n <= 0) {
		end_input(console);
		return console->is_terminal ? CONSOLE_HUNG_UP : CONSOLE_NOTHING;
	}
	if (console->is_terminal)
		return filter_keys(console, bytes, (size_t)n);
	memcpy(console->to_guest, bytes, (size_t)n);
	console->to_guest_end = (size_t)n;
	return CONSOLE_NOTHING;
}

static void write_to_guest(struct console *console)
{
	ssize_t n = send(console->socket, console->to_guest + console->to_guest_start,
			 console->to_guest_end - console->to_guest_start, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) /* the guest's side closed: its end comes through the link */
		console->to_guest_start = console->to_guest_end;
	else
		console->to_guest_start += (size_t)n;
	if (console->to_guest_start != console->to_guest_end)
		return;
	console->to_guest_start = console->to_guest_end = 0;
	if (console->input < 0)
		end_input(console);
}

static void read_from_guest(struct console *console)
{
	ssize_t n = recv(console->socket, console->to_user, sizeof(console->to_user), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		console->socket = -1;
		return;
	}
	console->to_user_start = 0;
	console->to_user_end = (size_t)n;
}

static enum console_event write_to_user(struct console *console)
{
	const uint8_t *data = console->to_user + console->to_user_start;
	size_t size = console->to_user_end - console->to_user_start;
	ssize_t n;

	if (size > console->write_max)
		size = console->write_max;
	n = console->is_output_socket ? send(console->output, data, size, MSG_NOSIGNAL | MSG_DONTWAIT)
				      : write(console->output, data, size);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return CONSOLE_NOTHING;
	if (n < 0)
		return errno == EIO && isatty(STDOUT_FILENO) ? CONSOLE_HUNG_UP : CONSOLE_NO_READER;
	console->to_user_start += (size_t)n;
	if (console->to_user_start == console->to_user_end)
		console->to_user_start = console->to_user_end = 0;
	return CONSOLE_NOTHING;
}

enum console_event console_handle(struct console *console, const struct pollfd polls[CONSOLE_POLLS])
{
	enum console_event event = CONSOLE_NOTHING;

	if (console->socket >= 0 && (polls[POLL_SOCKET].revents & POLLOUT))
		write_to_guest(console);
	if (console->socket >= 0 && (polls[POLL_SOCKET].revents & (POLLIN | POLLHUP | POLLERR)) &&
	    console->to_user_end == 0)
		read_from_guest(console);
	/* Without waiting for the next round: mostly there is room. */
	if (console->to_user_end != 0)
		event = write_to_user(console);
	if (event == CONSOLE_NOTHING && polls[POLL_INPUT].revents)
		event = read_input(console);
	return event;
}

bool console_is_done(const struct console *console)
{
	return console->socket < 0 && console->to_user_end == 0;
}

void console_flush(struct console *console, int timeout_ms)
{
	struct pollfd polls[CONSOLE_POLLS];

	console->input = -1;
	console->to_guest_end = 0;
	while (!console_is_done(console)) {
		console_prepare(console, polls);
		if (poll(polls, CONSOLE_POLLS, timeout_ms) <= 0)
			return;
		if (console_handle(console, polls) != CONSOLE_NOTHING)
			return;
	}
}
