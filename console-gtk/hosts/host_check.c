/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this computer has for virtual machines, what that means, and how to get what it lacks. */
#include "hosts/host_windows.h"

#include "client/host_check.h"
#include "dialog.h"

static void add_finding(GtkWidget *box, const struct vmc_host_finding *finding)
{
	static const struct {
		const char *sign, *class;
	} looks[VMC_HOST_STATES] = {
		[VMC_HOST_GOOD] = { "✓", "good" },
		[VMC_HOST_LIMITED] = { "!", "warning" },
		[VMC_HOST_MISSING] = { "✗", "error" },
	};
	char *text = g_strdup_printf("%s %s: %s", looks[finding->state].sign, finding->name, finding->text);
	GtkWidget *label = gui_text_new(text), *meaning = gui_text_new(finding->meaning);

	gtk_label_set_max_width_chars(GTK_LABEL(label), 90);
	gtk_label_set_max_width_chars(GTK_LABEL(meaning), 90);
	gtk_widget_add_css_class(label, looks[finding->state].class);
	gtk_widget_add_css_class(meaning, "hint");
	gtk_widget_set_margin_start(meaning, 18);
	gtk_box_append(GTK_BOX(box), label);
	gtk_box_append(GTK_BOX(box), meaning);
	if (finding->remedy) {
		GtkWidget *remedy = gui_command_new(finding->remedy);

		gtk_widget_set_margin_start(remedy, 18);
		gtk_box_append(GTK_BOX(box), remedy);
	}
	g_free(text);
}

static void check_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
	g_task_return_pointer(task, vmc_host_check("/"), (GDestroyNotify)g_ptr_array_unref);
}

static void on_checked(GObject *box, GAsyncResult *result, gpointer unused)
{
	GPtrArray *findings = g_task_propagate_pointer(G_TASK(result), NULL);

	for (guint i = 0; i < findings->len; i++)
		add_finding(GTK_WIDGET(box), findings->pdata[i]);
	g_ptr_array_unref(findings);
}

void gui_host_check_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	GtkWidget *scrolled = gtk_scrolled_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
	GtkWindow *dialog;
	GTask *task = g_task_new(box, NULL, on_checked, NULL);

	gtk_widget_add_css_class(box, "page");
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), box);
	g_task_run_in_thread(task, check_in_thread);
	g_object_unref(task);
	dialog = gui_dialog_new(window, "Host Check", scrolled);
	gui_window_set_size(dialog, 800, 560);
	gtk_window_present(dialog);
}
