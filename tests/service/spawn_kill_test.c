/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that is killed at random moments while it starts others: none of those stays behind between
 * clone() and exec, with what it inherited. Seen by a pipe that all of them hold until then: it ends.
 * spawn_kill_test [ROUNDS [SEED]]
 */
#include "link/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

__attribute__((noreturn)) static void spawn_for_ever(void)
{
	for (;;) {
		struct spawned spawned;
		struct spawn spawn;

		spawn_init(&spawn, "/bin/true");
		if (spawn_process(&spawn, &spawned) < 0)
			_exit(1);
		close(spawned.link);
		waitpid(spawned.pid, NULL, 0);
	}
}

static int round_is_good(void)
{
	struct timespec wait = { .tv_nsec = (200 + rand() % 6000) * 1000L };
	struct pollfd end = { .events = POLLIN };
	int held[2], is_good;
	pid_t pid;

	if (pipe2(held, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return 0;
	if (pid == 0) {
		close(held[0]);
		spawn_for_ever();
	}
	close(held[1]);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end.fd = held[0];
	is_good = poll(&end, 1, PATIENCE_MS) == 1;
	close(held[0]);
	return is_good;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 300;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)getpid();

	srand(seed);
	for (int i = 0; i < rounds; i++)
		if (!round_is_good()) {
			printf("FAILED: round %d, seed %u: a process was left behind before exec\n", i, seed);
			return 1;
		}
	return 0;
}
