/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of `bulkhead disk` share: --plan. */
#include "cli/disk_verbs.h"
#include "client/wording.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void disk_plan_step(const char *format, ...)
{
	va_list args;
	char *text, *plain;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	plain = vmc_plain_text(text);
	printf("would do: %s\n", plain);
	g_free(plain);
	g_free(text);
}

void disk_plan_add(GPtrArray *arguments, const char *text)
{
	/* A name that begins with a dash is no option. */
	g_ptr_array_add(arguments, *text == '-' ? g_strconcat("./", text, NULL) : g_strdup(text));
}

void disk_plan_add_option(GPtrArray *arguments, const char *name, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(arguments, g_strconcat("--", name, NULL));
	if (*value)
		g_ptr_array_add(arguments, g_strdup(value));
}

static gboolean needs_quotes(const char *text)
{
	return !*text ||
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%") !=
		   strlen(text);
}

int disk_plan_command(const char *verb, GPtrArray *arguments)
{
	GString *line = g_string_new(NULL);
	char *plain;

	g_string_printf(line, "command line: bulkhead disk %s", verb);
	for (guint i = 0; i < arguments->len; i++) {
		const char *argument = arguments->pdata[i];
		char *quoted = needs_quotes(argument) ? g_shell_quote(argument) : g_strdup(argument);

		g_string_append_printf(line, " %s", quoted);
		g_free(quoted);
	}
	plain = vmc_plain_text(line->str);
	printf("%s\n", plain);
	g_free(plain);
	g_string_free(line, TRUE);
	g_ptr_array_set_free_func(arguments, g_free);
	g_ptr_array_unref(arguments);
	return STATUS_DONE;
}
