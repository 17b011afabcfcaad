/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes from outside of the program: bytes of the terminal, signals. */
#include "app/app_priv.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ESCAPE_MS = 40, READ_BYTES = 65536, STATUS_OF_SIGNAL = 128, SIGNALS = 65 };

static int wake = -1;
static volatile sig_atomic_t pending[SIGNALS];

static gboolean on_escape_time(gpointer opaque);

/* --- the terminal ------------------------------------------------------------------------------------ */

static void decode(struct tui_app *app, gboolean is_final)
{
	gsize used = 0;

	while (used < app->input->len && !app->is_suspended) {
		struct tui_event event;
		gsize n = tui_keys_decode(app->input->data + used, app->input->len - used, is_final, &event);

		if (n == 0)
			break;
		used += n;
		if (event.kind != TUI_NOTHING)
			app_event(app, &event);
	}
	g_byte_array_remove_range(app->input, 0, (guint)MIN(used, app->input->len));
	g_clear_handle_id(&app->escape_timer, g_source_remove);
	if (app->input->len && !is_final)
		app->escape_timer = g_timeout_add(ESCAPE_MS, on_escape_time, app);
}

static gboolean on_escape_time(gpointer opaque)
{
	struct tui_app *app = opaque;

	app->escape_timer = 0;
	decode(app, TRUE);
	return G_SOURCE_REMOVE;
}

static gboolean on_input(int fd, GIOCondition condition, gpointer opaque)
{
	struct tui_app *app = opaque;
	guint8 *bytes = g_malloc(READ_BYTES);
	ssize_t n = read(fd, bytes, READ_BYTES);

	if (n > 0) {
		g_byte_array_append(app->input, bytes, (guint)n);
		decode(app, FALSE);
	}
	g_free(bytes);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return G_SOURCE_CONTINUE;
	tui_quit(app, STATUS_OF_SIGNAL + SIGHUP); /* the terminal is gone */
	return G_SOURCE_REMOVE;
}

static void on_terminal_idle(gpointer opaque)
{
	tui_changed(opaque);
}

/* --- signals ----------------------------------------------------------------------------------------- */

static void on_signal(int number)
{
	int saved = errno;

	pending[number] = 1;
	if (write(wake, &(guint64){ 1 }, sizeof(guint64)) < 0) {
		/* it is full, so somebody will look anyway */
	}
	errno = saved;
}

static void catch (int number)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	sigaction(number, &action, NULL);
}

/* Gives the terminal back, stops, and takes it again when somebody says SIGCONT. */
void loop_suspend(struct tui_app *app)
{
	app->is_suspended = TRUE;
	tui_terminal_leave(app->terminal);
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	/* Here again after SIGCONT. */
	catch (SIGTSTP);
	tui_terminal_enter(app->terminal);
	app->is_suspended = FALSE;
	tui_redraw(app);
}

static void handle(struct tui_app *app, int number)
{
	if (number == SIGWINCH)
		tui_redraw(app);
	else if (number == SIGTSTP)
		loop_suspend(app);
	else if (number == SIGCONT)
		tui_redraw(app);
	else
		tui_quit(app, STATUS_OF_SIGNAL + number);
}

static gboolean on_wake(int fd, GIOCondition condition, gpointer opaque)
{
	guint64 count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return G_SOURCE_REMOVE;
	for (int i = 1; i < SIGNALS; i++)
		if (pending[i]) {
			pending[i] = 0;
			handle(opaque, i);
		}
	return G_SOURCE_CONTINUE;
}

void loop_begin(struct tui_app *app)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH };

	wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	for (guint i = 0; i < G_N_ELEMENTS(caught); i++)
		catch (caught[i]);
	g_unix_fd_add(wake, G_IO_IN, on_wake, app);
	g_unix_fd_add(tui_terminal_fd(app->terminal), G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, app);
	tui_terminal_on_idle(app->terminal, on_terminal_idle, app);
	tui_terminal_enter(app->terminal);
}

void loop_end(struct tui_app *app)
{
	g_clear_handle_id(&app->escape_timer, g_source_remove);
	tui_terminal_leave(app->terminal);
}
