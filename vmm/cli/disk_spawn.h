/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts bulkhead-disk, the confined helper, with its link. */
#ifndef CLI_DISK_SPAWN_H
#define CLI_DISK_SPAWN_H

#include <sys/types.h>

/*
 * Looks for it beside this program, in the build folder, and where it was to be installed. It gets an empty
 * environment, no descriptor but its link and stderr, and a session of its own (the terminal's signals do not
 * reach it). Negative errno.
 */
int disk_spawn(pid_t *ret_pid, int *ret_link);

#endif
