/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is, and who the caller is to it. */
#include "hosts/host_windows.h"

#include "call.h"
#include "client/host_facts.h"
#include "details/facts.h"
#include "dialog.h"

static void set_all(GtkWidget *facts, char **pairs)
{
	for (guint i = 0; pairs[i] && pairs[i + 1]; i += 2)
		gui_facts_set(facts, pairs[i], pairs[i + 1]);
	g_strfreev(pairs);
}

static void on_who(GtkWidget *facts, GVariant *result, const GError *error, gpointer unused)
{
	if (error)
		gui_facts_set(facts, "You", error->message);
	else
		set_all(facts, vmc_who_facts(result));
}

void gui_host_settings_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	GtkWidget *facts = gui_facts_new("Host settings"), *scrolled = gtk_scrolled_window_new();
	GtkWindow *dialog;

	set_all(facts, vmc_host_facts(host));
	gui_call(facts, host, API_HOST_PATH, API_HOST_INTERFACE, "WhoAmI", NULL, on_who, NULL);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), facts);
	dialog = gui_dialog_new(window, "Host Settings", scrolled);
	gui_window_set_size(dialog, 620, 300);
	gtk_window_present(dialog);
}
