/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-vmwp: the worker of one virtual machine. Started by bulkhead or by the management service with a
 * socket as descriptor 3; see link/worker_link.h for what is said there. Its exit status is that of `bulkhead
 * run`: 0 the guest switched itself off or was stopped, 3 it crashed, 1 a failure of ours.
 */
#include "worker/confine.h"
#include "worker/counters.h"
#include "worker/machine.h"
#include "worker/outbox.h"
#include "worker/serial_hub.h"
#include "worker/starter.h"
#include "worker/synthetic_storage.h"

#include "disk/io_threads.h"

#include <hv/hv.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum exit_status {
	EXIT_ENDED = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CRASHED = 3,
};

enum { FLUSH_MS = 1000, HUB_DRAIN_MS = 300, DISK_STACK_BYTES = 256 << 10, DEFERRED_MAX = 32 };

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
	int save_fd; /* -1: it is not being saved */
	bool is_checkpoint; /* nor is there a checkpoint under way */
	bool is_saved;
	/* What the service asked of the machine while it was being saved: for afterwards. */
	struct link_message *deferred[DEFERRED_MAX];
	unsigned deferred_count;
	struct confine_report confinement;
	bool is_confined; /* the second step is done */
	enum exit_status status;
};


/* One link, one outbox. Its message says how the machine stands, or may be lost when the service reads none. */
static struct outbox outbox = { .fd = WORKER_LINK_FD };

static void send_and_free(struct link_message *message)
{
	outbox_send(&outbox, message, false);
}

static void send_verb(const char *verb)
{
	struct link_message *message;

	if (link_message_new(verb, &message) == 0)
		send_and_free(message);
}

static void send_running(const struct worker *worker)
{
	struct link_message *message;

	if (link_message_new("running", &message) < 0)
		return;
	link_add(message, "engine", worker->engine);
	link_add(message, "reason", worker->engine_reason);
	link_add_number(message, "start-ns", worker->start_ns);
	link_add_number(message, "landlock", (uint64_t)worker->confinement.landlock);
	link_add_number(message, "root-error", (uint64_t)-worker->confinement.root_error);
	send_and_free(message);
}

static void send_ended(enum worker_cause cause, const char *text);

/* The second step, once: all that a machine needs is there, and no VP has run yet. */
static void confine_main(struct worker *worker)
{
	if (worker->is_confined)
		return;
	if (confine_thread(CONFINE_MAIN) < 0) {
		send_ended(WORKER_FAILURE, "the kernel refuses the filter of system calls, without which no "
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
	send_running(worker);
}

static void on_warning(void *opaque, const char *text)
{
	struct link_message *message;

	if (link_message_new("warning", &message) < 0)
		return;
	link_add(message, "text", text);
	outbox_send(&outbox, message, true);
}

static void send_ended(enum worker_cause cause, const char *text)
{
	struct link_message *message;

	if (link_message_new("ended", &message) < 0)
		return;
	link_add(message, "cause", worker_cause_name(cause));
	link_add(message, "text", text);
	send_and_free(message);
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
static void tell_end(const struct worker *worker, enum worker_cause cause, const char *text)
{
	write_result(worker, cause, text);
	send_ended(cause, text);
	outbox_flush(&outbox, FLUSH_MS);
}

static void on_ended(void *opaque, enum worker_cause cause, const char *text)
{
	static const enum exit_status statuses[WORKER_CAUSE_COUNT] = {
		[WORKER_POWER_OFF] = EXIT_ENDED,
		[WORKER_STOPPED] = EXIT_ENDED,
		[WORKER_CRASH] = EXIT_CRASHED,
		[WORKER_FAILURE] = EXIT_FAILED,
		[WORKER_SAVED] = EXIT_ENDED,
	};
	struct worker *worker = opaque;

	worker->status = statuses[cause];
	for (unsigned i = 0; i < WORKER_COMS; i++)
		if (worker->hubs[i])
			serial_hub_drain(worker->hubs[i], HUB_DRAIN_MS);
	worker->is_saved = cause == WORKER_SAVED;
	if (!worker->is_saved) /* that is said when its images are closed */
		tell_end(worker, cause, text);
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
	outbox_send(&outbox, message, !is_critical);
}

static void on_saving(void *opaque, uint64_t done, uint64_t size)
{
	struct link_message *message;

	if (link_message_new(((struct worker *)opaque)->is_checkpoint ? "checkpoint" : "saving", &message) < 0)
		return;
	link_add(message, "step", "writing");
	link_add_number(message, "done", done);
	link_add_number(message, "size", size);
	outbox_send(&outbox, message, true);
}

static void handle_deferred(struct worker *worker);

static void close_save(struct worker *worker)
{
	if (worker->save_fd >= 0)
		close(worker->save_fd);
	worker->save_fd = -1;
}

static void tell_save_failed(struct worker *worker, const char *text, bool is_canceled)
{
	struct link_message *message;

	if (worker->save_fd >= 0 && ftruncate(worker->save_fd, 0) < 0) /* nobody may take it for a whole one */
		perror("bulkhead-vmwp: the file of a save that failed");
	close_save(worker);
	if (link_message_new(worker->is_checkpoint ? "checkpoint-failed" : "save-failed", &message) == 0) {
		link_add(message, "text", text);
		link_add_number(message, "canceled", is_canceled);
		send_and_free(message);
	}
	worker->is_checkpoint = false;
}

static void tell_checkpoint(const char *step, const char *id)
{
	struct link_message *message;

	if (link_message_new("checkpoint", &message) < 0)
		return;
	link_add(message, "step", step);
	link_add(message, "id", id);
	send_and_free(message);
}

static void on_checkpoint(void *opaque, enum machine_step step, const char *id)
{
	static const char *const names[] = { [MACHINE_HELD] = "held", [MACHINE_READY] = "ready", [MACHINE_DONE] = "done" };
	struct worker *worker = opaque;

	tell_checkpoint(names[step], id);
	if (step != MACHINE_DONE)
		return;
	close_save(worker);
	worker->is_checkpoint = false;
	handle_deferred(worker);
}

static void on_save_failed(void *opaque, const char *text, bool is_canceled)
{
	tell_save_failed(opaque, text, is_canceled);
	handle_deferred(opaque);
}

static const struct machine_ops machine_ops = {
	.on_running = on_running,
	.on_warning = on_warning,
	.on_message = on_device_message,
	.on_saving = on_saving,
	.on_checkpoint = on_checkpoint,
	.on_save_failed = on_save_failed,
	.on_ended = on_ended,
};

/* --- the link ---------------------------------------------------------------------------------------- */

static void on_pause(struct worker *worker)
{
	machine_pause(worker->machine); /* or it stands still already */
	worker->is_paused = true;
	send_verb("paused");
}

static void on_resume(struct worker *worker)
{
	machine_resume(worker->machine); /* or it runs already */
	worker->is_paused = false;
	send_verb("resumed");
}

static void on_serial_client(struct worker *worker, struct link_message *message)
{
	uint64_t write = HUB_LOOKS, history = 0, com = 0;
	int fd;

	link_get_number(message, "write", HUB_TEXT, &write);
	link_get_number(message, "history", HUB_HISTORY, &history);
	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	link_get_number(message, "com", WORKER_COMS - 1, &com);
	if (!worker->hubs[com])
		close(fd);
	else if (serial_hub_add(worker->hubs[com], fd, (enum hub_write)write, history) < 0)
		on_warning(worker, "too many look at the serial port; close a console first");
}

static void on_display_client(struct worker *worker, struct link_message *message)
{
	int fd, r;

	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	r = machine_add_display(worker->machine, fd);
	if (r == -EBUSY)
		on_warning(worker, "too many look at the screen; close a console first");
}

/* For a synthetic device; one that is not there cannot shut the guest down, and the service has other ways. */
static void on_other(struct worker *worker, struct link_message *message)
{
	struct link_message *answer;

	if (machine_handle(worker->machine, message) || strcmp(link_verb(message), "shutdown") != 0 ||
	    link_message_new("shutdown", &answer) < 0)
		return;
	link_add(answer, "result", "unavailable");
	send_and_free(answer);
}

static void on_save(struct worker *worker, struct link_message *message)
{
	int fd, r;

	if (link_take_fd(message, "fd", &fd) < 0)
		return;
	if (machine_is_saving(worker->machine)) {
		close(fd);
		return;
	}
	worker->save_fd = fd;
	r = machine_save(worker->machine, fd);
	if (r < 0)
		tell_save_failed(worker, strerror(-r), false);
}

static void on_checkpoint_wanted(struct worker *worker, struct link_message *message)
{
	const char *id = link_get(message, "id");
	uint64_t disks;
	int fd = -1, r;

	if (!id || link_get_number(message, "disks", WORKER_DISKS_MAX + WORKER_DRIVES, &disks) < 0)
		return;
	link_take_fd(message, "fd", &fd);
	worker->save_fd = fd;
	worker->is_checkpoint = true;
	r = machine_checkpoint(worker->machine, fd, id, (unsigned)disks);
	if (r < 0)
		tell_save_failed(worker, strerror(-r), false);
}

static void on_child(struct worker *worker, struct link_message *message)
{
	struct worker_disk child;
	uint64_t unit;

	if (worker_disk_decode(message, &child) < 0)
		return;
	if (link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0) {
		child.controller = STORAGE_IDE;
		child.lun = (unsigned)unit;
	}
	machine_checkpoint_child(worker->machine, &child);
}

/* What belongs to a checkpoint that is under way. */
static bool handle_checkpoint(struct worker *worker, struct link_message *message)
{
	uint64_t is_child = 0;

	if (!machine_is_at_checkpoint(worker->machine))
		return false;
	link_get_number(message, "checkpoint", 1, &is_child);
	if (is_child && strcmp(link_verb(message), "disk") == 0)
		on_child(worker, message);
	else if (strcmp(link_verb(message), "checkpoint-keep") == 0)
		machine_checkpoint_keep(worker->machine);
	else if (strcmp(link_verb(message), "checkpoint-cancel") == 0)
		machine_save_cancel(worker->machine);
	else
		return false;
	return true;
}

/* While it is being saved its devices stand still, and nothing can be asked of them. */
static bool must_wait(const struct worker *worker, const char *verb)
{
	bool is_change = strcmp(verb, "reset") == 0 || strcmp(verb, "save") == 0 || strcmp(verb, "save-cancel") == 0;

	if (machine_is_at_checkpoint(worker->machine) && is_change)
		return true; /* its disks may be others than those that are written down: first that */
	return machine_is_saving(worker->machine) && strcmp(verb, "stop") != 0 && strcmp(verb, "reset") != 0 &&
	       strcmp(verb, "save-cancel") != 0 && strcmp(verb, "save") != 0 && strcmp(verb, "serial") != 0 && strcmp(verb, "display") != 0;
}

static void handle_message(struct worker *worker, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (strcmp(verb, "save") == 0)
		on_save(worker, message);
	else if (strcmp(verb, "checkpoint") == 0)
		on_checkpoint_wanted(worker, message);
	else if (strcmp(verb, "save-cancel") == 0)
		machine_save_cancel(worker->machine);
	else if (strcmp(verb, "stop") == 0)
		machine_stop(worker->machine);
	else if (strcmp(verb, "power-button") == 0)
		machine_power_button(worker->machine);
	else if (strcmp(verb, "reset") == 0)
		machine_reset(worker->machine);
	else if (strcmp(verb, "pause") == 0)
		on_pause(worker);
	else if (strcmp(verb, "resume") == 0)
		on_resume(worker);
	else if (strcmp(verb, "serial") == 0)
		on_serial_client(worker, message);
	else if (strcmp(verb, "display") == 0)
		on_display_client(worker, message);
	else
		on_other(worker, message);
}

static void on_link(void *opaque, int fd, uint32_t events)
{
	struct worker *worker = opaque;
	struct link_message *message;
	int r = link_receive(fd, &message);

	if (r == LINK_AGAIN)
		return;
	if (r != 0 && worker->control_fd >= 0) { /* another service will come */
		worker->link_watch = loop_watch_free(worker->link_watch);
		machine_checkpoint_waits(worker->machine);
		outbox_clear(&outbox);
		return;
	}
	if (r != 0) { /* nobody is responsible for this machine any more, or it talks nonsense */
		worker->status = EXIT_FAILED;
		loop_quit(worker->loop);
		return;
	}
	if (handle_checkpoint(worker, message)) {
		;
	} else if (!must_wait(worker, link_verb(message))) {
		handle_message(worker, message);
	} else if (worker->deferred_count < DEFERRED_MAX) {
		worker->deferred[worker->deferred_count++] = message;
		return;
	}
	link_message_free(message);
}

static void handle_deferred(struct worker *worker)
{
	unsigned count = worker->deferred_count;

	worker->deferred_count = 0;
	for (unsigned i = 0; i < count; i++) {
		/* again, by one of them */
		if (!machine_is_saving(worker->machine) || strcmp(link_verb(worker->deferred[i]), "save-cancel") == 0)
			handle_message(worker, worker->deferred[i]);
		link_message_free(worker->deferred[i]);
	}
}

static int watch_link(struct worker *worker)
{
	return loop_watch_new(worker->loop, WORKER_LINK_FD, EPOLLIN, on_link, worker, &worker->link_watch);
}

/* Another service: it has the link from now on. Who may connect is the business of the folder that the socket
 * is in. */
static void on_control(void *opaque, int fd, uint32_t events)
{
	struct worker *worker = opaque;
	int link = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	const char *waits;

	if (link < 0)
		return;
	waits = machine_checkpoint_waits(worker->machine);
	worker->link_watch = loop_watch_free(worker->link_watch);
	dup3(link, WORKER_LINK_FD, O_CLOEXEC);
	close(link);
	outbox_clear(&outbox);
	send_running(worker);
	if (worker->is_paused)
		send_verb("paused");
	if (waits)
		tell_checkpoint("ready", waits);
	else if (machine_is_saving(worker->machine))
		on_saving(worker, 0, 0);
	else
		machine_report(worker->machine);
	watch_link(worker);
}

/* The machine has a stream for this serial port, whoever is at the other end. */
static int share_com(struct worker *worker, struct worker_com *com, struct serial_hub **hub)
{
	int listen_fd = com->fd, r;

	if (com->kind != WORKER_SERIAL_HUB && com->kind != WORKER_SERIAL_SOCKET)
		return 0;
	com->fd = -1;
	r = serial_hub_new(worker->loop, hub, &com->fd);
	if (r == 0 && listen_fd >= 0)
		r = serial_hub_listen(*hub, listen_fd);
	else if (listen_fd >= 0)
		close(listen_fd);
	com->kind = WORKER_SERIAL_STREAM;
	return r;
}

static int share_coms(struct worker *worker, struct worker_config *config)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < WORKER_COMS; i++)
		r = share_com(worker, &config->coms[i], &worker->hubs[i]);
	return r;
}

/* Not the machine's: they are for this file. */
static void take_control(struct worker *worker, struct worker_config *config)
{
	worker->control_fd = config->control_fd;
	worker->result_fd = config->result_fd;
	counters_take(config->counters_fd);
	config->control_fd = config->result_fd = config->counters_fd = -1;
	confine_set_result(worker->result_fd);
	if (worker->control_fd >= 0)
		prctl(PR_SET_PDEATHSIG, 0);
}

static int run_machine(struct worker *worker, struct worker_config *config)
{
	struct machine_error error = { "" };
	int r;

	r = share_coms(worker, config);
	if (config->kvm_fd >= 0)
		hv_kvm_set_device(config->kvm_fd);
	else
		hv_kvm_set_device_error((int)config->kvm_error);
	config->kvm_fd = -1;
	if (r == 0)
		r = machine_new(worker->loop, config, &machine_ops, worker, &worker->machine, &error);
	if (r == 0)
		r = machine_start(worker->machine, &error);
	if (r < 0) {
		tell_end(worker, WORKER_FAILURE, error.text);
		return r;
	}
	r = watch_link(worker);
	if (r == 0 && worker->control_fd >= 0)
		r = loop_watch_new(worker->loop, worker->control_fd, EPOLLIN, on_control, worker,
				   &worker->control_watch);
	return r < 0 ? r : loop_run(worker->loop);
}

static int start_disk_thread(pthread_t *ret_thread, void *(*fn)(void *opaque), void *opaque)
{
	return starter_run(ret_thread, DISK_STACK_BYTES, fn, opaque);
}

static void confine_disk_thread(void)
{
	if (confine_thread(CONFINE_DISK) < 0)
		_exit(EXIT_FAILED);
}

/* The first step: what the machine does not need at all. */
static int harden(struct worker *worker)
{
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "bulkhead-vmwp");
	disk_set_threads(start_disk_thread, confine_disk_thread);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* an image that may not grow so far is an error, not the end */
	r = confine_process(&worker->confinement);
	return r < 0 ? r : starter_new();
}

static bool has_link(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(WORKER_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* For `bulkhead host check`: which engine "auto" is on this host, and why. */
static int print_engine(void)
{
	enum hv_engine_kind kind;
	const char *reason = "";

	if (hv_engine_choose(HV_ENGINE_AUTO, &kind, &reason) < 0)
		return EXIT_FAILED;
	printf("%s %s\n", hv_engine_name(kind), reason);
	return EXIT_ENDED;
}

int main(int argc, char **argv)
{
	struct worker worker = { .status = EXIT_FAILED, .control_fd = -1, .result_fd = -1, .save_fd = -1 };
	struct worker_config config;
	int r;

	if (argc == 2 && strcmp(argv[1], "--engine") == 0)
		return print_engine();
	if (argc != 1 || !has_link()) {
		fprintf(stderr,
			"bulkhead-vmwp: this program is started by bulkhead, with a socket; start `bulkhead "
			"run` instead\n");
		return EXIT_USAGE;
	}
	fcntl(WORKER_LINK_FD, F_SETFD, FD_CLOEXEC);
	r = harden(&worker);
	if (r < 0) {
		send_ended(WORKER_FAILURE,
			   "the worker cannot give up its rights, and must not run a machine with them; use a "
			   "kernel with CONFIG_SECCOMP_FILTER");
		return EXIT_FAILED;
	}
	r = worker_config_receive(WORKER_LINK_FD, &config);
	if (r < 0) {
		send_ended(WORKER_FAILURE,
			   "the worker was given a configuration that it does not understand; install "
			   "all of Bulkhead in the same version");
		return EXIT_FAILED;
	}
	take_control(&worker, &config);
	confine_memory(config.memory_mib + worker_config_hot_mib(&config), config.processors);
	r = loop_new(&worker.loop);
	if (r == 0)
		r = outbox_init(&outbox, worker.loop, WORKER_LINK_FD);
	if (r == 0)
		r = run_machine(&worker, &config);
	if (r < 0)
		worker.status = EXIT_FAILED;
	worker.machine = machine_free(worker.machine);
	if (worker.is_saved)
		tell_end(&worker, WORKER_SAVED, "it was saved");
	for (unsigned i = 0; i < WORKER_COMS; i++)
		serial_hub_free(worker.hubs[i]);
	loop_watch_free(worker.link_watch);
	loop_watch_free(worker.control_watch);
	outbox_deinit(&outbox);
	loop_free(worker.loop);
	worker_config_deinit(&config);
	return (int)worker.status;
}
