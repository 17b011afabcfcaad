/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `bulkhead vm view`: a machine's screen in a VNC viewer of this desktop, through a socket that only this
 * user can reach; and who else looks.
 */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "cli/view_socket.h"
#include "client/bridge.h"
#include "client/viewer.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct view {
	struct invocation *invocation;
	struct view_socket socket;
	GMainLoop *loop;
	GSubprocess *program;
	gboolean is_view_only;
	int status;
};

/* --- a viewer that connects -------------------------------------------------------------------------- */

struct pipe {
	int viewer, screen;
};

static gpointer copy(gpointer opaque)
{
	struct pipe *pipe = opaque;

	vmc_copy_both(pipe->viewer, pipe->screen, pipe->screen, pipe->viewer);
	close(pipe->viewer);
	close(pipe->screen);
	g_free(pipe);
	return NULL;
}

static gboolean on_connection(int listener, GIOCondition condition, gpointer opaque)
{
	struct view *view = opaque;
	GError *error = NULL;
	struct pipe pipe;

	pipe.viewer = view_socket_accept(&view->socket);
	if (pipe.viewer < 0)
		return G_SOURCE_CONTINUE;
	pipe.screen = vmc_viewer_open(view->invocation->connection, view->invocation->operands[0],
				      view->is_view_only, NULL, &error);
	if (pipe.screen >= 0) {
		g_thread_unref(g_thread_new("viewer", copy, g_memdup2(&pipe, sizeof(pipe))));
		return G_SOURCE_CONTINUE;
	}
	view->status = manage_fail(error);
	close(pipe.viewer);
	g_main_loop_quit(view->loop);
	return G_SOURCE_REMOVE;
}

/* --- the program of the desktop ---------------------------------------------------------------------- */

/* How each is told where: a unix socket, HOST::PORT, HOST:PORT-5900, a URL; our own window knows the machine. */
enum address { BY_PATH, BY_PORT, BY_DISPLAY, BY_URL, BY_NAME };

static const struct program {
	const char *name;
	enum address address;
	const char *option; /* before the address */
} programs[] = {
	{ "xtigervncviewer", BY_PATH, NULL },
	{ "vncviewer", BY_PORT, NULL },
	{ "xtightvncviewer", BY_PORT, NULL },
	{ "gvncviewer", BY_DISPLAY, NULL },
	{ "remmina", BY_URL, "-c" },
	{ "vinagre", BY_PORT, NULL },
	{ "bulkhead-gtk", BY_NAME, "--connect" },
};

/* The first on PATH, or the one that is wanted. TigerVNC, under whichever name, knows unix sockets. */
static gboolean find_program(const struct view *view, const char *wanted, struct program *ret_program,
			     char **ret_path)
{
	/* Our window shows this host's machines, with keyboard and mouse. */
	gboolean is_ours_enough = !view->is_view_only && !view->invocation->host;

	for (unsigned i = 0; i < G_N_ELEMENTS(programs); i++) {
		char *path = NULL, *real = NULL;

		if (programs[i].address == BY_NAME && !is_ours_enough)
			continue;
		if (!wanted || strcmp(wanted, programs[i].name) == 0)
			path = g_find_program_in_path(programs[i].name);
		if (!path)
			continue;
		*ret_program = programs[i];
		real = realpath(path, NULL);
		if (real && strstr(real, "tigervnc"))
			ret_program->address = BY_PATH;
		free(real);
		*ret_path = path;
		return TRUE;
	}
	return FALSE;
}

static char *address_for(const struct view *view, enum address address)
{
	const struct view_socket *socket = &view->socket;

	switch (address) {
	case BY_NAME: return g_strdup(view->invocation->operands[0]);
	case BY_PATH: return g_strdup(socket->path);
	case BY_PORT: return g_strdup_printf("127.0.0.1::%u", socket->port);
	case BY_DISPLAY: return g_strdup_printf("127.0.0.1:%d", (int)socket->port - 5900);
	default: return g_strdup_printf("vnc://127.0.0.1:%u", socket->port);
	}
}

static void on_program_gone(GObject *program, GAsyncResult *result, gpointer opaque)
{
	struct view *view = opaque;

	g_subprocess_wait_finish(G_SUBPROCESS(program), result, NULL);
	if (!g_subprocess_get_successful(G_SUBPROCESS(program)) && view->status == STATUS_DONE)
		view->status = STATUS_FAILED; /* it has said why */
	g_main_loop_quit(view->loop);
}

static gboolean start_program(struct view *view, const struct program *program, const char *path)
{
	char *address = address_for(view, program->address);
	const char *argv[4] = { path };
	GError *error = NULL;
	unsigned count = 1;

	if (program->option)
		argv[count++] = program->option;
	argv[count++] = address;
	view->program = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);
	g_free(address);
	if (!view->program) {
		say("%s: this viewer does not start: %s; name another with --with", path, error->message);
		g_error_free(error);
		return FALSE;
	}
	g_subprocess_wait_async(view->program, NULL, on_program_gone, view);
	return TRUE;
}

/* --- running ----------------------------------------------------------------------------------------- */

static gboolean on_signal(gpointer opaque)
{
	g_main_loop_quit(((struct view *)opaque)->loop);
	return G_SOURCE_CONTINUE;
}

static void run(struct view *view)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	guint sources[G_N_ELEMENTS(signals) + 1];

	for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++)
		sources[i] = g_unix_signal_add(signals[i], on_signal, view);
	sources[G_N_ELEMENTS(signals)] =
	    view->socket.fd < 0 ? 0 : g_unix_fd_add(view->socket.fd, G_IO_IN, on_connection, view);
	g_main_loop_run(view->loop);
	for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++)
		if (sources[i] && g_main_context_find_source_by_id(NULL, sources[i]))
			g_source_remove(sources[i]);
	if (view->program)
		g_subprocess_send_signal(view->program, SIGTERM); /* nothing, when it is gone */
}

/* FALSE: said. It opens and closes a viewer, so that what is wrong is said before a window opens. */
static gboolean check_machine(struct view *view)
{
	GError *error = NULL;
	int fd = vmc_viewer_open(view->invocation->connection, view->invocation->operands[0],
				 view->is_view_only, NULL, &error);

	if (fd < 0)
		view->status = manage_fail(error);
	else
		close(fd);
	return fd >= 0;
}

static int show(struct view *view, gboolean is_socket_only, const char *wanted)
{
	struct program program = { .address = BY_PATH };
	char *path = NULL;

	if (!is_socket_only && !g_getenv("DISPLAY") && !g_getenv("WAYLAND_DISPLAY")) {
		say("vm view: there is no desktop here; with --socket it gives a socket for a viewer "
		    "elsewhere");
		return STATUS_FAILED;
	}
	if (!is_socket_only && !find_program(view, wanted, &program, &path)) {
		say("vm view: %s is not on this computer; install tigervnc-viewer, or use --socket",
		    wanted ? wanted : "a VNC viewer");
		return STATUS_FAILED;
	}
	if (view->invocation->wants_plan) {
		printf("%s: its screen is opened %s%s\n", view->invocation->operands[0],
		       is_socket_only ? "at a socket" : "by ", is_socket_only ? "" : path);
		g_free(path);
		return STATUS_DONE;
	}
	if (!check_machine(view)) {
		g_free(path);
		return view->status;
	}
	if (program.address != BY_NAME && !view_socket_open(&view->socket, program.address == BY_PATH)) {
		g_free(path);
		return STATUS_FAILED;
	}
	view->loop = g_main_loop_new(NULL, FALSE);
	if (is_socket_only) {
		printf("%s\n", view->socket.path);
		fflush(stdout);
	}
	if (is_socket_only || start_program(view, &program, path))
		run(view);
	else
		view->status = STATUS_FAILED;
	g_clear_object(&view->program);
	g_main_loop_unref(view->loop);
	view_socket_close(&view->socket);
	g_free(path);
	return view->status;
}

/* --- who looks --------------------------------------------------------------------------------------- */

static GVariant *call(struct invocation *invocation, const char *method, GVariant *parameters)
{
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);
	GVariant *result = NULL;

	if (path)
		result = manage_call(invocation, path, API_DISPLAY_INTERFACE, method, parameters);
	else
		invocation->failure = manage_fail(error);
	if (!path && parameters)
		g_variant_unref(g_variant_ref_sink(parameters));
	g_free(path);
	return result;
}

static int list(struct invocation *invocation)
{
	static const char *const headings[] = { "ID", "USER", "FROM", "ONLY LOOKS", NULL };
	static const char *const names[] = { "id", "user", "address", "view-only", NULL };
	GVariant *result = call(invocation, "ListViewers", NULL);

	return result ? manage_print_dicts(invocation, result, headings, names) : invocation->failure;
}

static int disconnect(struct invocation *invocation, const char *text)
{
	GVariant *result;
	guint64 id;

	if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &id, NULL)) {
		say("--disconnect %s: give a viewer's number; --list shows them", text);
		return STATUS_USAGE;
	}
	result = call(invocation, "Disconnect",
		      g_variant_new("(u@a{sv})", (guint)id, vmc_options(invocation->wants_plan)));
	return result ? manage_print_steps(invocation, result) : invocation->failure;
}

int vm_view(struct invocation *invocation)
{
	struct view view = { .invocation = invocation,
			     .socket.fd = -1,
			     .is_view_only = invocation_has(invocation, "view-only") };
	const char *id = invocation_option(invocation, "disconnect");

	if (invocation_has(invocation, "list"))
		return list(invocation);
	if (id)
		return disconnect(invocation, id);
	return show(&view, invocation_has(invocation, "socket"), invocation_option(invocation, "with"));
}
