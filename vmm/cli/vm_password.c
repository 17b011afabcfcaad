/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm password`: what viewers by TCP must know. It is never an argument, which others could see. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 256 };

static gboolean read_line(const char *prompt, char line[LINE_MAX_BYTES])
{
	struct termios before, quiet;
	gboolean is_terminal = tcgetattr(STDIN_FILENO, &before) == 0, is_good;

	if (is_terminal) {
		fprintf(stderr, "%s", prompt);
		quiet = before;
		quiet.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	is_good = fgets(line, LINE_MAX_BYTES, stdin) != NULL;
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fprintf(stderr, "\n");
	}
	if (is_good)
		line[strcspn(line, "\r\n")] = '\0';
	return is_good;
}

/* FALSE: said. */
static gboolean read_password(char password[LINE_MAX_BYTES])
{
	char again[LINE_MAX_BYTES];
	gboolean is_same;

	if (!read_line("New password: ", password) || !*password) {
		say("vm password: no password came; type one, or take it away with --remove");
		return FALSE;
	}
	if (!isatty(STDIN_FILENO))
		return TRUE;
	is_same = read_line("Once more: ", again) && strcmp(password, again) == 0;
	explicit_bzero(again, sizeof(again));
	if (!is_same)
		say("vm password: the two are not the same; nothing was changed");
	return is_same;
}

int vm_password(struct invocation *invocation)
{
	gboolean is_view_only = invocation_has(invocation, "view-only");
	char password[LINE_MAX_BYTES] = "", *path;
	GError *error = NULL;
	GVariant *result;

	path = vmc_find_vm(invocation->connection, invocation->operands[0], &error);
	if (!path)
		return manage_fail(error);
	if (!invocation_has(invocation, "remove") && !read_password(password)) {
		g_free(path);
		return STATUS_FAILED;
	}
	result = manage_call(
	    invocation, path, API_DISPLAY_INTERFACE, "SetPassword",
	    g_variant_new("(bs@a{sv})", is_view_only, password, vmc_options(invocation->wants_plan)));
	explicit_bzero(password, sizeof(password));
	g_free(path);
	return result ? manage_print_steps(invocation, result) : invocation->failure;
}
