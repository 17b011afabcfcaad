/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/prompt.h"

#include "app/program.h"
#include "screen/text.h"
#include "views/completion.h"
#include "views/dialog.h"
#include "views/pager.h"
#include "widgets/line.h"

#include <string.h>

enum { LINE_BYTES_MAX = 4096, HISTORY_MAX = 200, OFFERS_SHOWN = 8 };

typedef void (*prompt_fn)(struct tui_view *owner, const char *text, gboolean is_done);

struct prompt {
	struct tui_view view;
	struct tui_view *owner;
	gboolean is_command;
	char *before, *machine;
	struct tui_line line;
	prompt_fn fn;
	guint recalled; /* 0: the new line; 1: the latest of the history */
	GPtrArray *offers;
};

/* --- history, kept in the preferences ---------------------------------------------------------------- */

static char **history(struct tui_app *app)
{
	char **lines = g_key_file_get_string_list(tui_preferences(app), "history", "commands", NULL, NULL);

	return lines ? lines : g_new0(char *, 1);
}

static void remember(struct tui_app *app, const char *line)
{
	char **old = history(app);
	GPtrArray *lines = g_ptr_array_new();

	for (guint i = 0; old[i]; i++)
		if (strcmp(old[i], line) != 0)
			g_ptr_array_add(lines, old[i]);
	g_ptr_array_add(lines, (gpointer)line);
	while (lines->len > HISTORY_MAX)
		g_ptr_array_remove_index(lines, 0);
	g_key_file_set_string_list(tui_preferences(app), "history", "commands",
				   (const char *const *)lines->pdata, lines->len);
	tui_preferences_changed(app);
	g_ptr_array_unref(lines);
	g_strfreev(old);
}

static void recall(struct prompt *prompt, int step)
{
	char **lines = history(prompt->view.app);
	guint count = g_strv_length(lines);

	prompt->recalled = (guint)CLAMP((int)prompt->recalled + step, 0, (int)count);
	tui_line_set(&prompt->line, prompt->recalled ? lines[count - prompt->recalled] : "");
	g_strfreev(lines);
}

/* --- running ----------------------------------------------------------------------------------------- */

struct running {
	struct tui_view *pager;
	struct program *program;
	char *line;
	VmcHost *host;	   /* a reference */
	gboolean has_said; /* something */
};

static void running_free(gpointer opaque)
{
	struct running *running = opaque;

	g_object_unref(running->host);
	program_free(running->program);
	g_free(running->line);
	g_free(running);
}

static void on_output(gpointer opaque, const char *output, gsize size, int status)
{
	struct running *running = opaque;
	char *title;

	if (size) {
		running->has_said = TRUE;
		pager_add(running->pager, output, size);
		return;
	}
	title = status ? g_strdup_printf("%s: it failed (exit status %d)", running->line, status)
		       : g_strdup_printf("%s: done", running->line);
	pager_set_title(running->pager, title);
	g_free(title);
	/* It may have started the service. */
	if (vmc_host_link(running->host) == VMC_LINK_LOST)
		vmc_host_reconnect(running->host);
	/* An empty page would only be in the way. */
	if (status == 0 && !running->has_said) {
		tui_say(running->pager->app, THEME_GOOD, "%s: done", running->line);
		tui_close(running->pager);
	}
}

static void start(struct tui_app *app, const char *line, char **words)
{
	struct running *running = g_new0(struct running, 1);
	GPtrArray *argv = g_ptr_array_new();
	const char *place = vmc_host_place(tui_host(app));
	GError *error = NULL;

	for (guint i = 0; words[i]; i++)
		g_ptr_array_add(argv, words[i]);
	if (*place) {
		g_ptr_array_add(argv, (gpointer) "--host");
		g_ptr_array_add(argv, (gpointer)place);
	}
	g_ptr_array_add(argv, NULL);
	running->line = g_strdup_printf("bulkhead %s", line);
	running->host = g_object_ref(tui_host(app));
	running->pager = pager_new(app, running->line, "");
	pager_set_command(running->pager, running->line);
	pager_on_close(running->pager, running_free, running);
	running->program = program_start((const char *const *)argv->pdata, on_output, running, &error);
	if (!running->program) {
		pager_add(running->pager, error->message, strlen(error->message));
		g_error_free(error);
	}
	g_ptr_array_unref(argv);
}

static gboolean has_word(const char *const *list, gsize count, const char *word)
{
	for (gsize i = 0; i < count; i++)
		if (g_strcmp0(list[i], word) == 0)
			return TRUE;
	return FALSE;
}

/* By its verb; names of machines may be anything. */
static gboolean is_change(char **words)
{
	static const char *const reading[] = { "list",	"show",	   "why",    "inspect", "screen",
					       "check", "explain", "verify", "trash",	"wait" };
	static const char *const alone[] = { "completion", "man", "why", "--help", "--version" };
	static const char *const harmless[] = { "--plan", "--help" };
	gboolean is_reading = has_word(alone, G_N_ELEMENTS(alone), words[0]) ||
			      has_word(reading, G_N_ELEMENTS(reading), words[1]);

	for (guint i = 1; words[i]; i++) {
		if (has_word(harmless, G_N_ELEMENTS(harmless), words[i]))
			return FALSE;
		if (strcmp(words[i], "--repair") == 0)
			is_reading = FALSE;
	}
	return !is_reading;
}

/* % is the name of the selected machine. */
static void put_machine(char **words, const char *machine)
{
	for (guint i = 0; machine && words[i]; i++)
		if (strcmp(words[i], "%") == 0) {
			g_free(words[i]);
			words[i] = g_strdup(machine);
		}
}

void prompt_run(struct tui_app *app, const char *machine, const char *line)
{
	GError *error = NULL;
	char **words = NULL, **all;

	if (!*line)
		return;
	if (g_str_has_prefix(line, "bulkhead "))
		line += strlen("bulkhead ");
	if (tui_binding_find(line)) {
		tui_run_command(app, line);
		return;
	}
	if (g_str_has_prefix(line, "theme ")) {
		tui_choose_theme(app, line + strlen("theme "));
		return;
	}
	if (!g_shell_parse_argv(line, NULL, &all, &error)) {
		tui_say(app, THEME_ERROR_TEXT, "%s: %s", line, error->message);
		g_error_free(error);
		return;
	}
	words = all;
	put_machine(words, machine);
	if (is_change(words) && tui_refuses_change(app)) {
		/* said */
	} else if (strcmp(words[0], "run") == 0 || (words[1] && strcmp(words[1], "connect") == 0))
		tui_say(app, THEME_WARNING,
			"%s needs the terminal for itself; s opens a machine's serial console here",
			words[0]);
	else
		start(app, line, words);
	g_strfreev(all);
}

/* --- the line ---------------------------------------------------------------------------------------- */

static void complete(struct prompt *prompt)
{
	GPtrArray *words = completion_list(prompt->view.app, prompt->line.text->str);
	char *common = completion_common(words);
	const char *blank = strrchr(prompt->line.text->str, ' ');
	gsize start = blank ? (gsize)(blank - prompt->line.text->str) + 1 : 0;

	g_clear_pointer(&prompt->offers, g_ptr_array_unref);
	if (words->len && strlen(common) >= prompt->line.text->len - start) {
		g_string_truncate(prompt->line.text, start);
		prompt->line.cursor = start;
		tui_line_insert(&prompt->line, common);
		if (words->len == 1 && !g_str_has_suffix(common, "/"))
			tui_line_insert(&prompt->line, " ");
	}
	if (words->len > 1)
		prompt->offers = g_ptr_array_ref(words);
	g_ptr_array_unref(words);
	g_free(common);
}

static void prompt_draw(struct tui_view *view, const struct tui_area *area)
{
	struct prompt *prompt = (struct prompt *)view;
	struct tui_area line = tui_area_part(area, 0, area->height - 1, area->width, 1);
	int offers = prompt->offers ? (int)MIN(prompt->offers->len, OFFERS_SHOWN) : 0;

	tui_fill(&line, THEME_FIELD_FOCUS);
	tui_put(&line, 0, 0, THEME_FIELD_FOCUS, prompt->is_command ? ':' : '/');
	tui_line_draw(&prompt->line, &line, 1, 0, line.width - 1, THEME_FIELD_FOCUS, TRUE);
	for (int i = 0; i < offers; i++) {
		struct tui_area row =
		    tui_area_part(area, 1, area->height - 1 - offers + i, MIN(40, area->width - 1), 1);

		tui_fill(&row, THEME_MENU);
		tui_text(&row, 1, 0, -1, THEME_MENU,
			 i == OFFERS_SHOWN - 1 && (int)prompt->offers->len > OFFERS_SHOWN
			     ? "..."
			     : prompt->offers->pdata[i]);
	}
}

static void done(struct prompt *prompt, gboolean is_agreed)
{
	struct tui_view *view = tui_hold(&prompt->view);
	struct tui_app *app = view->app;

	tui_close(view);
	g_strchomp(prompt->line.text->str);
	if (prompt->is_command && is_agreed && *prompt->line.text->str) {
		remember(app, prompt->line.text->str);
		prompt_run(app, prompt->machine, prompt->line.text->str);
	} else if (!prompt->is_command && !prompt->owner->is_closed) {
		prompt->fn(prompt->owner, is_agreed ? prompt->line.text->str : prompt->before, TRUE);
	}
	tui_release(view);
}

static gboolean prompt_event(struct tui_view *view, const struct tui_event *event)
{
	struct prompt *prompt = (struct prompt *)view;
	gboolean has_changed = FALSE;

	if (event->kind == TUI_MOUSE) {
		if (event->mouse == TUI_MOUSE_PRESS)
			done(prompt, TRUE);
		return TRUE;
	}
	if (event->kind == TUI_KEY && event->key == TUI_KEY_ENTER) {
		done(prompt, TRUE);
		return TRUE;
	}
	if (event->kind == TUI_KEY &&
	    (event->key == TUI_KEY_ESCAPE || (event->key == 'c' && event->modifiers == TUI_CTRL))) {
		done(prompt, FALSE);
		return TRUE;
	}
	if (event->kind == TUI_KEY && prompt->is_command && event->key == TUI_KEY_TAB) {
		complete(prompt);
		return TRUE;
	}
	if (event->kind == TUI_KEY && prompt->is_command &&
	    (event->key == TUI_KEY_UP || event->key == TUI_KEY_DOWN)) {
		recall(prompt, event->key == TUI_KEY_UP ? 1 : -1);
		return TRUE;
	}
	if (!tui_line_event(&prompt->line, event, &has_changed))
		return FALSE;
	g_clear_pointer(&prompt->offers, g_ptr_array_unref);
	if (has_changed && !prompt->is_command)
		prompt->fn(prompt->owner, prompt->line.text->str, FALSE);
	return TRUE;
}

static void prompt_free(struct tui_view *view)
{
	struct prompt *prompt = (struct prompt *)view;

	tui_release(prompt->owner);
	tui_line_deinit(&prompt->line);
	g_clear_pointer(&prompt->offers, g_ptr_array_unref);
	g_free(prompt->before);
	g_free(prompt->machine);
	g_free(prompt);
}

static const char *prompt_hint(struct tui_view *view)
{
	return ((struct prompt *)view)->is_command
		   ? "Tab completes  Up recalls  Enter runs  Esc leaves   % is the selected machine"
		   : "words that a row must have; Enter keeps  Esc leaves it as it was";
}

static const struct tui_view_ops prompt_ops = {
	.contexts = TUI_IN_PROMPT,
	.is_overlay = TRUE,
	.draw = prompt_draw,
	.on_event = prompt_event,
	.free = prompt_free,
	.hint = prompt_hint,
};

static struct prompt *prompt_new(struct tui_view *owner, const char *text)
{
	struct prompt *prompt = g_new0(struct prompt, 1);

	prompt->view.ops = &prompt_ops;
	prompt->owner = tui_hold(owner);
	prompt->before = g_strdup(text);
	tui_line_init(&prompt->line, text, LINE_BYTES_MAX);
	tui_push(owner->app, &prompt->view);
	return prompt;
}

void prompt_filter(struct tui_view *owner, const char *text, prompt_fn fn)
{
	prompt_new(owner, text)->fn = fn;
}

void prompt_command(struct tui_view *owner, const char *machine, const char *text)
{
	struct prompt *prompt = prompt_new(owner, text);

	prompt->is_command = TRUE;
	prompt->machine = g_strdup(machine);
	completion_begin(owner->app);
}
