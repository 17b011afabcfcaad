/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_helper.h"

#include "api/api_error.h"
#include "link/disk_link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

enum { CANCEL_LOOK_MS = 100 };

static char *find_program(void)
{
	static const char *const beside[] = { "bulkhead-disk", "../helpers/bulkhead-disk" };
	char *self = g_file_read_link("/proc/self/exe", NULL), *folder = g_path_get_dirname(self ? self : ".");
	char *path = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(beside) && !path; i++) {
		path = g_build_filename(folder, beside[i], NULL);
		if (access(path, X_OK) < 0)
			g_clear_pointer(&path, g_free);
	}
	g_free(folder);
	g_free(self);
	return path ? path : g_strdup(BULKHEAD_LIBEXECDIR "/bulkhead-disk");
}

static gboolean fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: %s", what, why);
	return FALSE;
}

static gboolean spawn(GPid *ret_pid, int *ret_link, GError **error)
{
	char *program = find_program(), *argv[] = { program, NULL }, *environment[] = { NULL };
	const int target = DISK_LINK_FD;
	GError *local = NULL;
	int pair[2];
	gboolean is_good;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		g_free(program);
		return fail(error, "the disk helper cannot be started", g_strerror(errno));
	}
	is_good = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, (const char *const *)environment,
						   G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
						   -1, -1, -1, &pair[1], &target, 1, ret_pid, NULL, NULL, NULL, &local);
	close(pair[1]);
	g_free(program);
	if (is_good) {
		*ret_link = pair[0];
		return TRUE;
	}
	close(pair[0]);
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "the disk helper cannot be started: %s; install all of Bulkhead", local->message);
	g_error_free(local);
	return FALSE;
}

/* --- the conversation -------------------------------------------------------------------------------- */

/* Whether it was the last one. */
static gboolean on_message(struct job *job, struct link_message *message, gboolean *ret_is_good, GError **error)
{
	const char *verb = link_verb(message), *text = link_get(message, "text");
	guint64 done = 0, total = 0, code = 0;

	if (strcmp(verb, "progress") == 0 && link_get_number(message, "done", G_MAXUINT64, &done) == 0 &&
	    link_get_number(message, "total", G_MAXUINT64, &total) == 0)
		job_advance(job, done, total, NULL);
	if (strcmp(verb, "result") != 0)
		return FALSE;
	*ret_is_good = link_get_number(message, "error", G_MAXINT, &code) == 0 && code == 0;
	if (!*ret_is_good) {
		char *valid = g_utf8_make_valid(text && *text ? text : g_strerror((int)code), -1);

		g_set_error_literal(error, API_ERROR, API_ERROR_FAILED, valid);
		g_free(valid);
	}
	return TRUE;
}

/* One message, or the end. A job that was cancelled closes the link, and the helper ends with it. */
static gboolean converse(struct job *job, int link, GError **error)
{
	gboolean is_good = FALSE, is_over = FALSE;

	while (!is_over && !g_cancellable_set_error_if_cancelled(job->cancellable, error)) {
		struct pollfd ready = { .fd = link, .events = POLLIN };
		struct link_message *message;

		if (poll(&ready, 1, CANCEL_LOOK_MS) <= 0)
			continue;
		if (link_receive(link, &message) != 0)
			return fail(error, "the disk helper", "it ended without a result; try again");
		is_over = on_message(job, message, &is_good, error);
		link_message_free(message);
	}
	return is_good;
}

static struct link_message *create_request(int fd, const char *name, guint64 bytes)
{
	struct link_message *request;

	if (link_message_new("create", &request) < 0)
		return NULL;
	link_add_fd(request, "to", fd);
	link_add(request, "to-name", name);
	link_add(request, "format", "vhdx");
	link_add(request, "type", "dynamic");
	link_add_number(request, "size", bytes);
	link_add_number(request, "block-size", 0);
	link_add_number(request, "sector-size", 0);
	return request;
}

static gboolean run(struct job *job, const struct link_message *request, GError **error)
{
	GPid pid;
	int link;
	gboolean is_good;

	if (!spawn(&pid, &link, error))
		return FALSE;
	is_good = link_send(link, request) == 0 ? converse(job, link, error)
						: fail(error, "the disk helper", "it does not listen; try again");
	close(link);
	if (!is_good)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return is_good;
}

gboolean disk_helper_create(struct job *job, int fd, const char *name, guint64 bytes, GError **error)
{
	struct link_message *request = create_request(fd, name, bytes);
	gboolean is_good = request ? run(job, request, error) : fail(error, name, "there is no memory left");

	link_message_free(request);
	return is_good;
}
