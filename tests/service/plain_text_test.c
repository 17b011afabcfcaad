/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of strangers on a terminal and as JSON: what would command the terminal, or turn a line round, does not arrive. */
#include "check.h"

#include "client/json.h"
#include "client/wording.h"

#include <string.h>

static const struct {
	const char *text, *plain, *json;
} cases[] = {
	{ "", "", "\"\"" },
	{ "Büro 1 — web", "Büro 1 — web", "\"Büro 1 — web\"" },
	{ "日本 \xf0\x9f\x96\xa5", "日本 \xf0\x9f\x96\xa5", "\"日本 \xf0\x9f\x96\xa5\"" },
	{ "a\x1b[2Jb\x7f\n", "a [2Jb  ", "\"a\\u001b[2Jb\\u007f\\u000a\"" },
	{ "a\xc2\x9b"
	  "2Jb\xc2\x80\xc2\xa0",
	  "a 2Jb \xc2\xa0", "\"a\\u009b2Jb\\u0080\xc2\xa0\"" },
	{ "x\xe2\x80\xae"
	  "exe.iso",
	  "x exe.iso", "\"x\\u202eexe.iso\"" },
	{ "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "   ", "\"\\u061c\\u200e\\u200f\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "   ", "\"\\u2028\\u2029\\u202a\"" },
	{ "\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "  \xe2\x81\xaa", "\"\\u2066\\u2069\xe2\x81\xaa\"" },
	{ "\xd8\x9d\xe2\x80\x90\xe2\x80\xaf", "\xd8\x9d\xe2\x80\x90\xe2\x80\xaf",
	  "\"\xd8\x9d\xe2\x80\x90\xe2\x80\xaf\"" },
	{ "\"\\", "\"\\", "\"\\\"\\\\\"" },
};

int main(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		GVariant *value = g_variant_ref_sink(g_variant_new_string(cases[i].text));
		char *plain = vmc_plain_text(cases[i].text), *json = vmc_json(value);

		CHECK_F(strcmp(plain, cases[i].plain) == 0, "%u: \"%s\"", i, plain);
		CHECK_F(strcmp(json, cases[i].json) == 0, "%u: %s", i, json);
		g_free(plain);
		g_free(json);
		g_variant_unref(value);
	}
	return check_result();
}
