/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/command.h"

#include <string.h>

char *vmc_shell_word(const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_-+=./:,@%";

	return *word && strspn(word, safe) == strlen(word) ? g_strdup(word) : g_shell_quote(word);
}

static void add(GString *line, const char *word)
{
	char *quoted = vmc_shell_word(word);

	g_string_append_printf(line, " %s", quoted);
	g_free(quoted);
}

char *vmc_command(const char *place, const char *const *words)
{
	GString *line = g_string_new("bulkhead");

	for (; *words; words++)
		add(line, *words);
	if (place && *place) {
		add(line, "--host");
		add(line, place);
	}
	return g_string_free(line, FALSE);
}
