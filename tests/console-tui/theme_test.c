/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every role of every theme can be read: WCAG's contrast. And what is no theme is refused. */
#include "themes/theme.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void fail(const char *id, const char *what, double value)
{
	printf("FAILED: %s: %s: %.2f\n", id, what, value);
	failures++;
}

static void test_theme(const char *id)
{
	GError *error = NULL;
	struct theme *theme = theme_load(id, &error);
	double least = strcmp(id, "high-contrast") == 0 ? 7 : 4.5;

	if (!theme) {
		fail(id, error->message, 0);
		g_error_free(error);
		return;
	}
	for (guint i = 0; i < THEME_ROLES; i++) {
		const struct theme_style *style = &theme->styles[i];
		/* Terminals with eight colours show bold ones brighter. */
		guint32 bright =
		    (style->foreground & THEME_COLOR_NAMED) && (style->attributes & THEME_BOLD) ? 8 : 0;
		double contrast = theme_contrast(theme_rgb(theme, style->foreground | bright, FALSE),
						 theme_rgb(theme, style->background, TRUE));
		double wanted = i == THEME_BORDER ? 3 : least;

		if (contrast < wanted)
			fail(id, theme_role_name(i), contrast);
	}
	theme_free(theme);
}

static void test_refusals(void)
{
	static const char *const bad[] = {
		"",
		"[theme]\nname=x\n",
		"[colors]\ntext=#12345\n",
		"[colors]\ntext=red on\n",
		"[colors]\ntext=#gggggg on #000000\n",
		"\x01\x02",
		"[colors]\ntext=red on blue green\n",
		"[colors]\ntext=#+12345\n",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		GError *error = NULL;
		struct theme *theme = theme_parse("bad", bad[i], strlen(bad[i]), &error);

		if (theme || !error)
			fail("bad", "a bad theme is taken", i);
		theme_free(theme);
		g_clear_error(&error);
	}
	if (theme_load("../dark", NULL) || theme_load("", NULL) || theme_load("none-such", NULL))
		fail("names", "a bad name is taken", 0);
}

int main(void)
{
	char **ids;

	g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
	ids = theme_list();
	if (g_strv_length(ids) < 6 || strcmp(ids[0], "dark") != 0)
		fail("list", "themes", g_strv_length(ids));
	for (guint i = 0; ids[i]; i++)
		test_theme(ids[i]);
	g_strfreev(ids);
	if (theme_contrast(0, 0xffffff) < 20.9 || theme_contrast(0x777777, 0xffffff) > 4.5)
		fail("contrast", "of known pairs", 0);
	test_refusals();
	return failures != 0;
}
