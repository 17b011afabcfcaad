/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "theme.h"

#include "desktop.h"
#include "state.h"

#include <string.h>

struct gui_theme {
	struct gui_state *state;
	GtkCssProvider *colors, *style;
	struct theme *palette;
	struct gui_desktop *desktop;
	char *selected;
	GArray *watchers;
};

struct watcher {
	void (*fn)(gpointer);
	gpointer opaque;
};

const struct theme *gui_theme_palette(const struct gui_theme *theme)
{
	return theme->palette;
}

const char *gui_theme_selected(const struct gui_theme *theme)
{
	return theme->selected;
}

static guint32 rgb_of(const struct theme *palette, enum theme_role role, gboolean is_background)
{
	const struct theme_style *style = &palette->styles[role];

	return theme_rgb(palette, is_background ? style->background : style->foreground, is_background);
}

GdkRGBA gui_theme_color(const struct gui_theme *theme, enum theme_role role, gboolean is_background)
{
	guint32 rgb = rgb_of(theme->palette, role, is_background);

	return (GdkRGBA){ (float)(rgb >> 16 & 0xff) / 255, (float)(rgb >> 8 & 0xff) / 255,
			  (float)(rgb & 0xff) / 255, 1 };
}

/* --- the palette as CSS -------------------------------------------------------------------------------- */

/* What is selected in a field with the focus must differ from that field, which may look like a selection
 * itself. */
static void add_field_selection(GString *css, const struct theme *palette)
{
	gboolean is_same = rgb_of(palette, THEME_SELECTED, TRUE) == rgb_of(palette, THEME_FIELD_FOCUS, TRUE);

	g_string_append_printf(css,
			       "@define-color field_selection_fg #%06x;\n"
			       "@define-color field_selection_bg #%06x;\n",
			       rgb_of(palette, is_same ? THEME_FIELD_FOCUS : THEME_SELECTED, is_same),
			       rgb_of(palette, is_same ? THEME_FIELD_FOCUS : THEME_SELECTED, !is_same));
}

static char *css_of(const struct theme *palette)
{
	GString *css = g_string_new(NULL);

	for (unsigned i = 0; i < THEME_ROLES; i++) {
		char *name = g_strdelimit(g_strdup(theme_role_name((enum theme_role)i)), "-", '_');

		g_string_append_printf(css, "@define-color %s_fg #%06x;\n@define-color %s_bg #%06x;\n", name,
				       rgb_of(palette, (enum theme_role)i, FALSE), name,
				       rgb_of(palette, (enum theme_role)i, TRUE));
		g_free(name);
	}
	add_field_selection(css, palette);
	return g_string_free(css, FALSE);
}

static void use(struct gui_theme *theme, struct theme *palette)
{
	char *css = css_of(palette);

	theme_free(theme->palette);
	theme->palette = palette;
	/* What style.css leaves to GTK shall fit. */
	g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", palette->is_dark, NULL);
	gtk_css_provider_load_from_data(theme->colors, css, -1);
	g_free(css);
	for (guint i = 0; i < theme->watchers->len; i++) {
		const struct watcher *watcher = &g_array_index(theme->watchers, struct watcher, i);

		watcher->fn(watcher->opaque);
	}
}

static gboolean load(struct gui_theme *theme, const char *id)
{
	GError *error = NULL;
	struct theme *palette = theme_load(id, &error);

	if (palette) {
		use(theme, palette);
		return TRUE;
	}
	g_printerr("bulkhead-gtk: %s\n", error->message);
	g_error_free(error);
	return FALSE;
}

static const char *automatic(struct gui_theme *theme)
{
	return gui_desktop_prefers_dark(theme->desktop) ? "dark" : "light";
}

static void on_desktop_changed(gpointer opaque)
{
	struct gui_theme *theme = opaque;

	if (strcmp(theme->selected, "auto") == 0)
		load(theme, automatic(theme));
}

void gui_theme_select(struct gui_theme *theme, const char *id)
{
	if (!load(theme, strcmp(id, "auto") == 0 ? automatic(theme) : id))
		return;
	if (id != theme->selected) {
		g_free(theme->selected);
		theme->selected = g_strdup(id);
	}
	gui_state_set_text(theme->state, "view", "theme", id);
}

static gboolean is_for_windows(const char *id)
{
	struct theme *palette = theme_load(id, NULL);
	gboolean is_good = palette && palette->styles[THEME_TEXT].foreground < THEME_COLOR_DEFAULT &&
			   palette->styles[THEME_TEXT].background < THEME_COLOR_DEFAULT;

	theme_free(palette);
	return is_good;
}

char **gui_theme_choices(void)
{
	char **all = theme_list();
	GStrvBuilder *good = g_strv_builder_new();
	char **list;

	for (char **id = all; *id; id++)
		if (is_for_windows(*id))
			g_strv_builder_add(good, *id);
	list = g_strv_builder_end(good);
	g_strv_builder_unref(good);
	g_strfreev(all);
	return list;
}

void gui_theme_watch(struct gui_theme *theme, void (*fn)(gpointer), gpointer opaque)
{
	const struct watcher watcher = { fn, opaque };

	g_array_append_val(theme->watchers, watcher);
}

void gui_theme_unwatch(struct gui_theme *theme, gpointer opaque)
{
	for (guint i = theme->watchers->len; i > 0; i--)
		if (g_array_index(theme->watchers, struct watcher, i - 1).opaque == opaque)
			g_array_remove_index(theme->watchers, i - 1);
}

static GtkCssProvider *add_provider(void)
{
	GtkCssProvider *provider = gtk_css_provider_new();

	gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider),
						   GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
	return provider;
}

struct gui_theme *gui_theme_new(struct gui_state *state)
{
	struct gui_theme *theme = g_new0(struct gui_theme, 1);
	char *id = gui_state_text(state, "view", "theme", "auto");

	theme->state = state;
	theme->watchers = g_array_new(FALSE, FALSE, sizeof(struct watcher));
	theme->desktop = gui_desktop_new(on_desktop_changed, theme);
	theme->selected = g_strdup("auto");
	theme->colors = add_provider();
	theme->style = add_provider();
	gui_theme_select(theme, id);
	if (!theme->palette) /* one that is there no more */
		gui_theme_select(theme, "auto");
	gtk_css_provider_load_from_resource(theme->style, "/org/bulkhead/manager/style.css");
	g_free(id);
	return theme;
}

struct gui_theme *gui_theme_free(struct gui_theme *theme)
{
	if (!theme)
		return NULL;
	gui_desktop_free(theme->desktop);
	g_object_unref(theme->colors);
	g_object_unref(theme->style);
	theme_free(theme->palette);
	g_array_unref(theme->watchers);
	g_free(theme->selected);
	g_free(theme);
	return NULL;
}
