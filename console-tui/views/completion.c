/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead completion fish` prints one line for each word, and in which place it can stand: that is what is
 * read here. */
#include "views/completion.h"

#include "app/program.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 4096, PATHS_MAX = 500, OUTPUT_MAX = 1 << 20 };

struct word {
	char *after; /* "", "vm", "vm start" */
	char *word;  /* "%" for a machine */
};

static struct {
	GArray *words; /* struct word; NULL: not asked yet */
	GString *output;
	struct program *program;
} known;

static void add(const char *after, const char *word, gsize size)
{
	struct word entry = { g_strdup(after), g_strndup(word, size) };

	if (known.words->len < WORDS_MAX)
		g_array_append_val(known.words, entry);
}

/* complete -c bulkhead -n 'CONDITION' ... -a WORD or -l OPTION */
static void read_line(const char *line)
{
	char noun[64] = "", verb[64] = "", after[132], word[128];
	const char *condition = strstr(line, " -n '"), *at;

	if (!condition)
		return;
	condition += strlen(" -n '");
	if (sscanf(condition, "__bulkhead_words 3 %63[^;]; and __bulkhead_in %*s %63[^']", noun, verb) == 2) {
		snprintf(after, sizeof(after), "%s %s", noun, verb);
		add(after, "%", 1);
	} else if (sscanf(condition, "__bulkhead_words 2 %63[^']", noun) == 1) {
		at = strstr(condition, " -a ");
		if (at && sscanf(at, " -a %127[a-z-]", word) == 1)
			add(noun, word, strlen(word));
	} else if (g_str_has_prefix(condition, "__bulkhead_words 1")) {
		at = strstr(condition, " -a ");
		if (at && sscanf(at, " -a %127[a-z-]", word) == 1)
			add("", word, strlen(word));
	} else if (sscanf(condition, "__bulkhead_in %63[a-z] %63[^']", noun, verb) == 2) {
		at = strstr(condition, " -l ");
		snprintf(after, sizeof(after), "%s %s", noun, verb);
		if (at && sscanf(at, " -l %125[a-z-]", word + 2) == 1) {
			word[0] = word[1] = '-';
			add(after, word, strlen(word));
		}
	}
}

static void on_output(gpointer opaque, const char *output, gsize size, int status)
{
	char **lines;

	if (size && known.output->len + size <= OUTPUT_MAX)
		g_string_append_len(known.output, output, (gssize)size);
	if (size)
		return;
	lines = g_strsplit(known.output->str, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		read_line(lines[i]);
	g_strfreev(lines);
	g_string_truncate(known.output, 0);
	known.program = program_free(known.program);
}

void completion_begin(struct tui_app *app)
{
	static const char *const words[] = { "completion", "fish", NULL };

	if (known.words)
		return;
	known.words = g_array_new(FALSE, TRUE, sizeof(struct word));
	known.output = g_string_new(NULL);
	known.program = program_start(words, on_output, NULL, NULL);
}

/* --- paths ------------------------------------------------------------------------------------------- */

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *completion_paths(const char *text)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	const char *slash = strrchr(text, '/'), *begin = slash ? slash + 1 : text, *name;
	char *folder = slash ? g_strndup(text, (gsize)(slash - text) + 1) : g_strdup(""), *place;
	GDir *dir;

	place = g_str_has_prefix(folder, "~/") ? g_build_filename(g_get_home_dir(), folder + 2, NULL)
					       : g_strdup(folder);
	dir = g_dir_open(*place ? place : ".", 0, NULL);
	while (dir && (name = g_dir_read_name(dir)) && paths->len < PATHS_MAX) {
		char *path;

		if (!g_str_has_prefix(name, begin) || (*name == '.' && *begin != '.') ||
		    !g_utf8_validate(name, -1, NULL))
			continue;
		path = g_build_filename(*place ? place : ".", name, NULL);
		g_ptr_array_add(
		    paths, g_strconcat(folder, name, g_file_test(path, G_FILE_TEST_IS_DIR) ? "/" : "", NULL));
		g_free(path);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_ptr_array_sort(paths, by_text);
	g_free(place);
	g_free(folder);
	return paths;
}

void completion_path(struct tui_view *owner, struct tui_line *line, const char *title, menu_fn fn, int x,
		     int y)
{
	GPtrArray *paths = completion_paths(line->text->str);
	char *common = completion_common(paths);
	struct menu *menu;

	if (strlen(common) > line->text->len || paths->len == 1) {
		tui_line_set(line, common);
	} else if (paths->len > 1) {
		menu = menu_new(owner, title, fn, FALSE);
		for (guint i = 0; i < paths->len; i++)
			menu_add(menu, paths->pdata[i], paths->pdata[i], NULL);
		menu_open(menu, x, y, NULL);
	} else {
		tui_say(owner->app, THEME_WARNING, "no file here begins so");
	}
	g_free(common);
	g_ptr_array_unref(paths);
}

void completion_home(struct tui_line *line)
{
	char *path;

	if (!g_str_has_prefix(line->text->str, "~/"))
		return;
	path = g_strconcat(g_get_home_dir(), line->text->str + 1, NULL);
	tui_line_set(line, path);
	g_free(path);
}

/* --- words ------------------------------------------------------------------------------------------- */

static void offer(GPtrArray *words, const char *word, const char *begin)
{
	if (g_str_has_prefix(word, begin) &&
	    !g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
		g_ptr_array_add(words, g_strdup(word));
}

static void offer_machines(struct tui_app *app, GPtrArray *words, const char *begin)
{
	struct vmc_inventory *inventory = vmc_host_inventory(tui_host(app));
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;

	for (guint i = 0; machines && i < g_list_model_get_n_items(machines); i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);

		offer(words, vmc_object_text(machine, "Name"), begin);
		g_object_unref(machine);
	}
}

static void offer_known(struct tui_app *app, GPtrArray *words, const char *after, const char *begin)
{
	for (guint i = 0; known.words && i < known.words->len; i++) {
		const struct word *entry = &g_array_index(known.words, struct word, i);

		if (strcmp(entry->after, after) != 0)
			continue;
		if (strcmp(entry->word, "%") == 0)
			offer_machines(app, words, begin);
		else if (entry->word[0] != '-' || begin[0] == '-')
			offer(words, entry->word, begin);
	}
	for (gsize i = 0; i < tui_bindings_count && !*after; i++)
		if (tui_bindings[i].contexts & (TUI_IN_MAIN | TUI_IN_ANY))
			offer(words, tui_bindings[i].command, begin);
}

GPtrArray *completion_list(struct tui_app *app, const char *line)
{
	char **parts = g_strsplit(line, " ", -1), *after;
	guint count = g_strv_length(parts);
	const char *begin = count ? parts[count - 1] : "";
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free), *paths;

	after = count < 2    ? g_strdup("")
		: count == 2 ? g_strdup(parts[0])
			     : g_strconcat(parts[0], " ", parts[1], NULL);
	offer_known(app, words, after, begin);
	if (words->len == 0 && count > 2) {
		paths = completion_paths(begin);
		for (guint i = 0; i < paths->len; i++)
			offer(words, paths->pdata[i], begin);
		g_ptr_array_unref(paths);
	}
	g_ptr_array_sort(words, by_text);
	g_free(after);
	g_strfreev(parts);
	return words;
}

char *completion_common(const GPtrArray *words)
{
	const char *first = words->len ? words->pdata[0] : "";
	gsize size = strlen(first);

	for (guint i = 1; i < words->len; i++)
		while (strncmp(first, words->pdata[i], size) != 0)
			size--;
	while (size > 0 && !g_utf8_validate(first, (gssize)size, NULL))
		size--;
	return g_strndup(first, size);
}
