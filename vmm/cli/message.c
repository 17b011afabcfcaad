/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/message.h"
#include "cli/terminal.h"

#include "ui/plain_text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 500 };

/* A terminal that takes nothing (a dead connection) must not keep us from ending. Else one write: it stays in
 * one piece. */
static void put(const char *text, size_t size)
{
	int again = terminal_open_again(STDERR_FILENO);
	struct pollfd ready = { .fd = again < 0 ? STDERR_FILENO : again, .events = POLLOUT };

	while (size > 0 && poll(&ready, 1, WAIT_MS) > 0) {
		ssize_t n = write(ready.fd, text, size);

		if (n <= 0)
			break;
		text += n;
		size -= (size_t)n;
	}
	if (again >= 0)
		close(again);
}

void say(const char *format, ...)
{
	char text[1200];
	int prefix = snprintf(text, sizeof(text), "bulkhead: ");
	size_t length;
	va_list args;

	va_start(args, format);
	vsnprintf(text + prefix, sizeof(text) - 2 - (size_t)prefix, format, args);
	va_end(args);
	plain_text_clean(text, '?');
	length = strlen(text);
	if (terminal_is_raw())
		text[length++] = '\r';
	text[length++] = '\n';
	put(text, length);
}
