/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for bash, zsh and fish, from the table of verbs. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

/* Those of main.c that are for people. */
static const char other_commands[] = "run why completion man";

typedef void (*option_fn)(const struct verb *verb, const struct option *option);

static void each_of(const struct verb *verb, const struct option *options, option_fn fn)
{
	for (; options && options->name; options++)
		fn(verb, options);
}

static void each_option(const struct verb *verb, option_fn fn)
{
	each_of(verb, verb->options, fn);
	if (verb->is_listing)
		each_of(verb, manage_json_option, fn);
	if (verb->is_change)
		each_of(verb, manage_plan_option, fn);
	each_of(verb, manage_common_options, fn);
}

/* Within single quotes; with `escapes` those characters get a backslash too. */
static void print_quoted(const char *text, const char *escapes)
{
	for (; *text; text++)
		if (*text == '\'')
			printf("'\\''");
		else if (strchr(escapes, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
}

/* The first operand is the name of a machine. */
static gboolean takes_machine(const struct verb *verb)
{
	return g_str_has_prefix(verb->operands, "NAME") &&
	       (strcmp(verb->noun, "vm") == 0 || strcmp(verb->noun, "checkpoint") == 0) &&
	       (strcmp(verb->noun, "checkpoint") == 0 || strcmp(verb->name, "create") != 0) &&
	       strcmp(verb->name, "undelete") != 0;
}

static void print_verbs_of(const char *noun)
{
	for (gsize i = 0; i < manage_verbs_count; i++)
		if (strcmp(manage_verbs[i].noun, noun) == 0)
			printf(" %s", manage_verbs[i].name);
}

/* --- bash ------------------------------------------------------------------------------------------ */

static void print_bash_option(const struct verb *verb, const struct option *option)
{
	printf(" --%s", option->name);
}

static void print_bash_choices(const struct verb *verb, const struct option *option)
{
	if (option->choices)
		printf("\t\"%s %s --%s\") words=\"%s\"; files=0 ;;\n", verb->noun, verb->name, option->name,
		       option->choices);
}

static void print_bash(void)
{
	printf("# bash completion of bulkhead: source <(bulkhead completion bash)\n"
	       "_bulkhead() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
	       "words= files=1\n"
	       "\tCOMPREPLY=()\n\tcase $COMP_CWORD in\n\t1) words=\"%s",
	       other_commands);
	for (guint i = 0; manage_nouns[i].name; i++)
		printf(" %s", manage_nouns[i].name);
	printf("\"; files=0 ;;\n\t2) files=0; case ${COMP_WORDS[1]} in\n");
	for (guint i = 0; manage_nouns[i].name; i++) {
		printf("\t\t%s) words=\"", manage_nouns[i].name);
		print_verbs_of(manage_nouns[i].name);
		printf("\" ;;\n");
	}
	printf("\t\twhy) words=\"$(bulkhead vm list --names 2>/dev/null)\" ;;\n"
	       "\t\tcompletion) words=\"bash zsh fish\" ;;\n\t\tesac ;;\n"
	       "\t*) case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
	for (gsize i = 0; i < manage_verbs_count; i++) {
		printf("\t\t\"%s %s\") words=\"", manage_verbs[i].noun, manage_verbs[i].name);
		each_option(&manage_verbs[i], print_bash_option);
		if (takes_machine(&manage_verbs[i]))
			printf(
			    "\"\n\t\t\t[ \"$COMP_CWORD\" = 3 ] && words=\"$words $(bulkhead vm list --names "
			    "2>/dev/null)\"; files=0 ;;\n");
		else
			printf("\" ;;\n");
	}
	printf("\t\tesac ;;\n\tesac\n\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]-} $previous\" in\n");
	for (gsize i = 0; i < manage_verbs_count; i++)
		each_option(&manage_verbs[i], print_bash_choices);
	printf(
	    "\t*\" --vm\") words=\"$(bulkhead vm list --names 2>/dev/null)\" ;;\n"
	    "\t*\" --disk\" | *\" --cdrom\" | *\" --kernel\" | *\" --initrd\") words=; files=1 ;;\n\tesac\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	    "\t[ ${#COMPREPLY[@]} -gt 0 ] || [ $files = 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\n"
	    "complete -o filenames -F _bulkhead bulkhead\n");
}

/* --- zsh ------------------------------------------------------------------------------------------- */

static void print_zsh_option(const struct verb *verb, const struct option *option)
{
	printf(" \\\n\t\t\t'%s--%s%s[", option->is_repeated ? "*" : "", option->name,
	       option->value ? "=" : "");
	print_quoted(option->help, "[]:\\");
	printf("]");
	if (option->value) {
		printf(":");
		print_quoted(option->value, ":\\");
		if (option->choices)
			printf(":(%s)", option->choices);
		else
			printf(":%s", strstr(option->value, "FILE") || strstr(option->value, "DISK")
					  ? "_files"
					  : " ");
	}
	printf("'");
}

static void print_zsh_description(const char *name, const char *text)
{
	printf(" '%s:", name);
	print_quoted(text, "\\");
	printf("'");
}

static void print_zsh(void)
{
	printf("#compdef bulkhead\n# zsh completion of bulkhead: source <(bulkhead completion zsh)\n"
	       "_bulkhead_machines() { local -a names; names=(${(f)\"$(bulkhead vm list --names "
	       "2>/dev/null)\"}); "
	       "compadd -a names }\n_bulkhead() {\n\tlocal -a list\n\tif (( CURRENT == 2 )); "
	       "then\n\t\tlist=(%s)\n"
	       "\t\tcompadd -a list\n\t\tlist=(",
	       other_commands);
	for (guint i = 0; manage_nouns[i].name; i++)
		print_zsh_description(manage_nouns[i].name, manage_nouns[i].summary);
	printf(" )\n\t\t_describe noun list\n\t\treturn\n\tfi\n\tif (( CURRENT == 3 )); then\n\t\tcase "
	       "$words[2] in\n");
	for (guint i = 0; manage_nouns[i].name; i++) {
		printf("\t\t%s) list=(", manage_nouns[i].name);
		for (gsize v = 0; v < manage_verbs_count; v++)
			if (strcmp(manage_verbs[v].noun, manage_nouns[i].name) == 0)
				print_zsh_description(manage_verbs[v].name, manage_verbs[v].summary);
		printf(" ) ;;\n");
	}
	printf("\t\twhy) _bulkhead_machines; return ;;\n\t\tcompletion) list=(bash zsh fish) ;;\n\t\tesac\n"
	       "\t\t_describe verb list\n\t\treturn\n\tfi\n\tlocal command=\"$words[2] $words[3]\"\n"
	       "\tshift 2 words; (( CURRENT -= 2 ))\n\tcase $command in\n");
	for (gsize i = 0; i < manage_verbs_count; i++) {
		printf("\t'%s %s')\n\t\t_arguments", manage_verbs[i].noun, manage_verbs[i].name);
		each_option(&manage_verbs[i], print_zsh_option);
		printf(" \\\n\t\t\t%s ;;\n", takes_machine(&manage_verbs[i])
						 ? "'1:machine:_bulkhead_machines' '*:: :_files'"
						 : "'*:: :_files'");
	}
	printf("\tesac\n}\nif [ \"$funcstack[1]\" = _bulkhead ]; then _bulkhead \"$@\"; else compdef "
	       "_bulkhead bulkhead; "
	       "fi\n");
}

/* --- fish ------------------------------------------------------------------------------------------ */

static void print_fish_option(const struct verb *verb, const struct option *option)
{
	printf("complete -c bulkhead -n '__bulkhead_in %s %s' -l %s", verb->noun, verb->name, option->name);
	if (option->choices)
		printf(" -x -a '%s'", option->choices);
	else if (option->value && strcmp(option->name, "vm") == 0)
		printf(" -x -a '(bulkhead vm list --names 2>/dev/null)'");
	else if (option->value)
		printf(" %s",
		       strstr(option->value, "FILE") || strstr(option->value, "DISK") ? "-r -F" : "-x");
	printf(" -d '");
	print_quoted(option->help, "");
	printf("'\n");
}

static void print_fish(void)
{
	printf("# fish completion of bulkhead: bulkhead completion fish | source\n"
	       "function __bulkhead_words; set -l w (commandline -opc); test (count $w) -eq $argv[1]; and "
	       "begin; test "
	       "(count $argv) -lt 2; or test \"$w[2]\" = \"$argv[2]\"; end; end\n"
	       "function __bulkhead_in; set -l w (commandline -opc); test (count $w) -ge 3; and test "
	       "\"$w[2]\" = \"$argv[1]\"; "
	       "and test \"$w[3]\" = \"$argv[2]\"; end\n"
	       "complete -c bulkhead -n '__bulkhead_words 1' -f -a '%s'\n"
	       "complete -c bulkhead -n '__bulkhead_words 2 why' -f -a '(bulkhead vm list --names "
	       "2>/dev/null)'\n"
	       "complete -c bulkhead -n '__bulkhead_words 2 completion' -f -a 'bash zsh fish'\n",
	       other_commands);
	for (guint i = 0; manage_nouns[i].name; i++) {
		printf("complete -c bulkhead -n '__bulkhead_words 1' -f -a %s -d '", manage_nouns[i].name);
		print_quoted(manage_nouns[i].summary, "");
		printf("'\n");
	}
	for (gsize i = 0; i < manage_verbs_count; i++) {
		const struct verb *verb = &manage_verbs[i];

		printf("complete -c bulkhead -n '__bulkhead_words 2 %s' -f -a %s -d '", verb->noun,
		       verb->name);
		print_quoted(verb->summary, "");
		printf("'\n");
		if (takes_machine(verb))
			printf("complete -c bulkhead -n '__bulkhead_words 3 %s; and __bulkhead_in %s %s' -f "
			       "-a '(bulkhead vm "
			       "list --names 2>/dev/null)'\n",
			       verb->noun, verb->noun, verb->name);
		each_option(verb, print_fish_option);
	}
}

int command_completion(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };

	for (unsigned i = 0; i < G_N_ELEMENTS(shells) && argc == 2; i++)
		if (strcmp(argv[1], shells[i].name) == 0) {
			shells[i].print();
			return fflush(stdout) < 0 ? STATUS_FAILED : STATUS_DONE;
		}
	say("completion: name the shell: bash, zsh or fish; such as: source <(bulkhead completion bash)");
	return STATUS_USAGE;
}
