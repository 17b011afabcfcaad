/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/manage.h"
#include "cli/closest.h"
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

/* --- the table ------------------------------------------------------------------------------------- */

static const struct verb *find_verb(const char *noun, const char *name)
{
	for (gsize i = 0; i < manage_verbs_count; i++)
		if (strcmp(manage_verbs[i].noun, noun) == 0 && strcmp(manage_verbs[i].name, name) == 0)
			return &manage_verbs[i];
	return NULL;
}

static const struct option *find_in(const struct option *options, const char *name, size_t length)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
			return options;
	return NULL;
}

static const struct option *find_option(const struct verb *verb, const char *name, size_t length)
{
	const struct option *found = find_in(manage_common_options, name, length);

	if (!found)
		found = find_in(verb->options, name, length);
	if (!found && verb->is_listing)
		found = find_in(manage_json_option, name, length);
	if (!found && verb->is_change)
		found = find_in(manage_plan_option, name, length);
	return found;
}

static void count_operands(const struct verb *verb, guint *ret_min, guint *ret_max)
{
	*ret_min = *ret_max = 0;
	for (const char *p = verb->operands; *p; p++)
		if (p == verb->operands || p[-1] == ' ') {
			(*ret_max)++;
			*ret_min += *p != '[';
		}
	if (strstr(verb->operands, "..."))
		*ret_max = OPERANDS_MAX;
}

/* --- arguments ------------------------------------------------------------------------------------- */

const char *invocation_option(const struct invocation *invocation, const char *name)
{
	for (guint i = invocation->option_count; i > 0; i--)
		if (strcmp(invocation->options[i - 1].name, name) == 0)
			return invocation->options[i - 1].value;
	return NULL;
}

gboolean invocation_has(const struct invocation *invocation, const char *name)
{
	return invocation_option(invocation, name) != NULL;
}

static void take_option(struct invocation *invocation, const struct option *option, const char *value)
{
	if (strcmp(option->name, "help") == 0)
		invocation->wants_help = TRUE;
	else if (strcmp(option->name, "json") == 0)
		invocation->wants_json = TRUE;
	else if (strcmp(option->name, "plan") == 0)
		invocation->wants_plan = TRUE;
	else if (strcmp(option->name, "host") == 0)
		invocation->host = value;
	else if (invocation->option_count < G_N_ELEMENTS(invocation->options)) {
		invocation->options[invocation->option_count].name = option->name;
		invocation->options[invocation->option_count++].value = value;
	}
}

static void refuse_option(const struct verb *verb, const char *argument, size_t length)
{
	const struct option *const lists[] = { verb->options, manage_common_options,
					       verb->is_listing ? manage_json_option : NULL,
					       verb->is_change ? manage_plan_option : NULL };
	char *given = g_strndup(argument, length);
	struct closest closest = { .word = given };

	for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
		for (const struct option *option = lists[i]; option && option->name; option++)
			closest_offer(&closest, option->name);
	if (closest.best)
		say("--%s: there is no such option; did you mean --%s? See `bulkhead %s %s --help`", given,
		    closest.best, verb->noun, verb->name);
	else
		say("--%s: there is no such option; see `bulkhead %s %s --help`", given, verb->noun,
		    verb->name);
	g_free(given);
}

/* "--name value", "--name=value"; *index moves on past a value. */
static gboolean parse_option(struct invocation *invocation, int argc, char **argv, int *index)
{
	const char *argument = argv[*index] + 2, *equals = strchr(argument, '=');
	size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
	const struct option *option = find_option(invocation->verb, argument, length);
	const char *value = equals ? equals + 1 : "";

	if (!option) {
		refuse_option(invocation->verb, argument, length);
		return FALSE;
	}
	if (!option->value && equals) {
		say("--%s: this option has no value; leave it out", option->name);
		return FALSE;
	}
	if (option->value && !equals) {
		if (*index + 1 >= argc) {
			say("--%s: the value is missing; give %s", option->name, option->value);
			return FALSE;
		}
		value = argv[++*index];
	}
	take_option(invocation, option, value);
	return TRUE;
}

/* Those behind what was given, and that must be there. */
static void refuse_count(const struct invocation *invocation, guint min)
{
	const struct verb *verb = invocation->verb;
	char **names = g_strsplit(verb->operands, " ", (gint)min + 1), *missing;

	g_clear_pointer(&names[min], g_free); /* those that may follow */
	missing = g_strjoinv(" and ", names + invocation->operand_count);
	say("%s %s: %s %s missing; see `bulkhead %s %s --help`", verb->noun, verb->name, missing,
	    min - invocation->operand_count == 1 ? "is" : "are", verb->noun, verb->name);
	g_free(missing);
	g_strfreev(names);
}

static gboolean parse(struct invocation *invocation, int argc, char **argv)
{
	gboolean are_options_over = FALSE;
	guint min, max;

	count_operands(invocation->verb, &min, &max);
	for (int i = 0; i < argc; i++) {
		if (!are_options_over && strcmp(argv[i], "--") == 0) {
			are_options_over = TRUE;
		} else if (!are_options_over && strcmp(argv[i], "-h") == 0) {
			invocation->wants_help = TRUE;
		} else if (!are_options_over && strncmp(argv[i], "--", 2) == 0) {
			if (!parse_option(invocation, argc, argv, &i))
				return FALSE;
		} else if (invocation->operand_count == max) {
			say("%s: this is one argument too many; see `bulkhead %s %s --help`", argv[i],
			    invocation->verb->noun, invocation->verb->name);
			return FALSE;
		} else {
			invocation->operands[invocation->operand_count++] = argv[i];
		}
	}
	if (invocation->operand_count >= min || invocation->wants_help)
		return TRUE;
	refuse_count(invocation, min);
	return FALSE;
}

static int run(struct invocation *invocation)
{
	GError *error = NULL;
	int status;

	if (!invocation->verb->needs_no_service && !(invocation->host && invocation->verb->runs_there)) {
		invocation->connection = vmc_connect(invocation->host, &error);
		if (!invocation->connection)
			return manage_fail(error);
	}
	status = invocation->verb->run(invocation);
	vmc_disconnect(invocation->connection);
	if (fflush(stdout) < 0 && status == STATUS_DONE)
		status = STATUS_FAILED;
	return status;
}

static void refuse_verb(const char *noun, const char *name)
{
	struct closest closest = { .word = name };

	for (gsize i = 0; i < manage_verbs_count; i++)
		if (strcmp(manage_verbs[i].noun, noun) == 0)
			closest_offer(&closest, manage_verbs[i].name);
	if (closest.best)
		say("%s %s: there is no such command; did you mean `bulkhead %s %s`? See `bulkhead %s --help`",
		    noun, name, noun, closest.best, noun);
	else
		say("%s %s: there is no such command; see `bulkhead %s --help`", noun, name, noun);
}

int command_manage(int argc, char **argv)
{
	struct invocation invocation = { 0 };

	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		manage_print_help(argv[0], NULL);
		return argc < 2 ? STATUS_USAGE : STATUS_DONE;
	}
	invocation.verb = find_verb(argv[0], argv[1]);
	if (!invocation.verb) {
		refuse_verb(argv[0], argv[1]);
		return STATUS_USAGE;
	}
	if (!parse(&invocation, argc - 2, argv + 2))
		return STATUS_USAGE;
	if (invocation.wants_help) {
		manage_print_help(argv[0], invocation.verb);
		return STATUS_DONE;
	}
	return run(&invocation);
}

/* `bulkhead why NAME` is `bulkhead vm why NAME`. */
int command_why(int argc, char **argv)
{
	char **longer = g_new0(char *, (gsize)argc + 2);
	int status;

	longer[0] = (char *)"vm";
	for (int i = 0; i < argc; i++)
		longer[i + 1] = argv[i];
	status = command_manage(argc + 1, longer);
	g_free(longer);
	return status;
}
