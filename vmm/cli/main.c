/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead: the command line. One table of commands; each has a file of its own. */
#include "cli/closest.h"
#include "cli/exit_status.h"
#include "cli/message.h"
#include "cli/run.h"
#include "cli/start_console.h"
#ifdef BULKHEAD_HAS_CLIENT
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#endif

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *summary; /* NULL: not for people */
} commands[] = {
	{ "run", command_run, "a machine that is gone afterwards, with its serial console on this terminal" },
#ifdef BULKHEAD_HAS_CLIENT
	{ "why", command_why, "why a virtual machine is in its state, and what to do: bulkhead why NAME" },
	{ "completion", command_completion,
	  "completion of the shell: source <(bulkhead completion bash|zsh|fish)" },
	{ "man", command_man, "the man page: bulkhead man | man -l -" },
	{ "bridge", command_bridge, NULL },
	{ "stream", command_stream, NULL },
	{ "receive", command_receive, NULL },
#endif
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

#ifdef BULKHEAD_HAS_CLIENT
static bool is_noun(const char *name)
{
	for (unsigned i = 0; manage_nouns[i].name; i++)
		if (strcmp(manage_nouns[i].name, name) == 0)
			return true;
	return false;
}

static void offer_nouns(struct closest *closest)
{
	for (unsigned i = 0; manage_nouns[i].name; i++)
		closest_offer(closest, manage_nouns[i].name);
}

static void print_nouns(void)
{
	for (unsigned i = 0; manage_nouns[i].name; i++)
		printf("  %-11s %s\n", manage_nouns[i].name, manage_nouns[i].summary);
	printf("\nA first machine of your own:\n"
	       "  bulkhead host start-service\n"
	       "  bulkhead vm create web --memory 2G --disk new:40G --cdrom debian.iso\n"
	       "  bulkhead vm start web\n"
	       "  bulkhead vm screenshot web screen.png\n\n"
	       "On another computer: bulkhead vm list --host USER@HOST\n");
}
#else
static bool is_noun(const char *name)
{
	return false;
}

static int command_manage(int argc, char **argv)
{
	return STATUS_FAILED;
}

static void offer_nouns(struct closest *closest)
{
}

static void print_nouns(void)
{
}
#endif

static int print_help(void)
{
	printf("Usage: bulkhead NOUN VERB [NAME] [OPTION...]\n       bulkhead run [OPTION...]\n\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			printf("  %-11s %s\n", commands[i].name, commands[i].summary);
	print_nouns();
	printf("\n`bulkhead NOUN --help` lists its verbs, `bulkhead NOUN VERB --help` tells about one; "
	       "`bulkhead "
	       "--version`.\n");
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

static void refuse(const char *word)
{
	struct closest closest = { .word = word };

	for (unsigned i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			closest_offer(&closest, commands[i].name);
	offer_nouns(&closest);
	if (closest.best)
		say("%s: there is no such command; did you mean `bulkhead %s`? See `bulkhead --help`", word,
		    closest.best);
	else
		say("%s: there is no such command; see `bulkhead --help`", *word ? word : "\"\"");
}

static int run(int argc, char **argv)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].function(argc, argv);
	if (is_noun(argv[0]))
		return command_manage(argc, argv);
	refuse(argv[0]);
	return STATUS_USAGE;
}

/* `bulkhead help vm start` is `bulkhead vm start --help`. */
static int help_about(int argc, char **argv)
{
	char help[] = "--help",
	     *words[] = { argc > 0 ? argv[0] : NULL, argc > 1 ? argv[1] : help, help, NULL };

	if (argc == 0)
		return print_help();
	for (unsigned i = 0; i < COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			words[1] = help;
	words[2] = words[1] == help ? NULL : help;
	return run(words[2] ? 3 : 2, words);
}

int main(int argc, char **argv)
{
	if (!open_standard_descriptors())
		return STATUS_FAILED;
	if (argc < 2) {
		start_console();
		say("there is no command; see `bulkhead --help`");
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0)
		return print_version();
	if (strcmp(argv[1], "help") == 0)
		return help_about(argc - 2, argv + 2);
	return run(argc - 1, argv + 1);
}
