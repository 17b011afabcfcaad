/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is, and who the caller is to it. */
#include "app/call.h"
#include "client/host_facts.h"
#include "views/dialog.h"
#include "views/pager.h"
#include "views/tables.h"

enum { NAME_WIDTH = 30 };

/* "Name      text"; the further lines of a text below its first. */
static void add(GString *text, char **pairs)
{
	for (guint i = 0; pairs[i] && pairs[i + 1]; i += 2) {
		char **lines = g_strsplit(pairs[i + 1], "\n", -1);

		for (guint k = 0; lines[k]; k++)
			g_string_append_printf(text, "%-*s%s\n", NAME_WIDTH, k ? "" : pairs[i], lines[k]);
		g_strfreev(lines);
	}
	g_strfreev(pairs);
}

static void on_who(struct tui_view *owner, GVariant *result, const GError *error, gpointer unused)
{
	GString *text = g_string_new(NULL);

	add(text, vmc_host_facts(tui_host(owner->app)));
	if (result)
		add(text, vmc_who_facts(result));
	pager_set_command(pager_new(owner->app, "Host Settings", text->str), "bulkhead host show");
	if (error)
		dialog_error(owner->app, error);
	g_string_free(text, TRUE);
}

void host_settings_open(struct tui_app *app)
{
	tui_call_host(tui_main(app), tui_host(app), "WhoAmI", NULL, on_who, NULL);
}
