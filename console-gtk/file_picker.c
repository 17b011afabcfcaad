/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_picker.h"

#include "file_look.h"
#include "focus.h"
#include "form.h"
#include "named.h"

static const struct {
	GtkFileChooserAction action;
	const char *title, *accept;
} picks[] = {
	[GUI_PICK_FILE] = { GTK_FILE_CHOOSER_ACTION_OPEN, "Choose a File", "_Open" },
	[GUI_PICK_NEW_FILE] = { GTK_FILE_CHOOSER_ACTION_SAVE, "Name a New File", "_Choose" },
	[GUI_PICK_FOLDER] = { GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, "Choose a Folder", "_Choose" },
};

static void on_response(GtkNativeDialog *dialog, int response, gpointer entry)
{
	GFile *file =
	    response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
	char *path = file ? g_file_get_path(file) : NULL;

	if (path)
		gtk_editable_set_text(GTK_EDITABLE(entry), path);
	g_free(path);
	g_clear_object(&file);
	g_object_set_data(G_OBJECT(entry), "chooser", NULL); /* the last reference */
}

static void add_filters(GtkFileChooser *chooser, const char *patterns)
{
	char **list = g_strsplit(patterns, ";", -1);
	GtkFileFilter *filter = gtk_file_filter_new(), *all = gtk_file_filter_new();

	gtk_file_filter_set_name(filter, patterns);
	for (char **pattern = list; *pattern; pattern++)
		gtk_file_filter_add_pattern(filter, *pattern);
	gtk_file_filter_set_name(all, "All files");
	gtk_file_filter_add_pattern(all, "*");
	gtk_file_chooser_add_filter(chooser, filter);
	gtk_file_chooser_add_filter(chooser, all);
	g_object_unref(filter);
	g_object_unref(all);
	g_strfreev(list);
}

/* Where to begin: at what stands in the entry. */
static void point_at(GtkFileChooser *chooser, const char *path, enum gui_pick pick)
{
	GFile *file = g_file_new_for_path(path), *folder = g_file_get_parent(file);

	if (pick == GUI_PICK_FOLDER)
		gtk_file_chooser_set_current_folder(chooser, file, NULL);
	else if (folder)
		gtk_file_chooser_set_current_folder(chooser, folder, NULL);
	g_clear_object(&folder);
	g_object_unref(file);
}

static void on_clicked(GtkButton *button, gpointer entry)
{
	enum gui_pick pick = (enum gui_pick)GPOINTER_TO_INT(g_object_get_data(G_OBJECT(button), "pick"));
	const char *patterns = g_object_get_data(G_OBJECT(button), "patterns"),
		   *text = gtk_editable_get_text(GTK_EDITABLE(entry));
	GtkFileChooserNative *chooser =
	    gtk_file_chooser_native_new(picks[pick].title, GTK_WINDOW(gtk_widget_get_root(entry)),
					picks[pick].action, picks[pick].accept, "_Cancel");

	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(chooser), TRUE);
	if (patterns)
		add_filters(GTK_FILE_CHOOSER(chooser), patterns);
	if (g_path_is_absolute(text))
		point_at(GTK_FILE_CHOOSER(chooser), text, pick);
	g_signal_connect(chooser, "response", G_CALLBACK(on_response), entry);
	g_object_set_data_full(G_OBJECT(entry), "chooser", chooser, g_object_unref);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

GtkWidget *gui_file_button_new(GtkWidget *entry, enum gui_pick pick, const char *patterns)
{
	GtkWidget *button = gui_button_new("Browse…");

	g_object_set_data(G_OBJECT(button), "pick", GINT_TO_POINTER(pick));
	g_object_set_data_full(G_OBJECT(button), "patterns", g_strdup(patterns), g_free);
	g_signal_connect(button, "clicked", G_CALLBACK(on_clicked), entry);
	return button;
}

void gui_file_field_set_place(GtkWidget *entry, const char *place)
{
	char *why =
	    *place ? g_strdup_printf(
			 "It is a path on %s, whose folders are not shown here; type the whole path.", place)
		   : NULL;

	gui_set_refused(g_object_get_data(G_OBJECT(entry), "browse"), why);
	g_free(why);
	gui_look_mark(entry, !*place);
}

void gui_file_field(GtkWidget *entry, const char *place, enum gui_pick pick, const char *patterns)
{
	GtkWidget *button = gui_file_button_new(entry, pick, patterns);

	gui_form_beside(entry, button);
	g_object_set_data(G_OBJECT(entry), "browse", button);
	gui_file_field_set_place(entry, place);
}
