/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-vmwp: the worker of one virtual machine. Started by bulkhead or by the management service with a
 * socket as descriptor 3; see link/worker_link.h for what is said there. Its exit status is that of `bulkhead
 * run`: 0 the guest switched itself off or was stopped, 3 it crashed, 1 a failure of ours.
 */
#include "worker/worker.h"
#include "worker/counters.h"
#include "worker/serial_hub.h"
#include "worker/starter.h"

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

enum { DISK_STACK_BYTES = 256 << 10 };

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

	worker_send_hello();
	r = share_coms(worker, config);
	if (config->kvm_fd >= 0)
		hv_kvm_set_device(config->kvm_fd);
	else
		hv_kvm_set_device_error((int)config->kvm_error);
	config->kvm_fd = -1;
	if (r == 0)
		r = machine_new(worker->loop, config, &worker_machine_ops, worker, &worker->machine, &error);
	if (r == 0)
		r = machine_start(worker->machine, &error);
	if (r < 0) {
		worker_tell_end(worker, WORKER_FAILURE, error.text);
		return r;
	}
	r = worker_watch_link(worker);
	if (r == 0 && worker->control_fd >= 0)
		r = loop_watch_new(worker->loop, worker->control_fd, EPOLLIN, worker_on_control, worker,
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
		worker_send_ended(
		    WORKER_FAILURE,
		    "the worker cannot give up its rights, and must not run a machine with them; use a "
		    "kernel with CONFIG_SECCOMP_FILTER");
		return EXIT_FAILED;
	}
	r = worker_config_receive(WORKER_LINK_FD, &config);
	if (r < 0) {
		worker_send_ended(WORKER_FAILURE,
				  "the worker was given a configuration that it does not understand; install "
				  "all of Bulkhead in the same version");
		return EXIT_FAILED;
	}
	take_control(&worker, &config);
	confine_memory(config.memory_mib + worker_config_hot_mib(&config), config.processors);
	r = loop_new(&worker.loop);
	if (r == 0)
		r = outbox_init(&worker_outbox, worker.loop, WORKER_LINK_FD);
	if (r == 0)
		r = run_machine(&worker, &config);
	if (r < 0)
		worker.status = EXIT_FAILED;
	worker.machine = machine_free(worker.machine);
	if (worker.is_saved)
		worker_tell_end(&worker, WORKER_SAVED, "it was saved");
	for (unsigned i = 0; i < WORKER_COMS; i++)
		serial_hub_free(worker.hubs[i]);
	loop_watch_free(worker.link_watch);
	loop_watch_free(worker.control_watch);
	outbox_deinit(&worker_outbox);
	loop_free(worker.loop);
	worker_config_deinit(&config);
	return (int)worker.status;
}
