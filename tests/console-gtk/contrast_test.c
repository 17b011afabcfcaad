/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contrast_test STYLE.CSS: each pair of colours that a rule of the style sheet sets together can be read
 * (WCAG AA: 4.5:1) in each theme for windows; the same of the pairs that come about by one rule inside of
 * another.
 */
#include "themes/theme.h"

#include <stdio.h>
#include <string.h>

static int failures;
static unsigned pairs;

/* What lies on what, by different rules. */
static const struct {
	const char *front, *back;
} nested[] = {
	{ "dim_fg", "text_bg" },      { "dim_fg", "menu_bg" },	      { "dim_fg", "footer_bg" },
	{ "heading_fg", "text_bg" },  { "heading_fg", "footer_bg" },  { "error_fg", "text_bg" },
	{ "error_fg", "footer_bg" },  { "warning_fg", "text_bg" },    { "good_fg", "text_bg" },
	{ "running_fg", "text_bg" },  { "off_fg", "text_bg" },	      { "paused_fg", "text_bg" },
	{ "saved_fg", "text_bg" },    { "busy_fg", "text_bg" },	      { "critical_fg", "text_bg" },
	{ "disabled_fg", "text_bg" }, { "disabled_fg", "footer_bg" }, { "dim_fg", "field_bg" },
	{ "text_fg", "footer_bg" },   { "bar_fg", "bar_bg" },
};

/* "text_fg": the colour of a role. FALSE: there is none of this name. */
static gboolean rgb_of(const struct theme *theme, const char *name, guint32 *ret_rgb)
{
	gboolean is_back = g_str_has_suffix(name, "_bg");
	char *role = g_strdelimit(g_strndup(name, strlen(name) - 3), "_", '-');
	gboolean is_found = FALSE;

	for (guint i = 0; i < THEME_ROLES && !is_found; i++)
		if (strcmp(theme_role_name((enum theme_role)i), role) == 0) {
			const struct theme_style *style = &theme->styles[i];

			*ret_rgb = theme_rgb(theme, is_back ? style->background : style->foreground, is_back);
			is_found = TRUE;
		}
	g_free(role);
	return is_found;
}

static void check(const struct theme *theme, const char *id, const char *front, const char *back,
		  const char *where)
{
	guint32 on, under;

	if (!rgb_of(theme, front, &on) || !rgb_of(theme, back, &under))
		return; /* made of others by theme.c */
	pairs++;
	if (theme_contrast(on, under) < 4.5) {
		printf("FAILED: %s: %s on %s: %.2f: %s\n", id, front, back, theme_contrast(on, under), where);
		failures++;
	}
}

/* The colour after one of these words; free it. NULL: none. */
static char *color_in(const char *body, const char *pattern)
{
	GRegex *regex = g_regex_new(pattern, 0, 0, NULL);
	GMatchInfo *match;
	char *name = g_regex_match(regex, body, 0, &match) ? g_match_info_fetch(match, 1) : NULL;

	g_match_info_free(match);
	g_regex_unref(regex);
	return name;
}

static void check_rules(const struct theme *theme, const char *id, const char *css)
{
	GRegex *regex = g_regex_new("([^{}]+)\\{([^}]*)\\}", 0, 0, NULL);
	GMatchInfo *match;

	for (g_regex_match(regex, css, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		char *where = g_strstrip(g_match_info_fetch(match, 1)), *body = g_match_info_fetch(match, 2);
		char *front = color_in(body, "(?:^|[ ;])color: @(\\w+_[fb]g);"),
		     *back = color_in(body, "background(?:-color)?: @(\\w+_[fb]g);");

		if (front && back)
			check(theme, id, front, back, where);
		g_free(front);
		g_free(back);
		g_free(where);
		g_free(body);
	}
	g_match_info_free(match);
	g_regex_unref(regex);
}

int main(int argc, char **argv)
{
	static const char *const ids[] = { "light", "dark", "classic", "high-contrast" };
	char *css = NULL;

	g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
	if (argc < 2 || !g_file_get_contents(argv[1], &css, NULL, NULL)) {
		printf("FAILED: there is no style sheet\n");
		return 1;
	}
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct theme *theme = theme_load(ids[i], NULL);

		if (!theme) {
			printf("FAILED: there is no theme %s\n", ids[i]);
			return 1;
		}
		check_rules(theme, ids[i], css);
		for (guint j = 0; j < G_N_ELEMENTS(nested); j++)
			check(theme, ids[i], nested[j].front, nested[j].back, "one in another");
		theme_free(theme);
	}
	if (pairs < 100) {
		printf("FAILED: only %u pairs were found\n", pairs);
		failures++;
	}
	g_free(css);
	return failures != 0;
}
