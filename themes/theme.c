/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "theme.h"

#include <math.h>
#include <string.h>

#define FOLDER "/org/bulkhead/themes/"

enum { FILE_BYTES_MAX = 65536, USER_THEMES_MAX = 64 };

static const char *const role_names[THEME_ROLES] = {
	[THEME_TEXT] = "text",
	[THEME_DIM] = "dim",
	[THEME_HEADING] = "heading",
	[THEME_BORDER] = "border",
	[THEME_BORDER_FOCUS] = "border-focus",
	[THEME_ACCENT] = "accent",
	[THEME_BAR] = "bar",
	[THEME_BAR_KEY] = "bar-key",
	[THEME_FOOTER] = "footer",
	[THEME_FOOTER_KEY] = "footer-key",
	[THEME_SELECTED] = "selected",
	[THEME_SELECTED_IDLE] = "selected-idle",
	[THEME_MARKED] = "marked",
	[THEME_FIELD] = "field",
	[THEME_FIELD_FOCUS] = "field-focus",
	[THEME_BUTTON] = "button",
	[THEME_BUTTON_FOCUS] = "button-focus",
	[THEME_MENU] = "menu",
	[THEME_MENU_KEY] = "menu-key",
	[THEME_MENU_SELECTED] = "menu-selected",
	[THEME_MENU_DISABLED] = "menu-disabled",
	[THEME_DISABLED] = "disabled",
	[THEME_MATCH] = "match",
	[THEME_RUNNING] = "running",
	[THEME_OFF] = "off",
	[THEME_PAUSED] = "paused",
	[THEME_SAVED] = "saved",
	[THEME_BUSY] = "busy",
	[THEME_CRITICAL] = "critical",
	[THEME_GOOD] = "good",
	[THEME_WARNING] = "warning",
	[THEME_ERROR_TEXT] = "error",
	[THEME_PROGRESS] = "progress",
	[THEME_PLOT_CPU] = "plot-cpu",
	[THEME_PLOT_MEMORY] = "plot-memory",
	[THEME_PLOT_DISK] = "plot-disk",
	[THEME_PLOT_NETWORK] = "plot-network",
	[THEME_PLOT_EXITS] = "plot-exits",
};

static const char *const color_names[] = {
	"black",	"red",		 "green",	"yellow",	  "blue",
	"magenta",	"cyan",		 "white",	"bright-black",	  "bright-red",
	"bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
	"bright-white",
};

/* As the Linux console has them. */
static const guint32 named_rgb[] = {
	0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
	0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
};

GQuark theme_error_quark(void)
{
	return g_quark_from_static_string("theme-error");
}

const char *theme_role_name(enum theme_role role)
{
	return role_names[role];
}

/* --- colours ----------------------------------------------------------------------------------------- */

guint32 theme_rgb(const struct theme *theme, guint32 color, gboolean is_background)
{
	if (color & THEME_COLOR_NAMED)
		return named_rgb[color & 15];
	if (color & THEME_COLOR_DEFAULT)
		return theme->is_dark == is_background ? 0x000000 : 0xffffff;
	return color & 0xffffff;
}

static double linear(guint32 channel)
{
	double value = channel / 255.0;

	return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(guint32 rgb)
{
	return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
	       0.0722 * linear(rgb & 255);
}

double theme_contrast(guint32 a, guint32 b)
{
	double x = luminance(a), y = luminance(b);

	return (MAX(x, y) + 0.05) / (MIN(x, y) + 0.05);
}

static gboolean parse_color(const char *word, guint32 *ret_color)
{
	char *end;

	for (guint i = 0; i < G_N_ELEMENTS(color_names); i++)
		if (strcmp(word, color_names[i]) == 0) {
			*ret_color = THEME_COLOR_NAMED | i;
			return TRUE;
		}
	if (strcmp(word, "default") == 0) {
		*ret_color = THEME_COLOR_DEFAULT;
		return TRUE;
	}
	if (word[0] != '#' || strlen(word) != 7 || !g_ascii_isxdigit(word[1]))
		return FALSE;
	*ret_color = (guint32)g_ascii_strtoull(word + 1, &end, 16);
	return *end == '\0';
}

/* --- a file ------------------------------------------------------------------------------------------ */

static gboolean parse_word(struct theme_style *style, const char *word, guint *colors)
{
	static const struct {
		const char *name;
		guint8 bit;
	} attributes[] = { { "bold", THEME_BOLD },
			   { "underline", THEME_UNDERLINE },
			   { "reverse", THEME_REVERSE } };

	for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (strcmp(word, attributes[i].name) == 0) {
			style->attributes |= attributes[i].bit;
			return TRUE;
		}
	if (strcmp(word, "on") == 0)
		return *colors == 1;
	if (*colors >= 2 || !parse_color(word, *colors ? &style->background : &style->foreground))
		return FALSE;
	++*colors;
	return TRUE;
}

/* "#rrggbb [on #rrggbb] [bold] [underline] [reverse]"; without "on" the ground of "text". */
static gboolean parse_style(const char *text, guint32 ground, struct theme_style *ret_style)
{
	struct theme_style style = { THEME_COLOR_DEFAULT, ground, 0 };
	char **words = g_strsplit_set(text, " \t", -1);
	guint colors = 0;
	gboolean is_good = TRUE;

	for (guint i = 0; words[i] && is_good; i++)
		is_good = !*words[i] || parse_word(&style, words[i], &colors);
	g_strfreev(words);
	*ret_style = style;
	return is_good && colors > 0;
}

static gboolean fill(struct theme *theme, GKeyFile *file, GError **error)
{
	for (guint i = 0; i < THEME_ROLES; i++) {
		char *text = g_key_file_get_string(file, "colors", role_names[i], NULL);
		gboolean is_good =
		    text && parse_style(text, theme->styles[THEME_TEXT].background, &theme->styles[i]);

		if (!text)
			g_set_error(error, THEME_ERROR, 0,
				    "theme %s: the role %s is missing; write %s=#rrggbb into [colors]",
				    theme->id, role_names[i], role_names[i]);
		else if (!is_good)
			g_set_error(error, THEME_ERROR, 0,
				    "theme %s: %s=%s is no style; write it as #rrggbb on #rrggbb bold",
				    theme->id, role_names[i], text);
		g_free(text);
		if (!is_good)
			return FALSE;
	}
	return TRUE;
}

struct theme *theme_parse(const char *id, const char *data, gsize size, GError **error)
{
	struct theme *theme = g_new0(struct theme, 1);
	GKeyFile *file = g_key_file_new();
	GError *local = NULL;
	gboolean is_good = FALSE;
	char *kind;

	theme->id = g_strdup(id);
	theme->styles[THEME_TEXT].background = THEME_COLOR_DEFAULT;
	if (g_key_file_load_from_data(file, data, size, G_KEY_FILE_NONE, &local)) {
		kind = g_key_file_get_string(file, "theme", "kind", NULL);
		theme->name = g_key_file_get_string(file, "theme", "name", NULL);
		theme->is_dark = g_strcmp0(kind, "light") != 0;
		g_free(kind);
		is_good = fill(theme, file, error);
	} else {
		g_set_error(error, THEME_ERROR, 0, "theme %s: it cannot be understood: %s", id,
			    local->message);
		g_error_free(local);
	}
	if (!theme->name)
		theme->name = g_strdup(id);
	g_key_file_unref(file);
	return is_good ? theme : theme_free(theme);
}

struct theme *theme_free(struct theme *theme)
{
	if (theme) {
		g_free(theme->id);
		g_free(theme->name);
	}
	g_free(theme);
	return NULL;
}

/* --- where they are ---------------------------------------------------------------------------------- */

static char *user_folder(void)
{
	return g_build_filename(g_get_user_config_dir(), "bulkhead", "themes", NULL);
}

static gboolean is_id(const char *id)
{
	return *id && strlen(id) <= 64 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static struct theme *load_users(const char *id, GError **error)
{
	char *folder = user_folder(), *name = g_strconcat(id, ".theme", NULL);
	char *path = g_build_filename(folder, name, NULL), *data = NULL;
	struct theme *theme = NULL;
	gsize size;

	if (g_file_get_contents(path, &data, &size, NULL) && size <= FILE_BYTES_MAX)
		theme = theme_parse(id, data, size, error);
	g_free(data);
	g_free(path);
	g_free(name);
	g_free(folder);
	return theme;
}

struct theme *theme_load(const char *id, GError **error)
{
	struct theme *theme = NULL;
	GError *local = NULL;
	GBytes *bytes;
	char *path;

	if (!is_id(id)) {
		g_set_error(error, THEME_ERROR, 0, "theme %s: a name is of small letters, digits and dashes",
			    id);
		return NULL;
	}
	theme = load_users(id, &local);
	if (theme || local) {
		if (local)
			g_propagate_error(error, local);
		return theme;
	}
	path = g_strconcat(FOLDER, id, ".theme", NULL);
	bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
	g_free(path);
	if (bytes) {
		theme = theme_parse(id, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
		g_bytes_unref(bytes);
	} else {
		g_set_error(error, THEME_ERROR, 0, "theme %s: there is none of this name", id);
	}
	return theme;
}

static void add_id(GPtrArray *ids, const char *file)
{
	char *id = g_str_has_suffix(file, ".theme") ? g_strndup(file, strlen(file) - strlen(".theme")) : NULL;

	if (id && is_id(id) && !g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
		g_ptr_array_add(ids, id);
	else
		g_free(id);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int first = (strcmp(y, "dark") == 0) - (strcmp(x, "dark") == 0);

	return first ? first : strcmp(x, y);
}

char **theme_list(void)
{
	GPtrArray *ids = g_ptr_array_new();
	char **own = g_resources_enumerate_children(FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
	char *path = user_folder();
	GDir *folder = g_dir_open(path, 0, NULL);
	const char *name;

	for (guint i = 0; own && own[i]; i++)
		add_id(ids, own[i]);
	for (guint i = 0; folder && i < USER_THEMES_MAX && (name = g_dir_read_name(folder)); i++)
		add_id(ids, name);
	g_ptr_array_sort(ids, by_name);
	g_ptr_array_add(ids, NULL);
	g_clear_pointer(&folder, g_dir_close);
	g_strfreev(own);
	g_free(path);
	return (char **)g_ptr_array_free(ids, FALSE);
}
