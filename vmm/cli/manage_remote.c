/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/manage_remote.h"
#include "cli/manage.h"
#include "cli/message.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void add(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_strdup(word));
}

/* The shell over there reads the words once more. */
static void add_quoted(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_shell_quote(word));
}

static char **command_of(const struct invocation *invocation)
{
	GPtrArray *words = g_ptr_array_new();
	const char *ssh = g_getenv("BULKHEAD_SSH");

	add(words, ssh ? ssh : "ssh");
	add(words, invocation->verb->needs_terminal && isatty(STDIN_FILENO) ? "-t" : "-T");
	add(words, "--");
	add(words, invocation->host);
	add(words, "bulkhead");
	add(words, invocation->verb->noun);
	add(words, invocation->verb->name);
	for (guint i = 0; i < invocation->option_count; i++) {
		char *option = g_strdup_printf(*invocation->options[i].value ? "--%s=%s" : "--%s",
					       invocation->options[i].name, invocation->options[i].value);

		add_quoted(words, option);
		g_free(option);
	}
	if (invocation->wants_plan)
		add(words, "--plan");
	add(words, "--");
	for (guint i = 0; i < invocation->operand_count; i++)
		add_quoted(words, invocation->operands[i]);
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}

int manage_run_there(const struct invocation *invocation, int output)
{
	char **command = command_of(invocation);
	pid_t pid = fork();
	int status = STATUS_FAILED;

	if (pid == 0) {
		if (output >= 0)
			dup2(output, STDOUT_FILENO);
		execvp(command[0], command);
		say("%s: cannot be started: %s; install the package openssh-client", command[0],
		    strerror(errno));
		_exit(STATUS_FAILED);
	}
	if (pid < 0)
		say("ssh: cannot be started: %s; end other programs", strerror(errno));
	else
		status = wait_for(pid);
	g_strfreev(command);
	return status;
}
