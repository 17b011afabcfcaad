/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/jobs.h"

#include "client/job_text.h"

#include <string.h>

static const char followed[] = "tui-followed";

static GListModel *jobs_of(VmcHost *host)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);

	return inventory ? vmc_inventory_jobs(inventory) : NULL;
}

static void on_job(VmcObject *job, gpointer opaque)
{
	struct tui_app *app = opaque;
	const char *state = vmc_object_text(job, "State");
	char *text;

	tui_changed(app);
	if (vmc_job_is_running(job))
		return;
	text = vmc_job_text(job);
	tui_say(app,
		strcmp(state, "failed") == 0 ? THEME_ERROR_TEXT
		: strcmp(state, "done") == 0 ? THEME_GOOD
					     : THEME_WARNING,
		"%s", text);
	g_free(text);
	g_signal_handlers_disconnect_by_func(job, on_job, app);
}

/* What was over before we came is news to nobody; a short job may be over when it is seen first. */
static void on_jobs(GListModel *jobs, guint place, guint removed, guint added, gpointer app)
{
	for (guint i = place; i < place + added; i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		if (!g_object_get_data(G_OBJECT(job), followed)) {
			g_object_set_data(G_OBJECT(job), followed, app);
			g_signal_connect(job, "changed", G_CALLBACK(on_job), app);
			if (vmc_job_is_running(job) || vmc_object_is_news(job))
				on_job(job, app);
		}
		g_object_unref(job);
	}
	tui_changed(app);
}

void tui_jobs_follow(struct tui_app *app, VmcHost *host)
{
	GListModel *jobs = jobs_of(host);

	if (!jobs || g_object_get_data(G_OBJECT(jobs), followed))
		return;
	g_object_set_data(G_OBJECT(jobs), followed, app);
	g_signal_connect(jobs, "items-changed", G_CALLBACK(on_jobs), app);
	on_jobs(jobs, 0, 0, g_list_model_get_n_items(jobs), app);
}

char *tui_jobs_text(struct tui_app *app)
{
	GListModel *jobs = jobs_of(tui_host(app));
	GString *text = g_string_new(NULL);
	guint more = 0;

	for (guint i = 0; jobs && i < g_list_model_get_n_items(jobs); i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);
		char *left = vmc_job_left(job);

		if (vmc_job_is_running(job) && text->len)
			more++;
		else if (vmc_job_is_running(job))
			g_string_append_printf(text, "%s %d%%%s%s", vmc_object_text(job, "Title"),
					       (int)(vmc_object_fraction(job, "Progress") * 100),
					       *left ? ", " : "", left);
		g_free(left);
		g_object_unref(job);
	}
	if (more)
		g_string_append_printf(text, " (and %u more)", more);
	return g_string_free(text, FALSE);
}
