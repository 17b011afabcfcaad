/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user chose, kept in bulkhead/tui.conf of the folder of configuration; written as a whole or not at
 * all. */
#include "app/app_priv.h"

#include <string.h>

enum { SAVE_MS = 500 };

void preferences_load(struct tui_app *app)
{
	app->preferences = g_key_file_new();
	app->preferences_path = g_build_filename(g_get_user_config_dir(), "bulkhead", "tui.conf", NULL);
	g_key_file_load_from_file(app->preferences, app->preferences_path, G_KEY_FILE_KEEP_COMMENTS, NULL);
}

void preferences_save(struct tui_app *app)
{
	char *folder = g_path_get_dirname(app->preferences_path), *data;
	gsize size;

	if (!app->save_timer) {
		g_free(folder);
		return;
	}
	g_clear_handle_id(&app->save_timer, g_source_remove);
	data = g_key_file_to_data(app->preferences, &size, NULL);
	/* Where it cannot be kept, the program goes on without. */
	if (g_mkdir_with_parents(folder, 0700) == 0)
		g_file_set_contents(app->preferences_path, data, (gssize)size, NULL);
	g_free(data);
	g_free(folder);
}

static gboolean on_save(gpointer opaque)
{
	preferences_save(opaque);
	return G_SOURCE_REMOVE;
}

void tui_preferences_changed(struct tui_app *app)
{
	if (!app->save_timer)
		app->save_timer = g_timeout_add(SAVE_MS, on_save, app);
}

GKeyFile *tui_preferences(struct tui_app *app)
{
	return app->preferences;
}

gboolean tui_option(struct tui_app *app, const char *name, gboolean fallback)
{
	GError *error = NULL;
	gboolean value = g_key_file_get_boolean(app->preferences, "options", name, &error);

	if (error)
		value = fallback;
	g_clear_error(&error);
	return value;
}

void tui_set_option(struct tui_app *app, const char *name, gboolean value)
{
	g_key_file_set_boolean(app->preferences, "options", name, value);
	tui_preferences_changed(app);
}
