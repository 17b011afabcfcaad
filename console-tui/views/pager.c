/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/pager.h"

#include "screen/text.h"
#include "views/dialog.h"

#include <string.h>

struct pager {
	struct tui_view view;
	char *title, *command, *needle;
	GString *text;
	GArray *starts; /* gsize: of each line */
	int top, left, height;
	int found; /* line; -1 */
	GDestroyNotify on_close;
	gpointer opaque;
};

static void index_lines(struct pager *pager)
{
	gsize zero = 0;

	g_array_set_size(pager->starts, 0);
	g_array_append_val(pager->starts, zero);
	for (gsize i = 0; i + 1 < pager->text->len; i++)
		if (pager->text->str[i] == '\n') {
			gsize next = i + 1;

			g_array_append_val(pager->starts, next);
		}
}

static char *line_at(const struct pager *pager, guint line)
{
	gsize start = g_array_index(pager->starts, gsize, line);
	const char *end = strchr(pager->text->str + start, '\n');

	return end ? g_strndup(pager->text->str + start, (gsize)(end - pager->text->str) - start)
		   : g_strdup(pager->text->str + start);
}

/* Tabs as blanks up to the next eighth column; then what is left of the edge goes. */
static char *line_from(char *line, int left)
{
	GString *result = g_string_new(NULL);
	int column = 0;

	for (const char *p = line; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		int width = c == '\t' ? 8 - column % 8 : tui_character_width(c);

		for (int i = 0; c == '\t' && i < width; i++)
			if (column + i >= left)
				g_string_append_c(result, ' ');
		if (c != '\t' && column >= left)
			g_string_append_unichar(result, c);
		column += width;
	}
	g_free(line);
	return g_string_free(result, FALSE);
}

static int top_max(const struct pager *pager)
{
	return MAX((int)pager->starts->len - pager->height, 0);
}

static void pager_draw(struct tui_view *view, const struct tui_area *area)
{
	struct pager *pager = (struct pager *)view;
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1);
	struct tui_area body = tui_area_part(area, 0, 1, area->width, area->height - 1);
	char *place = g_strdup_printf("%d of %u", MIN(pager->top + body.height, (int)pager->starts->len),
				      pager->starts->len);

	tui_fill(&bar, THEME_BAR);
	tui_text(&bar, 1, 0, bar.width - 16, THEME_BAR, pager->title);
	tui_text_right(&bar, bar.width - 15, 0, 14, THEME_BAR, place);
	g_free(place);
	pager->height = body.height;
	pager->top = CLAMP(pager->top, 0, top_max(pager));
	tui_fill(&body, THEME_TEXT);
	for (int y = 0; y < body.height && pager->top + y < (int)pager->starts->len; y++) {
		char *line = line_from(line_at(pager, (guint)(pager->top + y)), pager->left);

		tui_text(&body, 1, y, -1, pager->top + y == pager->found ? THEME_MATCH : THEME_TEXT, line);
		g_free(line);
	}
}

static gboolean find(struct pager *pager, int start)
{
	char *needle = pager->needle ? g_utf8_casefold(pager->needle, -1) : NULL;

	for (int i = 0; needle && *needle && i < (int)pager->starts->len; i++) {
		int place = (start + i) % (int)pager->starts->len;
		char *line = line_at(pager, (guint)place), *folded = g_utf8_casefold(line, -1);
		gboolean has = strstr(folded, needle) != NULL;

		g_free(folded);
		g_free(line);
		if (has) {
			pager->found = place;
			pager->top = MAX(place - pager->height / 2, 0);
			g_free(needle);
			return TRUE;
		}
	}
	g_free(needle);
	return FALSE;
}

static void on_needle(struct tui_view *view, const char *text, gpointer opaque)
{
	struct pager *pager = (struct pager *)view;

	g_free(pager->needle);
	pager->needle = g_strdup(text);
	if (!find(pager, pager->top))
		tui_say(view->app, THEME_WARNING, "%s: it is not there", text);
}

static gboolean scroll(struct pager *pager, const char *command)
{
	if (strcmp(command, "up") == 0)
		pager->top--;
	else if (strcmp(command, "down") == 0)
		pager->top++;
	else if (strcmp(command, "page.up") == 0)
		pager->top -= pager->height - 1;
	else if (strcmp(command, "page.down") == 0)
		pager->top += pager->height - 1;
	else if (strcmp(command, "first") == 0)
		pager->top = 0;
	else if (strcmp(command, "last") == 0)
		pager->top = top_max(pager);
	else if (strcmp(command, "text.left") == 0)
		pager->left = MAX(pager->left - 8, 0);
	else if (strcmp(command, "text.right") == 0)
		pager->left = MIN(pager->left + 8, 4096);
	else
		return FALSE;
	pager->top = CLAMP(pager->top, 0, top_max(pager));
	return TRUE;
}

static gboolean pager_command(struct tui_view *view, const char *command)
{
	struct pager *pager = (struct pager *)view;

	if (scroll(pager, command))
		return TRUE;
	if (strcmp(command, "text.find") == 0)
		dialog_type(view, "Find", "Text", pager->needle ? pager->needle : "", NULL, on_needle, NULL,
			    NULL);
	else if (strcmp(command, "text.find-next") == 0)
		find(pager, pager->found + 1);
	else if (strcmp(command, "text.copy") == 0 && pager->command)
		tui_copy(view->app, pager->command);
	else
		return FALSE;
	return TRUE;
}

static gboolean pager_event(struct tui_view *view, const struct tui_event *event)
{
	struct pager *pager = (struct pager *)view;

	if (event->kind == TUI_KEY && (event->key == ' ' || event->key == TUI_KEY_ENTER) &&
	    event->modifiers == 0)
		return scroll(pager, event->key == ' ' ? "page.down" : "down");
	if (event->kind != TUI_MOUSE || (event->mouse != TUI_MOUSE_UP && event->mouse != TUI_MOUSE_DOWN))
		return event->kind != TUI_KEY;
	pager->top += event->mouse == TUI_MOUSE_UP ? -3 : 3;
	return TRUE;
}

static void pager_free(struct tui_view *view)
{
	struct pager *pager = (struct pager *)view;

	if (pager->on_close)
		pager->on_close(pager->opaque);
	g_free(pager->title);
	g_free(pager->command);
	g_free(pager->needle);
	g_string_free(pager->text, TRUE);
	g_array_unref(pager->starts);
	g_free(pager);
}

static const struct tui_view_ops pager_ops = {
	.contexts = TUI_IN_TEXT,
	.draw = pager_draw,
	.on_event = pager_event,
	.on_command = pager_command,
	.free = pager_free,
};

struct tui_view *pager_new(struct tui_app *app, const char *title, const char *text)
{
	struct pager *pager = g_new0(struct pager, 1);

	pager->view.ops = &pager_ops;
	pager->title = g_strdup(title);
	pager->text = g_string_new(NULL);
	pager->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	pager->found = -1;
	index_lines(pager);
	tui_push(app, &pager->view);
	pager_add(&pager->view, text, strlen(text));
	return &pager->view;
}

void pager_add(struct tui_view *view, const char *text, gsize size)
{
	struct pager *pager = (struct pager *)view;
	gboolean was_at_end = pager->height > 0 && pager->top == top_max(pager);
	char *valid;

	if (pager->text->len + size > PAGER_BYTES_MAX)
		return;
	valid = g_utf8_make_valid(text, (gssize)size);
	g_string_append(pager->text, valid);
	g_free(valid);
	index_lines(pager);
	if (was_at_end)
		pager->top = top_max(pager);
	tui_changed(view->app);
}

void pager_set_title(struct tui_view *view, const char *title)
{
	struct pager *pager = (struct pager *)view;

	g_free(pager->title);
	pager->title = g_strdup(title);
	tui_changed(view->app);
}

void pager_set_command(struct tui_view *view, const char *command)
{
	struct pager *pager = (struct pager *)view;

	g_free(pager->command);
	pager->command = g_strdup(command);
}

void pager_on_close(struct tui_view *view, GDestroyNotify fn, gpointer opaque)
{
	struct pager *pager = (struct pager *)view;

	pager->on_close = fn;
	pager->opaque = opaque;
}
