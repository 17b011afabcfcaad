/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, from the table of verbs. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/draft.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 100, OPTION_COLUMN = 24, SETTING_COLUMN = 30, VERB_COLUMN = 28 };

/* `left`, and beside it `text`, whose further lines begin at the same column. */
static void print_pair(const char *left, const char *text, int column)
{
	char **words = g_strsplit(text, " ", -1);
	int at = column + 2;

	printf("  %-*s", column, left);
	if ((int)strlen(left) >= column)
		printf("\n%*s", column + 2, "");
	for (guint i = 0; words[i]; i++) {
		int length = (int)g_utf8_strlen(words[i], -1);

		if (i > 0 && at + 1 + length > WIDTH) {
			printf("\n%*s", column + 2, "");
			at = column + 2;
		} else if (i > 0) {
			printf(" ");
			at++;
		}
		printf("%s", words[i]);
		at += length;
	}
	printf("\n");
	g_strfreev(words);
}

static void print_options(const struct option *options)
{
	for (; options && options->name; options++) {
		char *left = g_strdup_printf("--%s%s%s", options->name, options->value ? " " : "",
					     options->value ? options->value : "");
		char *text = g_strdup_printf("%s%s", options->help,
					     options->is_repeated ? " (may be given again)" : "");

		print_pair(left, text, OPTION_COLUMN);
		g_free(text);
		g_free(left);
	}
}

static void print_settings(void)
{
	char **pairs = vmc_draft_list_settings();

	printf("\nSettings for --set:\n");
	for (guint i = 0; pairs[i]; i += 2)
		print_pair(pairs[i], pairs[i + 1], SETTING_COLUMN);
	g_strfreev(pairs);
}

static void print_verb(const struct verb *verb)
{
	printf("Usage: bulkhead %s %s%s%s [OPTION...]\n%s.\n", verb->noun, verb->name,
	       *verb->operands ? " " : "", verb->operands, verb->summary);
	if (verb->more)
		printf("\n%s\n", verb->more);
	printf("\n");
	print_options(verb->options);
	if (verb->is_listing)
		print_options(manage_json_option);
	if (verb->is_change)
		print_options(manage_plan_option);
	print_options(manage_common_options);
	if (verb->options == manage_create_options || verb->options == manage_set_options)
		print_settings();
}

void manage_print_help(const char *noun, const struct verb *verb)
{
	if (verb) {
		print_verb(verb);
		return;
	}
	for (guint i = 0; manage_nouns[i].name; i++)
		if (strcmp(manage_nouns[i].name, noun) == 0)
			printf("Usage: bulkhead %s VERB ...\n%c%s.\n\n", noun,
			       g_ascii_toupper(*manage_nouns[i].summary), manage_nouns[i].summary + 1);
	for (gsize i = 0; i < manage_verbs_count; i++)
		if (strcmp(manage_verbs[i].noun, noun) == 0) {
			char *left = g_strdup_printf("%s %s", manage_verbs[i].name, manage_verbs[i].operands);

			print_pair(left, manage_verbs[i].summary, VERB_COLUMN);
			g_free(left);
		}
	printf("\n`bulkhead %s VERB --help` tells about one.\n", noun);
}
