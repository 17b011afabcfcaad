/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile int terminal_fd = -1;
static volatile bool is_raw;

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT };

void terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = false;
	/*
	 * At once: waiting for output to drain could take for ever. What was typed ahead stays for the shell.
	 */
	tcsetattr(terminal_fd, TCSANOW, &saved);
}

static void on_fatal_signal(int signal_number)
{
	if (is_raw)
		tcsetattr(terminal_fd, TCSANOW, &saved); /* async-signal-safe (POSIX) */
	raise(signal_number);				 /* SA_RESETHAND: the default action */
}

static void watch_fatal_signals(void)
{
	struct sigaction action = { .sa_handler = on_fatal_signal, .sa_flags = SA_RESETHAND | SA_NODEFER };

	for (unsigned i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		sigaction(fatal_signals[i], &action, NULL);
}

static bool set_raw(void)
{
	struct termios raw = saved;

	cfmakeraw(&raw);
	is_raw = tcsetattr(terminal_fd, TCSANOW, &raw) == 0;
	return is_raw;
}

bool terminal_make_raw(int fd)
{
	if (!isatty(fd) || tcgetattr(fd, &saved) < 0)
		return false;
	terminal_fd = fd;
	watch_fatal_signals();
	atexit(terminal_restore);
	return set_raw();
}

void terminal_resume(void)
{
	if (terminal_fd >= 0 && !is_raw && tcgetpgrp(terminal_fd) == getpgrp())
		set_raw();
}

bool terminal_is_raw(void)
{
	return is_raw;
}

int terminal_open_again(int fd)
{
	struct stat st;
	char path[32];

	if (fstat(fd, &st) < 0 || (!S_ISFIFO(st.st_mode) && !isatty(fd)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
