/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is the worker of a machine: in a file, so that a service that starts anew finds it. */
#ifndef SERVICE_WORKER_RECORD_H
#define SERVICE_WORKER_RECORD_H

#include <glib.h>
#include <sys/types.h>

struct worker_record {
	pid_t pid;
	guint64 start_ticks; /* of the process, from /proc: with the boot it makes the pid unique */
	gint64 started_at;   /* seconds since 1970 */
};

/* Of a process that is alive; FALSE: it is not. */
gboolean worker_record_of(pid_t pid, struct worker_record *ret_record);
int worker_record_write(int folder, const char *id, const struct worker_record *record);
gboolean worker_record_read(int folder, const char *id, struct worker_record *ret_record);
/* Whether this very process is still alive (a zombie is not). */
gboolean worker_record_is_alive(const struct worker_record *record);
/* The record, the socket; what it said stays. */
void worker_record_remove(int folder, const char *id);

#endif
