/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this computer has for virtual machines, what that means, and how to get what it lacks. */
#include "hosts/host_windows.h"

#include "client/host_check.h"
#include "dialog.h"

#include <string.h>

enum { ROOM = 10 }; /* between two findings */

static void add_below(GtkWidget *grid, int *row, GtkWidget *widget)
{
	gtk_grid_attach(GTK_GRID(grid), widget, 1, (*row)++, 1, 1);
}

static GtkWidget *text_new(const char *text)
{
	GtkWidget *label = gui_text_new(text);

	gtk_label_set_max_width_chars(GTK_LABEL(label), 90);
	return label;
}

/* The sign in a column of its own; the name stands out. */
static void add_finding(GtkWidget *grid, int *row, const struct vmc_host_finding *finding)
{
	static const struct {
		const char *sign, *class;
	} looks[VMC_HOST_STATES] = {
		[VMC_HOST_GOOD] = { "✓", "good" },
		[VMC_HOST_LIMITED] = { "!", "warning" },
		[VMC_HOST_MISSING] = { "✗", "error" },
	};
	char *markup = g_markup_printf_escaped("<b>%s</b>: %s", finding->name, finding->text);
	GtkWidget *sign = gtk_label_new(looks[finding->state].sign), *label = text_new(NULL),
		  *meaning = text_new(finding->meaning);

	gtk_label_set_markup(GTK_LABEL(label), markup);
	gtk_widget_add_css_class(sign, looks[finding->state].class);
	gtk_widget_add_css_class(sign, "now");
	gtk_widget_set_valign(sign, GTK_ALIGN_START);
	gtk_widget_add_css_class(meaning, "hint");
	gtk_widget_set_margin_bottom(meaning, finding->remedy ? 0 : ROOM);
	gtk_grid_attach(GTK_GRID(grid), sign, 0, *row, 1, 1);
	add_below(grid, row, label);
	add_below(grid, row, meaning);
	if (finding->remedy) {
		char *advice = g_strdup_printf("What to do: %s.", finding->remedy);
		GtkWidget *remedy =
		    strstr(finding->remedy, "sudo ") ? gui_command_new(finding->remedy) : text_new(advice);

		gtk_widget_set_margin_bottom(remedy, ROOM);
		add_below(grid, row, remedy);
		g_free(advice);
	}
	g_free(markup);
}

static void check_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
	g_task_return_pointer(task, vmc_host_check("/"), (GDestroyNotify)g_ptr_array_unref);
}

static void on_checked(GObject *grid, GAsyncResult *result, gpointer unused)
{
	GPtrArray *findings = g_task_propagate_pointer(G_TASK(result), NULL);
	int row = 0;

	for (guint i = 0; i < findings->len; i++)
		add_finding(GTK_WIDGET(grid), &row, findings->pdata[i]);
	g_ptr_array_unref(findings);
}

void gui_host_check_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	GtkWidget *scrolled = gtk_scrolled_window_new(), *grid = gtk_grid_new();
	GtkWindow *dialog;
	GTask *task = g_task_new(grid, NULL, on_checked, NULL);

	gtk_widget_add_css_class(grid, "page");
	gtk_grid_set_column_spacing(GTK_GRID(grid), 8);
	gtk_grid_set_row_spacing(GTK_GRID(grid), 2);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), grid);
	g_task_run_in_thread(task, check_in_thread);
	g_object_unref(task);
	dialog = gui_dialog_new(window, "Host Check", scrolled);
	gui_window_set_size(dialog, 800, 560);
	gtk_window_present(dialog);
}
