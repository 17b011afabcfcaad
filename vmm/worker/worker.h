/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process around a machine: main.c is its life, worker_tell.c what it tells its service, worker_control.c what that asks of it
 * (link/worker_link.h). Threads: the main one.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "worker/confine.h"
#include "worker/machine.h"
#include "worker/outbox.h"

struct serial_hub;

enum exit_status {
	EXIT_ENDED = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CRASHED = 3,
};

enum { DEFERRED_MAX = 32 };

struct worker {
	struct loop *loop;
	struct machine *machine;
	struct serial_hub *hubs[WORKER_COMS]; /* NULL: this serial port is not shared */
	struct loop_watch *link_watch;
	int control_fd; /* where the next service connects; -1: the machine ends with its link */
	struct loop_watch *control_watch;
	int result_fd;
	/* What a service that comes later is told first. */
	const char *engine, *engine_reason;
	uint64_t start_ns;
	bool is_paused;
	int save_fd;	    /* -1: it is not being saved */
	bool is_checkpoint; /* nor is there a checkpoint under way */
	bool is_saved;
	/* What the service asked of the machine while it was being saved: for afterwards. */
	struct link_message *deferred[DEFERRED_MAX];
	unsigned deferred_count;
	struct confine_report confinement;
	bool is_confined; /* the second step is done */
	enum exit_status status;
};

/* --- worker_tell.c --- */
extern struct outbox worker_outbox;
extern const struct machine_ops worker_machine_ops; /* opaque: struct worker */

void worker_send(struct link_message *message); /* takes it */
void worker_send_verb(const char *verb);
void worker_send_hello(void);
void worker_send_running(const struct worker *worker);
void worker_send_ended(enum worker_cause cause, const char *text);
/* To the service and, for one that comes later, into the file. */
void worker_tell_end(const struct worker *worker, enum worker_cause cause, const char *text);
void worker_tell_save_failed(struct worker *worker, const char *text, bool is_canceled);
void worker_tell_checkpoint(const char *step, const char *id);
void worker_on_merge(void *worker, enum machine_merge_step step, const char *id, const char *text);
void worker_on_warning(void *worker, const char *text);
void worker_on_saving(void *worker, uint64_t done, uint64_t size);

/* --- worker_control.c --- */
int worker_watch_link(struct worker *worker);
/* Another service has come: a loop_watch's function. */
void worker_on_control(void *worker, int fd, uint32_t events);
/* What was asked of the machine while it was being saved. */
void worker_handle_deferred(struct worker *worker);

#endif
