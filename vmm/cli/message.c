/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/message.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void say(const char *format, ...)
{
	char text[1200];
	int prefix = snprintf(text, sizeof(text), "bulkhead: ");
	int length;
	va_list args;

	va_start(args, format);
	length = vsnprintf(text + prefix, sizeof(text) - 2 - (size_t)prefix, format, args);
	va_end(args);
	if (length < 0)
		return;
	length += prefix;
	if (length > (int)sizeof(text) - 3)
		length = (int)sizeof(text) - 3;
	for (int i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	if (terminal_is_raw())
		text[length++] = '\r';
	text[length++] = '\n';
	/* In one write, so that it stays in one piece beside the guest's output. Nobody to tell when it
	 * fails. */
	if (write(STDERR_FILENO, text, (size_t)length) < 0)
		return;
}
