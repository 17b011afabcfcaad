/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/record.h"

#include "text/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 500 };

struct gui_record {
	struct gui_display *display;
	struct rd_fonts *fonts;
	struct rd_text_reader *reader;
	char *path, *last;
	FILE *file;
	guint timer;
};

const char *gui_record_path(const struct gui_record *record)
{
	return record->path;
}

/* Takes it. */
static void keep(struct gui_record *record, char *text)
{
	GDateTime *now = g_date_time_new_now_local();
	char *time = g_date_time_format(now, "%F %T");

	fprintf(record->file, "--- %s\n%s\n", time, text);
	fflush(record->file);
	g_free(time);
	g_date_time_unref(now);
	free(record->last);
	record->last = text;
}

static gboolean on_timer(gpointer opaque)
{
	struct gui_record *record = opaque;
	struct rd_client *client = gui_display_client(record->display);
	const struct rd_text *text = NULL;
	struct rd_client_frame frame;
	char *lines = NULL;

	if (!client)
		return G_SOURCE_CONTINUE;
	rd_client_lock(client, &frame);
	if (frame.width &&
	    rd_text_reader_read(record->reader,
				&(struct rd_picture){ frame.pixels, frame.width, frame.height, frame.stride },
				&text) == 0)
		lines = rd_text_format(text);
	rd_client_unlock(client);
	if (lines && *lines && (!record->last || strcmp(lines, record->last) != 0))
		keep(record, lines);
	else
		free(lines);
	return G_SOURCE_CONTINUE;
}

/* A file name of any machine's name. */
static char *make_path(const char *name)
{
	const char *folder = g_get_user_special_dir(G_USER_DIRECTORY_DOCUMENTS);
	GDateTime *now = g_date_time_new_now_local();
	char *time = g_date_time_format(now, "%Y%m%d-%H%M%S"), *safe = g_strdup(name), *file, *path;

	g_strdelimit(safe, "/\\ \t\n", '_');
	file = g_strdup_printf("%s-%s.txt", safe, time);
	path = g_build_filename(folder ? folder : g_get_home_dir(), file, NULL);
	g_date_time_unref(now);
	g_free(time);
	g_free(safe);
	g_free(file);
	return path;
}

struct gui_record *gui_record_new(struct gui_display *display, const char *name, GError **error)
{
	struct gui_record *record = g_new0(struct gui_record, 1);

	record->display = display;
	record->path = make_path(name);
	record->file = fopen(record->path, "wx");
	if (!record->file) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s cannot be written: %s",
			    record->path, g_strerror(errno));
		return gui_record_free(record);
	}
	record->fonts = g_new0(struct rd_fonts, 1);
	rd_fonts_init(record->fonts);
	rd_fonts_add_installed(record->fonts);
	record->reader = rd_text_reader_new(record->fonts);
	record->timer = g_timeout_add(LOOK_MS, on_timer, record);
	return record;
}

struct gui_record *gui_record_free(struct gui_record *record)
{
	if (!record)
		return NULL;
	g_clear_handle_id(&record->timer, g_source_remove);
	if (record->file)
		fclose(record->file);
	rd_text_reader_free(record->reader);
	if (record->fonts)
		rd_fonts_deinit(record->fonts);
	g_free(record->fonts);
	free(record->last);
	g_free(record->path);
	g_free(record);
	return NULL;
}
