/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between two hosts: the stream that the service gives is what `bulkhead receive` over there reads and writes, through ssh. */
#include "client/move_host.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

struct asking {
	char *host, *folder;
	gboolean is_plan, is_silent;
	vmc_answer_fn fn;
	gpointer opaque;
};

static void free_asking(struct asking *asking)
{
	g_free(asking->host);
	g_free(asking->folder);
	g_free(asking);
}

/* Takes the descriptor. The shell over there reads the folder once more. */
static gboolean carry(const struct asking *asking, int fd, GError **error)
{
	GSubprocessLauncher *launcher = g_subprocess_launcher_new(
	    asking->is_silent ? G_SUBPROCESS_FLAGS_STDERR_SILENCE : G_SUBPROCESS_FLAGS_NONE);
	const char *ssh = g_getenv("BULKHEAD_SSH");
	char *quoted = g_shell_quote(asking->folder);
	GError *local = NULL;
	GSubprocess *process;

	g_subprocess_launcher_take_stdin_fd(launcher, dup(fd));
	g_subprocess_launcher_take_stdout_fd(launcher, fd);
	process = g_subprocess_launcher_spawn(launcher, &local, ssh ? ssh : "ssh", "-T", "--", asking->host,
					      "bulkhead", "receive", quoted, NULL);
	if (local) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: ssh does not reach it: %s", asking->host,
			    local->message);
		g_error_free(local);
	}
	g_clear_object(&process); /* GLib waits for its end */
	g_object_unref(launcher);
	g_free(quoted);
	return error == NULL || *error == NULL;
}

static void tell(struct asking *asking, GVariant *result, const GError *error)
{
	const char *job = NULL;
	GVariant *steps, *answer;

	if (!result) {
		asking->fn(NULL, error, asking->opaque);
		return;
	}
	g_variant_get(result, "(h&o@as)", NULL, &job, &steps);
	answer = g_variant_ref_sink(g_variant_new("(o@as)", job, steps));
	asking->fn(answer, NULL, asking->opaque);
	g_variant_unref(answer);
	g_variant_unref(steps);
}

static void on_answer(GObject *bus, GAsyncResult *answer, gpointer opaque)
{
	struct asking *asking = opaque;
	GError *local = NULL, *error = NULL;
	GUnixFDList *list = NULL;
	GVariant *result =
	    g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(bus), &list, answer, &local);
	int fd = result && list ? g_unix_fd_list_get(list, 0, &local) : -1;

	if (result && !asking->is_plan && fd >= 0)
		carry(asking, fd, &error);
	else if (fd >= 0)
		close(fd);
	if (local)
		vmc_propagate(&error, local);
	tell(asking, error ? NULL : result, error);
	g_clear_error(&error);
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	free_asking(asking);
}

static gboolean on_refusal(gpointer opaque)
{
	struct asking *asking = opaque;
	GError *error = g_error_new(
	    API_ERROR, API_ERROR_NOT_SUPPORTED,
	    "a machine of a host that ssh reaches cannot go on from there through this one; run the command over there");

	tell(asking, NULL, error);
	g_error_free(error);
	free_asking(asking);
	return G_SOURCE_REMOVE;
}

void vmc_move_to_host(struct vmc_connection *connection, const char *path, const struct vmc_far_move *move,
		      vmc_answer_fn fn, gpointer opaque)
{
	struct asking *asking = g_new0(struct asking, 1);

	*asking = (struct asking){ .host = g_strdup(move->host),
				   .folder = g_strdup(move->folder),
				   .is_plan = move->is_plan,
				   .is_silent = move->is_silent,
				   .fn = fn,
				   .opaque = opaque };
	if (!connection || *vmc_place(connection))
		g_idle_add(on_refusal, asking);
	else
		g_dbus_connection_call_with_unix_fd_list(
		    vmc_bus(connection), NULL, path, API_VM_INTERFACE, "MoveToHost",
		    g_variant_new("(s@a{sv})", move->host, vmc_options(move->is_plan)),
		    G_VARIANT_TYPE("(hoas)"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL, on_answer,
		    asking);
}

/* --- the far end -------------------------------------------------------------------------------------- */

int vmc_receive(struct vmc_connection *connection, const char *folder, GError **error)
{
	GUnixFDList *list = NULL;
	GError *local = NULL;
	GVariant *result = g_dbus_connection_call_with_unix_fd_list_sync(
	    vmc_bus(connection), NULL, API_HOST_PATH, API_HOST_INTERFACE, "Receive",
	    g_variant_new("(s@a{sv})", folder, vmc_options(FALSE)), G_VARIANT_TYPE("(hoas)"),
	    G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &list, NULL, &local);
	int fd = result && list ? g_unix_fd_list_get(list, 0, &local) : -1;

	if (local)
		vmc_propagate(error, local);
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	return fd;
}
