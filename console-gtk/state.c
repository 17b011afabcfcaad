/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

enum { WRITE_AFTER_MS = 2000 };

struct gui_state {
	GKeyFile *file;
	char *path;
	guint timer;
	GThreadPool *writer; /* one thread, so that what was written last stays */
};

struct writing {
	char *path, *text;
	gsize length;
};

/* The disk may be busy for long, and is waited for here: GLib lets it keep what it writes before it takes the old file away. */
static void write_in_thread(gpointer opaque, gpointer unused)
{
	struct writing *writing = opaque;
	char *folder = g_path_get_dirname(writing->path);
	GError *error = NULL;

	g_mkdir_with_parents(folder, 0700);
	if (!g_file_set_contents(writing->path, writing->text, (gssize)writing->length, &error)) {
		g_printerr("bulkhead-gtk: %s: cannot keep the settings of this session: %s\n", writing->path,
			   error->message);
		g_error_free(error);
	}
	g_free(folder);
	g_free(writing->path);
	g_free(writing->text);
	g_free(writing);
}

struct gui_state *gui_state_new(void)
{
	struct gui_state *state = g_new0(struct gui_state, 1);

	state->file = g_key_file_new();
	state->writer = g_thread_pool_new(write_in_thread, NULL, 1, FALSE, NULL);
	state->path = g_build_filename(g_get_user_config_dir(), "bulkhead", "manager.conf", NULL);
	/* None yet, or one that somebody spoiled: then everything is as it is at first. No window is there yet that could stand
	 * still. */
	g_key_file_load_from_file(state->file, state->path, G_KEY_FILE_KEEP_COMMENTS, NULL);
	return state;
}

static void write_now(struct gui_state *state)
{
	struct writing *writing = g_new0(struct writing, 1);

	g_clear_handle_id(&state->timer, g_source_remove);
	writing->path = g_strdup(state->path);
	writing->text = g_key_file_to_data(state->file, &writing->length, NULL);
	g_thread_pool_push(state->writer, writing, NULL);
}

static gboolean on_timer(gpointer state)
{
	((struct gui_state *)state)->timer = 0;
	write_now(state);
	return G_SOURCE_REMOVE;
}

static void touch(struct gui_state *state)
{
	if (!state->timer)
		state->timer = g_timeout_add(WRITE_AFTER_MS, on_timer, state);
}

struct gui_state *gui_state_free(struct gui_state *state)
{
	if (!state)
		return NULL;
	if (state->timer)
		write_now(state);
	g_thread_pool_free(state->writer, FALSE, TRUE); /* when all is written */
	g_key_file_unref(state->file);
	g_free(state->path);
	g_free(state);
	return NULL;
}

int gui_state_number(struct gui_state *state, const char *group, const char *key, int fallback)
{
	GError *error = NULL;
	int value = g_key_file_get_integer(state->file, group, key, &error);

	if (!error)
		return value;
	g_error_free(error);
	return fallback;
}

void gui_state_set_number(struct gui_state *state, const char *group, const char *key, int value)
{
	if (gui_state_number(state, group, key, value + 1) == value)
		return;
	g_key_file_set_integer(state->file, group, key, value);
	touch(state);
}

char *gui_state_text(struct gui_state *state, const char *group, const char *key, const char *fallback)
{
	char *text = g_key_file_get_string(state->file, group, key, NULL);

	return text ? text : g_strdup(fallback ? fallback : "");
}

void gui_state_set_text(struct gui_state *state, const char *group, const char *key, const char *value)
{
	g_key_file_set_string(state->file, group, key, value);
	touch(state);
}

char **gui_state_list(struct gui_state *state, const char *group, const char *key)
{
	char **list = g_key_file_get_string_list(state->file, group, key, NULL, NULL);

	return list ? list : g_new0(char *, 1);
}

void gui_state_set_list(struct gui_state *state, const char *group, const char *key,
			const char *const *values)
{
	g_key_file_set_string_list(state->file, group, key, values, g_strv_length((char **)values));
	touch(state);
}
