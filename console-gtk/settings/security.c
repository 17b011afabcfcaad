/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Security: how the worker of this machine is confined now, and who may use the machine. */
#include "settings/settings_priv.h"

#include "admin/admin.h"
#include "call.h"
#include "client/security_text.h"
#include "dialog.h"
#include "form.h"
#include "named.h"

static void on_statistics(GtkWidget *form, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *values;
	char **lines;

	if (error)
		return;
	values = g_variant_get_child_value(result, 0);
	lines = vmc_security_protections(values);
	for (char **line = lines; *line; line++)
		gui_form_text(form, *line);
	g_strfreev(lines);
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

/* --- the screen for others --------------------------------------------------------------------------- */

static void on_access(GtkWidget *label, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *access;
	char *text;

	if (error) {
		gtk_label_set_text(GTK_LABEL(label), error->message);
		return;
	}
	access = g_variant_get_child_value(result, 0);
	text = vmc_security_access(access);
	gtk_label_set_text(GTK_LABEL(label), text);
	g_variant_unref(access);
	g_free(text);
}

static void ask_access(struct gui_settings *settings, GtkWidget *label)
{
	gui_call(label, settings->machine->host, settings->machine->path, API_DISPLAY_INTERFACE, "GetAccess",
		 NULL, on_access, NULL);
}

static void on_set(GtkWidget *button, GVariant *result, const GError *error, gpointer opaque)
{
	if (error)
		gui_show_error(button, error->message);
	else
		ask_access(opaque, g_object_get_data(G_OBJECT(button), "state"));
}

static void on_password(GtkWidget *button, const char *password, gpointer opaque)
{
	struct gui_settings *settings = opaque;
	gboolean is_view = g_object_get_data(G_OBJECT(button), "is-view") != NULL;

	gui_call(button, settings->machine->host, settings->machine->path, API_DISPLAY_INTERFACE,
		 "SetPassword", g_variant_new("(bs@a{sv})", is_view, password, vmc_options(FALSE)), on_set,
		 settings);
}

static void on_ask_password(GtkButton *button, gpointer settings)
{
	gui_ask(GTK_WIDGET(button),
		&(struct gui_question){ .title = "Password for Viewers",
					.text = vmc_security_password,
					.label = "_Set",
					.entry = "",
					.entry_label = "_Password:",
					.is_secret = TRUE },
		on_password, settings, NULL);
}

static void add_password(struct gui_settings *settings, GtkWidget *box, GtkWidget *state, const char *label,
			 gboolean is_view)
{
	GtkWidget *button = gui_button_new(label);

	g_object_set_data(G_OBJECT(button), "state", state);
	g_object_set_data(G_OBJECT(button), "is-view", is_view ? button : NULL);
	g_signal_connect(button, "clicked", G_CALLBACK(on_ask_password), settings);
	gtk_box_append(GTK_BOX(box), button);
}

static void add_display(struct gui_settings *settings, GtkWidget *form)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *state = gui_text_new("");

	gui_form_heading(form, "Remote display");
	gui_form_text(form, vmc_security_display);
	gui_form_widget(form, NULL, state, NULL);
	add_password(settings, box, state, "Set Pa_ssword…", FALSE);
	add_password(settings, box, state, "Set Password to _Look…", TRUE);
	gui_form_widget(form, NULL, box, NULL);
	ask_access(settings, state);
}

void gui_security_fill(struct gui_settings *settings, GtkWidget *form, gpointer unused)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *delegate = gui_button_new("_Delegate…"),
		  *matrix = gui_button_new("_Who May Do What…");

	gui_form_heading(form, "Virtual machine administrators");
	gui_form_text(form, vmc_security_owners);
	g_signal_connect(delegate, "clicked", G_CALLBACK(on_delegate), settings);
	g_signal_connect(matrix, "clicked", G_CALLBACK(on_matrix), settings);
	gtk_box_append(GTK_BOX(box), delegate);
	gtk_box_append(GTK_BOX(box), matrix);
	gui_form_widget(form, NULL, box, NULL);
	add_display(settings, form);
	gui_form_heading(form, "Sandbox");
	gui_form_text(form, vmc_security_sandbox);
	gui_call_vm(form, settings->machine->host, settings->machine->path, "GetStatistics", NULL,
		    on_statistics, NULL);
}
