/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/stream.h"

#include <gio/gunixfdlist.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <stdio.h>
#include <unistd.h>

/* A method of a machine that returns a descriptor; -1. */
static int call_for_fd(struct vmc_connection *connection, const char *vm, const char *method,
		       GVariant *parameters, GError **error)
{
	char *path = vmc_find_vm(connection, vm, error);
	GUnixFDList *list = NULL;
	GError *local = NULL;
	GVariant *result;
	int fd = -1;

	if (!path) {
		if (parameters)
			g_variant_unref(g_variant_ref_sink(parameters));
		return -1;
	}
	result = g_dbus_connection_call_with_unix_fd_list_sync(
	    vmc_bus(connection), NULL, path, API_VM_INTERFACE, method, parameters, G_VARIANT_TYPE("(h)"),
	    G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &list, NULL, &local);
	g_free(path);
	if (result && list)
		fd = g_unix_fd_list_get(list, 0, &local);
	else if (!local)
		g_set_error(&local, API_ERROR, API_ERROR_FAILED, "the management service gave no descriptor");
	g_clear_pointer(&result, g_variant_unref);
	g_clear_object(&list);
	if (local)
		vmc_propagate(error, local);
	return fd;
}

GVariant *vmc_stream_call(guint port, const char *mode, guint64 history, const char **ret_method)
{
	*ret_method = port == 1 ? "OpenSerial" : "OpenSerialPort"; /* the second one is newer */
	return port == 1 ? g_variant_new("(st)", mode, history) : g_variant_new("(ust)", port, mode, history);
}

static gboolean open_here(struct vmc_connection *connection, const char *vm, guint port, const char *mode,
			  guint64 history, struct vmc_stream *stream, GError **error)
{
	const char *method;
	GVariant *parameters = vmc_stream_call(port, mode, history, &method);

	stream->input = stream->output = call_for_fd(connection, vm, method, parameters, error);
	return stream->input >= 0;
}

int vmc_display_open(struct vmc_connection *connection, const char *vm, GError **error)
{
	if (!*vmc_place(connection))
		return call_for_fd(connection, vm, "OpenDisplay", NULL, error);
	g_set_error(error, API_ERROR, API_ERROR_NOT_SUPPORTED,
		    "%s: a screen does not go through ssh; run this command over there",
		    vmc_place(connection));
	return -1;
}

/* Descriptors do not go through ssh: `bulkhead stream` over there opens it and copies. */
static gboolean open_by_ssh(struct vmc_connection *connection, const char *vm, guint port, const char *mode,
			    guint64 history, struct vmc_stream *stream, GError **error)
{
	const char *ssh = g_getenv("BULKHEAD_SSH");
	char bytes[32], number[16], *quoted = g_shell_quote(vm); /* the shell over there reads it */
	GError *local = NULL;

	snprintf(bytes, sizeof(bytes), "%" G_GUINT64_FORMAT, history);
	snprintf(number, sizeof(number), "%u", port);
	stream->ssh = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &local,
				       ssh ? ssh : "ssh", "-T", "--", vmc_place(connection), "bulkhead",
				       "stream", quoted, mode, bytes, port == 1 ? NULL : number, NULL);
	g_free(quoted);
	if (!stream->ssh) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: ssh does not reach it: %s",
			    vmc_place(connection), local->message);
		g_error_free(local);
		return FALSE;
	}
	stream->input =
	    g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(g_subprocess_get_stdout_pipe(stream->ssh)));
	stream->output =
	    g_unix_output_stream_get_fd(G_UNIX_OUTPUT_STREAM(g_subprocess_get_stdin_pipe(stream->ssh)));
	return TRUE;
}

gboolean vmc_stream_open_port(struct vmc_connection *connection, const char *vm, guint port, const char *mode,
			      guint64 history, struct vmc_stream *ret_stream, GError **error)
{
	*ret_stream = (struct vmc_stream){ .input = -1, .output = -1 };
	return *vmc_place(connection) ? open_by_ssh(connection, vm, port, mode, history, ret_stream, error)
				      : open_here(connection, vm, port, mode, history, ret_stream, error);
}

gboolean vmc_stream_open(struct vmc_connection *connection, const char *vm, const char *mode, guint64 history,
			 struct vmc_stream *ret_stream, GError **error)
{
	return vmc_stream_open_port(connection, vm, 1, mode, history, ret_stream, error);
}

void vmc_stream_close(struct vmc_stream *stream)
{
	if (stream->ssh)
		g_object_unref(stream->ssh); /* with its pipes */
	else if (stream->input >= 0)
		close(stream->input);
	*stream = (struct vmc_stream){ .input = -1, .output = -1 };
}
