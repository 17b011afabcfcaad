/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disks/disk_task.h"

#include "dialog.h"
#include "form.h"

struct call {
	struct gui_disk_summary *summary;
	struct gui_wizard *wizard;
	GtkWidget *window; /* weak: NULL when the wizard is gone */
	gboolean is_plan;
};

GtkWidget *gui_disk_summary_make(struct gui_disk_summary *summary)
{
	GtkWidget *form = gui_form_new();

	summary->steps = gui_form_steps(form, "This will be done, as a job that can be cancelled:");
	summary->command = gui_form_command(form);
	return form;
}

static void on_started(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct call *call = opaque;
	GError *error = NULL;
	char **steps = NULL, *text;
	gboolean is_good = vmc_disks_start_finish(NULL, result, NULL, &steps, &error);

	if (call->window) {
		g_object_remove_weak_pointer(G_OBJECT(call->window), (gpointer *)&call->window);
		if (!is_good) {
			gui_wizard_fail(call->wizard, error->message);
		} else if (call->is_plan) {
			text = g_strjoinv("\n", steps);
			gtk_label_set_text(GTK_LABEL(call->summary->steps), text);
			g_free(text);
		} else {
			gui_wizard_close(call->wizard);
		}
	}
	g_strfreev(steps);
	g_clear_error(&error);
	g_free(call);
}

static void start(struct gui_disk_summary *summary, struct gui_wizard *wizard, VmcHost *host,
		  gui_disk_draft_fn make, gpointer data, gboolean is_plan)
{
	struct vmc_connection *connection = vmc_host_connection(host);
	GError *error = NULL;
	struct vmc_disk_draft *draft = connection ? make(data, &error) : NULL;
	struct call *call;
	char *command;

	gtk_label_set_text(GTK_LABEL(summary->steps), "");
	gui_command_set(summary->command, "");
	if (!draft) {
		gui_wizard_fail(wizard,
				error ? error->message : "This host is not connected; wait until it is.");
		g_clear_error(&error);
		return;
	}
	command = vmc_disk_draft_command(draft, vmc_host_place(host));
	gui_command_set(summary->command, command);
	call = g_new0(struct call, 1);
	*call = (struct call){ summary, wizard, gui_wizard_window(wizard), is_plan };
	g_object_add_weak_pointer(G_OBJECT(call->window), (gpointer *)&call->window);
	vmc_disks_start(connection, draft, is_plan, on_started, call);
	vmc_disk_draft_free(draft);
	g_free(command);
}

void gui_disk_summary_enter(struct gui_disk_summary *summary, struct gui_wizard *wizard, VmcHost *host,
			    gui_disk_draft_fn draft, gpointer data)
{
	start(summary, wizard, host, draft, data, TRUE);
}

void gui_disk_summary_finish(struct gui_disk_summary *summary, struct gui_wizard *wizard, VmcHost *host,
			     gui_disk_draft_fn draft, gpointer data)
{
	start(summary, wizard, host, draft, data, FALSE);
}
