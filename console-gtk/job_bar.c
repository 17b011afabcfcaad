/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_bar.h"

#include "call.h"

#include "client/job_text.h"
#include "named.h"

#include <string.h>

enum { GONE_AFTER_S = 8 };

struct gui_job_bar {
	struct gui_app *app;
	VmcHost *host;
	GtkWidget *list;
	GtkCustomFilter *filter;
	GtkFilterListModel *filtered;
};

/* --- rows -------------------------------------------------------------------------------------------- */

static void notify(struct gui_job_bar *bar, VmcObject *job)
{
	GtkWindow *active = gtk_application_get_active_window(bar->app->gtk);
	GNotification *notification;
	char *text;

	if (active && gtk_window_is_active(active))
		return; /* it is seen */
	text = vmc_job_text(job);
	notification = g_notification_new("Bulkhead");
	g_notification_set_body(notification, text);
	g_application_send_notification(G_APPLICATION(bar->app->gtk), vmc_object_path(job), notification);
	g_object_unref(notification);
	g_free(text);
}

static void update_row(VmcObject *job, gpointer row)
{
	GtkWidget *label = g_object_get_data(row, "label"), *progress = g_object_get_data(row, "progress"),
		  *cancel = g_object_get_data(row, "cancel");
	char *text = vmc_job_text(job), *percent;

	gtk_label_set_text(GTK_LABEL(label), text);
	gtk_widget_set_tooltip_text(label, text);
	gui_set_name(row, text);
	percent = g_strdup_printf("%.0f %%", vmc_object_fraction(job, "Progress") * 100);
	gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(progress), vmc_object_fraction(job, "Progress"));
	gtk_progress_bar_set_text(GTK_PROGRESS_BAR(progress), percent);
	gtk_widget_set_visible(progress, vmc_job_is_running(job));
	gtk_widget_set_visible(cancel, vmc_job_is_running(job));
	if (!vmc_job_is_running(job) && !g_object_get_data(row, "is-over")) {
		g_object_set_data(row, "is-over", row);
		notify(g_object_get_data(row, "bar"), job);
	}
	g_free(text);
	g_free(percent);
}

static void on_cancel(GtkButton *button, gpointer job)
{
	struct gui_job_bar *bar = g_object_get_data(G_OBJECT(button), "bar");

	if (bar->host)
		gui_call(GTK_WIDGET(gtk_widget_get_root(bar->list)), bar->host, vmc_object_path(job),
			 API_JOB_INTERFACE, "Cancel", g_variant_new("(@a{sv})", vmc_options(FALSE)), NULL,
			 NULL);
}

static GtkWidget *make_row(gpointer job, gpointer bar)
{
	GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10);
	GtkWidget *label = gtk_label_new(NULL), *progress = gtk_progress_bar_new(),
		  *cancel = gui_button_new("Cancel");

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_progress_bar_set_show_text(GTK_PROGRESS_BAR(progress), TRUE);
	gtk_widget_set_size_request(progress, 200, -1);
	gtk_widget_set_valign(progress, GTK_ALIGN_CENTER);
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), progress);
	gtk_box_append(GTK_BOX(box), cancel);
	gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
	g_object_set_data(G_OBJECT(row), "label", label);
	g_object_set_data(G_OBJECT(row), "progress", progress);
	g_object_set_data(G_OBJECT(row), "cancel", cancel);
	g_object_set_data(G_OBJECT(row), "bar", bar);
	g_object_set_data(G_OBJECT(cancel), "bar", bar);
	g_signal_connect(cancel, "clicked", G_CALLBACK(on_cancel), job);
	g_signal_connect_object(job, "changed", G_CALLBACK(update_row), row, 0);
	update_row(job, row);
	return row;
}

/* --- which ------------------------------------------------------------------------------------------- */

static gboolean on_gone(gpointer opaque)
{
	gtk_filter_changed(GTK_FILTER(opaque), GTK_FILTER_CHANGE_MORE_STRICT);
	return G_SOURCE_REMOVE;
}

/* Those under way; one that ends stays for a few seconds, a failed one for longer. */
static gboolean is_shown(gpointer job, gpointer opaque)
{
	struct gui_job_bar *bar = opaque;
	gint64 *over = g_object_get_data(job, "gui-over-since");
	int stays = strcmp(vmc_object_text(job, "State"), "failed") == 0 ? 8 * GONE_AFTER_S : GONE_AFTER_S;

	if (vmc_job_is_running(job))
		return TRUE;
	if (!over) {
		over = g_new(gint64, 1);
		/* What was over before we came is news to nobody. */
		*over = g_object_get_data(job, "gui-was-running") || vmc_object_is_news(job)
			    ? g_get_monotonic_time()
			    : 0;
		g_object_set_data_full(job, "gui-over-since", over, g_free);
		if (*over)
			g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, (guint)stays + 1, on_gone,
						   g_object_ref(bar->filter), g_object_unref);
	}
	return *over && g_get_monotonic_time() - *over < (gint64)stays * G_USEC_PER_SEC;
}

static void on_job_changed(VmcObject *job, gpointer filter)
{
	if (!vmc_job_is_running(job))
		gtk_filter_changed(GTK_FILTER(filter), GTK_FILTER_CHANGE_DIFFERENT);
}

static void on_jobs(GListModel *jobs, guint position, guint removed, guint added, gpointer opaque)
{
	struct gui_job_bar *bar = opaque;

	for (guint i = position; i < position + added; i++) {
		VmcObject *job = g_list_model_get_item(jobs, i);

		if (vmc_job_is_running(job)) {
			g_object_set_data(G_OBJECT(job), "gui-was-running", job);
			g_signal_connect_object(job, "changed", G_CALLBACK(on_job_changed), bar->filter, 0);
		}
		g_object_unref(job);
	}
}

static void on_shown_changed(GListModel *shown, guint position, guint removed, guint added, gpointer opaque)
{
	struct gui_job_bar *bar = opaque;

	gtk_widget_set_visible(bar->list, g_list_model_get_n_items(shown) > 0);
}

void gui_job_bar_set_host(struct gui_job_bar *bar, VmcHost *host)
{
	struct vmc_inventory *inventory = host ? vmc_host_inventory(host) : NULL;
	GListModel *jobs = inventory ? vmc_inventory_jobs(inventory) : NULL,
		   *old = gtk_filter_list_model_get_model(bar->filtered);

	bar->host = host;
	if (jobs == old)
		return;
	if (old)
		g_signal_handlers_disconnect_by_func(old, on_jobs, bar);
	if (jobs) {
		on_jobs(jobs, 0, 0, g_list_model_get_n_items(jobs), bar);
		g_signal_connect(jobs, "items-changed", G_CALLBACK(on_jobs), bar);
	}
	gtk_filter_list_model_set_model(bar->filtered, jobs);
}

GtkWidget *gui_job_bar_widget(struct gui_job_bar *bar)
{
	return bar->list;
}

struct gui_job_bar *gui_job_bar_new(struct gui_app *app)
{
	struct gui_job_bar *bar = g_new0(struct gui_job_bar, 1);

	bar->app = app;
	bar->filter = gtk_custom_filter_new(is_shown, bar, NULL);
	bar->filtered = gtk_filter_list_model_new(NULL, GTK_FILTER(g_object_ref(bar->filter)));
	bar->list = g_object_ref_sink(gtk_list_box_new());
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(bar->list), GTK_SELECTION_NONE);
	gtk_widget_add_css_class(bar->list, "jobs");
	gtk_widget_set_visible(bar->list, FALSE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(bar->list), GTK_ACCESSIBLE_PROPERTY_LABEL, "Jobs", -1);
	g_signal_connect(bar->filtered, "items-changed", G_CALLBACK(on_shown_changed), bar);
	gtk_list_box_bind_model(GTK_LIST_BOX(bar->list), G_LIST_MODEL(bar->filtered), make_row, bar, NULL);
	return bar;
}

struct gui_job_bar *gui_job_bar_free(struct gui_job_bar *bar)
{
	if (!bar)
		return NULL;
	gui_job_bar_set_host(bar, NULL);
	gtk_list_box_bind_model(GTK_LIST_BOX(bar->list), NULL, NULL, NULL, NULL);
	g_object_unref(bar->list);
	g_object_unref(bar->filtered);
	g_object_unref(bar->filter);
	g_free(bar);
	return NULL;
}
