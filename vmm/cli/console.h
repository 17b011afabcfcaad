/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries bytes between this program's standard input and output and the guest's serial port.
 *
 * Purpose    Never blocks, never loses a byte: a side is read only when what it said before was passed on.
 * Keys       On a terminal: Ctrl-A X, Ctrl-A H, Ctrl-A A (chord.h). From a pipe or a file all bytes are the
 *            guest's.
 * Ends       The end of a pipe is the end of input; the machine runs on. A terminal that is gone is
 *            CONSOLE_HUNG_UP.
 */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include "cli/chord.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum console_event {
	CONSOLE_NOTHING,
	CONSOLE_LEAVE,	   /* the user wants to leave */
	CONSOLE_HUNG_UP,   /* the terminal is gone */
	CONSOLE_NO_READER, /* nobody reads standard output any more */
};

enum { CONSOLE_POLLS = 3 };

struct console {
	int socket; /* -1: no console here, or the guest's side closed */
	int input;  /* -1: over */
	int output;
	bool is_terminal;
	bool is_output_socket;
	bool is_left_running; /* for the list of keys: leaving does not stop the machine */
	bool owns_output;
	size_t write_max;
	struct chord chord;
	uint8_t to_guest[4096];
	size_t to_guest_start, to_guest_end;
	uint8_t to_user[16384];
	size_t to_user_start, to_user_end;
};

/* socket: the guest's serial port, non-blocking; -1 for none. It stays the caller's. Makes a terminal raw. */
void console_init(struct console *console, int socket);
void console_deinit(struct console *console);

void console_prepare(const struct console *console, struct pollfd polls[CONSOLE_POLLS]);
enum console_event console_handle(struct console *console, const struct pollfd polls[CONSOLE_POLLS]);
/* All that the guest said has reached the user. */
bool console_is_done(const struct console *console);
/* The guest is dead: passes on what it said before, as far as the user takes it within timeout_ms. */
void console_flush(struct console *console, int timeout_ms);

#endif
