/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording the text of a screen: the folder is never waited for on the main thread, what was shown is in the
 * file, in order, to its end; a failure is told once. The screen, the reader of its text and fopen() are this
 * program's: each look sees another screen, whose text is its number, and the folder answers only when the
 * gate is open.
 */
#include "connection/record.h"

#include "text/text.h"

#include <glib/gstdio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition) check((condition), #condition, __LINE__)

static atomic_uint opened_on_main;
static atomic_bool is_gate_open = true;
static const char *other_file; /* what is opened instead; NULL: what was asked for */
static guint32 shown, shown_max;
static unsigned told;
static char *told_path, *told_problem;
static int failures;

static bool check(bool is_good, const char *condition, int line)
{
	if (!is_good) {
		failures++;
		fprintf(stderr, "line %d: failed: %s\n", line, condition);
	}
	return is_good;
}

/* --- what the recording stands on -------------------------------------------------------------------- */

struct rd_client *gui_display_client(struct gui_display *display)
{
	return (struct rd_client *)display;
}

void rd_client_lock(struct rd_client *client, struct rd_client_frame *ret_frame)
{
	static guint32 pixels[4];

	if (shown < shown_max)
		shown++;
	pixels[0] = shown;
	*ret_frame = (struct rd_client_frame){ .pixels = pixels, .width = 2, .height = 2, .stride = 2 };
}

void rd_client_unlock(struct rd_client *client)
{
}

static guint32 read_number; /* the reader's thread's */

struct rd_text_reader *rd_text_reader_new(const struct rd_fonts *fonts)
{
	return calloc(1, 1);
}

struct rd_text_reader *rd_text_reader_free(struct rd_text_reader *reader)
{
	free(reader);
	return NULL;
}

int rd_text_reader_read(struct rd_text_reader *reader, const struct rd_picture *picture,
			const struct rd_text **ret_text)
{
	read_number = picture->pixels[0];
	return 0;
}

char *rd_text_format(const struct rd_text *text)
{
	char *lines = NULL;

	return asprintf(&lines, "screen %u", read_number) < 0 ? NULL : lines;
}

void rd_fonts_init(struct rd_fonts *fonts)
{
}

unsigned rd_fonts_add_installed(struct rd_fonts *fonts)
{
	return 0;
}

void rd_fonts_deinit(struct rd_fonts *fonts)
{
}

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	opened_on_main += gettid() == getpid();
	while (!is_gate_open && gettid() != getpid())
		g_usleep(1000);
	return other_file ? __real_fopen64(other_file, "w") : __real_fopen64(path, mode);
}

/* Sooner than twice a second. */
guint __real_g_timeout_add(guint interval_ms, GSourceFunc fn, gpointer opaque);
guint __wrap_g_timeout_add(guint interval_ms, GSourceFunc fn, gpointer opaque);

guint __wrap_g_timeout_add(guint interval_ms, GSourceFunc fn, gpointer opaque)
{
	return __real_g_timeout_add(1, fn, opaque);
}

/* --- what is done with it ---------------------------------------------------------------------------- */

static void on_recorded(const char *path, const char *problem, gpointer opaque)
{
	struct gui_record **record = opaque;

	told++;
	told_path = g_strdup(path);
	told_problem = g_strdup(problem);
	*record = gui_record_free(*record);
}

static void begin(struct gui_record **record, bool has_gate, guint32 screens)
{
	static char screen;

	is_gate_open = !has_gate;
	shown = told = 0;
	shown_max = screens;
	g_clear_pointer(&told_path, g_free);
	g_clear_pointer(&told_problem, g_free);
	*record = gui_record_new((struct gui_display *)&screen, "a/b", on_recorded, record);
}

static void look_until(guint32 screens)
{
	while (shown < screens)
		g_main_context_iteration(NULL, TRUE);
}

static void wait_told(void)
{
	while (!told)
		g_main_context_iteration(NULL, TRUE);
}

/* The file of one recording, which is removed; free it. */
static char *take_file(void)
{
	GDir *dir = g_dir_open(g_getenv("HOME"), 0, NULL);
	const char *name = g_dir_read_name(dir);
	char *path = name ? g_build_filename(g_getenv("HOME"), name, NULL) : NULL, *text = NULL;

	CHECK(name && g_str_has_prefix(name, "a_b-"));
	CHECK(!g_dir_read_name(dir));
	if (path && g_file_get_contents(path, &text, NULL, NULL))
		g_unlink(path);
	g_free(path);
	g_dir_close(dir);
	return text ? text : g_strdup("");
}

/* Checks that its screens are the numbers from `first` on; how many there are. */
static unsigned count_screens(const char *text, guint32 first)
{
	unsigned count = 0;

	for (const char *at = strstr(text, "screen "); at; at = strstr(at + 1, "\nscreen ")) {
		at += *at == '\n';
		if (!CHECK(strtoul(at + 7, NULL, 10) == first + count))
			return 0;
		count++;
	}
	return count;
}

static void test_slow_folder(void)
{
	struct gui_record *record;
	char *text;

	begin(&record, true, 50);
	look_until(50);
	gui_record_end(record);
	gui_record_end(record);
	for (int i = 0; i < 20; i++) {
		g_usleep(1000);
		g_main_context_iteration(NULL, FALSE);
	}
	CHECK(!told && record);
	is_gate_open = true;
	wait_told();
	CHECK(told == 1 && !told_problem && !record);
	text = take_file();
	CHECK(count_screens(text, 1) == 50);
	g_free(text);
}

/* The last look is that of the end; nobody is told when the window is gone. */
static void test_end_of_the_program(void)
{
	struct gui_record *first, *second;
	char *text;

	begin(&first, true, 10);
	look_until(9);
	gui_record_free(first);
	is_gate_open = true;
	gui_record_wait_all();
	CHECK(!told);
	text = take_file();
	CHECK(count_screens(text, 1) == 10);
	g_free(text);
	begin(&second, false, 10);
	gui_record_wait_all();
	CHECK(!told);
	gui_record_free(second);
	text = take_file();
	CHECK(count_screens(text, 1) == 2);
	g_free(text);
}

static void test_limit(void)
{
	struct gui_record *record;
	char *text, *gap;
	unsigned count;

	begin(&record, true, GUI_RECORD_TEXTS_MAX + 100);
	look_until(GUI_RECORD_TEXTS_MAX + 100);
	gui_record_end(record);
	is_gate_open = true;
	wait_told();
	text = take_file();
	gap = strstr(text, "--- the folder took too long");
	if (CHECK(gap && strstr(gap, "screen 340\n")))
		*gap = '\0';
	count = count_screens(text, 1);
	if (!CHECK(count >= GUI_RECORD_TEXTS_MAX && count <= GUI_RECORD_TEXTS_MAX + 1))
		fprintf(stderr, "%u screens\n", count);
	g_free(text);
}

static void test_failure(const char *instead, const char *sentence)
{
	struct gui_record *record;

	other_file = instead;
	begin(&record, false, 1000000);
	wait_told();
	CHECK(!record && told_problem && strstr(told_problem, sentence));
	gui_record_wait_all();
	CHECK(told == 1);
	other_file = NULL;
}

int main(void)
{
	char *home = g_dir_make_tmp("record-test.XXXXXX", NULL);

	g_setenv("HOME", home, TRUE);
	g_setenv("XDG_CONFIG_HOME", home, TRUE);
	test_slow_folder();
	test_end_of_the_program();
	test_limit();
	test_failure("/dev/full", "No space left");
	test_failure("/nowhere/at/all", "No such file");
	CHECK(opened_on_main == 0);
	CHECK(g_rmdir(home) == 0);
	g_clear_pointer(&told_path, g_free);
	g_clear_pointer(&told_problem, g_free);
	g_free(home);
	return failures ? 1 : 0;
}
