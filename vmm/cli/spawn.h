/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the worker process with its link. */
#ifndef CLI_SPAWN_H
#define CLI_SPAWN_H

#include <sys/types.h>

struct spawned_worker {
	pid_t pid;
	int link; /* SOCK_SEQPACKET, see link/worker_link.h */
};

/*
 * Looks for bulkhead-vmwp beside this program, in the build folder, and where it was to be installed.
 * Negative errno; -ENOENT when there is none. The worker has a session of its own (the terminal's signals do
 * not reach it), /dev/null for input and output, and this program's stderr.
 */
int spawn_worker(struct spawned_worker *ret_worker);

#endif
