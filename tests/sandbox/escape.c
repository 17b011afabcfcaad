/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker that was broken into: started and confined as bulkhead-vmwp is, then it does what it is told. Over
 * the link: "try" (step, attempt, pid, disk) comes; "tried" (error: 0 it worked) goes back, unless it dies of
 * it. "stay": it waits, to be looked at.
 */
#include "escape.h"

#include "link/link.h"
#include "link/spawn.h"
#include "worker/confine.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct escape_target target = { .uring = -1 };
static const struct attempt *attempt;
static struct confine_report report;

static void reply(const char *verb, int error)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		_exit(2);
	link_add_number(message, "error", (uint64_t)-error);
	link_add_number(message, "landlock", (uint64_t)report.landlock);
	link_add_number(message, "root-error", (uint64_t)-report.root_error);
	link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
}

static void must(int r)
{
	if (r < 0) {
		reply("broken", r);
		_exit(2);
	}
}

/* A VP may not send a message: the result of an attempt on another thread comes from the main one. */
static void *run_thread(void *kind)
{
	static int error;

	if (confine_thread(*(enum confine_kind *)kind) < 0)
		_exit(2);
	error = attempt ? attempt->try(&target) : 0;
	if (!attempt)
		for (;;)
			poll(NULL, 0, -1); /* as a VP may */
	return &error;
}

static int try_on_thread(enum confine_kind kind)
{
	pthread_t thread;
	void *error;

	must(-pthread_create(&thread, NULL, run_thread, &kind));
	must(confine_thread(CONFINE_MAIN));
	pthread_join(thread, &error);
	return *(int *)error;
}

static int try(enum escape_step step)
{
	static const enum confine_kind kinds[STEPS] = { [STEP_VP] = CONFINE_VP,
							[STEP_DISK] = CONFINE_DISK,
							[STEP_DEVICE] = CONFINE_DEVICE,
							[STEP_STARTER] = CONFINE_STARTER };

	if (step >= STEP_VP)
		return try_on_thread(kinds[step]);
	if (step == STEP_MAIN)
		must(confine_thread(CONFINE_MAIN));
	return attempt->try(&target);
}

static void make_ring(void)
{
	if (io_uring_queue_init(8, &escape_ring, 0) == 0)
		target.uring = escape_ring.ring_fd;
}

/* Two threads, confined as those of a machine; looked at from outside. */
static void stay(void)
{
	enum confine_kind kind = CONFINE_VP;
	struct link_message *message;
	pthread_t thread;

	must(confine_memory(64, 1));
	must(-pthread_create(&thread, NULL, run_thread, &kind));
	must(confine_thread(CONFINE_MAIN));
	reply("stays", 0);
	if (link_receive(SPAWN_LINK_FD, &message) == 0)
		_exit(0);
	_exit(1);
}

int main(void)
{
	struct link_message *message;
	uint64_t step = 0, number = 0, pid = 0;

	if (link_receive(SPAWN_LINK_FD, &message) != 0)
		return 2;
	link_get_number(message, "step", STEPS - 1, &step);
	link_get_number(message, "pid", INT32_MAX, &pid);
	target.pid = (pid_t)pid;
	target.disk = link_get(message, "disk");
	if (step != STEP_FREE)
		must(confine_process(&report));
	if (strcmp(link_verb(message), "stay") == 0)
		stay();
	if (link_get_number(message, "attempt", attempts_count - 1, &number) < 0)
		return 2;
	attempt = &attempts[number];
	if (strncmp(attempt->name, "ring_", 5) == 0)
		make_ring();
	reply("tried", try((enum escape_step)step));
	return 0;
}
