/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/table.h"

#include "screen/text.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/help.h"
#include "views/prompt.h"
#include "widgets/list.h"

#include <stdarg.h>
#include <string.h>

struct row {
	char *id;
	char **cells;
	enum theme_role role;
};

struct table {
	struct tui_view view;
	const struct table_kind *kind;
	struct table_column columns[TABLE_COLUMNS_MAX];
	char *own_titles[TABLE_COLUMNS_MAX];
	char *subject, *problem, *filter;
	char *kept; /* of the row with the focus, which keeps it when other rows come and go; NULL */
	VmcHost *host;
	GPtrArray *rows, *shown; /* struct row; of those that pass the filter */
	gboolean is_loaded, is_stale;
	struct tui_list list;
	struct tui_area body;
	guint timer;
};

static void row_free(gpointer opaque)
{
	struct row *row = opaque;

	g_free(row->id);
	g_strfreev(row->cells);
	g_free(row);
}

static guint column_count(const struct table *table)
{
	guint count = 0;

	while (count < TABLE_COLUMNS_MAX && table->columns[count].title)
		count++;
	return count;
}

/* --- rows -------------------------------------------------------------------------------------------- */

void table_begin(struct tui_view *view)
{
	struct table *table = (struct table *)view;

	g_ptr_array_set_size(table->shown, 0);
	g_ptr_array_set_size(table->rows, 0);
	g_clear_pointer(&table->problem, g_free);
	table->is_loaded = table->is_stale = TRUE;
	tui_changed(view->app);
}

static void add_row(struct table *table, const char *id, enum theme_role role, char **cells)
{
	struct row *row = g_new0(struct row, 1);

	row->id = g_strdup(id);
	row->role = role;
	row->cells = cells;
	g_ptr_array_add(table->rows, row);
	table->is_stale = TRUE;
	tui_changed(table->view.app);
}

void table_add_strv(struct tui_view *view, const char *id, enum theme_role role, const char *const *cells)
{
	struct table *table = (struct table *)view;
	guint count = column_count(table);
	char **copy = g_new0(char *, count + 1);

	for (guint i = 0; i < count; i++)
		copy[i] = g_strdup(*cells ? *cells++ : "");
	if (table->rows->len < TABLE_ROWS_MAX)
		add_row(table, id, role, copy);
	else
		g_strfreev(copy);
}

void table_add(struct tui_view *view, const char *id, enum theme_role role, ...)
{
	struct table *table = (struct table *)view;
	const char *cells[TABLE_COLUMNS_MAX + 1] = { NULL };
	va_list args;

	va_start(args, role);
	for (guint i = 0; i < column_count(table); i++)
		cells[i] = va_arg(args, const char *);
	va_end(args);
	table_add_strv(view, id, role, cells);
}

void table_fail(struct tui_view *view, const char *text)
{
	struct table *table = (struct table *)view;

	table_begin(view);
	table->problem = g_strdup(text);
}

static gboolean passes(const struct table *table, const struct row *row)
{
	char *all = g_strjoinv(" ", row->cells), *folded = g_utf8_casefold(all, -1),
	     *needle = g_utf8_casefold(table->filter, -1);
	gboolean has = strstr(folded, needle) != NULL;

	g_free(all);
	g_free(folded);
	g_free(needle);
	return has;
}

/* What a row is known by when all are new: ids alone may be the same. */
static char *name_of(const struct row *row)
{
	return g_strconcat(row->id ? row->id : "", "\n", row->cells[0], NULL);
}

static void keep_selected(struct table *table)
{
	int place = table->list.selected;

	if (place < 0 || place >= (int)table->shown->len)
		return;
	g_free(table->kept);
	table->kept = place == 0 && table->kind->is_newest_first ? NULL : name_of(table->shown->pdata[place]);
}

/* The list stands still around it. */
static void find_selected(struct table *table)
{
	for (guint i = 0; i < table->shown->len && table->kept; i++) {
		char *name = name_of(table->shown->pdata[i]);
		gboolean is_it = strcmp(name, table->kept) == 0;

		g_free(name);
		if (!is_it)
			continue;
		table->list.top += (int)i - table->list.selected;
		table->list.selected = (int)i;
		return;
	}
}

static void update(struct table *table)
{
	if (!table->is_stale)
		return;
	table->is_stale = FALSE;
	g_ptr_array_set_size(table->shown, 0);
	for (guint i = 0; i < table->rows->len; i++)
		if (!*table->filter || passes(table, table->rows->pdata[i]))
			g_ptr_array_add(table->shown, table->rows->pdata[i]);
	find_selected(table);
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static int width_of(const struct table *table, guint column, int all)
{
	if (table->columns[column].width)
		return table->columns[column].width;
	for (guint i = 0; i < column_count(table); i++)
		if (i != column)
			all -= table->columns[i].width + 1;
	return MAX(all, 8);
}

static void draw_cells(const struct table *table, const struct tui_area *line, char *const *cells,
		       enum theme_role role)
{
	int x = 1;

	for (guint i = 0; i < column_count(table) && x < line->width; i++) {
		int width = width_of(table, i, line->width - 2);

		tui_text(line, x, 0, width, role, cells ? cells[i] : table->columns[i].title);
		x += width + 1;
	}
}

static void table_draw(struct tui_view *view, const struct tui_area *area)
{
	struct table *table = (struct table *)view;
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1),
			heading = tui_area_part(area, 0, 1, area->width, 1);
	char *title =
	    g_strdup_printf("%s%s%s%s%s", table->kind->title, table->subject ? ": " : "",
			    table->subject ? table->subject : "", *table->filter ? " / " : "", table->filter);

	update(table);
	tui_fill(area, THEME_TEXT);
	tui_fill(&bar, THEME_BAR);
	tui_text(&bar, 1, 0, -1, THEME_BAR, title);
	tui_text_right(&bar, 0, 0, bar.width - 1, THEME_BAR, vmc_host_label(table->host));
	tui_fill(&heading, THEME_HEADING);
	draw_cells(table, &heading, NULL, THEME_HEADING);
	table->body = tui_area_part(area, 0, 2, area->width, area->height - 2);
	tui_list_fit(&table->list, (int)table->shown->len, table->body.height);
	keep_selected(table);
	if (table->problem)
		tui_text_wrap(&table->body, 0, THEME_WARNING, table->problem);
	else if (table->shown->len == 0)
		tui_text(&table->body, 1, 0, -1, THEME_DIM, table->is_loaded ? table->kind->empty : "...");
	for (int y = 0; y < table->body.height && table->list.top + y < table->list.count; y++) {
		struct row *row = table->shown->pdata[table->list.top + y];
		struct tui_area line = tui_area_part(&table->body, 0, y, table->body.width, 1);

		draw_cells(table, &line, row->cells, row->role);
		if (table->list.top + y == table->list.selected)
			tui_restyle(&line, THEME_SELECTED);
	}
	tui_list_scrollbar(&table->list, &table->body);
	g_free(title);
}

/* --- commands ---------------------------------------------------------------------------------------- */

static const char *selected_id(const struct table *table)
{
	int place = table->list.selected;

	return place >= 0 && place < (int)table->shown->len ? ((struct row *)table->shown->pdata[place])->id
							    : NULL;
}

static void on_filter(struct tui_view *view, const char *text, gboolean is_done)
{
	struct table *table = (struct table *)view;

	g_free(table->filter);
	table->filter = g_strdup(text);
	table->is_stale = TRUE;
}

static gboolean with_row(struct table *table, void (*fn)(struct tui_view *table, const char *id))
{
	char *id = g_strdup(selected_id(table));

	if (fn && id)
		fn(&table->view, id);
	g_free(id);
	return fn != NULL;
}

static gboolean table_command(struct tui_view *view, const char *command)
{
	struct table *table = (struct table *)view;

	update(table);
	if (tui_list_command(&table->list, command, table->body.height)) {
		keep_selected(table);
		return TRUE;
	}
	if (strcmp(command, "open") == 0)
		return with_row(table, table->kind->open);
	if (strcmp(command, "table.delete") == 0)
		return with_row(table, table->kind->remove);
	if (strcmp(command, "table.new") == 0 && table->kind->make)
		table->kind->make(view);
	else if (strcmp(command, "table.other") == 0 && table->kind->other)
		table->kind->other(view);
	else if (strcmp(command, "table.refresh") == 0)
		table_reload(view);
	else if (strcmp(command, "filter") == 0)
		prompt_filter(view, table->filter, on_filter);
	else if (strcmp(command, "help") == 0)
		help_open(view->app, TUI_IN_TABLE);
	else
		return FALSE;
	return TRUE;
}

static gboolean table_event(struct tui_view *view, const struct tui_event *event)
{
	struct table *table = (struct table *)view;

	update(table);
	if (event->kind != TUI_MOUSE)
		return event->kind != TUI_KEY;
	if (tui_list_wheel(&table->list, event)) {
		keep_selected(table);
		return TRUE;
	}
	if (event->mouse == TUI_MOUSE_PRESS && tui_area_has(&table->body, event->x, event->y)) {
		table->list.selected = MIN(table->list.top + event->y - table->body.y, table->list.count - 1);
		keep_selected(table);
		if (event->is_double)
			with_row(table, table->kind->open);
	}
	return TRUE;
}

static gboolean on_refresh(gpointer opaque)
{
	struct table *table = opaque;

	if (tui_is_top(&table->view))
		table->kind->load(&table->view);
	return G_SOURCE_CONTINUE;
}

static void table_free(struct tui_view *view)
{
	struct table *table = (struct table *)view;

	g_clear_handle_id(&table->timer, g_source_remove);
	g_ptr_array_unref(table->shown);
	g_ptr_array_unref(table->rows);
	g_object_unref(table->host);
	for (guint i = 0; i < TABLE_COLUMNS_MAX; i++)
		g_free(table->own_titles[i]);
	g_free(table->subject);
	g_free(table->problem);
	g_free(table->filter);
	g_free(table->kept);
	g_free(table);
}

static const char *table_hint(struct tui_view *view)
{
	return ((struct table *)view)->kind->hint;
}

/* Only what this list can do; what its hint tells is not said twice. */
static gboolean table_has(struct tui_view *view, const char *command)
{
	const struct table_kind *kind = ((struct table *)view)->kind;

	if (kind->hint)
		return strcmp(command, "help") == 0 || strcmp(command, "menu") == 0 ||
		       strcmp(command, "command") == 0;
	return (strcmp(command, "open") != 0 || kind->open) &&
	       (strcmp(command, "table.new") != 0 || kind->make) &&
	       (strcmp(command, "table.delete") != 0 || kind->remove) &&
	       (strcmp(command, "table.other") != 0 || kind->other);
}

static const struct tui_view_ops table_ops = {
	.contexts = TUI_IN_TABLE,
	.draw = table_draw,
	.on_event = table_event,
	.on_command = table_command,
	.free = table_free,
	.hint = table_hint,
	.has = table_has,
	.on_uncovered = table_reload,
};

struct tui_view *table_open(struct tui_app *app, const struct table_kind *kind, const char *subject)
{
	struct table *table = g_new0(struct table, 1);

	table->view.ops = &table_ops;
	table->kind = kind;
	memcpy(table->columns, kind->columns, sizeof(table->columns));
	table->subject = g_strdup(subject);
	table->filter = g_strdup("");
	table->host = g_object_ref(tui_host(app));
	table->rows = g_ptr_array_new_with_free_func(row_free);
	table->shown = g_ptr_array_new();
	tui_push(app, &table->view);
	kind->load(&table->view);
	if (kind->refresh_ms)
		table->timer = g_timeout_add(kind->refresh_ms, on_refresh, table);
	return &table->view;
}

void table_reload(struct tui_view *view)
{
	((struct table *)view)->kind->load(view);
}

const char *table_subject(struct tui_view *view)
{
	return ((struct table *)view)->subject;
}

VmcHost *table_host(struct tui_view *view)
{
	return ((struct table *)view)->host;
}

void table_set_columns(struct tui_view *view, const char *const *titles, int first, int others)
{
	struct table *table = (struct table *)view;
	guint i;

	for (i = 0; i < TABLE_COLUMNS_MAX - 1 && titles[i]; i++) {
		g_free(table->own_titles[i]);
		table->own_titles[i] = g_strdup(titles[i]);
		table->columns[i] = (struct table_column){ table->own_titles[i], i ? others : first };
	}
	table->columns[i].title = NULL;
}

void table_on_change(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	char *steps = result ? actions_steps(result) : NULL;

	if (error)
		dialog_error(table->app, error);
	else
		tui_say(table->app, THEME_GOOD, "done: %s", steps);
	g_free(steps);
	table_reload(table);
}
