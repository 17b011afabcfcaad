/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-vmms: the management service. */
#include "service/message_log.h"
#include "service/service.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean is_system, prints_version;
static char *data_folder, *runtime_folder;

static const GOptionEntry options[] = {
	{ "system", 0, 0, G_OPTION_ARG_NONE, &is_system, "serve the whole host (default: one user)", NULL },
	{ "data", 0, 0, G_OPTION_ARG_FILENAME, &data_folder, "where the inventory is", "FOLDER" },
	{ "runtime", 0, 0, G_OPTION_ARG_FILENAME, &runtime_folder, "where the socket is", "FOLDER" },
	{ "version", 0, 0, G_OPTION_ARG_NONE, &prints_version, "print the version", NULL },
	{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
};

static gboolean parse_options(int *argc, char ***argv)
{
	GOptionContext *context = g_option_context_new(NULL);
	GError *error = NULL;
	gboolean is_good;

	g_option_context_set_summary(
	    context, "The management service of Bulkhead: keeps virtual machines and runs them.");
	g_option_context_add_main_entries(context, options, NULL);
	is_good = g_option_context_parse(context, argc, argv, &error);
	g_option_context_free(context);
	if (is_good && *argc > 1)
		g_printerr("bulkhead-vmms: %s: there is no such argument; see `bulkhead-vmms --help`\n",
			   (*argv)[1]);
	if (!is_good) {
		g_printerr("bulkhead-vmms: %s; see `bulkhead-vmms --help`\n", error->message);
		g_error_free(error);
	}
	return is_good && *argc <= 1;
}

/* The same places as the client looks in: see api/api.h. */
static void choose_folders(void)
{
	const char *data = g_getenv("BULKHEAD_DATA"), *runtime = g_getenv("BULKHEAD_RUNTIME");

	if (!data_folder)
		data_folder = is_system ? g_strdup("/var/lib/bulkhead")
			      : data	? g_strdup(data)
					: g_build_filename(g_get_user_data_dir(), "bulkhead", NULL);
	if (!runtime_folder)
		runtime_folder = is_system ? g_strdup("/run/bulkhead")
				 : runtime ? g_strdup(runtime)
					   : g_build_filename(g_get_user_runtime_dir(), "bulkhead", NULL);
}

static gboolean on_signal(gpointer opaque)
{
	g_main_loop_quit(((struct service *)opaque)->loop);
	return G_SOURCE_CONTINUE;
}

static int serve(void)
{
	GError *error = NULL;
	struct service *service = service_new(is_system, data_folder, runtime_folder, &error);

	if (!service) {
		g_printerr("bulkhead-vmms: %s\n", error->message);
		g_error_free(error);
		return 1;
	}
	g_unix_signal_add(SIGTERM, on_signal, service);
	g_unix_signal_add(SIGINT, on_signal, service);
	service_run(service);
	service_free(service);
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (!parse_options(&argc, &argv))
		return 2;
	if (prints_version) {
		printf("bulkhead-vmms %s\n", BULKHEAD_VERSION);
		return fflush(stdout) < 0;
	}
	message_log_limit();
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	choose_folders();
	status = serve();
	g_free(data_folder);
	g_free(runtime_folder);
	return status;
}
