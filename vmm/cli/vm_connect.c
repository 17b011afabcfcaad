/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm connect`: the serial console on this terminal; `bulkhead stream` and `bridge`: the far ends of
 * ssh. */
#include "cli/console.h"
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/manage_remote.h"
#include "cli/message.h"
#include "cli/terminal.h"
#include "client/bridge.h"
#include "client/stream.h"
#include "client/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { HISTORY = 16384, FLUSH_MS = 500 };

static int catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < G_N_ELEMENTS(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* 0: go on. */
static int on_signal(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	return STATUS_SIGNAL + (int)info.ssi_signo;
}

static int loop(struct console *console, int signals)
{
	int status = 0;

	while (!console_is_done(console) && !status) {
		struct pollfd polls[CONSOLE_POLLS + 1];
		enum console_event event;

		console_prepare(console, polls);
		polls[CONSOLE_POLLS] = (struct pollfd){ .fd = signals, .events = POLLIN };
		if (poll(polls, CONSOLE_POLLS + 1, -1) < 0 && errno != EINTR)
			return STATUS_FAILED;
		event = console_handle(console, polls);
		if (event == CONSOLE_LEAVE)
			return STATUS_DONE; /* the machine runs on */
		if (event != CONSOLE_NOTHING)
			return STATUS_FAILED;
		if (polls[CONSOLE_POLLS].revents)
			status = on_signal(signals);
	}
	return status;
}

gboolean vm_com_parse(struct invocation *invocation, guint *ret_port)
{
	const char *text = invocation_option(invocation, "com");

	if (text && strcmp(text, "1") != 0 && strcmp(text, "2") != 0) {
		say("--com %s: there are COM 1 and COM 2; give 1 or 2", text);
		return FALSE;
	}
	*ret_port = text && *text == '2' ? 2 : 1;
	return TRUE;
}

int vm_connect(struct invocation *invocation)
{
	gboolean looks = invocation_has(invocation, "look"),
		 takes_over = invocation_has(invocation, "take-over");
	struct vmc_stream stream;
	struct console console;
	GError *error = NULL;
	int status, signals;
	guint port;

	if (invocation->host)
		return manage_run_there(invocation, -1);
	if (!vm_com_parse(invocation, &port))
		return STATUS_USAGE;
	if (!vmc_stream_open_port(invocation->connection, invocation->operands[0], port,
				  looks	       ? "look"
				  : takes_over ? "take-over"
					       : "write",
				  HISTORY, &stream, &error))
		return manage_fail(error);
	fcntl(stream.input, F_SETFL, O_NONBLOCK);
	signals = catch_signals();
	if (isatty(STDIN_FILENO))
		say("connected to %s; Ctrl-A X leaves it running, Ctrl-A H lists the keys",
		    invocation->operands[0]);
	console_init(&console, stream.input);
	console.is_left_running = true;
	status = loop(&console, signals);
	console_flush(&console, FLUSH_MS);
	console_deinit(&console);
	vmc_stream_close(&stream);
	return status;
}

/* stream NAME MODE HISTORY [PORT]: for vmc_stream_open() and vmc_viewer_open() through ssh. */
int command_stream(int argc, char **argv)
{
	struct vmc_connection *connection;
	struct vmc_stream stream;
	GError *error = NULL;

	if (argc != 4 && argc != 5) {
		say("stream: this is for `bulkhead --host`; use `bulkhead vm connect`");
		return STATUS_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	connection = vmc_connect(NULL, &error);
	if (!connection)
		return manage_fail(error);
	if (g_str_has_prefix(argv[2], "screen")) {
		stream = (struct vmc_stream){ .input = -1 };
		stream.input = stream.output =
		    vmc_viewer_open(connection, argv[1], strcmp(argv[2], "screen-look") == 0, NULL, &error);
		if (error) {
			vmc_disconnect(connection);
			return manage_fail(error);
		}
	} else if (!vmc_stream_open_port(connection, argv[1],
					 argc == 5 ? (guint)g_ascii_strtoull(argv[4], NULL, 10) : 1, argv[2],
					 g_ascii_strtoull(argv[3], NULL, 10), &stream, &error)) {
		vmc_disconnect(connection);
		return manage_fail(error);
	}
	vmc_copy_both(STDIN_FILENO, stream.output, stream.input, STDOUT_FILENO);
	vmc_stream_close(&stream);
	vmc_disconnect(connection);
	return STATUS_DONE;
}

int command_bridge(int argc, char **argv)
{
	GError *error = NULL;

	signal(SIGPIPE, SIG_IGN);
	return vmc_bridge_run(&error) ? STATUS_DONE : manage_fail(error);
}
