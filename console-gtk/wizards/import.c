/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Import wizard: which folder, how, under what name, summary. */
#include "wizards/wizard.h"
#include "wizards/wizards.h"

#include "call.h"
#include "client/command.h"
#include "dialog.h"
#include "file_picker.h"
#include "form.h"

static const struct {
	const char *mode, *label, *hint;
} modes[] = {
	{ "copy", "_Copy, with a new identity",
	  "A new machine with copies of the files; the exported ones stay as they are." },
	{ "restore", "_Restore",
	  "The files are copied; the machine keeps its identity, which must not be here already." },
	{ "register", "Re_gister in place", "The files stay in the folder and are used there." },
};

struct import {
	VmcHost *host;
	GtkWidget *folder, *radios[G_N_ELEMENTS(modes)], *name, *steps, *command;
};

static guint mode_of(const struct import *import)
{
	for (guint i = 0; i < G_N_ELEMENTS(modes); i++)
		if (gui_form_is_on(import->radios[i]))
			return i;
	return 0;
}

static GtkWidget *make_folder(struct gui_wizard *wizard, gpointer data)
{
	struct import *import = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "The folder that the export of a machine has made.");
	import->folder = gui_form_entry(form, "Fol_der:", "", NULL);
	gui_file_field(import->folder, vmc_host_place(import->host), GUI_PICK_FOLDER, NULL);
	return form;
}

static gboolean check_folder(struct gui_wizard *wizard, gpointer data)
{
	return gui_form_check_folder(((struct import *)data)->folder);
}

static GtkWidget *make_mode(struct gui_wizard *wizard, gpointer data)
{
	struct import *import = data;
	GtkWidget *form = gui_form_new();

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++)
		import->radios[i] =
		    gui_form_radio(form, modes[i].label, i ? import->radios[0] : NULL, modes[i].hint);
	import->name = gui_form_entry(form, "New n_ame:", "", "Empty: the name that it had.");
	return form;
}

static void on_plan(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct import *import = g_object_get_data(G_OBJECT(window), "import");
	char **steps, *text;

	gtk_label_set_text(GTK_LABEL(import->steps), "");
	if (error) {
		gui_wizard_fail(wizard, error->message);
		return;
	}
	g_variant_get(result, "(&o^as)", NULL, &steps);
	text = g_strjoinv("\n", steps);
	gtk_label_set_text(GTK_LABEL(import->steps), text);
	g_free(text);
	g_strfreev(steps);
}

static void on_imported(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	if (error)
		gui_wizard_fail(wizard, error->message);
	else
		gui_wizard_close(wizard); /* the list of jobs shows how it goes */
}

static void call(struct gui_wizard *wizard, struct import *import, gboolean is_plan)
{
	g_object_set_data(G_OBJECT(gui_wizard_window(wizard)), "import", import);
	gui_call(gui_wizard_window(wizard), import->host, API_HOST_PATH, API_HOST_INTERFACE, "Import",
		 g_variant_new("(sss@a{sv})", gui_form_value(import->folder), modes[mode_of(import)].mode,
			       gui_form_value(import->name), vmc_options(is_plan)),
		 is_plan ? on_plan : on_imported, wizard);
}

static void enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct import *import = data;
	const char *name = gui_form_value(import->name);
	const char *const words[] = { "vm",
				      "import",
				      gui_form_value(import->folder),
				      "--mode",
				      modes[mode_of(import)].mode,
				      *name ? "--name" : NULL,
				      name,
				      NULL };
	char *command = vmc_command(vmc_host_place(import->host), words);

	gui_command_set(import->command, command);
	g_free(command);
	call(wizard, import, TRUE);
}

static GtkWidget *make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct import *import = data;
	GtkWidget *form = gui_form_new();

	import->steps = gui_form_steps(form, "This will be done, as a job:");
	import->command = gui_form_command(form);
	return form;
}

static void finish(struct gui_wizard *wizard, gpointer data)
{
	call(wizard, data, FALSE);
}

static void free_import(gpointer data)
{
	struct import *import = data;

	g_object_unref(import->host);
	g_free(import);
}

void gui_import_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	static const struct gui_wizard_page pages[] = {
		{ "Locate Folder", make_folder, NULL, check_folder, NULL },
		{ "How", make_mode, NULL, NULL, NULL },
		{ "Summary", make_summary, enter_summary, NULL, NULL },
	};
	struct import *import = g_new0(struct import, 1);

	import->host = g_object_ref(host);
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = "Import Virtual Machine",
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Import",
						     .on_finish = finish,
						     .data = import,
						     .free_data = free_import });
}
