/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/connection.h"

#include "client/refusal.h"
#include "client/wording.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct vmc_connection {
	GDBusConnection *bus;
	GSubprocess *ssh;
	int words; /* a file with what ssh writes to standard error; -1: that goes where ours goes */
	char *place;
};

enum { WORDS_MAX = 4096 };

static gboolean is_socket(const char *path)
{
	return access(path, F_OK) == 0;
}

char *vmc_find_socket(void)
{
	const char *runtime = g_getenv("BULKHEAD_RUNTIME");
	char *path = runtime ? g_build_filename(runtime, API_SOCKET, NULL)
			     : g_build_filename(g_get_user_runtime_dir(), "bulkhead", API_SOCKET, NULL);

	if (is_socket(path))
		return path;
	g_free(path);
	path = runtime ? NULL : g_strdup("/run/bulkhead/" API_SOCKET);
	if (path && is_socket(path))
		return path;
	g_free(path);
	return NULL;
}

static gboolean connect_here(struct vmc_connection *connection, GError **error)
{
	char *path = vmc_find_socket(), *escaped, *address;
	GError *local = NULL;

	if (!path) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "no management service is running; start it: bulkhead host start-service");
		return FALSE;
	}
	escaped = g_dbus_address_escape_value(path);
	address = g_strdup_printf("unix:path=%s", escaped);
	connection->bus = g_dbus_connection_new_for_address_sync(
	    address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, &local);
	if (local)
		g_set_error(
		    error, API_ERROR, API_ERROR_FAILED,
		    "%s: the management service does not answer: %s; start it: bulkhead host start-service",
		    path, local->message);
	g_clear_error(&local);
	g_free(address);
	g_free(escaped);
	g_free(path);
	return connection->bus != NULL;
}

/* A file, so that nobody has to read it and ssh never waits. */
static GSubprocess *start_ssh(struct vmc_connection *connection, const char *place, GError **error)
{
	const char *ssh = g_getenv("BULKHEAD_SSH");
	GSubprocessLauncher *launcher =
	    g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	GSubprocess *process;

	if (connection->words >= 0)
		g_subprocess_launcher_take_stderr_fd(launcher, dup(connection->words));
	process = g_subprocess_launcher_spawn(launcher, error, ssh ? ssh : "ssh", "-T", "-o", "BatchMode=no",
					      "--", place, "bulkhead", "bridge", NULL);
	g_object_unref(launcher);
	return process;
}

/* The bridge over there has authenticated already: messages follow at once. */
static gboolean connect_by_ssh(struct vmc_connection *connection, const char *place, GError **error)
{
	GIOStream *stream;
	GError *local = NULL;

	if (place[0] == '-') {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: this is no host; give USER@HOST", place);
		return FALSE;
	}
	connection->ssh = start_ssh(connection, place, &local);
	if (connection->ssh) {
		stream = g_simple_io_stream_new(g_subprocess_get_stdout_pipe(connection->ssh),
						g_subprocess_get_stdin_pipe(connection->ssh));
		connection->bus = g_dbus_connection_new_sync(stream, NULL, G_DBUS_CONNECTION_FLAGS_NONE, NULL,
							     NULL, &local);
		g_object_unref(stream);
	}
	if (local)
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s: ssh does not reach it: %s", place,
			    local->message);
	g_clear_error(&local);
	return connection->bus != NULL;
}

static struct vmc_connection *connect_to(const char *place, gboolean keeps_words, GError **error)
{
	struct vmc_connection *connection = g_new0(struct vmc_connection, 1);

	connection->place = g_strdup(place ? place : "");
	connection->words = keeps_words && *connection->place ? memfd_create("ssh", MFD_CLOEXEC) : -1;
	if (!(*connection->place ? connect_by_ssh(connection, connection->place, error)
				 : connect_here(connection, error)))
		return vmc_disconnect(connection);
	g_dbus_connection_set_exit_on_close(connection->bus, FALSE);
	return connection;
}

struct vmc_connection *vmc_connect(const char *place, GError **error)
{
	return connect_to(place, FALSE, error);
}

struct vmc_connection *vmc_connect_silently(const char *place, GError **error)
{
	return connect_to(place, TRUE, error);
}

char *vmc_last_words(const struct vmc_connection *connection)
{
	char words[WORDS_MAX + 1], *valid, *last, *plain;
	off_t size = connection->words >= 0 ? lseek(connection->words, 0, SEEK_CUR) : 0;
	ssize_t n = size > 0 ? pread(connection->words, words, WORDS_MAX, MAX(size - WORDS_MAX, 0)) : 0;

	if (n <= 0)
		return NULL;
	words[n] = '\0';
	valid = g_strchomp(g_utf8_make_valid(words, -1));
	last = strrchr(valid, '\n');
	last = g_strstrip(last ? last + 1 : valid);
	/* "Permanently added ... to the list of known hosts": that is no reason. */
	plain = *last && !g_str_has_prefix(last, "Warning: ") ? vmc_plain_text(last) : NULL;
	g_free(valid);
	return plain;
}

int vmc_take_words(struct vmc_connection *connection)
{
	if (connection->words < 0 || ftruncate(connection->words, 0) < 0 ||
	    lseek(connection->words, 0, SEEK_SET) < 0)
		return -1;
	return fcntl(connection->words, F_DUPFD_CLOEXEC, 0);
}

struct vmc_connection *vmc_disconnect(struct vmc_connection *connection)
{
	if (!connection)
		return NULL;
	if (connection->bus) {
		g_dbus_connection_close_sync(connection->bus, NULL, NULL);
		g_object_unref(connection->bus);
	}
	g_clear_object(&connection->ssh);
	if (connection->words >= 0)
		close(connection->words);
	g_free(connection->place);
	g_free(connection);
	return NULL;
}

GDBusConnection *vmc_bus(const struct vmc_connection *connection)
{
	return connection->bus;
}

const char *vmc_place(const struct vmc_connection *connection)
{
	return connection->place;
}

/* --- calls ----------------------------------------------------------------------------------------- */

void vmc_propagate(GError **error, GError *local)
{
	char *name = g_dbus_error_get_remote_error(local);
	enum api_error code = API_ERROR_FAILED;

	g_dbus_error_strip_remote_error(local);
	if (name && !api_error_parse(name, &code))
		g_prefix_error(&local, "the management service does not understand: ");
	else if (!name)
		g_prefix_error(&local, "the management service does not answer: ");
	vmc_refusal_error(&local);
	g_set_error_literal(error, API_ERROR, (gint)code, local->message);
	g_error_free(local);
	g_free(name);
}

GVariant *vmc_call(struct vmc_connection *connection, const char *path, const char *interface,
		   const char *method, GVariant *parameters, GError **error)
{
	GError *local = NULL;
	GVariant *result =
	    g_dbus_connection_call_sync(connection->bus, NULL, path, interface, method, parameters, NULL,
					G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &local);

	if (!result && *connection->place && !g_dbus_error_is_remote_error(local)) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: its management service does not answer: %s; try `ssh %s bulkhead host show`",
			    connection->place, local->message, connection->place);
		g_error_free(local);
	} else if (!result) {
		vmc_propagate(error, local);
	}
	return result;
}

void vmc_call_async(struct vmc_connection *connection, const char *path, const char *interface,
		    const char *method, GVariant *parameters, GAsyncReadyCallback callback, gpointer opaque)
{
	g_dbus_connection_call(connection->bus, NULL, path, interface, method, parameters, NULL,
			       G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, callback, opaque);
}

GVariant *vmc_call_finish(struct vmc_connection *connection, GAsyncResult *result, GError **error)
{
	GObject *bus = g_async_result_get_source_object(result); /* the connection may be gone since then */
	GError *local = NULL;
	GVariant *value = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &local);

	g_object_unref(bus);
	if (!value)
		vmc_propagate(error, local);
	return value;
}

GVariant *vmc_options_forced(gboolean is_plan, gboolean is_forced)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	if (is_plan)
		g_variant_builder_add(&builder, "{sv}", "plan", g_variant_new_boolean(TRUE));
	if (is_forced)
		g_variant_builder_add(&builder, "{sv}", "force", g_variant_new_boolean(TRUE));
	return g_variant_builder_end(&builder);
}

GVariant *vmc_options(gboolean is_plan)
{
	return vmc_options_forced(is_plan, FALSE);
}

char *vmc_find_vm(struct vmc_connection *connection, const char *name, GError **error)
{
	GVariant *result = vmc_call(connection, API_HOST_PATH, API_HOST_INTERFACE, "FindVirtualMachine",
				    g_variant_new("(s)", name), error);
	char *path = NULL;

	if (result) {
		g_variant_get(result, "(o)", &path);
		g_variant_unref(result);
	}
	return path;
}
