/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/service_start.h"
#include "client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef BULKHEAD_LIBEXECDIR
#define BULKHEAD_LIBEXECDIR "/usr/local/libexec/bulkhead"
#endif

enum { WAIT_MS = 10000, STEP_MS = 20 };

static char *find_program(void)
{
	static const char *const beside[] = { "bulkhead-vmms", "../service/bulkhead-vmms" };
	char *self = g_file_read_link("/proc/self/exe", NULL),
	     *folder = self ? g_path_get_dirname(self) : g_strdup(".");
	char *path = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(beside) && !path; i++) {
		path = g_build_filename(folder, beside[i], NULL);
		if (access(path, X_OK) < 0)
			g_clear_pointer(&path, g_free);
	}
	if (!path)
		path = g_strdup(BULKHEAD_LIBEXECDIR "/bulkhead-vmms");
	g_free(folder);
	g_free(self);
	return path;
}

static gboolean answers(void)
{
	struct vmc_connection *connection = vmc_connect(NULL, NULL);

	vmc_disconnect(connection);
	return connection != NULL;
}

/* Between fork and exec: a session of its own, and nothing of our terminal. */
static void on_child(gpointer log)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log ? GPOINTER_TO_INT(log) : null, STDERR_FILENO);
}

static char *runtime_folder(void)
{
	const char *runtime = g_getenv("BULKHEAD_RUNTIME");

	return runtime ? g_strdup(runtime) : g_build_filename(g_get_user_runtime_dir(), "bulkhead", NULL);
}

static int open_log(void)
{
	char *folder = runtime_folder();
	char *path = g_build_filename(folder, "vmms.log", NULL);
	int fd;

	g_mkdir_with_parents(folder, 0700);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	g_free(path);
	g_free(folder);
	return fd;
}

static gboolean spawn(GError **error)
{
	char *program = find_program();
	char *argv[] = { program, NULL };
	GError *local = NULL;
	int log = open_log();
	gboolean is_good = g_spawn_async(NULL, argv, NULL, G_SPAWN_DEFAULT, on_child,
					 log > 0 ? GINT_TO_POINTER(log) : NULL, NULL, &local);

	if (log >= 0)
		close(log);
	if (!is_good) {
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: cannot be started: %s; install all of Bulkhead", program, local->message);
		g_error_free(local);
	}
	g_free(program);
	return is_good;
}

char *vmc_service_start_plan(void)
{
	char *program, *folder, *text;

	if (answers())
		return NULL;
	program = find_program();
	folder = runtime_folder();
	text = g_strdup_printf("%s is started, with its socket in %s", program, folder);
	g_free(program);
	g_free(folder);
	return text;
}

gboolean vmc_service_start(GError **error)
{
	if (answers())
		return TRUE;
	if (!spawn(error))
		return FALSE;
	for (unsigned i = 0; i < WAIT_MS / STEP_MS; i++) {
		if (answers())
			return TRUE;
		g_usleep(STEP_MS * 1000);
	}
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "the management service does not answer; see vmms.log in its runtime folder");
	return FALSE;
}
