/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may do what: the grants, the matrix of rights, and why. */
#include "client/rights.h"
#include "views/actions.h"
#include "views/delegate.h"
#include "views/dialog.h"
#include "views/table.h"
#include "views/tables.h"

#include <string.h>

enum { ID_PARTS = 3 };

/* What a role grants, as words: "view, console, power". */
static char *grants_text(const char *role, gboolean on_host)
{
	const char *const *rights = vmc_rights(on_host);
	GString *text = g_string_new(NULL);

	for (guint i = 0; rights[i]; i++)
		if (vmc_role_has(role, rights[i], on_host))
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", rights[i]);
	return g_string_free(text, FALSE);
}

static void add_grant(struct tui_view *table, const char *subject, const char *role, const char *id,
		      const char *name)
{
	char *row = g_strdup_printf("%s\n%s\n%s", subject, role, id), *text = grants_text(role, !*id);

	table_add(table, row, THEME_TEXT, subject, role, *id ? name : "(this host)", text);
	g_free(row);
	g_free(text);
}

static void on_grants(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	const char *subject, *role, *id, *name;
	GVariantIter *iter;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a(ssss))"))) {
		table_fail(table,
			   error ? error->message : "the service answers something else than was asked");
		return;
	}
	table_begin(table);
	g_variant_get(result, "(a(ssss))", &iter);
	while (g_variant_iter_next(iter, "(&s&s&s&s)", &subject, &role, &id, &name))
		add_grant(table, subject, role, id, name);
	g_variant_iter_free(iter);
}

static void load(struct tui_view *table)
{
	tui_call(table, table_host(table), API_ADMINS_PATH, API_ADMINS_INTERFACE, "List", NULL, on_grants,
		 NULL);
}

/* --- why --------------------------------------------------------------------------------------------- */

static void on_explained(struct tui_view *table, GVariant *result, const GError *error, gpointer opaque)
{
	const char *right, *why;
	gboolean may;
	GVariantIter *iter;
	GString *text = g_string_new(NULL);

	if (error) {
		dialog_error(table->app, error);
	} else if (g_variant_is_of_type(result, G_VARIANT_TYPE("(a(sbs))"))) {
		g_variant_get(result, "(a(sbs))", &iter);
		while (g_variant_iter_next(iter, "(&sb&s)", &right, &may, &why))
			g_string_append_printf(text, "%s %-12s %s\n", may ? "may    " : "may not", right,
					       why);
		g_variant_iter_free(iter);
		dialog_message(table->app, opaque, text->str);
	}
	g_string_free(text, TRUE);
	g_free(opaque);
}

static void explain(struct tui_view *table, const char *row)
{
	char **parts = g_strsplit(row, "\n", ID_PARTS);

	if (g_str_has_prefix(parts[0], "user:"))
		tui_call(table, table_host(table), API_ADMINS_PATH, API_ADMINS_INTERFACE, "Explain",
			 g_variant_new("(sss)", parts[0] + strlen("user:"), "", parts[2]), on_explained,
			 g_strdup_printf("What %s may do, and why", parts[0]));
	else
		tui_say(table->app, THEME_WARNING,
			"%s: this is a group; ask about one of its users: :admin explain USER", parts[0]);
	g_strfreev(parts);
}

/* --- changes ----------------------------------------------------------------------------------------- */

static void revoke_now(struct tui_view *table, const char *text, gpointer opaque)
{
	char **parts = opaque;

	tui_call(
	    table, table_host(table), API_ADMINS_PATH, API_ADMINS_INTERFACE, "Revoke",
	    g_variant_new("(sss@a{sv})", parts[0], *parts[2] ? "" : parts[1], parts[2], vmc_options(FALSE)),
	    table_on_change, NULL);
}

static void free_parts(gpointer opaque)
{
	g_strfreev(opaque);
}

static void revoke_grant(struct tui_view *table, const char *row)
{
	char **parts = g_strsplit(row, "\n", ID_PARTS);
	char *text = g_strdup_printf("Take the role %s away from %s?", parts[1], parts[0]);
	struct dialog_question question = {
		.title = "Revoke", .text = text, .button = "Revoke", .is_dangerous = TRUE
	};

	dialog_ask(table, &question, revoke_now, parts, free_parts);
	g_free(text);
}

static void grant(struct tui_view *table)
{
	delegate_open(table->app, table_host(table), NULL);
}

/* --- the matrix -------------------------------------------------------------------------------------- */

static void on_matrix(struct tui_view *table, GVariant *result, const GError *error, gpointer unused)
{
	const char *subject, *role, *id, *name;
	const char *const *rights = vmc_rights(FALSE);
	GVariantIter *iter;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a(ssss))"))) {
		table_fail(table,
			   error ? error->message : "the service answers something else than was asked");
		return;
	}
	table_begin(table);
	g_variant_get(result, "(a(ssss))", &iter);
	while (g_variant_iter_next(iter, "(&s&s&s&s)", &subject, &role, &id, &name)) {
		const char *cells[TABLE_COLUMNS_MAX + 1] = { NULL };
		char *who = g_strdup_printf("%s on %s", subject, *id ? name : "this host");

		cells[0] = who;
		for (guint i = 0; rights[i] && i + 1 < TABLE_COLUMNS_MAX - 1; i++)
			cells[i + 1] = vmc_role_has(role, rights[i], !*id) ? "yes"
				       : tui_is_ascii(table->app)	   ? "-"
									   : "\xc2\xb7";
		table_add_strv(table, subject, THEME_TEXT, cells);
		g_free(who);
	}
	g_variant_iter_free(iter);
}

static void matrix_load(struct tui_view *table)
{
	tui_call(table, table_host(table), API_ADMINS_PATH, API_ADMINS_INTERFACE, "List", NULL, on_matrix,
		 NULL);
}

static const struct table_kind matrix_kind = {
	.title = "Who May Do What",
	.empty = "Nobody but the owner and the administrators of this host.",
	.columns = { { "Who", 30 } },
	.load = matrix_load,
};

static void matrix(struct tui_view *table)
{
	const char *titles[TABLE_COLUMNS_MAX] = { "Who" };
	const char *const *rights = vmc_rights(FALSE);
	struct tui_view *other;

	for (guint i = 0; rights[i] && i + 2 < TABLE_COLUMNS_MAX; i++)
		titles[i + 1] = rights[i];
	other = table_open(table->app, &matrix_kind, NULL);
	table_set_columns(other, titles, 26, 8);
}

static const struct table_kind kind = {
	.title = "Administrators",
	.empty = "Nobody has a role yet, besides the owner and the administrators of this host.",
	.columns = { { "Who", 20 }, { "Role", 17 }, { "On", 18 }, { "May", 0 } },
	.load = load,
	.open = explain,
	.make = grant,
	.remove = revoke_grant,
	.other = matrix,
	.hint = "Enter Why  n Grant  Del Revoke  m Matrix  / Filter  Esc Back",
};

void administrators_open(struct tui_app *app)
{
	table_open(app, &kind, NULL);
}
