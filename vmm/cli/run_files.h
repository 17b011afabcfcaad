/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens, with the user's rights, what the worker will need. */
#ifndef CLI_RUN_FILES_H
#define CLI_RUN_FILES_H

#include "cli/run_options.h"

#include "link/worker_link.h"

#include <stdbool.h>

struct run_files {
	struct worker_config config; /* complete after run_files_open() */
	int console;		     /* our end of the serial port with stdio, else -1 */
	const char *socket_path;     /* to be removed at the end, or NULL */
	const char *display_path;    /* the same */
	const char *hvsock_path;     /* the same */
	int viewer;		     /* our end of a display's socket when pictures are wanted, else -1 */
};

/* False after a sentence on stderr; call run_files_close() in any case. */
bool run_files_open(const struct run_options *options, struct run_files *files);
void run_files_close(struct run_files *files);

#endif
