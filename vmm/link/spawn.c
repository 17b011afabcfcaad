/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/spawn_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

bool spawn_find(const char *program, const char *folder, char ret_path[PATH_MAX])
{
	char own[PATH_MAX], places[3][64];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	snprintf(places[0], sizeof(places[0]), "%s", program);
	snprintf(places[1], sizeof(places[1]), "../%s/%s", folder, program);
	snprintf(places[2], sizeof(places[2]), "../libexec/bulkhead/%s", program);
	own[n > 0 ? n : 0] = '\0';
	slash = strrchr(own, '/');
	for (unsigned i = 0; slash && i < 3; i++) {
		slash[1] = '\0';
		if (snprintf(ret_path, PATH_MAX, "%s%s", own, places[i]) < PATH_MAX &&
		    access(ret_path, X_OK) == 0)
			return true;
	}
	snprintf(ret_path, PATH_MAX, "%s/%s", BULKHEAD_LIBEXECDIR, program);
	return access(ret_path, X_OK) == 0;
}

void spawn_init(struct spawn *spawn, const char *path)
{
	*spawn = (struct spawn){ .path = path, .log = -1, .uid = SPAWN_SAME_ID, .gid = SPAWN_SAME_ID };
}

/* --- what the child is given ------------------------------------------------------------------------ */

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int r, fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* Root inside is `uid` outside, and nobody else exists. Without privilege the kernel wants "deny" first
 * (user_namespaces(7)). */
static int map_identity(const struct spawn *spawn, pid_t pid)
{
	uid_t uid = spawn->uid == SPAWN_SAME_ID ? geteuid() : spawn->uid;
	gid_t gid = spawn->gid == SPAWN_SAME_ID ? getegid() : spawn->gid;
	char text[64];
	int r = geteuid() == 0 ? 0 : write_proc(pid, "setgroups", "deny");

	snprintf(text, sizeof(text), "0 %u 1", (unsigned)gid);
	if (r == 0)
		r = write_proc(pid, "gid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)uid);
	return r < 0 ? r : write_proc(pid, "uid_map", text);
}

/* --- one process ------------------------------------------------------------------------------------- */

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Lets it go on, and hears whether exec worked: then the socket closes. */
static int release(int sync)
{
	int code = 0;
	ssize_t n;

	if (send(sync, "", 1, MSG_NOSIGNAL) != 1)
		return -ECHILD;
	do
		n = read(sync, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	return n == sizeof(code) && code > 0 ? -code : -ECHILD;
}

/* No handler of ours may run in the child. */
static pid_t clone_quietly(unsigned long flags, const struct spawn_child *child)
{
	sigset_t all, before;
	pid_t pid;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0UL);
	if (pid == 0)
		spawn_become(child);
	code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return pid;
}

/* `sync` is our end of child->sync. */
static pid_t try(unsigned long flags, struct spawn_child *child, int sync)
{
	pid_t pid;
	int r = 0;

	child->has_user_namespace = (flags & CLONE_NEWUSER) != 0;
	pid = clone_quietly(flags, child);
	if (pid < 0)
		return -errno;
	close(child->sync);
	child->sync = -1;
	if (child->has_user_namespace)
		r = map_identity(child->spawn, pid);
	if (r == 0)
		r = release(sync);
	if (r < 0)
		end(pid);
	return r < 0 ? r : pid;
}

static int raise_fd(int fd)
{
	int higher = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FIRST_FREE_FD);

	if (fd >= 0)
		close(fd);
	return higher;
}

static pid_t try_once(unsigned long flags, struct spawn_child *child)
{
	int pair[2];
	pid_t pid = -EMFILE;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	child->sync = raise_fd(pair[1]);
	child->parent_sync = pair[0];
	if (child->sync >= 0)
		pid = try(flags, child, pair[0]);
	if (child->sync >= 0)
		close(child->sync);
	close(pair[0]);
	return pid;
}

/* The sanitizers look at their own threads in /proc, where these have other numbers then. */
#ifdef CONFINE_FOR_SANITIZERS
enum { CAN_ISOLATE = 0 };
#else
enum { CAN_ISOLATE = 1 };
#endif

/* As isolated as the kernel allows: of an identity of its own there may be none inside a container. */
static pid_t try_all(struct spawn_child *child, int *ret_isolation_error)
{
	struct spawn same_id = *child->spawn;
	bool is_isolated = child->spawn->is_isolated && CAN_ISOLATE;
	pid_t pid = -EPERM;

	*ret_isolation_error = child->spawn->is_isolated && !CAN_ISOLATE ? -ENOTSUP : 0;
	for (;;) {
		if (is_isolated)
			pid = try_once(CLONE_NEWUSER | CLONE_NEWPID, child);
		if (pid < 0 && is_isolated && !*ret_isolation_error)
			*ret_isolation_error = pid;
		if (pid < 0 && is_isolated && geteuid() == 0)
			pid = try_once(CLONE_NEWPID, child);
		if (pid < 0)
			pid = try_once(0, child);
		if (pid > 0 || child->spawn->uid == SPAWN_SAME_ID || (pid != -EINVAL && pid != -EPERM))
			return pid;
		same_id.uid = same_id.gid = SPAWN_SAME_ID;
		child->spawn = &same_id;
	}
}

static void close_child(const struct spawn_child *child)
{
	const int fds[] = { child->null, child->log, child->link, child->program };

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int spawn_process(const struct spawn *spawn, struct spawned *ret_spawned)
{
	struct spawn_child child = { .spawn = spawn, .log = -1, .sync = -1 };
	struct spawned spawned = { .pid = -EMFILE };
	int pair[2];

	child.program = raise_fd(open(spawn->path, O_PATH | O_CLOEXEC));
	if (child.program < 0)
		return -ENOENT;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		close(child.program);
		return -EMFILE;
	}
	child.link = raise_fd(pair[1]);
	child.null = raise_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (spawn->log >= 0)
		child.log = fcntl(spawn->log, F_DUPFD_CLOEXEC, SPAWN_FIRST_FREE_FD);
	if (child.link >= 0 && child.null >= 0)
		spawned.pid = try_all(&child, &spawned.isolation_error);
	close_child(&child);
	if (spawned.pid < 0) {
		close(pair[0]);
		return spawned.pid;
	}
	spawned.link = pair[0];
	*ret_spawned = spawned;
	return 0;
}
