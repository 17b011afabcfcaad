/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/viewer.h"

#include <gio/gunixfdlist.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- through ssh: `bulkhead stream NAME screen` over there ------------------------------------------- */

static int open_by_ssh(struct vmc_connection *connection, const char *vm, gboolean is_view_only,
		       GError **error)
{
	const char *ssh = g_getenv("BULKHEAD_SSH");
	GSubprocessLauncher *launcher;
	GSubprocess *process;
	GError *local = NULL;
	char *quoted;
	int pair[2], words = vmc_take_words(connection);

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		g_set_error(error, API_ERROR, API_ERROR_LIMIT, "no socket: %s; close some consoles",
			    g_strerror(errno));
		if (words >= 0)
			close(words);
		return -1;
	}
	quoted = g_shell_quote(vm); /* the shell over there reads it */
	launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_subprocess_launcher_take_stdin_fd(launcher, dup(pair[1]));
	g_subprocess_launcher_take_stdout_fd(launcher, pair[1]);
	if (words >= 0)
		g_subprocess_launcher_take_stderr_fd(launcher, words);
	process = g_subprocess_launcher_spawn(launcher, &local, ssh ? ssh : "ssh", "-T", "--",
					      vmc_place(connection), "bulkhead", "stream", quoted,
					      is_view_only ? "screen-look" : "screen", "0", NULL);
	g_object_unref(launcher); /* with the descriptors */
	g_free(quoted);
	if (process) {
		g_object_unref(process); /* it goes with the socket */
		return pair[0];
	}
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: ssh does not reach it: %s",
		    vmc_place(connection), local->message);
	g_error_free(local);
	close(pair[0]);
	return -1;
}

/* --- here -------------------------------------------------------------------------------------------- */

/* Takes both, which may be NULL. */
static int take_socket(GVariant *result, GUnixFDList *list, guint *ret_id, GError **local)
{
	int fd = -1;

	if (result && list)
		fd = g_unix_fd_list_get(list, 0, local);
	else if (!*local)
		g_set_error(local, API_ERROR, API_ERROR_FAILED, "the management service gave no descriptor");
	if (fd >= 0 && ret_id)
		g_variant_get_child(result, 1, "u", ret_id);
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	return fd;
}

int vmc_viewer_open(struct vmc_connection *connection, const char *vm, gboolean is_view_only, guint *ret_id,
		    GError **error)
{
	GUnixFDList *list = NULL;
	GError *local = NULL;
	GVariant *result;
	char *path;
	int fd;

	if (ret_id)
		*ret_id = 0;
	if (*vmc_place(connection))
		return open_by_ssh(connection, vm, is_view_only, error);
	path = vmc_find_vm(connection, vm, error);
	if (!path)
		return -1;
	result = g_dbus_connection_call_with_unix_fd_list_sync(
	    vmc_bus(connection), NULL, path, API_DISPLAY_INTERFACE, "OpenViewer",
	    g_variant_new("(b)", is_view_only), G_VARIANT_TYPE("(hu)"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
	    NULL, &list, NULL, &local);
	g_free(path);
	fd = take_socket(result, list, ret_id, &local);
	if (fd < 0)
		vmc_propagate(error, local);
	return fd;
}

/* --- without waiting --------------------------------------------------------------------------------- */

struct opened {
	int fd;
	guint id;
};

static void opened_free(gpointer data)
{
	struct opened *opened = data;

	if (opened->fd >= 0)
		close(opened->fd);
	g_free(opened);
}

/* Takes `error` when the descriptor is -1. */
static void finish(GTask *task, int fd, guint id, GError *error)
{
	struct opened *opened;

	if (fd < 0) {
		g_task_return_error(task, error);
	} else {
		opened = g_new(struct opened, 1);
		*opened = (struct opened){ fd, id };
		g_task_return_pointer(task, opened, opened_free);
	}
	g_object_unref(task);
}

static void on_opened(GObject *bus, GAsyncResult *answer, gpointer task)
{
	GError *local = NULL, *error = NULL;
	GUnixFDList *list = NULL;
	guint id = 0;
	GVariant *result =
	    g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(bus), &list, answer, &local);
	int fd = take_socket(result, list, &id, &local);

	if (fd < 0)
		vmc_propagate(&error, local);
	finish(task, fd, id, error);
}

void vmc_viewer_open_async(struct vmc_connection *connection, const char *path, gboolean is_view_only,
			   GAsyncReadyCallback callback, gpointer opaque)
{
	GTask *task = g_task_new(NULL, NULL, callback, opaque);
	GError *error = NULL;
	char *id;
	int fd;

	if (!*vmc_place(connection)) {
		g_dbus_connection_call_with_unix_fd_list(
		    vmc_bus(connection), NULL, path, API_DISPLAY_INTERFACE, "OpenViewer",
		    g_variant_new("(b)", is_view_only), G_VARIANT_TYPE("(hu)"), G_DBUS_CALL_FLAGS_NONE,
		    G_MAXINT, NULL, NULL, on_opened, task);
		return;
	}
	id = g_strdup(g_str_has_prefix(path, API_VM_PREFIX) ? path + strlen(API_VM_PREFIX) : path);
	g_strdelimit(id, "_", '-');
	fd = open_by_ssh(connection, id, is_view_only, &error);
	g_free(id);
	finish(task, fd, 0, error);
}

int vmc_viewer_open_finish(struct vmc_connection *connection, GAsyncResult *result, guint *ret_id,
			   GError **error)
{
	struct opened *opened = g_task_propagate_pointer(G_TASK(result), error);
	int fd = opened ? opened->fd : -1;

	if (opened && ret_id)
		*ret_id = opened->id;
	g_free(opened);
	return fd;
}
