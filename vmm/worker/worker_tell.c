/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a worker tells its service, and what its machine tells it. */
#include "worker/serial_hub.h"
#include "worker/worker.h"

#include "link/worker_verbs.h"

#include <hv/hv.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_MS = 1000, HUB_DRAIN_MS = 300 };

/* One link, one outbox. Its message says how the machine stands, or may be lost when the service reads none. */
struct outbox worker_outbox = { .fd = WORKER_LINK_FD };

void worker_send(struct link_message *message)
{
	outbox_send(&worker_outbox, message, false);
}

void worker_send_verb(const char *verb)
{
	struct link_message *message;

	if (link_message_new(verb, &message) == 0)
		worker_send(message);
}

void worker_send_hello(void)
{
	struct link_message *message;

	if (link_message_new("hello", &message) < 0)
		return;
	link_add(message, "verbs", worker_verbs);
	worker_send(message);
}

void worker_send_running(const struct worker *worker)
{
	struct link_message *message;

	if (link_message_new("running", &message) < 0)
		return;
	link_add(message, "engine", worker->engine);
	link_add(message, "reason", worker->engine_reason);
	link_add_number(message, "start-ns", worker->start_ns);
	link_add_number(message, "landlock", (uint64_t)worker->confinement.landlock);
	link_add_number(message, "root-error", (uint64_t)-worker->confinement.root_error);
	worker_send(message);
}

/* The second step, once: all that a machine needs is there, and no VP has run yet. */
static void confine_main(struct worker *worker)
{
	if (worker->is_confined)
		return;
	if (confine_thread(CONFINE_MAIN) < 0) {
		worker_send_ended(WORKER_FAILURE,
				  "the kernel refuses the filter of system calls, without which no "
				  "machine may run; use a kernel with CONFIG_SECCOMP_FILTER");
		_exit(EXIT_FAILED);
	}
	worker->is_confined = true;
}

static void on_running(void *opaque, const char *engine, const char *reason, uint64_t start_ns)
{
	struct worker *worker = opaque;

	worker->engine = engine;
	worker->engine_reason = reason;
	worker->start_ns = start_ns;
	worker->is_paused = false;
	if (strcmp(engine, "kvm") != 0)
		hv_kvm_set_device(-1); /* what is not needed is given away */
	confine_main(worker);
	worker_send_running(worker);
}

void worker_on_warning(void *opaque, const char *text)
{
	struct link_message *message;

	if (link_message_new("warning", &message) < 0)
		return;
	link_add(message, "text", text);
	outbox_send(&worker_outbox, message, true);
}

void worker_send_ended(enum worker_cause cause, const char *text)
{
	struct link_message *message;

	if (link_message_new("ended", &message) < 0)
		return;
	link_add(message, "cause", worker_cause_name(cause));
	link_add(message, "text", text);
	worker_send(message);
}

/* For a service that is not there now. Nobody to tell when it fails. */
static void write_result(const struct worker *worker, enum worker_cause cause, const char *text)
{
	char result[768];
	int size = snprintf(result, sizeof(result), "%s\n%.700s\n", worker_cause_name(cause), text);

	if (worker->result_fd >= 0 && size > 0 && write(worker->result_fd, result, (size_t)size) < 0)
		return;
}

/* To the service and, for one that comes later, into the file. */
void worker_tell_end(const struct worker *worker, enum worker_cause cause, const char *text)
{
	write_result(worker, cause, text);
	worker_send_ended(cause, text);
	outbox_flush(&worker_outbox, FLUSH_MS);
}

static void on_ended(void *opaque, enum worker_cause cause, const char *text)
{
	static const enum exit_status statuses[WORKER_CAUSE_COUNT] = {
		[WORKER_POWER_OFF] = EXIT_ENDED, [WORKER_STOPPED] = EXIT_ENDED, [WORKER_CRASH] = EXIT_CRASHED,
		[WORKER_FAILURE] = EXIT_FAILED,	 [WORKER_SAVED] = EXIT_ENDED,
	};
	struct worker *worker = opaque;

	worker->status = statuses[cause];
	for (unsigned i = 0; i < WORKER_COMS; i++)
		if (worker->hubs[i])
			serial_hub_drain(worker->hubs[i], HUB_DRAIN_MS);
	worker->is_saved = cause == WORKER_SAVED;
	if (!worker->is_saved) /* that is said when its images are closed */
		worker_tell_end(worker, cause, text);
	loop_quit(worker->loop);
}

static void on_device_message(void *opaque, struct link_message *message)
{
	struct worker *worker = opaque;
	bool is_critical = link_has_verb(message, "disk-critical");

	if (is_critical && worker->machine) {
		machine_pause(worker->machine);
		worker->is_paused = true;
	}
	outbox_send(&worker_outbox, message, !is_critical);
}

void worker_on_saving(void *opaque, uint64_t done, uint64_t size)
{
	struct link_message *message;

	if (link_message_new(((struct worker *)opaque)->is_checkpoint ? "checkpoint" : "saving", &message) <
	    0)
		return;
	link_add(message, "step", "writing");
	link_add_number(message, "done", done);
	link_add_number(message, "size", size);
	outbox_send(&worker_outbox, message, true);
}

static void close_save(struct worker *worker)
{
	if (worker->save_fd >= 0)
		close(worker->save_fd);
	worker->save_fd = -1;
}

void worker_tell_save_failed(struct worker *worker, const char *text, bool is_canceled)
{
	struct link_message *message;

	if (worker->save_fd >= 0 &&
	    ftruncate(worker->save_fd, 0) < 0) /* nobody may take it for a whole one */
		perror("bulkhead-vmwp: the file of a save that failed");
	close_save(worker);
	if (link_message_new(worker->is_checkpoint ? "checkpoint-failed" : "save-failed", &message) == 0) {
		link_add(message, "text", text);
		link_add_number(message, "canceled", is_canceled);
		worker_send(message);
	}
	worker->is_checkpoint = false;
}

void worker_tell_checkpoint(const char *step, const char *id)
{
	struct link_message *message;

	if (link_message_new("checkpoint", &message) < 0)
		return;
	link_add(message, "step", step);
	link_add(message, "id", id);
	worker_send(message);
}

static void on_checkpoint(void *opaque, enum machine_step step, const char *id)
{
	static const char *const names[] = {
		[MACHINE_HELD] = "held", [MACHINE_READY] = "ready", [MACHINE_DONE] = "done"
	};
	struct worker *worker = opaque;

	worker_tell_checkpoint(names[step], id);
	if (step != MACHINE_DONE)
		return;
	close_save(worker);
	worker->is_checkpoint = false;
	worker_handle_deferred(worker);
}

void worker_on_merge(void *opaque, enum machine_merge_step step, const char *id, const char *text)
{
	bool has_failed = step >= MACHINE_MERGE_FAILED;
	struct link_message *message;

	if (link_message_new(has_failed ? "merge-failed" : "merge", &message) < 0)
		return;
	link_add(message, "id", id);
	if (has_failed) {
		link_add(message, "text", text);
		link_add_number(message, "canceled", step == MACHINE_MERGE_CANCELED);
		link_add_number(message, "later", step == MACHINE_MERGE_TOO_FAST);
	} else {
		link_add(message, "step", step == MACHINE_MERGE_READY ? "ready" : "done");
	}
	worker_send(message);
}

static void on_merging(void *opaque, uint64_t done, uint64_t size)
{
	struct link_message *message;

	if (link_message_new("merge", &message) < 0)
		return;
	link_add(message, "step", "writing");
	link_add_number(message, "done", done);
	link_add_number(message, "size", size);
	outbox_send(&worker_outbox, message, true);
}

static void on_save_failed(void *opaque, const char *text, bool is_canceled)
{
	worker_tell_save_failed(opaque, text, is_canceled);
	worker_handle_deferred(opaque);
}

const struct machine_ops worker_machine_ops = {
	.on_running = on_running,
	.on_warning = worker_on_warning,
	.on_message = on_device_message,
	.on_saving = worker_on_saving,
	.on_checkpoint = on_checkpoint,
	.on_merge = worker_on_merge,
	.on_merging = on_merging,
	.on_save_failed = on_save_failed,
	.on_ended = on_ended,
};
