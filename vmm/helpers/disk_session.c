/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helpers/disk_session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 20000000, TELL_NS = 100000000 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- progress and cancel --------------------------------------------------------------------------- */

/*
 * Anything but a parent that was asked for means: stop. A closed link too, for nobody would take the result.
 */
static void look_for_cancel(struct session *session)
{
	struct pollfd ready = { .fd = session->link, .events = POLLIN };

	if (poll(&ready, 1, 0) > 0)
		session->is_canceled = true;
}

static void tell_progress(struct session *session, uint64_t done, uint64_t total)
{
	struct link_message *message;

	if (link_message_new("progress", &message) < 0)
		return;
	link_add(message, "stage", session->stage ? session->stage : "");
	link_add_number(message, "done", done);
	link_add_number(message, "total", total);
	if (link_send(session->link, message) != 0)
		session->is_canceled = true;
	link_message_free(message);
}

static bool on_progress(void *userdata, uint64_t done, uint64_t total)
{
	struct session *session = userdata;
	uint64_t now = now_ns();

	if (now - session->looked_ns >= LOOK_NS) {
		session->looked_ns = now;
		look_for_cancel(session);
	}
	if (now - session->told_ns >= TELL_NS && !session->is_canceled) {
		session->told_ns = now;
		tell_progress(session, done, total);
	}
	return !session->is_canceled;
}

/* --- the request ----------------------------------------------------------------------------------- */

int session_init(struct session *session, int link, struct disk_io *io)
{
	*session = (struct session){ .link = link, .io = io, .file = -1 };
	session->job.on_progress = on_progress;
	session->job.userdata = session;
	return link_receive(link, &session->request);
}

void session_deinit(struct session *session)
{
	for (unsigned i = 0; i <= DISK_LINK_CHAIN_MAX; i++)
		free(session->names[i]);
	link_message_free(session->request);
	if (session->file >= 0)
		close(session->file);
}

const char *session_text(const struct session *session, const char *key)
{
	const char *value = link_get(session->request, key);

	return value ? value : "";
}

uint64_t session_number(const struct session *session, const char *key)
{
	uint64_t value;

	return link_get_number(session->request, key, INT64_MAX, &value) == 0 ? value : 0;
}

bool session_flag(const struct session *session, const char *key)
{
	return session_number(session, key) != 0;
}

bool session_is_plan(const struct session *session)
{
	return session_flag(session, "plan");
}

int session_fd(struct session *session, const char *key, int *ret_fd)
{
	return link_take_fd(session->request, key, ret_fd);
}

/* --- opening --------------------------------------------------------------------------------------- */

/* The name said raw or iso: the content must not say otherwise, or somebody would read a wrapped disk as
 * data. */
static int check_guess(struct session *session, int fd, struct disk_error *error)
{
	char head[8] = "", tail[8] = "";
	off_t end = lseek(fd, 0, SEEK_END);

	if (!session_flag(session, "file-guess"))
		return 0;
	if (pread(fd, head, sizeof(head), 0) < 0 ||
	    (end >= 512 && pread(fd, tail, sizeof(tail), end - 512) < 0))
		return 0; /* opening finds out */
	if (memcmp(head, "vhdxfile", 8) != 0 && memcmp(head, "conectix", 8) != 0 &&
	    memcmp(tail, "conectix", 8) != 0)
		return 0;
	snprintf(
	    error->text, sizeof(error->text),
	    "%s has the name of a raw disk and the content of a VHDX or VHD; say which by its format option",
	    session_text(session, "file-name"));
	return -EMEDIUMTYPE;
}

int session_copy_file(struct session *session, int *ret_fd)
{
	int r = session->file < 0 ? session_fd(session, "file", &session->file) : 0;

	if (r < 0)
		return r;
	*ret_fd = fcntl(session->file, F_DUPFD_CLOEXEC, 0);
	return *ret_fd < 0 ? -errno : 0;
}

int session_open(struct session *session, const struct disk_open_options *options, struct disk **ret_disk,
		 struct disk_error *error)
{
	struct disk_open_options filled = *options;
	int fd, r = session_copy_file(session, &fd);

	if (r < 0)
		return r;
	session->text[0] = '\0';
	session_fill(session, &filled, session_text(session, "file-name"));
	if (disk_format_parse(session_text(session, "file-format"), &filled.format) < 0)
		filled.format = DISK_FORMAT_AUTO;
	r = check_guess(session, fd, error);
	if (r < 0) {
		close(fd);
		return r;
	}
	return disk_open(session->io, fd, &filled, ret_disk, error);
}

int session_open_given_parent(struct session *session, struct disk **ret_parent, struct disk_error *error)
{
	struct disk_open_options options = { 0 };
	int fd, r = session_fd(session, "parent", &fd);

	if (r < 0)
		return r;
	session->depth = 1;
	session_fill(session, &options, session_text(session, "parent-name"));
	return disk_open(session->io, fd, &options, ret_parent, error);
}

static int take_answer(struct session *session, struct link_message *answer, unsigned depth, int *ret_fd)
{
	const char *text = link_get(answer, "text"), *name = link_get(answer, "file-name");
	uint64_t code = 0;

	if (strcmp(link_verb(answer), "cancel") == 0) {
		session->is_canceled = true;
		return -ECANCELED;
	}
	if (strcmp(link_verb(answer), "parent") != 0)
		return -EBADMSG;
	if (text && !session->text[0])
		snprintf(session->text, sizeof(session->text), "%s", text);
	if (link_get_number(answer, "error", 4095, &code) == 0 && code != 0)
		return -(int)code;
	free(session->names[depth]);
	session->names[depth] = strdup(name ? name : "the parent");
	return link_take_fd(answer, "file", ret_fd);
}

int session_ask_parent(struct session *session, const struct disk_parent_link *link, unsigned depth,
		       bool is_writable, int *ret_fd)
{
	struct link_message *message;
	int r;

	if (depth > DISK_LINK_CHAIN_MAX)
		return -ELOOP;
	r = link_message_new("open-parent", &message);
	if (r < 0)
		return r;
	link_add_number(message, "depth", depth);
	link_add(message, "relative", link->relative_path);
	link_add(message, "absolute", link->absolute_path);
	link_add_number(message, "writable", is_writable);
	r = link_send(session->link, message);
	link_message_free(message);
	if (r == 0)
		r = link_receive(session->link, &message);
	if (r != 0) {
		session->is_canceled = r > 0;
		return r > 0 ? -ECANCELED : r;
	}
	r = take_answer(session, message, depth, ret_fd);
	link_message_free(message);
	return r;
}

static int open_parent(void *userdata, const struct disk_parent_link *link, unsigned depth, int *ret_fd)
{
	struct session *session = userdata;

	return session_ask_parent(session, link, session->depth + depth + 1, false, ret_fd);
}

static const char *parent_name(void *userdata, unsigned depth)
{
	struct session *session = userdata;

	depth += session->depth + 1;
	return depth <= DISK_LINK_CHAIN_MAX ? session->names[depth] : NULL;
}

void session_fill(struct session *session, struct disk_open_options *options, const char *name)
{
	options->path = name;
	options->open_parent = open_parent;
	options->parent_name = parent_name;
	options->userdata = session;
}

/* --- the result ------------------------------------------------------------------------------------ */

int session_send_result(struct session *session, int result, const struct disk_error *error)
{
	struct link_message *message;
	const char *text = session->text[0] ? session->text : error->text;
	int r = link_message_new("result", &message);

	if (r < 0)
		return r;
	if (result != 0 && session->is_canceled)
		result = -ECANCELED;
	link_add_number(message, "error", (uint64_t)-result);
	link_add(message, "text", result == 0 ? "" : text[0] ? text : strerror(-result));
	r = link_send(session->link, message);
	link_message_free(message);
	return r;
}
