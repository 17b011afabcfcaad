/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog.h"

#include "file_picker.h"
#include "named.h"

enum { TEXT_CHARS = 64, USUAL_CHAR_WIDTH = 9, MONITOR_MARGIN = 60 };

GtkWidget *gui_text_new(const char *text)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_max_width_chars(GTK_LABEL(label), TEXT_CHARS);
	gtk_label_set_selectable(GTK_LABEL(label), TRUE);
	/* Selectable labels take the focus, and with it the text gets selected: not what Tab is for. */
	gtk_widget_set_focusable(label, FALSE);
	return label;
}

static gboolean on_query(GtkWidget *label, int x, int y, gboolean by_keyboard, GtkTooltip *tooltip,
			 gpointer unused)
{
	gtk_tooltip_set_text(tooltip, gtk_label_get_text(GTK_LABEL(label)));
	return pango_layout_is_ellipsized(gtk_label_get_layout(GTK_LABEL(label)));
}

GtkWidget *gui_cell_label_new(void)
{
	GtkWidget *label = gtk_label_new(NULL);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_widget_set_has_tooltip(label, TRUE);
	g_signal_connect(label, "query-tooltip", G_CALLBACK(on_query), NULL);
	return label;
}

static gboolean on_escape(GtkWidget *widget, GVariant *args, gpointer opaque)
{
	gtk_window_close(GTK_WINDOW(widget));
	return TRUE;
}

GtkWindow *gui_dialog_new(GtkWidget *widget, const char *title, GtkWidget *content)
{
	GtkRoot *root = widget ? gtk_widget_get_root(widget) : NULL;
	GtkWidget *window = gtk_window_new();
	GtkEventController *keys = gtk_shortcut_controller_new();

	gtk_window_set_title(GTK_WINDOW(window), title);
	if (GTK_IS_WINDOW(root)) {
		gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(root));
		if (gtk_window_has_group(GTK_WINDOW(root)))
			gtk_window_group_add_window(gtk_window_get_group(GTK_WINDOW(root)),
						    GTK_WINDOW(window));
		gtk_window_set_modal(GTK_WINDOW(window), TRUE);
		gtk_window_set_destroy_with_parent(GTK_WINDOW(window), TRUE);
	}
	gtk_widget_add_css_class(window, "dialog");
	gtk_shortcut_controller_add_shortcut(
	    GTK_SHORTCUT_CONTROLLER(keys), gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
							    gtk_callback_action_new(on_escape, NULL, NULL)));
	gtk_widget_add_controller(window, keys);
	gtk_widget_add_css_class(content, "dialog-content");
	gtk_window_set_child(GTK_WINDOW(window), content);
	return GTK_WINDOW(window);
}

void gui_window_set_apart(GtkWindow *window)
{
	GtkWindowGroup *group = gtk_window_group_new();

	gtk_window_set_modal(window, FALSE);
	gtk_window_group_add_window(group, window);
	g_object_unref(group); /* its windows keep it */
}

double gui_text_scale(GtkWidget *widget)
{
	PangoContext *context = gtk_widget_get_pango_context(widget);
	PangoFontMetrics *metrics = pango_context_get_metrics(context, NULL, NULL);
	double width = (double)pango_font_metrics_get_approximate_char_width(metrics) / PANGO_SCALE;

	pango_font_metrics_unref(metrics);
	return CLAMP(width / USUAL_CHAR_WIDTH, 1, 3);
}

void gui_window_set_size(GtkWindow *window, int width, int height)
{
	double scale = gui_text_scale(GTK_WIDGET(window));
	GListModel *monitors = gdk_display_get_monitors(gtk_widget_get_display(GTK_WIDGET(window)));
	GdkMonitor *monitor = g_list_model_get_item(monitors, 0);
	GdkRectangle area = { 0, 0, width, height };

	if (monitor)
		gdk_monitor_get_geometry(monitor, &area);
	g_clear_object(&monitor);
	gtk_window_set_default_size(window,
				    MAX(width, MIN((int)(width * scale), area.width - MONITOR_MARGIN)),
				    MAX(height, MIN((int)(height * scale), area.height - MONITOR_MARGIN)));
}

/* GTK 4.8 makes windows as high as their text were if it were wrapped to the least width. */
void gui_window_fit(GtkWindow *window)
{
	GtkWidget *content = gtk_window_get_child(window);
	int width;

	gtk_widget_measure(content, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
	gtk_widget_set_size_request(content, width, -1);
	gtk_window_set_resizable(window, FALSE);
}

/* --- messages -------------------------------------------------------------------------------------- */

static void show(GtkWidget *widget, const char *title, const char *text, const char *icon)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *row, *button;
	GtkWindow *window;

	row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
	if (icon) {
		GtkWidget *image = gtk_image_new_from_icon_name(icon);

		gtk_image_set_icon_size(GTK_IMAGE(image), GTK_ICON_SIZE_LARGE);
		gtk_widget_set_valign(image, GTK_ALIGN_START);
		gtk_box_append(GTK_BOX(row), image);
	}
	gtk_box_append(GTK_BOX(row), gui_text_new(text));
	gtk_box_append(GTK_BOX(box), row);
	button = gui_button_new("_Close");
	gtk_widget_set_halign(button, GTK_ALIGN_END);
	gtk_box_append(GTK_BOX(box), button);
	window = gui_dialog_new(widget, title, box);
	g_signal_connect_swapped(button, "clicked", G_CALLBACK(gtk_window_close), window);
	gtk_window_set_default_widget(window, button);
	gui_window_fit(window);
	gtk_window_present(window);
	gtk_widget_grab_focus(button);
}

void gui_show_error(GtkWidget *widget, const char *text)
{
	show(widget, "Bulkhead", text, "dialog-error-symbolic");
}

void gui_show_text(GtkWidget *widget, const char *title, const char *text)
{
	show(widget, title, text, NULL);
}

/* --- a command line to copy --------------------------------------------------------------------------- */

static void on_copy(GtkButton *button, gpointer label)
{
	gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(button)),
			       gtk_label_get_text(GTK_LABEL(label)));
}

GtkWidget *gui_command_new(const char *command)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *label = gui_text_new(command);
	GtkWidget *copy = gtk_button_new_from_icon_name("edit-copy-symbolic"),
		  *top = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	gtk_widget_add_css_class(box, "command");
	gtk_widget_add_css_class(label, "monospace");
	gtk_widget_set_hexpand(label, TRUE);
	gtk_widget_set_tooltip_text(copy, "Copy the command line");
	gtk_accessible_update_property(GTK_ACCESSIBLE(copy), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Copy the command line", -1);
	gtk_widget_set_valign(label, GTK_ALIGN_CENTER);
	g_signal_connect(copy, "clicked", G_CALLBACK(on_copy), label);
	gtk_box_append(GTK_BOX(box), label);
	/* A box across that holds the button itself is measured by GTK 4.8 now with, now without its
	 * baseline. */
	gtk_box_append(GTK_BOX(top), copy);
	gtk_box_append(GTK_BOX(box), top);
	g_object_set_data(G_OBJECT(box), "label", label);
	return box;
}

void gui_command_set(GtkWidget *box, const char *command)
{
	gtk_label_set_text(g_object_get_data(G_OBJECT(box), "label"), command);
}

/* --- parts of windows ---------------------------------------------------------------------------------- */

void gui_list_say(GtkWidget *list, const char *sentence)
{
	GtkWidget *text = gui_text_new(sentence), *row = gui_row_new(text, sentence);

	gtk_widget_add_css_class(text, "hint");
	gtk_widget_add_css_class(row, "nothing");
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
	gtk_list_box_append(GTK_LIST_BOX(list), row);
}

GtkWidget *gui_button_bar_new(GtkWidget **ret_problem)
{
	GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *problem = gtk_label_new(NULL);

	gtk_label_set_wrap(GTK_LABEL(problem), TRUE);
	gtk_label_set_xalign(GTK_LABEL(problem), 0);
	gtk_widget_add_css_class(problem, "error");
	gtk_widget_set_hexpand(problem, TRUE);
	gtk_widget_add_css_class(bar, "wizard-buttons");
	gtk_box_append(GTK_BOX(bar), problem);
	*ret_problem = problem;
	return bar;
}

/* --- questions ------------------------------------------------------------------------------------- */

struct asking {
	GtkWidget *widget; /* weak */
	GtkWindow *window;
	GtkWidget *entry;
	gui_answer_fn on_yes, on_other;
	gpointer opaque;
	GDestroyNotify free_opaque;
};

static void free_asking(gpointer opaque)
{
	struct asking *asking = opaque;

	if (asking->widget)
		g_object_remove_weak_pointer(G_OBJECT(asking->widget), (gpointer *)&asking->widget);
	if (asking->free_opaque)
		asking->free_opaque(asking->opaque);
	g_free(asking);
}

static void answered(struct asking *asking, gui_answer_fn fn)
{
	char *answer = g_strdup(asking->entry ? gtk_editable_get_text(GTK_EDITABLE(asking->entry)) : "");

	if (asking->widget)
		fn(asking->widget, answer, asking->opaque);
	g_free(answer);
	gtk_window_destroy(asking->window);
}

static void on_yes(GtkWidget *source, gpointer opaque)
{
	struct asking *asking = opaque;

	answered(asking, asking->on_yes);
}

static void on_other(GtkWidget *source, gpointer opaque)
{
	struct asking *asking = opaque;

	answered(asking, asking->on_other);
}

static GtkWidget *entry_row(struct asking *asking, const struct gui_question *question)
{
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6),
		  *label = gtk_label_new_with_mnemonic(question->entry_label);

	asking->entry = gtk_entry_new();
	gtk_editable_set_text(GTK_EDITABLE(asking->entry), question->entry);
	gtk_entry_set_activates_default(GTK_ENTRY(asking->entry), TRUE);
	gtk_entry_set_visibility(GTK_ENTRY(asking->entry), !question->is_secret);
	gtk_widget_set_hexpand(asking->entry, TRUE);
	gtk_label_set_mnemonic_widget(GTK_LABEL(label), asking->entry);
	gtk_box_append(GTK_BOX(row), label);
	gtk_box_append(GTK_BOX(row), asking->entry);
	if (question->picks_folder || question->picks_file)
		gtk_box_append(GTK_BOX(row),
			       gui_file_button_new(asking->entry,
						   question->picks_file ? GUI_PICK_FILE : GUI_PICK_FOLDER,
						   NULL));
	return row;
}

static GtkWidget *buttons_row(struct asking *asking, const struct gui_question *question)
{
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *cancel = gui_button_new("Cancel"),
		  *yes = gui_button_new(question->label);

	gtk_widget_set_halign(row, GTK_ALIGN_END);
	gtk_widget_add_css_class(yes, question->is_destructive ? "destructive-action" : "suggested-action");
	g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_close), asking->window);
	g_signal_connect(yes, "clicked", G_CALLBACK(on_yes), asking);
	gtk_box_append(GTK_BOX(row), cancel);
	if (question->other) {
		GtkWidget *other = gui_button_new(question->other);

		g_signal_connect(other, "clicked", G_CALLBACK(on_other), asking);
		gtk_box_append(GTK_BOX(row), other);
	}
	gtk_box_append(GTK_BOX(row), yes);
	/* Enter does nothing destructive by itself. */
	gtk_window_set_default_widget(asking->window, question->is_destructive ? cancel : yes);
	return row;
}

void gui_ask(GtkWidget *widget, const struct gui_question *question, gui_answer_fn fn, gpointer opaque,
	     GDestroyNotify free_opaque)
{
	struct asking *asking = g_new0(struct asking, 1);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *buttons;

	*asking = (struct asking){ .widget = widget,
				   .on_yes = fn,
				   .on_other = question->on_other,
				   .opaque = opaque,
				   .free_opaque = free_opaque };
	g_object_add_weak_pointer(G_OBJECT(widget), (gpointer *)&asking->widget);
	asking->window = gui_dialog_new(widget, question->title, box);
	g_object_set_data_full(G_OBJECT(asking->window), "asking", asking, free_asking);
	if (question->text)
		gtk_box_append(GTK_BOX(box), gui_text_new(question->text));
	if (question->entry)
		gtk_box_append(GTK_BOX(box), entry_row(asking, question));
	if (question->command) {
		gtk_box_append(GTK_BOX(box), gui_text_new("The command line that does the same:"));
		gtk_box_append(GTK_BOX(box), gui_command_new(question->command));
	}
	buttons = buttons_row(asking, question);
	gtk_box_append(GTK_BOX(box), buttons);
	gui_window_fit(asking->window);
	gtk_window_present(asking->window);
	gtk_widget_grab_focus(asking->entry ? asking->entry : gtk_window_get_default_widget(asking->window));
}
