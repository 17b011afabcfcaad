/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between clone() and exec. Identity is changed by raw system calls: libc's functions tell all threads of the
 * process, and it believes that those of the parent are here.
 */
#include "link/spawn_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SYNC_FD = SPAWN_LINK_FD + 1, PROGRAM_FD = SPAWN_LINK_FD + 2 };

__attribute__((noreturn)) static void give_up(int sync)
{
	int code = errno;

	if (write(sync, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static void wait_for_parent(int sync)
{
	char byte;
	ssize_t n;

	do
		n = read(sync, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
}

static void reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal < _NSIG; signal++)
		sigaction(signal, &action, NULL); /* fails for some, which cannot be ignored anyway */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Root without a user namespace: these need its rights, which are about to go. */
static void isolate_as_root(const struct spawn *spawn)
{
	static const int namespaces[] = { CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS };

	if (!spawn->is_isolated || syscall(SYS_geteuid) != 0)
		return;
	for (unsigned i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		(void)unshare(namespaces[i]); /* what is missing is seen from outside */
}

static void take_identity(const struct spawn_child *child)
{
	const struct spawn *spawn = child->spawn;
	long uid = child->has_user_namespace ? 0 : (long)spawn->uid;
	long gid = child->has_user_namespace ? 0 : (long)spawn->gid;

	if (child->has_user_namespace || spawn->uid != SPAWN_SAME_ID) {
		/* Not allowed in the namespace of an ordinary user, who keeps his groups. */
		if (syscall(SYS_setgroups, 0, NULL) < 0 && !child->has_user_namespace)
			give_up(SYNC_FD);
		if (syscall(SYS_setresgid, gid, gid, gid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
			give_up(SYNC_FD);
	}
}

void spawn_become(const struct spawn_child *child)
{
	const char *slash = strrchr(child->spawn->path, '/');
	char *const argv[] = { (char *)(slash ? slash + 1 : child->spawn->path), NULL };
	char *const environment[] = { NULL };

	close(child->parent_sync);
	wait_for_parent(child->sync);
	dup2(child->null, STDIN_FILENO);
	dup2(child->null, STDOUT_FILENO);
	if (child->log >= 0)
		dup2(child->log, STDERR_FILENO);
	dup2(child->link, SPAWN_LINK_FD);
	dup3(child->sync, SYNC_FD, O_CLOEXEC);
	dup3(child->program, PROGRAM_FD, O_CLOEXEC);
	if (syscall(SYS_close_range, PROGRAM_FD + 1, ~0u, 0) < 0)
		give_up(SYNC_FD);
	setsid();
	if (!child->has_user_namespace)
		isolate_as_root(child->spawn);
	take_identity(child);
	reset_signals();
	execve(child->spawn->path, argv, environment);
	/* The new identity may not be able to reach the file by its path: it is open already. */
	if (errno == EACCES)
		syscall(SYS_execveat, PROGRAM_FD, "", argv, environment, AT_EMPTY_PATH);
	give_up(SYNC_FD);
}
