/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/stream_open.h"

#include <gio/gunixfdlist.h>
#include <string.h>

static void free_stream(gpointer stream)
{
	vmc_stream_close(stream);
	g_free(stream);
}

static void on_opened(GObject *bus, GAsyncResult *answer, gpointer task)
{
	struct vmc_stream stream = { .input = -1, .output = -1 };
	GError *local = NULL, *error = NULL;
	GUnixFDList *list = NULL;
	GVariant *result =
	    g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(bus), &list, answer, &local);

	if (result && list)
		stream.input = stream.output = g_unix_fd_list_get(list, 0, &local);
	else if (!local)
		g_set_error(&local, API_ERROR, API_ERROR_FAILED, "the management service gave no descriptor");
	if (local) {
		vmc_propagate(&error, local);
		g_task_return_error(task, error);
	} else {
		g_task_return_pointer(task, g_memdup2(&stream, sizeof(stream)), free_stream);
	}
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	g_object_unref(task);
}

/* Starting ssh does not wait for it. The identity is found without asking: it is the end of the path. */
static void open_by_ssh(GTask *task, struct vmc_connection *connection, const char *path, guint port,
			const char *mode, guint64 history)
{
	char *id = g_strdelimit(g_strdup(strrchr(path, '/') + 1), "_", '-');
	struct vmc_stream stream;
	GError *error = NULL;

	if (vmc_stream_open_port(connection, id, port, mode, history, &stream, &error))
		g_task_return_pointer(task, g_memdup2(&stream, sizeof(stream)), free_stream);
	else
		g_task_return_error(task, error);
	g_free(id);
	g_object_unref(task);
}

void vmc_stream_open_port_async(struct vmc_connection *connection, const char *path, guint port,
				const char *mode, guint64 history, GAsyncReadyCallback callback,
				gpointer opaque)
{
	GTask *task = g_task_new(NULL, NULL, callback, opaque);
	GVariant *parameters;
	const char *method;

	if (*vmc_place(connection)) {
		open_by_ssh(task, connection, path, port, mode, history);
		return;
	}
	parameters = vmc_stream_call(port, mode, history, &method);
	g_dbus_connection_call_with_unix_fd_list(vmc_bus(connection), NULL, path, API_VM_INTERFACE, method,
						 parameters, G_VARIANT_TYPE("(h)"), G_DBUS_CALL_FLAGS_NONE,
						 G_MAXINT, NULL, NULL, on_opened, task);
}

void vmc_stream_open_async(struct vmc_connection *connection, const char *path, const char *mode,
			   guint64 history, GAsyncReadyCallback callback, gpointer opaque)
{
	vmc_stream_open_port_async(connection, path, 1, mode, history, callback, opaque);
}

gboolean vmc_stream_open_finish(GAsyncResult *result, struct vmc_stream *ret_stream, GError **error)
{
	struct vmc_stream *stream = g_task_propagate_pointer(G_TASK(result), error);

	if (!stream)
		return FALSE;
	*ret_stream = *stream;
	g_free(stream);
	return TRUE;
}
