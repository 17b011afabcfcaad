/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text and names of keys as presses: in the layout of the guest's keyboard, or refused with a sentence. */
#include "../run/check.h"

#include "client/keys.h"

#include <stdio.h>
#include <string.h>

/* Takes the keys: "+2a +1e -1e -2a". NULL: refused, and `sentence` is part of why. */
static void expect(GArray *keys, GError *error, const char *what, const char *wanted, const char *sentence)
{
	GString *got = g_string_new(NULL);

	for (guint i = 0; keys && i < keys->len; i++) {
		const struct vmc_key *key = &g_array_index(keys, struct vmc_key, i);

		g_string_append_printf(got, "%s%c%x", i ? " " : "", key->is_down ? '+' : '-', key->code);
	}
	if (wanted && strcmp(got->str, wanted) != 0)
		printf("%s: %s instead of %s (%s)\n", what, got->str, wanted, error ? error->message : "");
	if (sentence && (!error || !strstr(error->message, sentence)))
		printf("%s: %s, without \"%s\"\n", what, error ? error->message : got->str, sentence);
	CHECK(wanted ? keys && strcmp(got->str, wanted) == 0
		     : !keys && error && strstr(error->message, sentence));
	g_string_free(got, TRUE);
	g_clear_error(&error);
	if (keys)
		g_array_unref(keys);
}

static void text(const char *layout, const char *text, const char *wanted, const char *sentence)
{
	GError *error = NULL;
	GArray *keys = vmc_keys_of_text(text, layout, &error);

	expect(keys, error, text, wanted, sentence);
}

static void combination(const char *name, const char *wanted, const char *sentence)
{
	GError *error = NULL;
	GArray *keys = vmc_keys_of_combination(name, &error);

	expect(keys, error, name, wanted, sentence);
}

int main(void)
{
	char *long_text = g_strnfill(VMC_TEXT_MAX + 1, 'x');

	text("us", "aB\n\t", "+1e -1e +2a +30 -30 -2a +1c -1c +f -f", NULL);
	text("us", "\033\b", "+1 -1 +e -e", NULL);
	text("us", "z-/", "+2c -2c +c -c +35 -35", NULL);
	text("de", "z-/", "+15 -15 +35 -35 +2a +8 -8 -2a", NULL);
	text("de", "\xc3\xa4@", "+28 -28 +e038 +10 -10 -e038", NULL);
	text("fr", "a1", "+10 -10 +2a +2 -2 -2a", NULL);
	text("us", "ab\xc3\xa4", NULL, "character 3 of the text is not on the guest's keyboard");
	text("xx", "a", NULL, "there is no keyboard layout xx");
	text("us", "\xff", NULL, "not UTF-8");
	text("us", long_text, NULL, "type it in pieces");
	combination("ctrl-alt-del", "+1d +38 +e053 -e053 -38 -1d", NULL);
	combination("Z", "+2c -2c", NULL);
	combination("-", "+c -c", NULL);
	combination("ctrl-nothing", NULL, "nothing");
	g_free(long_text);
	return check_result();
}
