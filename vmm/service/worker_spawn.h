/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts bulkhead-vmwp with its link: fork and exec. */
#ifndef SERVICE_WORKER_SPAWN_H
#define SERVICE_WORKER_SPAWN_H

#include <sys/types.h>

/*
 * Looks for the program in $BULKHEAD_WORKER, beside this one, in the build folder, and where it was to be
 * installed; -ENOENT when there is none. `log` is its stderr. Under root it gets the user ID of this machine.
 */
int worker_spawn(const char *id, int log, pid_t *ret_pid, int *ret_link);

#endif
