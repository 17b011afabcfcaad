/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker process as the service sees it: started, or found again; its link; its end.
 *
 * Records    RUNTIME/workers/ID.run (who: pid, start time, boot), ID.sock (where its next service
 *            connects), ID.end (how it ended, for a service that was not there), ID.log (what it said
 *            on stderr), ID.counters (what the machine has done). A record is written before the worker
 *            gets its machine: so there is no worker with a machine and without a record, whenever the
 *            service dies.
 * End        on_gone() comes once, when the process is gone.
 */
#ifndef SERVICE_WORKER_PROCESS_H
#define SERVICE_WORKER_PROCESS_H

#include "link/worker_counters.h"
#include "link/worker_link.h"

#include <glib.h>

struct worker_process;

struct worker_ops {
	void (*on_message)(gpointer opaque, struct link_message *message);
	/* What it said at the end: cause and text; `has_said` FALSE: it died without a word, and text says
	 * how. */
	void (*on_gone)(gpointer opaque, gboolean has_said, enum worker_cause cause, const char *text);
};

/* `config` gets its control and result descriptors here, and is sent. */
struct worker_process *worker_process_start(int folder, const char *id, struct worker_config *config,
					    const struct worker_ops *ops, gpointer opaque, GError **error);
/*
 * Looks for the worker of an earlier service. NULL: there is none running; then `ret_end` (free it) tells how
 * one ended that had run ("CAUSE\nTEXT"), or is NULL. Its record is gone then.
 */
struct worker_process *worker_process_find(int folder, const char *id, const struct worker_ops *ops,
					   gpointer opaque, char **ret_end);
/* Forgets it; it runs on. */
struct worker_process *worker_process_free(struct worker_process *worker);

/* FALSE: the link is broken. */
gboolean worker_process_send(struct worker_process *worker, const char *verb);
gboolean worker_process_send_message(struct worker_process *worker, const struct link_message *message);
/* Whether it understands that; an older one may not. */
gboolean worker_process_knows(const struct worker_process *worker, const char *verb);
void worker_process_kill(struct worker_process *worker);
pid_t worker_process_pid(const struct worker_process *worker);
gint64 worker_process_started_at(const struct worker_process *worker); /* seconds since 1970 */
/* What the machine has done; the worker is not asked for it. FALSE: it does not tell. */
gboolean worker_process_read_counts(const struct worker_process *worker, struct worker_counts *ret_counts);

/* Calls fn for each identity that has a record. */
void worker_process_list(int folder, void (*fn)(gpointer opaque, const char *id), gpointer opaque);

#endif
