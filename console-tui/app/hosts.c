/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hosts of the program: this computer, and others that the user added, which are kept. */
#include "app/app_priv.h"
#include "app/jobs.h"

#include <string.h>

enum { HOSTS_MAX = 64 };

static void on_changed(VmcHost *host, gpointer opaque)
{
	tui_jobs_follow(opaque, host);
	tui_changed(opaque);
}

GPtrArray *tui_hosts(struct tui_app *app)
{
	return app->hosts;
}

VmcHost *tui_host(struct tui_app *app)
{
	return app->hosts->pdata[MIN(app->host, app->hosts->len - 1)];
}

void tui_choose_host(struct tui_app *app, guint place)
{
	app->host = MIN(place, app->hosts->len - 1);
	tui_changed(app);
}

static void keep(struct tui_app *app)
{
	GPtrArray *places = g_ptr_array_new();

	for (guint i = 1; i < app->hosts->len; i++)
		g_ptr_array_add(places, (gpointer)vmc_host_place(app->hosts->pdata[i]));
	g_key_file_set_string_list(app->preferences, "hosts", "places", (const char *const *)places->pdata,
				   places->len);
	tui_preferences_changed(app);
	g_ptr_array_unref(places);
}

gboolean tui_add_host(struct tui_app *app, const char *place)
{
	VmcHost *host;

	for (guint i = 0; i < app->hosts->len; i++)
		if (strcmp(vmc_host_place(app->hosts->pdata[i]), place) == 0) {
			tui_choose_host(app, i);
			return TRUE;
		}
	if (app->hosts->len >= HOSTS_MAX) {
		tui_say(app, THEME_ERROR_TEXT, "there are %u hosts already; take one out first", HOSTS_MAX);
		return FALSE;
	}
	host = vmc_host_new(place);
	g_signal_connect(host, "changed", G_CALLBACK(on_changed), app);
	g_ptr_array_add(app->hosts, host);
	keep(app);
	tui_changed(app);
	return TRUE;
}

void tui_remove_host(struct tui_app *app, guint place)
{
	if (place == 0 || place >= app->hosts->len) {
		tui_say(app, THEME_WARNING, "this computer stays in the list");
		return;
	}
	g_signal_handlers_disconnect_by_data(app->hosts->pdata[place], app);
	g_ptr_array_remove_index(app->hosts, place);
	if (app->host >= place && app->host > 0)
		app->host--;
	keep(app);
	tui_changed(app);
}
