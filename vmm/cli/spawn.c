/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/spawn.h"

#include "link/worker_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

static bool find_worker(char ret_path[PATH_MAX])
{
	static const char *const beside[] = { "bulkhead-vmwp", "../worker/bulkhead-vmwp",
					      "../libexec/bulkhead/bulkhead-vmwp" };
	char folder[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;

	folder[n > 0 ? n : 0] = '\0';
	slash = strrchr(folder, '/');
	for (unsigned i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
		slash[1] = '\0';
		if (snprintf(ret_path, PATH_MAX, "%s%s", folder, beside[i]) < PATH_MAX &&
		    access(ret_path, X_OK) == 0)
			return true;
	}
	snprintf(ret_path, PATH_MAX, "%s/bulkhead-vmwp", BULKHEAD_LIBEXECDIR);
	return access(ret_path, X_OK) == 0;
}

/* Between fork and exec: only what is async-signal-safe. */
__attribute__((noreturn)) static void become_worker(const char *path, int link, int null)
{
	char *const argv[] = { (char *)"bulkhead-vmwp", NULL };
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(link, WORKER_LINK_FD);
	close_range(WORKER_LINK_FD + 1, ~0u, 0);
	execv(path, argv);
	_exit(127);
}

int spawn_worker(struct spawned_worker *ret_worker)
{
	char path[PATH_MAX];
	int pair[2], null, r = 0;
	pid_t pid;

	if (!find_worker(path))
		return -ENOENT;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		r = -errno;
		close(null);
		return r;
	}
	/* The child's end must not lie where another descriptor goes first, and dup2() onto itself would keep
	 * CLOEXEC. */
	if (pair[1] <= WORKER_LINK_FD) {
		int higher = fcntl(pair[1], F_DUPFD_CLOEXEC, WORKER_LINK_FD + 1);

		close(pair[1]);
		pair[1] = higher;
	}
	pid = pair[1] < 0 ? -1 : fork();
	if (pid == 0)
		become_worker(path, pair[1], null);
	if (pid < 0)
		r = -errno;
	close(null);
	if (pair[1] >= 0)
		close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return r;
	}
	*ret_worker = (struct spawned_worker){ .pid = pid, .link = pair[0] };
	return 0;
}
