/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/worker_spawn.h"

#include "link/worker_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

static bool find_worker(char ret_path[PATH_MAX])
{
	static const char *const beside[] = { "bulkhead-vmwp", "../worker/bulkhead-vmwp" };
	const char *given = secure_getenv("BULKHEAD_WORKER");
	char folder[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	char *slash;

	if (given) {
		snprintf(ret_path, PATH_MAX, "%s", given);
		return access(given, X_OK) == 0;
	}
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

/* Between fork and exec: only what is async-signal-safe. `link`, `null` and `log` lie above WORKER_LINK_FD.
 */
__attribute__((noreturn)) static void become_worker(const char *path, int link, int null, int log)
{
	char *const argv[] = { (char *)"bulkhead-vmwp", NULL };
	char *const environment[] = { NULL };
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	dup2(link, WORKER_LINK_FD);
	close_range(WORKER_LINK_FD + 1, ~0u, 0);
	execve(path, argv, environment);
	_exit(127);
}

static int raised(int fd)
{
	int higher = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_LINK_FD + 1);

	return higher < 0 ? -errno : higher;
}

static pid_t fork_worker(const char *path, int link, int null, int log)
{
	int fds[3] = { raised(link), raised(null), raised(log) };
	pid_t pid = -1;

	if (fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0)
		pid = fork();
	if (pid == 0)
		become_worker(path, fds[0], fds[1], fds[2]);
	for (unsigned i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return pid;
}

int worker_spawn(int log, pid_t *ret_pid, int *ret_link)
{
	char path[PATH_MAX];
	int pair[2], null, r;
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
	pid = fork_worker(path, pair[1], null, log);
	r = pid < 0 ? -errno : 0;
	close(null);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	*ret_pid = pid;
	*ret_link = pair[0];
	return 0;
}
