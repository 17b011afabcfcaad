/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead` alone on a terminal is the terminal manager. */
#include "cli/start_console.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void start_console(void)
{
	static const char *const places[] = { "bulkhead-tui", "../../console-tui/bulkhead-tui" };
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size <= 0 || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	self[size] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", self, places[i]);
		execl(path, "bulkhead-tui", (char *)NULL);
	}
}
