/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RUNTIME/workers/ID.counters: what a worker counts (link/worker_counters.h). The service keeps it open to
 * read, and a service that comes later opens it again; it goes with the worker's record.
 */
#ifndef SERVICE_COUNTERS_FILE_H
#define SERVICE_COUNTERS_FILE_H

#include "link/worker_counters.h"

#include <glib.h>

/* A new one: `ret_fd` for the service, `ret_worker_fd` for the worker. -errno. */
int counters_file_make(int folder, const char *id, int *ret_fd, int *ret_worker_fd);
/* That of a worker that runs; -errno. */
int counters_file_open(int folder, const char *id);

#endif
