/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "widgets/line.h"

#include "screen/text.h"

#include <string.h>

void tui_line_init(struct tui_line *line, const char *text, gsize max)
{
	line->text = g_string_new(NULL);
	line->max = max;
	line->is_secret = FALSE;
	tui_line_set(line, text);
}

void tui_line_deinit(struct tui_line *line)
{
	if (line->text)
		g_string_free(line->text, TRUE);
	line->text = NULL;
}

/* Only what can stand in a line. */
static char *clean(const char *text, gsize size)
{
	char *valid = g_utf8_make_valid(text, (gssize)size);
	GString *result = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\t' || c == '\n' || c == '\r')
			g_string_append_c(result, ' ');
		else if (!g_unichar_iscntrl(c))
			g_string_append_unichar(result, c);
	}
	g_free(valid);
	return g_string_free(result, FALSE);
}

static void insert(struct tui_line *line, const char *text, gsize size)
{
	char *plain = clean(text, size);

	if (line->text->len + strlen(plain) <= line->max) {
		g_string_insert(line->text, (gssize)line->cursor, plain);
		line->cursor += strlen(plain);
	}
	g_free(plain);
}

void tui_line_insert(struct tui_line *line, const char *text)
{
	insert(line, text, strlen(text));
}

void tui_line_set(struct tui_line *line, const char *text)
{
	g_string_truncate(line->text, 0);
	line->cursor = 0;
	tui_line_insert(line, text ? text : "");
}

static gsize before(const struct tui_line *line)
{
	const char *p = g_utf8_find_prev_char(line->text->str, line->text->str + line->cursor);

	return p ? (gsize)(p - line->text->str) : 0;
}

static gsize after(const struct tui_line *line)
{
	if (line->cursor >= line->text->len)
		return line->text->len;
	return (gsize)(g_utf8_next_char(line->text->str + line->cursor) - line->text->str);
}

static gsize word_before(const struct tui_line *line)
{
	gsize at = line->cursor;

	while (at > 0 && line->text->str[at - 1] == ' ')
		at--;
	while (at > 0 && line->text->str[at - 1] != ' ' &&
	       !(at < line->cursor && line->text->str[at - 1] == '/'))
		at--;
	return at;
}

static void erase(struct tui_line *line, gsize from, gsize to)
{
	g_string_erase(line->text, (gssize)from, (gssize)(to - from));
	line->cursor = from;
}

static gboolean move(struct tui_line *line, const struct tui_event *event)
{
	gboolean is_ctrl = event->modifiers == TUI_CTRL;

	if (event->key == TUI_KEY_LEFT || (is_ctrl && event->key == 'b'))
		line->cursor = before(line);
	else if (event->key == TUI_KEY_RIGHT || (is_ctrl && event->key == 'f'))
		line->cursor = after(line);
	else if (event->key == TUI_KEY_HOME || (is_ctrl && event->key == 'a'))
		line->cursor = 0;
	else if (event->key == TUI_KEY_END || (is_ctrl && event->key == 'e'))
		line->cursor = line->text->len;
	else
		return FALSE;
	return TRUE;
}

static gboolean edit(struct tui_line *line, const struct tui_event *event)
{
	gboolean is_ctrl = event->modifiers == TUI_CTRL;

	if (event->key == TUI_KEY_BACKSPACE && event->modifiers == 0)
		erase(line, before(line), line->cursor);
	else if (event->key == TUI_KEY_DELETE)
		g_string_erase(line->text, (gssize)line->cursor, (gssize)(after(line) - line->cursor));
	else if (is_ctrl && event->key == 'u')
		erase(line, 0, line->cursor);
	else if (is_ctrl && event->key == 'k')
		g_string_truncate(line->text, line->cursor);
	else if (is_ctrl && event->key == 'w')
		erase(line, word_before(line), line->cursor);
	else
		return FALSE;
	return TRUE;
}

static void take_suggestion(struct tui_line *line, gboolean is_replaced)
{
	if (line->is_suggestion && is_replaced)
		tui_line_set(line, "");
	line->is_suggestion = FALSE;
}

gboolean tui_line_event(struct tui_line *line, const struct tui_event *event, gboolean *ret_changed)
{
	char bytes[8] = { 0 };
	gboolean changed = TRUE;

	if (ret_changed)
		*ret_changed = FALSE;
	if (event->kind == TUI_PASTE) {
		take_suggestion(line, TRUE);
		insert(line, event->text, event->text_size);
	} else if (event->kind != TUI_KEY) {
		return FALSE;
	} else if (event->key < TUI_KEY_UP && event->modifiers == 0 && g_unichar_to_utf8(event->key, bytes)) {
		take_suggestion(line, TRUE);
		tui_line_insert(line, bytes);
	} else if (move(line, event)) {
		changed = FALSE;
		take_suggestion(line, FALSE);
	} else if (!edit(line, event)) {
		return FALSE;
	} else {
		take_suggestion(line, FALSE);
	}
	if (ret_changed)
		*ret_changed = changed;
	return TRUE;
}

void tui_line_draw(const struct tui_line *line, const struct tui_area *area, int x, int y, int width,
		   enum theme_role role, gboolean has_focus)
{
	struct tui_area field = tui_area_part(area, x, y, width, 1);
	const char *start = line->text->str, *cursor = line->text->str + line->cursor;
	char *head;
	int columns;

	tui_fill(&field, role);
	/* So much of it to the left that the cursor is in sight. */
	do {
		head = g_strndup(start, (gsize)(cursor - start));
		columns = tui_text_width(head);
		g_free(head);
		if (columns < width)
			break;
		start = g_utf8_next_char(start);
	} while (start < cursor);
	if (line->is_secret) {
		columns = (int)g_utf8_strlen(start, cursor - start);
		tui_row(&field, 0, 0, (int)g_utf8_strlen(start, -1), role, '*');
	} else {
		tui_text(&field, 0, 0, width, role, start);
	}
	if (has_focus)
		tui_cursor(&field, MIN(columns, MAX(width - 1, 0)), 0);
}
