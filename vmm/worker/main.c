/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-vmwp: the worker of one virtual machine. Started by bulkhead or by the management service with a
 * socket as descriptor 3; see link/worker_link.h for what is said there. Its exit status is that of `bulkhead
 * run`: 0 the guest switched itself off or was stopped, 3 it crashed, 1 a failure of ours.
 */
#include "worker/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum exit_status {
	EXIT_ENDED = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CRASHED = 3,
};

struct worker {
	struct loop *loop;
	struct machine *machine;
	struct loop_watch *link_watch;
	enum exit_status status;
};

static void send_and_free(struct link_message *message)
{
	/* Who is gone needs no message: its end of the socket closes, which ends the worker. */
	(void)link_send(WORKER_LINK_FD, message);
	link_message_free(message);
}

static void on_running(void *opaque, const char *engine, const char *reason, uint64_t start_ns)
{
	struct link_message *message;

	if (link_message_new("running", &message) < 0)
		return;
	link_add(message, "engine", engine);
	link_add(message, "reason", reason);
	link_add_number(message, "start-ns", start_ns);
	send_and_free(message);
}

static void on_warning(void *opaque, const char *text)
{
	struct link_message *message;

	if (link_message_new("warning", &message) < 0)
		return;
	link_add(message, "text", text);
	send_and_free(message);
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

static void on_ended(void *opaque, enum worker_cause cause, const char *text)
{
	static const enum exit_status statuses[WORKER_CAUSE_COUNT] = {
		[WORKER_POWER_OFF] = EXIT_ENDED,
		[WORKER_STOPPED] = EXIT_ENDED,
		[WORKER_CRASH] = EXIT_CRASHED,
		[WORKER_FAILURE] = EXIT_FAILED,
	};
	struct worker *worker = opaque;

	worker->status = statuses[cause];
	send_ended(cause, text);
	loop_quit(worker->loop);
}

static const struct machine_ops machine_ops = {
	.on_running = on_running,
	.on_warning = on_warning,
	.on_ended = on_ended,
};

static void on_link(void *opaque, int fd, uint32_t events)
{
	struct worker *worker = opaque;
	struct link_message *message;
	int r = link_receive(fd, &message);

	if (r == LINK_AGAIN)
		return;
	if (r != 0) { /* nobody is responsible for this machine any more, or it talks nonsense */
		worker->status = EXIT_FAILED;
		loop_quit(worker->loop);
		return;
	}
	if (strcmp(link_verb(message), "stop") == 0)
		machine_stop(worker->machine);
	else if (strcmp(link_verb(message), "power-button") == 0)
		machine_power_button(worker->machine);
	link_message_free(message);
}

static int receive_config(struct worker_config *ret_config)
{
	struct link_message *message;
	int r = link_receive(WORKER_LINK_FD, &message);

	if (r != 0)
		return r < 0 ? r : -ECONNRESET;
	r = worker_config_decode(message, ret_config);
	link_message_free(message);
	return r;
}

static int run_machine(struct worker *worker, struct worker_config *config)
{
	struct machine_error error = { "" };
	int r;

	r = machine_new(worker->loop, config, &machine_ops, worker, &worker->machine, &error);
	if (r == 0)
		r = machine_start(worker->machine, &error);
	if (r < 0) {
		send_ended(WORKER_FAILURE, error.text);
		return r;
	}
	r = loop_watch_new(worker->loop, WORKER_LINK_FD, EPOLLIN, on_link, worker, &worker->link_watch);
	return r < 0 ? r : loop_run(worker->loop);
}

/* The first step of dropping rights; what the machine needs not at all. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
}

static bool has_link(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(WORKER_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	struct worker worker = { .status = EXIT_FAILED };
	struct worker_config config;
	int r;

	if (argc != 1 || !has_link()) {
		fprintf(stderr,
			"bulkhead-vmwp: this program is started by bulkhead, with a socket; start `bulkhead "
			"run` instead\n");
		return EXIT_USAGE;
	}
	harden();
	fcntl(WORKER_LINK_FD, F_SETFD, FD_CLOEXEC);
	r = receive_config(&config);
	if (r < 0) {
		send_ended(WORKER_FAILURE,
			   "the worker was given a configuration that it does not understand; install "
			   "all of Bulkhead in the same version");
		return EXIT_FAILED;
	}
	r = loop_new(&worker.loop);
	if (r == 0)
		r = run_machine(&worker, &config);
	if (r < 0)
		worker.status = EXIT_FAILED;
	worker.machine = machine_free(worker.machine);
	loop_watch_free(worker.link_watch);
	loop_free(worker.loop);
	worker_config_deinit(&config);
	return (int)worker.status;
}
