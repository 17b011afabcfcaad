/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen with a list in columns: jobs, events, administrators and the like. Each kind says where its rows
 * come from and what can be done with one; finding, scrolling and drawing are done here.
 */
#ifndef VIEWS_TABLE_H
#define VIEWS_TABLE_H

#include "app/call.h"

enum { TABLE_COLUMNS_MAX = 16, TABLE_ROWS_MAX = 10000 };

struct table_column {
	const char *title;
	int width; /* 0: what is left; one of them at most */
};

struct table_kind {
	const char *title, *empty;
	struct table_column columns[TABLE_COLUMNS_MAX];
	/* Asks for the rows; table_begin(), table_add() when they come. */
	void (*load)(struct tui_view *table);
	/* `id` of the selected row. NULL: there is no such thing here. */
	void (*open)(struct tui_view *table, const char *id);
	void (*make)(struct tui_view *table);
	void (*remove)(struct tui_view *table, const char *id);
	void (*other)(struct tui_view *table);
	guint refresh_ms;	  /* 0: only when asked */
	const char *hint;	  /* NULL: the keys */
	gboolean is_newest_first; /* who looks at the first row goes on seeing what is new */
};

/* `subject`: what it is about, for the title and for the kind: NULL or copied. */
struct tui_view *table_open(struct tui_app *app, const struct table_kind *kind, const char *subject);
void table_begin(struct tui_view *table);
/* As many texts as there are columns; the id may be NULL. */
void table_add(struct tui_view *table, const char *id, enum theme_role role, ...);
void table_add_strv(struct tui_view *table, const char *id, enum theme_role role, const char *const *cells);
void table_fail(struct tui_view *table, const char *text);
void table_reload(struct tui_view *table);
/* The answer to a change: says it, or what went wrong; then the rows anew. */
void table_on_change(struct tui_view *table, GVariant *result, const GError *error, gpointer unused);
const char *table_subject(struct tui_view *table);
VmcHost *table_host(struct tui_view *table);
/* Columns that are known only when the rows are: names NULL-terminated. */
void table_set_columns(struct tui_view *table, const char *const *titles, int first, int others);

#endif
