/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead: the command line. One table of commands; each has a file of its own. */
#include "cli/exit_status.h"
#include "cli/message.h"
#include "cli/run.h"
#ifdef BULKHEAD_HAS_CLIENT
#include "cli/manage.h"
#endif

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", command_run, "run a machine from a kernel file, with its console on this terminal" },
#ifdef BULKHEAD_HAS_CLIENT
	{ "vm", command_manage, "virtual machines: create, start, connect, change, delete" },
	{ "disk", command_manage, "disk images: create, convert, inspect, compact, resize, merge, check" },
	{ "admin", command_manage, "who may do what, and why" },
	{ "event", command_manage, "what happened, and who did it" },
	{ "job", command_manage, "long work under way" },
	{ "host", command_manage, "this host and its management service" },
	{ "why", command_why, "why a virtual machine is in its state, and what to do" },
	{ "completion", command_completion, "completion for bash: source <(bulkhead completion)" },
	{ "man", command_man, "the man page: bulkhead man | man -l -" },
	{ "bridge", command_bridge, "(the far end of --host)" },
	{ "stream", command_stream, "(the far end of --host)" },
#endif
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int print_help(void)
{
	printf("Usage: bulkhead COMMAND [OPTION...]\n\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\n`bulkhead COMMAND --help` tells about a command; `bulkhead --version` the version.\n");
	return fflush(stdout) < 0 ? STATUS_FAILED : STATUS_DONE;
}

static int print_version(void)
{
	printf("bulkhead %s\n", BULKHEAD_VERSION);
	return fflush(stdout) < 0 ? STATUS_FAILED : STATUS_DONE;
}

/* A descriptor that we open must not become standard output by chance. */
static bool open_standard_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (!open_standard_descriptors())
		return STATUS_FAILED;
	if (argc < 2) {
		say("there is no command; see `bulkhead --help`");
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0)
		return print_version();
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].function(argc - 1, argv + 1);
	say("%s: there is no such command; see `bulkhead --help`", argv[1]);
	return STATUS_USAGE;
}
