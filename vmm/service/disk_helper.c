/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_helper.h"

#include "api/api_error.h"
#include "link/disk_link.h"
#include "link/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANCEL_LOOK_MS = 100 };

static gboolean fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: %s", what, why);
	return FALSE;
}

static gboolean start(struct spawned *ret_helper, GError **error)
{
	char path[PATH_MAX];
	struct spawn spawn;
	int r;

	if (!spawn_find("bulkhead-disk", "helpers", path))
		return fail(error, "bulkhead-disk",
			    "this program is missing beside bulkhead-vmms; install all of Bulkhead");
	spawn_init(&spawn, path);
	r = spawn_process(&spawn, ret_helper);
	return r == 0 || fail(error, "the disk helper cannot be started", g_strerror(-r));
}

/* --- the conversation -------------------------------------------------------------------------------- */

/* Whether it was the last one. */
static gboolean on_message(struct job *job, struct link_message *message, gboolean *ret_is_good,
			   GError **error)
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
	struct spawned helper;
	gboolean is_good;

	if (!start(&helper, error))
		return FALSE;
	is_good = link_send(helper.link, request) == 0
		      ? converse(job, helper.link, error)
		      : fail(error, "the disk helper", "it does not listen; try again");
	close(helper.link);
	if (!is_good)
		kill(helper.pid, SIGKILL);
	while (waitpid(helper.pid, NULL, 0) < 0 && errno == EINTR)
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
