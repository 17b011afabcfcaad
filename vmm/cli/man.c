/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The man page, from the table of verbs. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"

#include <stdio.h>
#include <string.h>

/* For roff: no line begins with a dot or an apostrophe, "-" and "\" are what they look like. */
static void print_text(const char *text)
{
	gboolean is_start = TRUE;

	for (; *text; text++) {
		if (is_start && (*text == '.' || *text == '\''))
			printf("\\&");
		if (*text == '-')
			printf("\\-");
		else if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
		is_start = *text == '\n';
	}
}

static void print_options(const struct option *options)
{
	for (; options && options->name; options++) {
		printf(".TP\n.B ");
		print_text("--");
		print_text(options->name);
		if (options->value) {
			printf(" ");
			print_text(options->value);
		}
		printf("\n");
		print_text(options->help);
		printf("%s\n", options->is_repeated ? " (may be given again)" : "");
	}
}

static void print_verb(const struct verb *verb)
{
	printf(".SS \"bulkhead %s ", verb->noun);
	print_text(verb->name);
	printf("%s", *verb->operands ? " " : "");
	print_text(verb->operands);
	printf("\"\n");
	print_text(verb->summary);
	printf(".\n");
	if (verb->more) {
		printf(".PP\n.nf\n");
		print_text(verb->more);
		printf("\n.fi\n");
	}
	print_options(verb->options);
	if (verb->is_listing)
		print_options(manage_json_option);
	if (verb->is_change)
		print_options(manage_plan_option);
}

static void print_nouns(void)
{
	printf(".SH NOUNS\n");
	for (guint i = 0; manage_nouns[i].name; i++) {
		printf(".TP\n.B %s\n", manage_nouns[i].name);
		print_text(manage_nouns[i].summary);
		printf("\n");
	}
}

int command_man(int argc, char **argv)
{
	printf(".TH BULKHEAD 1 \"\" \"Bulkhead\" \"User Commands\"\n.SH NAME\nbulkhead \\- virtual machines\n"
	       ".SH SYNOPSIS\n.B bulkhead\nNOUN VERB [NAME] [OPTION...]\n.br\n.B bulkhead run\n[OPTION...]\n"
	       ".SH DESCRIPTION\nVirtual machines are kept and run by a management service: one of each "
	       "user's own,\n"
	       "or one for the whole host.\n.B bulkhead run\nneeds none: its machine is gone afterwards.\n");
	print_nouns();
	printf(".SH COMMANDS\nEach of these takes\n.B \\-\\-host\nand\n.BR \\-\\-help .\n");
	for (gsize i = 0; i < manage_verbs_count; i++)
		print_verb(&manage_verbs[i]);
	printf(".SH OPTIONS\n");
	print_options(manage_common_options);
	printf(
	    ".SH ENVIRONMENT\n.TP\n.B BULKHEAD_RUNTIME\nthe folder of the service's socket, "
	    "$XDG_RUNTIME_DIR/bulkhead otherwise; then the one of the whole host, /run/bulkhead\n"
	    ".TP\n.B BULKHEAD_DATA\nthe folder of a user's own inventory, ~/.local/share/bulkhead otherwise\n"
	    ".TP\n.B BULKHEAD_SSH\nthe program that\n.B \\-\\-host\nstarts instead of ssh\n"
	    ".SH EXIT STATUS\n0: done; 1: it failed; 2: wrong usage; 124: the time of --timeout is over.\n");
	return fflush(stdout) < 0 ? STATUS_FAILED : STATUS_DONE;
}
