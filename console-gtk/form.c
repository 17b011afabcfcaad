/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "form.h"

#include "dialog.h"
#include "file_look.h"
#include "focus.h"
#include "named.h"

enum { LINES_HEIGHT = 64, ENTRY_CHARS = 10 };

static int next_row(GtkWidget *form, int rows)
{
	int row = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(form), "rows"));

	g_object_set_data(G_OBJECT(form), "rows", GINT_TO_POINTER(row + rows));
	return row;
}

GtkWidget *gui_form_new(void)
{
	GtkWidget *grid = gtk_grid_new();

	gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
	gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
	gtk_widget_add_css_class(grid, "form");
	return grid;
}

void gui_form_text(GtkWidget *form, const char *text)
{
	GtkWidget *label = gui_text_new(text);

	gtk_label_set_selectable(GTK_LABEL(label), FALSE);
	gtk_widget_set_margin_bottom(label, 6);
	gtk_grid_attach(GTK_GRID(form), label, 0, next_row(form, 1), 2, 1);
}

GtkWidget *gui_form_title(GtkWidget *form, const char *text)
{
	GtkWidget *label = gui_form_heading(form, text);

	gtk_widget_remove_css_class(label, "heading");
	gtk_widget_add_css_class(label, "wizard-title");
	gtk_widget_set_margin_top(label, 0);
	gtk_widget_set_margin_bottom(label, 6);
	return label;
}

void gui_form_below_check(GtkWidget *form, gboolean is_below)
{
	g_object_set_data(G_OBJECT(form), "below", GINT_TO_POINTER(is_below));
}

GtkWidget *gui_form_heading(GtkWidget *form, const char *text)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, "heading");
	gtk_widget_set_margin_top(label, 10);
	gtk_grid_attach(GTK_GRID(form), label, 0, next_row(form, 1), 2, 1);
	return label;
}

static GtkWidget *small_label(const char *text, const char *class)
{
	GtkWidget *label = gui_text_new(text);

	gtk_label_set_selectable(GTK_LABEL(label), FALSE);
	gtk_widget_add_css_class(label, class);
	return label;
}

/* Field, hint and error under each other; `label` NULL: over both columns. */
static void attach(GtkWidget *form, const char *label, GtkWidget *row, GtkWidget *field, const char *hint)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2), *error = small_label("", "error");
	int at = next_row(form, 1);

	gtk_widget_set_hexpand(box, TRUE);
	gtk_box_append(GTK_BOX(box), row);
	if (hint) {
		GtkWidget *text = small_label(hint, "hint");

		if (GTK_IS_CHECK_BUTTON(field))
			gtk_widget_add_css_class(text, "below-check");
		gtk_box_append(GTK_BOX(box), text);
		gtk_accessible_update_property(GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
					       hint, -1);
	}
	gtk_widget_set_visible(error, FALSE);
	gtk_box_append(GTK_BOX(box), error);
	g_object_set_data(G_OBJECT(field), "error", error);
	g_object_set_data(G_OBJECT(field), "box", box);
	if (label) {
		GtkWidget *name = gtk_label_new_with_mnemonic(label);

		gtk_label_set_xalign(GTK_LABEL(name), 0);
		gtk_label_set_mnemonic_widget(GTK_LABEL(name), field);
		gtk_widget_set_valign(name, GTK_ALIGN_START);
		gtk_widget_add_css_class(name, "field-name");
		if (g_object_get_data(G_OBJECT(form), "below"))
			gtk_widget_add_css_class(name, "below-check");
		gtk_grid_attach(GTK_GRID(form), name, 0, at, 1, 1);
		g_object_set_data(G_OBJECT(field), "label", name);
	}
	gtk_grid_attach(GTK_GRID(form), box, label ? 1 : 0, at, label ? 1 : 2, 1);
}

static void add_field(GtkWidget *form, const char *label, GtkWidget *field, const char *hint)
{
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

	gtk_box_append(GTK_BOX(row), field);
	g_object_set_data(G_OBJECT(field), "row", row);
	attach(form, label, row, field, hint);
}

void gui_form_beside(GtkWidget *field, GtkWidget *widget)
{
	gtk_box_append(g_object_get_data(G_OBJECT(field), "row"), widget);
}

GtkWidget *gui_form_entry(GtkWidget *form, const char *label, const char *text, const char *hint)
{
	GtkWidget *entry = gtk_entry_new();

	gtk_editable_set_text(GTK_EDITABLE(entry), text);
	gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
	gtk_editable_set_width_chars(GTK_EDITABLE(entry),
				     ENTRY_CHARS); /* at least: large text, small screen */
	gtk_widget_set_hexpand(entry, TRUE);
	add_field(form, label, entry, hint);
	return entry;
}

GtkWidget *gui_form_spin(GtkWidget *form, const char *label, double min, double max, double value,
			 const char *hint)
{
	GtkWidget *spin = gtk_spin_button_new_with_range(min, max, 1);

	gtk_spin_button_set_value(GTK_SPIN_BUTTON(spin), value);
	gtk_spin_button_set_numeric(GTK_SPIN_BUTTON(spin), TRUE);
	gtk_editable_set_width_chars(GTK_EDITABLE(spin), 9);
	add_field(form, label, spin, hint);
	return spin;
}

GtkWidget *gui_form_choice(GtkWidget *form, const char *label, const char *const *words, const char *hint)
{
	GtkWidget *drop = gtk_drop_down_new_from_strings(words);

	add_field(form, label, drop, hint);
	return drop;
}

GtkWidget *gui_form_check(GtkWidget *form, const char *label, gboolean is_on, const char *hint)
{
	GtkWidget *check = gui_check_new(label);

	gtk_check_button_set_active(GTK_CHECK_BUTTON(check), is_on);
	add_field(form, NULL, check, hint);
	return check;
}

GtkWidget *gui_form_lines(GtkWidget *form, const char *label, const char *text, const char *hint)
{
	static const char *const parts[] = { "row", "box", "label", "error" };
	GtkWidget *scrolled = gtk_scrolled_window_new(), *view = gtk_text_view_new(), *name;

	gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), text, -1);
	gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
	gtk_text_view_set_accepts_tab(GTK_TEXT_VIEW(view), FALSE);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), view);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled),
						   (int)(LINES_HEIGHT * gui_text_scale(form)));
	gtk_scrolled_window_set_has_frame(GTK_SCROLLED_WINDOW(scrolled), TRUE);
	gtk_widget_set_hexpand(scrolled, TRUE);
	add_field(form, label, scrolled, hint);
	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++)
		g_object_set_data(G_OBJECT(view), parts[i], g_object_get_data(G_OBJECT(scrolled), parts[i]));
	name = g_object_get_data(G_OBJECT(view), "label");
	if (name)
		gtk_label_set_mnemonic_widget(GTK_LABEL(name), view);
	return view;
}

char *gui_form_lines_text(GtkWidget *view)
{
	GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view));
	GtkTextIter start, end;

	gtk_text_buffer_get_bounds(buffer, &start, &end);
	return gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
}

GtkWidget *gui_form_radio(GtkWidget *form, const char *label, GtkWidget *group, const char *hint)
{
	GtkWidget *radio = gui_form_check(form, label, group == NULL, hint);

	if (group)
		gtk_check_button_set_group(GTK_CHECK_BUTTON(radio), GTK_CHECK_BUTTON(group));
	else /* GTK draws it as a radio button only in a group; the others join */
		gtk_widget_add_css_class(radio, "radio-first");
	return radio;
}

void gui_form_widget(GtkWidget *form, const char *label, GtkWidget *widget, const char *hint)
{
	add_field(form, label, widget, hint);
}

GtkWidget *gui_form_steps(GtkWidget *form, const char *title)
{
	GtkWidget *steps = gui_text_new("");

	gui_form_text(form, title);
	gui_form_widget(form, NULL, steps, NULL);
	return steps;
}

GtkWidget *gui_form_command(GtkWidget *form)
{
	GtkWidget *command = gui_command_new("");

	gui_form_text(form, "The command line that does the same:");
	gui_form_widget(form, NULL, command, NULL);
	return command;
}

void gui_form_set_error(GtkWidget *field, const char *text)
{
	GtkWidget *error = g_object_get_data(G_OBJECT(field), "error");

	gtk_label_set_text(GTK_LABEL(error), text ? text : "");
	gtk_widget_set_visible(error, text != NULL);
	gtk_accessible_update_state(GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_STATE_INVALID,
				    text ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
	if (text)
		gtk_widget_add_css_class(field, "error");
	else
		gtk_widget_remove_css_class(field, "error");
}

static enum gui_found found(GtkWidget *entry)
{
	return gui_look_is_marked(entry) ? gui_look_found(entry) : GUI_FOUND_UNKNOWN;
}

static gboolean mark_problem(GtkWidget *entry, char *problem)
{
	gboolean is_good = !problem;

	gui_form_set_error(entry, problem);
	g_free(problem);
	return is_good;
}

gboolean gui_form_check_file(GtkWidget *entry, gboolean is_new)
{
	const char *path = gui_form_value(entry);
	enum gui_found is_there = found(entry);
	char *problem = NULL;

	if (!*path)
		problem = g_strdup("A file is missing; name one.");
	else if (!g_path_is_absolute(path))
		problem = g_strdup_printf("%s: this is no whole path; begin with \"/\".", path);
	else if (is_new && (is_there == GUI_FOUND_FILE || is_there == GUI_FOUND_FOLDER))
		problem = g_strdup_printf("%s: this file is there already; give another name.", path);
	else if (!is_new && is_there == GUI_FOUND_NOTHING)
		problem = g_strdup_printf("%s: there is no such file; choose another.", path);
	else if (!is_new && is_there == GUI_FOUND_FOLDER)
		problem = g_strdup_printf("%s: this is a folder; name a file in it.", path);
	return mark_problem(entry, problem);
}

gboolean gui_form_check_folder(GtkWidget *entry)
{
	const char *path = gui_form_value(entry);
	enum gui_found is_there = found(entry);
	char *problem = NULL;

	if (!*path)
		problem = g_strdup("A folder is missing; name one, beginning with \"/\".");
	else if (!g_path_is_absolute(path))
		problem = g_strdup_printf("%s: this is no whole path; begin with \"/\".", path);
	else if (is_there == GUI_FOUND_NOTHING)
		problem = g_strdup_printf("%s: there is no such folder; make it, or choose another.", path);
	else if (is_there == GUI_FOUND_FILE)
		problem = g_strdup_printf("%s: this is no folder; choose another.", path);
	return mark_problem(entry, problem);
}

void gui_form_show(GtkWidget *field, gboolean is_shown)
{
	GtkWidget *label = g_object_get_data(G_OBJECT(field), "label");

	if (!is_shown)
		gui_set_sensitive(field, FALSE); /* so that the keyboard leaves it */
	gtk_widget_set_visible(g_object_get_data(G_OBJECT(field), "box"), is_shown);
	if (label)
		gtk_widget_set_visible(label, is_shown);
	if (is_shown)
		gui_set_sensitive(field, TRUE);
}

void gui_form_refuse(GtkWidget *field, const char *why)
{
	gui_set_refused(g_object_get_data(G_OBJECT(field), "row"), why);
	/* GTK 4.8 tells screen readers only of what is insensitive itself, not by what is around it. */
	gtk_accessible_update_state(GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_STATE_DISABLED, why != NULL, -1);
}

const char *gui_form_value(GtkWidget *entry)
{
	return gtk_editable_get_text(GTK_EDITABLE(entry));
}

double gui_form_number(GtkWidget *spin)
{
	const char *text = gtk_editable_get_text(GTK_EDITABLE(spin));
	double min, max, value;
	char *end;

	gtk_spin_button_get_range(GTK_SPIN_BUTTON(spin), &min, &max);
	value = g_ascii_strtod(text, &end);
	return *text && !*end ? CLAMP(value, min, max) : gtk_spin_button_get_value(GTK_SPIN_BUTTON(spin));
}

gboolean gui_form_is_on(GtkWidget *check)
{
	return gtk_check_button_get_active(GTK_CHECK_BUTTON(check));
}

void gui_form_watch(GtkWidget *field, GCallback fn, gpointer opaque)
{
	const char *signal = GTK_IS_CHECK_BUTTON(field) ? "toggled"
			     : GTK_IS_DROP_DOWN(field)	? "notify::selected"
							: "changed";

	if (GTK_IS_TEXT_VIEW(field))
		g_signal_connect_swapped(gtk_text_view_get_buffer(GTK_TEXT_VIEW(field)), "changed", fn,
					 opaque);
	else
		g_signal_connect_swapped(field, signal, fn, opaque);
}
