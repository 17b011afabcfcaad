/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Security: how the worker of this machine is confined now, and who may use the machine. */
#include "settings/settings_priv.h"

#include "admin/admin.h"
#include "call.h"
#include "form.h"
#include "named.h"

static void on_statistics(GtkWidget *form, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *values, *list = NULL;
	GVariantIter iter;
	const char *name, *what, *remedy;
	gboolean is_on;

	if (error)
		return;
	values = g_variant_get_child_value(result, 0);
	list = g_variant_lookup_value(values, "protections", G_VARIANT_TYPE("a(sbss)"));
	if (list) {
		g_variant_iter_init(&iter, list);
		while (g_variant_iter_next(&iter, "(&sb&s&s)", &name, &is_on, &what, &remedy)) {
			char *text = g_strdup_printf("%s %s: %s%s%s", is_on ? "✓" : "✗", name, what,
						     *remedy ? "; " : "", remedy);

			gui_form_text(form, text);
			g_free(text);
		}
		g_variant_unref(list);
	} else {
		gui_form_text(form, "It does not run now; its protections are read from its live process.");
	}
	g_variant_unref(values);
}

static void on_delegate(GtkButton *button, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	gui_admin_wizard_open(settings->app, GTK_WIDGET(settings->window), settings->machine->host,
			      settings->machine);
}

static void on_matrix(GtkButton *button, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	gui_admin_window_open(settings->app, GTK_WIDGET(settings->window), settings->machine->host);
}

GtkWidget *gui_security_make(struct gui_settings *settings)
{
	GtkWidget *form = gui_form_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6),
		  *delegate = gui_button_new("_Delegate…"), *matrix = gui_button_new("_Who May Do What…");

	gui_form_heading(form, "Virtual machine administrators");
	gui_form_text(form, "Who made it, Bulkhead Administrators, and those that it is delegated to.");
	g_signal_connect(delegate, "clicked", G_CALLBACK(on_delegate), settings);
	g_signal_connect(matrix, "clicked", G_CALLBACK(on_matrix), settings);
	gtk_box_append(GTK_BOX(box), delegate);
	gtk_box_append(GTK_BOX(box), matrix);
	gui_form_widget(form, NULL, box, NULL);
	gui_form_heading(form, "Sandbox");
	gui_form_text(
	    form,
	    "Each machine runs in a process that can open nothing by itself. It is always confined; this is "
	    "how, at the moment:");
	gui_call_vm(form, settings->machine->host, settings->machine->path, "GetStatistics", NULL,
		    on_statistics, NULL);
	return form;
}
