/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quick Create: a machine from a disc image with everything else as it is usual, on one page. */
#include "wizards/options.h"
#include "wizards/wizards.h"

#include "call.h"
#include "client/switch_draft.h"
#include "connection/window.h"
#include "dialog.h"
#include "file_look.h"
#include "file_picker.h"
#include "focus.h"
#include "form.h"
#include "named.h"

struct quick {
	struct gui_app *app;
	VmcHost *host;
	GtkWindow *window;
	GtkWidget *name, *image, *command, *problem, *create;
	char *path; /* of the machine; NULL: it is not made yet */
};

static struct gui_options *options_of(const struct quick *quick)
{
	struct gui_options *options = gui_options_new();
	const char *image = gui_form_value(quick->image);

	gui_options_add(options, "memory", "2G");
	gui_options_add(options, "processors", "2");
	gui_options_add(options, "switch", SWITCH_DEFAULT_NAME);
	gui_options_add(options, "disk", "new:40G");
	gui_options_add(options, "cdrom", *image ? image : "IMAGE");
	gui_options_add(options, "boot", "cdrom");
	return options;
}

static void on_typed(gpointer opaque)
{
	struct quick *quick = opaque;
	struct gui_options *options = options_of(quick);
	const char *name = gui_form_value(quick->name);
	gboolean has_image = *gui_form_value(quick->image) != '\0', is_known = TRUE, is_full;
	char *command =
	    gui_options_command(options, vmc_host_place(quick->host), "vm", "create", *name ? name : "NAME");

	if (has_image)
		has_image = gui_form_check_file(quick->image, FALSE);
	else
		gui_form_set_error(quick->image, NULL); /* nothing was typed yet */
	if (has_image && gui_look_is_marked(quick->image))
		is_known = gui_look_found(quick->image) != GUI_FOUND_UNKNOWN;
	is_full = *name && has_image && is_known;
	gui_command_set(quick->command, command);
	gui_set_refused(quick->create, is_full	  ? NULL
				       : is_known ? "Give a name and a disc image first."
						  : "The disc image is looked for; wait.");
	gui_options_free(options);
	g_free(command);
}

static void fail(struct quick *quick, const char *text)
{
	gtk_label_set_text(GTK_LABEL(quick->problem), text);
	gtk_widget_set_sensitive(quick->create, TRUE);
}

static void on_started(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct quick *quick = opaque;
	struct gui_machine *machine;
	char *text;

	if (error) {
		text = g_strdup_printf("%s was created, but does not start: %s", gui_form_value(quick->name),
				       error->message);
		fail(quick, text);
		g_free(text);
		return;
	}
	machine = gui_machine_new(quick->host, quick->path);
	gui_connection_open(quick->app, machine);
	gui_machine_free(machine);
	gtk_window_destroy(quick->window);
}

static void start(struct quick *quick)
{
	gui_call_vm(GTK_WIDGET(quick->window), quick->host, quick->path, "Start",
		    g_variant_new("(@a{sv})", vmc_options(FALSE)), on_started, quick);
}

static void on_created(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct quick *quick = opaque;

	if (error) {
		fail(quick, error->message);
		return;
	}
	g_variant_get_child(result, 0, "o", &quick->path);
	gui_form_refuse(quick->name, "The machine is made; its settings change it.");
	gui_form_refuse(quick->image, "The machine is made; its settings change it.");
	gui_button_set_label(quick->create, "_Start");
	start(quick);
}

static void create(struct quick *quick)
{
	struct gui_options *options = options_of(quick);
	GError *error = NULL;
	GVariant *settings = gui_options_settings(options, vmc_host_place(quick->host), NULL, &error);

	gui_options_free(options);
	if (!settings) {
		fail(quick, error->message);
		g_error_free(error);
		return;
	}
	gui_call(GTK_WIDGET(quick->window), quick->host, API_HOST_PATH, API_HOST_INTERFACE,
		 "CreateVirtualMachine",
		 g_variant_new("(s@a{sv}@a{sv})", gui_form_value(quick->name), settings, vmc_options(FALSE)),
		 on_created, quick);
}

/* What was made and did not start is started again, not made again. */
static void on_create(GtkButton *button, gpointer opaque)
{
	struct quick *quick = opaque;

	gtk_label_set_text(GTK_LABEL(quick->problem), "");
	gtk_widget_set_sensitive(quick->create, FALSE);
	if (quick->path)
		start(quick);
	else
		create(quick);
}

static void free_quick(gpointer opaque)
{
	struct quick *quick = opaque;

	g_object_unref(quick->host);
	g_free(quick->path);
	g_free(quick);
}

static void add_buttons(struct quick *quick, GtkWidget *form)
{
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *cancel = gui_button_new("Cancel");

	quick->create = gui_button_new("_Create and Start");
	gtk_widget_add_css_class(quick->create, "suggested-action");
	gtk_widget_set_halign(row, GTK_ALIGN_END);
	gtk_widget_set_hexpand(row, TRUE);
	g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_close), quick->window);
	gtk_box_append(GTK_BOX(row), cancel);
	gtk_box_append(GTK_BOX(row), quick->create);
	gui_form_widget(form, NULL, row, NULL);
}

void gui_quick_create_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	struct quick *quick = g_new0(struct quick, 1);
	GtkWidget *form = gui_form_new();

	quick->app = app;
	quick->host = g_object_ref(host);
	gui_form_text(form, "A machine with 2 GiB of memory, 2 processors, a new disk of 40 GiB and the "
			    "Default Switch, started from "
			    "a disc image at once.");
	quick->name = gui_form_entry(form, "N_ame:", "", NULL);
	quick->image = gui_form_entry(form, "Disc _image:", "", NULL);
	gui_file_field(quick->image, vmc_host_place(host), GUI_PICK_FILE, "*.iso");
	quick->command = gui_command_new("");
	gui_form_widget(form, NULL, quick->command, NULL);
	quick->problem = gui_text_new("");
	gtk_widget_add_css_class(quick->problem, "error");
	gui_form_widget(form, NULL, quick->problem, NULL);
	quick->window = gui_dialog_new(window, "Quick Create", form);
	add_buttons(quick, form);
	gtk_window_set_default_widget(quick->window, quick->create);
	g_object_set_data_full(G_OBJECT(quick->window), "quick", quick, free_quick);
	g_signal_connect(quick->create, "clicked", G_CALLBACK(on_create), quick);
	gui_form_watch(quick->name, G_CALLBACK(on_typed), quick);
	gui_look_watch(quick->image, on_typed, quick);
	on_typed(quick);
	gui_window_fit(quick->window);
	gtk_window_present(quick->window);
	gtk_widget_grab_focus(quick->name);
}
