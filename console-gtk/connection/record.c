/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at the screen goes from the main thread to the reader, its text from there to the writer, the end of
 * all behind them the same way and back to the main thread: each is a pool of one thread, which keeps the
 * order.
 */
#include "connection/record.h"

#include "text/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 500 };

struct gui_record {
	/* the main thread's */
	struct gui_display *display;
	gui_recorded_fn fn; /* NULL: it was called, or nobody is there any more */
	gpointer opaque;
	guint timer;
	gboolean is_ending, is_owned, is_closed;

	GThreadPool *reader, *writer;

	/* the reader's */
	struct rd_fonts *fonts;
	struct rd_text_reader *text;
	char *last;
	guint left_out; /* since the last text */

	/* the writer's, until it tells the main thread */
	char *name, *path;
	FILE *file;
	char *problem; /* NULL: none */
};

/* A look at the screen; then its text; the last one is the end. */
struct look {
	guint32 *pixels; /* NULL: there was no screen */
	unsigned width, height;
	char *time, *lines;
	guint left_out;
	gboolean is_last;
};

static GSList *unfinished; /* the main thread's */

static void look_free(struct look *look)
{
	g_free(look->pixels);
	g_free(look->time);
	free(look->lines);
	g_free(look);
}

/* --- the end: on the main thread ----------------------------------------------------------------------- */

static void free_if_done(struct gui_record *record)
{
	if (record->is_owned || !record->is_closed)
		return;
	g_free(record->name);
	g_free(record->path);
	g_free(record->problem);
	g_free(record);
}

static void tell(struct gui_record *record)
{
	gui_recorded_fn fn = record->fn;

	record->fn = NULL;
	g_clear_handle_id(&record->timer, g_source_remove);
	if (fn)
		fn(record->path, record->problem, record->opaque);
}

/* At once, while looks may still be on their way: they are thrown away. */
static gboolean on_problem(gpointer opaque)
{
	struct gui_record *record = opaque;

	if (!record->fn)
		g_printerr("bulkhead-gtk: %s\n", record->problem);
	tell(record);
	return G_SOURCE_REMOVE;
}

static gboolean on_closed(gpointer opaque)
{
	struct gui_record *record = opaque;

	g_thread_pool_free(record->reader, FALSE, TRUE); /* both have nothing more to do */
	g_thread_pool_free(record->writer, FALSE, TRUE);
	record->is_closed = TRUE;
	unfinished = g_slist_remove(unfinished, record);
	if (record->is_owned)
		tell(record); /* it may be freed by that */
	else
		free_if_done(record);
	return G_SOURCE_REMOVE;
}

/* --- the writer -------------------------------------------------------------------------------------- */

static void fail(struct gui_record *record)
{
	record->problem = g_strdup_printf(
	    "%s cannot be written: %s; make room there, or the folder writable, and record again",
	    record->path, g_strerror(errno));
	g_idle_add(on_problem, record);
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

static void write_text(struct gui_record *record, const struct look *look)
{
	if (look->left_out)
		fprintf(record->file, "--- the folder took too long: up to %u screens are not here\n",
			look->left_out);
	if (look->lines)
		fprintf(record->file, "--- %s\n%s\n", look->time, look->lines);
	if (fflush(record->file) != 0)
		fail(record);
}

static void close_file(struct gui_record *record)
{
	int r = record->file ? fclose(record->file) : 0;

	record->file = NULL;
	if (r != 0 && !record->problem)
		fail(record);
	g_idle_add(on_closed, record);
}

static void write_in_thread(gpointer opaque, gpointer user)
{
	struct gui_record *record = user;
	struct look *look = opaque;

	if (!record->path) {
		record->path = make_path(record->name);
		record->file = fopen(record->path, "wx");
		if (!record->file)
			fail(record);
	}
	if (!record->problem)
		write_text(record, look);
	if (look->is_last)
		close_file(record);
	look_free(look);
}

/* --- the reader -------------------------------------------------------------------------------------- */

static void begin_reading(struct gui_record *record)
{
	record->fonts = g_new0(struct rd_fonts, 1);
	rd_fonts_init(record->fonts);
	rd_fonts_add_installed(record->fonts);
	record->text = rd_text_reader_new(record->fonts);
}

static void end_reading(struct gui_record *record)
{
	rd_text_reader_free(record->text);
	rd_fonts_deinit(record->fonts);
	g_free(record->fonts);
	free(record->last);
}

/* NULL: nothing that was not seen before. */
static char *read_lines(struct gui_record *record, const struct look *look)
{
	struct rd_picture picture = { look->pixels, look->width, look->height, look->width };
	const struct rd_text *text = NULL;
	char *lines = NULL;

	if (look->pixels && record->text && rd_text_reader_read(record->text, &picture, &text) == 0)
		lines = rd_text_format(text);
	if (lines && *lines && (!record->last || strcmp(lines, record->last) != 0))
		return lines;
	free(lines);
	return NULL;
}

static void hand_over(struct gui_record *record, struct look *look)
{
	if (look->lines) {
		free(record->last);
		record->last = strdup(look->lines);
	}
	look->left_out = record->left_out;
	record->left_out = 0;
	g_clear_pointer(&look->pixels, g_free);
	g_thread_pool_push(record->writer, look, NULL);
}

static void read_in_thread(gpointer opaque, gpointer user)
{
	struct gui_record *record = user;
	struct look *look = opaque;
	gboolean is_full = g_thread_pool_unprocessed(record->writer) >= GUI_RECORD_TEXTS_MAX,
		 is_first = !record->fonts;

	if (is_first)
		begin_reading(record);
	look->lines = read_lines(record, look);
	if (look->is_last) {
		hand_over(record, look);
		end_reading(record); /* the main thread waits for this before it frees the rest */
		return;
	}
	if (is_first || (look->lines && !is_full)) { /* the first one opens the file */
		hand_over(record, look);
		return;
	}
	record->left_out += look->lines != NULL;
	look_free(look);
}

/* --- looks: on the main thread ----------------------------------------------------------------------- */

static void copy_screen(struct look *look, const struct rd_client_frame *frame)
{
	look->width = frame->width;
	look->height = frame->height;
	look->pixels = g_new(guint32, (gsize)frame->width * frame->height);
	for (unsigned y = 0; y < frame->height; y++)
		memcpy(look->pixels + (gsize)y * frame->width, frame->pixels + y * frame->stride,
		       frame->width * sizeof(*look->pixels));
}

static void look_now(struct gui_record *record, gboolean is_last)
{
	struct rd_client *client = gui_display_client(record->display);
	struct look *look = g_new0(struct look, 1);
	GDateTime *now = g_date_time_new_now_local();
	struct rd_client_frame frame;

	look->is_last = is_last;
	look->time = g_date_time_format(now, "%F %T");
	g_date_time_unref(now);
	if (client) {
		rd_client_lock(client, &frame);
		if (frame.width && frame.height)
			copy_screen(look, &frame);
		rd_client_unlock(client);
	}
	g_thread_pool_push(record->reader, look, NULL);
}

/* A reader that is behind reads what the screen shows later: pictures do not pile up. */
static gboolean on_timer(gpointer opaque)
{
	struct gui_record *record = opaque;

	if (g_thread_pool_unprocessed(record->reader) == 0)
		look_now(record, FALSE);
	return G_SOURCE_CONTINUE;
}

struct gui_record *gui_record_new(struct gui_display *display, const char *name, gui_recorded_fn fn,
				  gpointer opaque)
{
	struct gui_record *record = g_new0(struct gui_record, 1);

	record->display = display;
	record->name = g_strdup(name);
	record->fn = fn;
	record->opaque = opaque;
	record->is_owned = TRUE;
	record->reader = g_thread_pool_new(read_in_thread, record, 1, FALSE, NULL);
	record->writer = g_thread_pool_new(write_in_thread, record, 1, FALSE, NULL);
	record->timer = g_timeout_add(LOOK_MS, on_timer, record);
	unfinished = g_slist_prepend(unfinished, record);
	look_now(record, FALSE);
	return record;
}

void gui_record_end(struct gui_record *record)
{
	if (record->is_ending)
		return;
	record->is_ending = TRUE;
	g_clear_handle_id(&record->timer, g_source_remove);
	look_now(record, TRUE);
}

struct gui_record *gui_record_free(struct gui_record *record)
{
	if (!record)
		return NULL;
	gui_record_end(record);
	record->fn = NULL;
	record->is_owned = FALSE;
	free_if_done(record);
	return NULL;
}

void gui_record_wait_all(void)
{
	for (GSList *at = unfinished; at; at = at->next) {
		((struct gui_record *)at->data)->fn = NULL;
		gui_record_end(at->data);
	}
	while (unfinished)
		g_main_context_iteration(NULL, TRUE);
}
