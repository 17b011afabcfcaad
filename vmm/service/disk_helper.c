/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_helper.h"

#include "api/api_error.h"
#include "link/spawn.h"
#include "link/worker_identity.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANCEL_LOOK_MS = 100, CANCEL_WAIT_S = 20, END_WAIT_US = 4000000 };

/* One that is running. */
struct helper {
	const struct disk_run *run;
	struct spawned process;
	gint64 give_up_at; /* 0: it was not asked to stop */
	gboolean is_over, is_good;
	struct disk_served *served; /* is wanted, and is_over then */
};

static gboolean fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: %s", what, why);
	return FALSE;
}

static gboolean start(struct spawned *ret_process, GError **error)
{
	char path[PATH_MAX];
	struct spawn spawn;
	int r;

	if (!spawn_find("bulkhead-disk", "helpers", path))
		return fail(error, "bulkhead-disk",
			    "this program is missing beside bulkhead-vmms; install all of Bulkhead");
	spawn_init(&spawn, path);
	if (geteuid() == 0)
		spawn.uid = spawn.gid = WORKER_UID_HELPER;
	r = spawn_process(&spawn, ret_process);
	return r == 0 || fail(error, "the disk helper cannot be started", g_strerror(-r));
}

/* --- the conversation -------------------------------------------------------------------------------- */

/* The library's sentence, with what to do where it has none. */
static char *sentence(const char *text, int code)
{
	static const struct {
		int code;
		const char *remedy;
	} remedies[] = {
		{ EBUSY, "turn off the machine or end the program that uses it, then try again" },
		{ ENOSPC, "free some space, or choose another place" },
		{ EDQUOT, "your quota is used up: free some space, or choose another place" },
		{ EUCLEAN, "check it, or take it from a backup" },
		{ EIO, "the storage failed: look at the kernel's log" },
		{ EFBIG, "this file system has a limit for the size of files: choose another one" },
	};
	char *valid = g_utf8_make_valid(text && *text ? text : g_strerror(code), -1), *full;

	if (g_str_has_suffix(valid, "."))
		valid[strlen(valid) - 1] = '\0';
	for (gsize i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (remedies[i].code == code && !strchr(valid, ';')) {
			full = g_strdup_printf("%s; %s", valid, remedies[i].remedy);
			g_free(valid);
			return full;
		}
	return valid;
}

static void take_result(struct helper *helper, const struct link_message *message, GError **error)
{
	guint64 code = 0;
	char *text;

	helper->is_over = TRUE;
	helper->is_good = link_get_number(message, "error", G_MAXINT, &code) == 0 && code == 0;
	if (helper->is_good)
		return;
	if (g_cancellable_set_error_if_cancelled(helper->run->cancellable, error))
		return;
	text = sentence(link_get(message, "text"), (int)code);
	g_set_error_literal(error, API_ERROR, code == EINVAL ? API_ERROR_INVALID_ARGUMENT : API_ERROR_FAILED,
			    text);
	g_free(text);
}

static void take_serving(struct helper *helper, const struct link_message *message)
{
	guint64 sector = 0, flags = 0, is_read_only = 0;

	helper->is_good = link_get_number(message, "size", G_MAXINT64, &helper->served->size) == 0 &&
			  link_get_number(message, "sector-size", 65536, &sector) == 0 &&
			  link_get_number(message, "flags", G_MAXUINT16, &flags) == 0 &&
			  link_get_number(message, "read-only", 1, &is_read_only) == 0;
	helper->served->sector = (guint32)sector;
	helper->served->flags = (guint16)flags;
	helper->served->is_read_only = is_read_only != 0;
	helper->is_over = helper->is_good;
}

static void on_message(struct helper *helper, const struct link_message *message, GError **error)
{
	const struct disk_run *run = helper->run;
	const char *verb = link_verb(message);
	guint64 done = 0, total = 0;

	if (strcmp(verb, "progress") == 0 && link_get_number(message, "done", G_MAXUINT64, &done) == 0 &&
	    link_get_number(message, "total", G_MAXUINT64, &total) == 0) {
		if (run->job)
			job_advance(run->job, done, total, NULL);
	} else if (strcmp(verb, "open-parent") == 0 && run->chain) {
		disk_chain_answer(run->chain, run->request, helper->process.link, message);
	} else if (strcmp(verb, "image") == 0) {
		if (run->on_image)
			run->on_image(run->opaque, message);
	} else if (strcmp(verb, "serving") == 0 && helper->served) {
		take_serving(helper, message);
	} else if (strcmp(verb, "result") == 0) {
		take_result(helper, message, error);
	}
}

static void ask_to_stop(struct helper *helper)
{
	struct link_message *message;

	helper->give_up_at = g_get_monotonic_time() + CANCEL_WAIT_S * G_USEC_PER_SEC;
	if (link_message_new("cancel", &message) < 0)
		return;
	link_send(helper->process.link, message);
	link_message_free(message);
}

static gboolean fail_early(struct helper *helper, GError **error)
{
	if (g_cancellable_set_error_if_cancelled(helper->run->cancellable, error))
		return FALSE;
	return fail(error, "the disk helper", "it ended without a result; try again");
}

static gboolean converse(struct helper *helper, GError **error)
{
	struct pollfd ready = { .fd = helper->process.link, .events = POLLIN };
	struct link_message *message;

	while (!helper->is_over) {
		if (!helper->give_up_at && g_cancellable_is_cancelled(helper->run->cancellable))
			ask_to_stop(helper);
		if (helper->give_up_at && g_get_monotonic_time() > helper->give_up_at)
			return fail_early(helper, error);
		if (poll(&ready, 1, CANCEL_LOOK_MS) <= 0)
			continue;
		if (link_receive(ready.fd, &message) != 0)
			return fail_early(helper, error);
		on_message(helper, message, error);
		link_message_free(message);
	}
	return helper->is_good;
}

/* One that has said its result has nothing more to do; one that an image has taken over might stay. */
static void end(const struct helper *helper)
{
	pid_t pid = helper->process.pid;
	gulong wait_us = 500;

	for (; helper->is_over && wait_us < END_WAIT_US; wait_us *= 2) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		g_usleep(wait_us);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static gboolean begin(struct helper *helper, GError **error)
{
	gboolean is_good;

	if (!start(&helper->process, error))
		return FALSE;
	is_good = link_send(helper->process.link, helper->run->request) == 0
		      ? converse(helper, error)
		      : fail(error, "the disk helper", "it does not listen; try again");
	close(helper->process.link);
	if (is_good && helper->served)
		return TRUE;
	end(helper);
	return is_good;
}

gboolean disk_helper_run(const struct disk_run *run, GError **error)
{
	struct helper helper = { .run = run };

	return begin(&helper, error);
}

gboolean disk_helper_serve(const struct disk_run *run, struct disk_served *ret_served, GError **error)
{
	struct helper helper = { .run = run, .served = ret_served };

	if (!begin(&helper, error))
		return FALSE;
	ret_served->pid = helper.process.pid;
	return TRUE;
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

gboolean disk_helper_create(struct job *job, int fd, const char *name, guint64 bytes, GError **error)
{
	struct link_message *request = create_request(fd, name, bytes);
	const struct disk_run run = { .cancellable = job->cancellable, .job = job, .request = request };
	gboolean is_good =
	    request ? disk_helper_run(&run, error) : fail(error, name, "there is no memory left");

	link_message_free(request);
	return is_good;
}
