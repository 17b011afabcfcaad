/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_spawn.h"

#include "link/disk_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

static bool find_helper(char ret_path[PATH_MAX])
{
	static const char *const beside[] = { "bulkhead-disk", "../helpers/bulkhead-disk",
					      "../libexec/bulkhead/bulkhead-disk" };
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
	snprintf(ret_path, PATH_MAX, "%s/bulkhead-disk", BULKHEAD_LIBEXECDIR);
	return access(ret_path, X_OK) == 0;
}

/* Between fork and exec: only what is async-signal-safe. */
__attribute__((noreturn)) static void become_helper(const char *path, int link, int null)
{
	char *const argv[] = { (char *)"bulkhead-disk", NULL }, *const environment[] = { NULL };
	sigset_t none;

	setsid();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(link, DISK_LINK_FD);
	close_range(DISK_LINK_FD + 1, ~0u, 0);
	execve(path, argv, environment);
	_exit(127);
}

/* The child's end must not lie where another descriptor goes first, and dup2() onto itself would keep
 * CLOEXEC. */
static int make_link(int pair[2])
{
	int higher;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	higher = fcntl(pair[1], F_DUPFD_CLOEXEC, DISK_LINK_FD + 1);
	close(pair[1]);
	pair[1] = higher;
	if (higher >= 0)
		return 0;
	close(pair[0]);
	return -EMFILE;
}

int disk_spawn(pid_t *ret_pid, int *ret_link)
{
	char path[PATH_MAX];
	int pair[2], null, r;
	pid_t pid;

	if (!find_helper(path))
		return -ENOENT;
	r = make_link(pair);
	if (r < 0)
		return r;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid = null < 0 ? -1 : fork();
	if (pid == 0)
		become_helper(path, pair[1], null);
	r = pid < 0 ? -errno : 0;
	if (null >= 0)
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
