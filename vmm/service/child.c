/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/child.h"
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	const struct child_ops *ops;
	gpointer opaque;
	pid_t pid;
	int socket;
	guint watch, timeout;
};

__attribute__((noreturn)) static void run(const struct child_ops *ops, gpointer opaque, int socket, int given)
{
	int above = CHILD_GIVEN + 1, copy = fcntl(socket, F_DUPFD, above);
	int given_copy = given < 0 ? -1 : fcntl(given, F_DUPFD, above);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (dup2(copy, CHILD_SOCKET) < 0 || (given >= 0 && dup2(given_copy, CHILD_GIVEN) < 0))
		_exit(1);
	close_range(given >= 0 ? CHILD_GIVEN + 1 : CHILD_GIVEN, ~0u, 0);
	ops->run(opaque);
	_exit(0);
}

static int start(const struct child_ops *ops, gpointer opaque, int given, pid_t *ret_pid, int *ret_socket)
{
	int pair[2], error = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	pid = fork();
	if (pid == 0)
		run(ops, opaque, pair[1], given);
	if (pid < 0)
		error = errno;
	close(pair[1]);
	if (error) {
		close(pair[0]);
		return error;
	}
	*ret_pid = pid;
	*ret_socket = pair[0];
	return 0;
}

/* --- beside the main loop ---------------------------------------------------------------------------- */

static void end(struct child *child, gboolean is_late)
{
	const struct child_ops *ops = child->ops;
	gpointer opaque = child->opaque;

	if (child->watch)
		g_source_remove(child->watch);
	if (child->timeout)
		g_source_remove(child->timeout);
	close(child->socket);
	g_free(child);
	ops->on_end(opaque, is_late);
}

static gboolean on_packet(int socket, GIOCondition condition, gpointer opaque)
{
	struct child *child = opaque;

	if (child->ops->on_packet(child->opaque, socket))
		return G_SOURCE_CONTINUE;
	child->watch = 0;
	end(child, FALSE);
	return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer opaque)
{
	struct child *child = opaque;

	child->timeout = 0;
	kill(child->pid, SIGKILL);
	end(child, TRUE);
	return G_SOURCE_REMOVE;
}

static void on_gone(GPid pid, int status, gpointer opaque)
{
	g_spawn_close_pid(pid);
}

int child_start(const struct child_ops *ops, gpointer opaque, int given)
{
	struct child *child = g_new0(struct child, 1);
	int error;

	child->ops = ops;
	child->opaque = opaque;
	error = start(ops, opaque, given, &child->pid, &child->socket);
	if (error) {
		g_free(child);
		return error;
	}
	g_child_watch_add(child->pid, on_gone, NULL);
	child->watch = g_unix_fd_add(child->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_packet, child);
	child->timeout = g_timeout_add_seconds(SERVICE_FILES_TIMEOUT_S, on_timeout, child);
	return 0;
}

/* --- waiting for it ---------------------------------------------------------------------------------- */

int child_run(const struct child_ops *ops, gpointer opaque, int given)
{
	gint64 until = g_get_monotonic_time() + SERVICE_FILES_TIMEOUT_S * G_USEC_PER_SEC;
	gboolean is_late = FALSE, has_more = TRUE;
	struct pollfd ready = { .events = POLLIN };
	pid_t pid;
	int error = start(ops, opaque, given, &pid, &ready.fd);

	if (error)
		return error;
	while (has_more && !is_late) {
		gint64 left_ms = (until - g_get_monotonic_time()) / 1000;
		int count = left_ms > 0 ? poll(&ready, 1, (int)left_ms) : 0;

		is_late = count == 0;
		if (count > 0)
			has_more = ops->on_packet(opaque, ready.fd);
	}
	kill(pid, SIGKILL);
	close(ready.fd);
	/* One that hangs in the kernel even so is not waited for. */
	if (is_late)
		waitpid(pid, NULL, WNOHANG);
	else
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	ops->on_end(opaque, is_late);
	return 0;
}
