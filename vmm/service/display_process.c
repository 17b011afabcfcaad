/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_process.h"
#include "service/worker_uid.h"

#include "api/api_error.h"
#include "link/link.h"
#include "link/spawn.h"

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

/* --- its end --------------------------------------------------------------------------------------- */

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

/* --- what it says ---------------------------------------------------------------------------------- */

static void handle(struct display_process *process, struct link_message *message)
{
	uint64_t id;

	if (strcmp(link_verb(message), "viewer-gone") == 0 &&
	    link_get_number(message, "id", G_MAXINT, &id) == 0)
		process->ops->on_viewer_gone(process->opaque, (guint)id);
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

/* --- what it is told ------------------------------------------------------------------------------- */

/* Frees the message. */
static gboolean tell(struct display_process *process, struct link_message *message)
{
	gboolean is_sent = link_send_now(process->link, message) == 0;

	link_message_free(message);
	return is_sent;
}

gboolean display_process_add(struct display_process *process, guint id, gboolean is_view_only, int socket)
{
	struct link_message *message;

	if (link_message_new("viewer", &message) < 0)
		return FALSE;
	link_add_number(message, "id", id);
	link_add_number(message, "view-only", is_view_only ? 1 : 0);
	link_add_number(message, "must-prove", 0);
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

static gboolean send_start(struct display_process *process, const char *name, int screen)
{
	struct link_message *message;

	if (link_message_new("start", &message) < 0)
		return FALSE;
	link_add(message, "name", name);
	link_add_fd(message, "display", screen);
	return tell(process, message);
}

/* --- its beginning --------------------------------------------------------------------------------- */

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
		r = worker_uid_get(vm_id, &spawn.uid);
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
