/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_process.h"
#include "service/worker_uid.h"

#include "api/api_error.h"
#include "link/link.h"
#include "link/spawn.h"
#include "link/worker_identity.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGES_AT_ONCE = 32 };

struct display_process {
	pid_t pid;
	int link;
	guint watch;
	const struct display_process_ops *ops;
	gpointer opaque;
};

/* --- its end ----------------------------------------------------------------------------------------- */

static void reap(GPid pid, int status, gpointer opaque)
{
}

struct display_process *display_process_free(struct display_process *process)
{
	if (!process)
		return NULL;
	if (process->watch)
		g_source_remove(process->watch);
	close(process->link);
	/* It is our child until it is reaped, so the number is still its own. */
	kill(process->pid, SIGKILL);
	g_child_watch_add(process->pid, reap, NULL);
	g_free(process);
	return NULL;
}

pid_t display_process_pid(const struct display_process *process)
{
	return process->pid;
}

/* --- what it says ------------------------------------------------------------------------------------ */

static void handle(struct display_process *process, struct link_message *message)
{
	const char *verb = link_verb(message);
	uint64_t id, is_view_only;

	if (link_get_number(message, "id", G_MAXINT, &id) < 0)
		return;
	if (strcmp(verb, "viewer-gone") == 0)
		process->ops->on_viewer_gone(process->opaque, (guint)id,
					     g_strcmp0(link_get(message, "was"), "wrong-password") == 0);
	else if (strcmp(verb, "viewer-in") == 0 &&
		 link_get_number(message, "view-only", 1, &is_view_only) == 0)
		process->ops->on_viewer_in(process->opaque, (guint)id, is_view_only > 0);
}

static gboolean on_link(int fd, GIOCondition condition, gpointer opaque)
{
	struct display_process *process = opaque;

	for (unsigned i = 0; i < MESSAGES_AT_ONCE; i++) {
		struct link_message *message;
		int r = link_receive(fd, &message);

		if (r == LINK_AGAIN)
			return G_SOURCE_CONTINUE;
		if (r != 0) {
			process->watch = 0;
			process->ops->on_gone(process->opaque,
					      r == LINK_CLOSED ? "it ended" : "what it says makes no sense");
			return G_SOURCE_REMOVE;
		}
		handle(process, message);
		link_message_free(message);
	}
	return G_SOURCE_CONTINUE;
}

/* --- what it is told --------------------------------------------------------------------------------- */

/* Frees the message. */
static gboolean tell(struct display_process *process, struct link_message *message)
{
	gboolean is_sent = link_send_now(process->link, message) == 0;

	link_message_free(message);
	return is_sent;
}

gboolean display_process_add(struct display_process *process, guint id, gboolean is_view_only,
			     gboolean must_prove, int socket)
{
	struct link_message *message;

	if (link_message_new("viewer", &message) < 0)
		return FALSE;
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only ? 1 : 0);
	link_add_number(message, "must-prove", must_prove ? 1 : 0);
	link_add_fd(message, "socket", socket);
	return tell(process, message);
}

gboolean display_process_disconnect(struct display_process *process, guint id)
{
	struct link_message *message;

	if (link_message_new("disconnect", &message) < 0)
		return FALSE;
	link_add_number(message, "id", id);
	return tell(process, message);
}

static void add_fd(struct link_message *message, const char *key, int fd)
{
	if (fd >= 0)
		link_add_fd(message, key, fd);
}

gboolean display_process_set_security(struct display_process *process,
				      const struct display_security *security)
{
	struct link_message *message;

	if (link_message_new("security", &message) < 0)
		return FALSE;
	link_add_number(message, "needs-tls", security->needs_tls ? 1 : 0);
	link_add(message, "password", security->password);
	link_add(message, "view-password", security->view_password);
	add_fd(message, "certificate", security->certificate);
	add_fd(message, "key", security->key);
	add_fd(message, "web", security->page);
	return tell(process, message);
}

gboolean display_process_set_keyboard(struct display_process *process, const char *layout,
				      gboolean types_clipboard)
{
	struct link_message *message;

	if (link_message_new("keyboard", &message) < 0)
		return FALSE;
	link_add(message, "layout", layout);
	link_add_number(message, "types-clipboard", types_clipboard ? 1 : 0);
	return tell(process, message);
}

static gboolean send_start(struct display_process *process, const char *name, int screen)
{
	struct link_message *message;

	if (link_message_new("start", &message) < 0)
		return FALSE;
	link_add(message, "name", name);
	link_add_fd(message, "display", screen);
	return tell(process, message);
}

/* --- its beginning ----------------------------------------------------------------------------------- */

static gboolean fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: %s", what, why);
	return FALSE;
}

static gboolean find_program(char ret_path[PATH_MAX], GError **error)
{
	const char *given = secure_getenv("BULKHEAD_DISPLAY");

	if (given)
		snprintf(ret_path, PATH_MAX, "%s", given);
	return given || spawn_find("bulkhead-display", "../remote-display", ret_path) ||
	       fail(error, "bulkhead-display",
		    "this program is missing beside bulkhead-vmms; install all of Bulkhead");
}

/* Another one than the machine's worker has: they have nothing to do with each other but a socket. */
static int choose_uid(const char *vm_id, uid_t *ret_uid)
{
	char *name = g_strconcat(DISPLAY_UID_PREFIX, vm_id, NULL);
	int r = 0;

	if (vm_id)
		r = worker_uid_get(name, ret_uid);
	else
		*ret_uid = WORKER_UID_HELPER;
	g_free(name);
	return r;
}

/* vm_id NULL: for no machine. */
static gboolean spawn(const char *vm_id, struct spawned *ret_spawned, GError **error)
{
	char path[PATH_MAX];
	struct spawn spawn;
	int r = 0;

	if (!find_program(path, error))
		return FALSE;
	spawn_init(&spawn, path);
	spawn.is_isolated = true;
	if (geteuid() == 0)
		r = choose_uid(vm_id, &spawn.uid);
	spawn.gid = spawn.uid;
	if (r == 0)
		r = spawn_process(&spawn, ret_spawned);
	return r == 0 || fail(error, "the display process cannot be started", g_strerror(-r));
}

struct display_process *display_process_start(const char *vm_id, const char *name, int screen,
					      const struct display_process_ops *ops, gpointer opaque,
					      GError **error)
{
	struct display_process *process;
	struct spawned spawned;

	if (!spawn(vm_id, &spawned, error))
		return NULL;
	process = g_new0(struct display_process, 1);
	process->pid = spawned.pid;
	process->link = spawned.link;
	process->ops = ops;
	process->opaque = opaque;
	g_unix_set_fd_nonblocking(process->link, TRUE, NULL);
	if (!send_start(process, name, screen)) {
		fail(error, "the display process", "it does not listen; try again");
		return display_process_free(process);
	}
	process->watch = g_unix_fd_add(process->link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_link, process);
	return process;
}

/* --- a certificate ----------------------------------------------------------------------------------- */

struct maker {
	struct spawned spawned;
	void (*done)(gpointer opaque, const char *error, const char *fingerprint);
	gpointer opaque;
	char *error; /* of its beginning */
};

static void maker_end(struct maker *maker, const char *error, const char *fingerprint)
{
	maker->done(maker->opaque, error, fingerprint);
	if (maker->spawned.pid > 0) {
		close(maker->spawned.link);
		kill(maker->spawned.pid, SIGKILL);
		g_child_watch_add(maker->spawned.pid, reap, NULL);
	}
	g_free(maker->error);
	g_free(maker);
}

static gboolean on_certificate(int fd, GIOCondition condition, gpointer opaque)
{
	struct link_message *message = NULL;
	uint64_t code = EPIPE;
	int r = link_receive(fd, &message);

	if (r == LINK_AGAIN)
		return G_SOURCE_CONTINUE;
	if (r == 0 && (strcmp(link_verb(message), "certificate") != 0 ||
		       link_get_number(message, "error", G_MAXINT, &code) < 0))
		code = EBADMSG;
	if (code == 0)
		maker_end(opaque, NULL, link_get(message, "fingerprint"));
	else
		maker_end(opaque, g_strerror((int)code), NULL);
	link_message_free(message);
	return G_SOURCE_REMOVE;
}

static gboolean on_no_maker(gpointer opaque)
{
	struct maker *maker = opaque;

	maker_end(maker, maker->error, NULL);
	return G_SOURCE_REMOVE;
}

static gboolean ask_for_certificate(int link, int certificate, int key)
{
	struct link_message *message;
	gboolean is_sent;

	if (link_message_new("make-certificate", &message) < 0)
		return FALSE;
	link_add(message, "name", g_get_host_name());
	link_add_fd(message, "certificate", certificate);
	link_add_fd(message, "key", key);
	is_sent = link_send_now(link, message) == 0;
	link_message_free(message);
	return is_sent;
}

void display_process_make_certificate(int certificate, int key,
				      void (*done)(gpointer opaque, const char *error,
						   const char *fingerprint),
				      gpointer opaque)
{
	struct maker *maker = g_new0(struct maker, 1);
	GError *error = NULL;

	maker->done = done;
	maker->opaque = opaque;
	if (certificate < 0 || key < 0)
		maker->error = g_strdup("its files cannot be made; look whether the disk is full");
	else if (!spawn(NULL, &maker->spawned, &error))
		maker->error = g_strdup(error->message);
	else if (!ask_for_certificate(maker->spawned.link, certificate, key))
		maker->error = g_strdup("the display process does not listen");
	g_clear_error(&error);
	if (maker->error) {
		g_idle_add(on_no_maker, maker);
		return;
	}
	g_unix_set_fd_nonblocking(maker->spawned.link, TRUE, NULL);
	g_unix_fd_add(maker->spawned.link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_certificate, maker);
}
