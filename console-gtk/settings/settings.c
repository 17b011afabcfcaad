/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/settings_priv.h"

#include "call.h"
#include "dialog.h"
#include "focus.h"
#include "form.h"
#include "named.h"

#include <string.h>

enum { TITLE_CHARS = 22, INDENT = 16 };

const char gui_settings_when_off[] = "Takes effect when the machine is off: shut it down first.";

static struct gui_options *collect(struct gui_settings *settings)
{
	struct gui_options *options = gui_options_new();

	gui_fields_collect(settings, options);
	gui_devices_collect(settings, options);
	return options;
}

void gui_settings_touched(struct gui_settings *settings)
{
	struct gui_options *options = collect(settings);
	gboolean is_changed = !gui_options_is_empty(options);
	char *command = gui_options_command(options, vmc_host_place(settings->machine->host), "vm", "set",
					    gui_machine_name(settings->machine));

	gui_command_set(settings->command, is_changed ? command : "");
	gtk_widget_set_visible(settings->command, is_changed);
	gui_set_refused(settings->apply, is_changed ? NULL : "Nothing was changed yet.");
	gtk_label_set_text(GTK_LABEL(settings->problem), "");
	gui_options_free(options);
	g_free(command);
}

/* --- applying ---------------------------------------------------------------------------------------- */

static void fill_all(struct gui_settings *settings);

static void on_settings_again(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	if (error)
		return;
	g_variant_unref(settings->settings);
	settings->settings = g_variant_get_child_value(result, 0);
	fill_all(settings);
}

static void on_applied(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	gui_set_sensitive(settings->ok, TRUE);
	gui_set_sensitive(settings->apply, error != NULL); /* to be tried again */
	if (error)
		gtk_label_set_text(GTK_LABEL(settings->problem), error->message);
	else if (settings->closes_after)
		gtk_window_destroy(settings->window);
	else
		gui_call_vm(window, settings->machine->host, settings->machine->path, "GetSettings", NULL,
			    on_settings_again, settings);
}

static void apply(struct gui_settings *settings, gboolean closes)
{
	struct gui_options *options = collect(settings);
	GVariant *changes;
	GError *error = NULL;

	settings->closes_after = closes;
	if (gui_options_is_empty(options)) {
		gui_options_free(options);
		if (closes)
			gtk_window_destroy(settings->window);
		return;
	}
	changes = gui_options_settings(options, vmc_host_place(settings->machine->host), settings->settings,
				       &error);
	gui_options_free(options);
	if (!changes) {
		gtk_label_set_text(GTK_LABEL(settings->problem), error->message);
		g_error_free(error);
		return;
	}
	gui_set_sensitive(settings->ok, FALSE);
	gui_set_sensitive(settings->apply, FALSE);
	gui_call_vm(GTK_WIDGET(settings->window), settings->machine->host, settings->machine->path,
		    "SetSettings", g_variant_new("(@a{sv}@a{sv})", changes, vmc_options(FALSE)), on_applied,
		    settings);
}

static void on_apply(GtkButton *button, gpointer settings)
{
	apply(settings, FALSE);
}

static void on_ok(GtkButton *button, gpointer settings)
{
	apply(settings, TRUE);
}

/* --- the window -------------------------------------------------------------------------------------- */

static GtkWidget *scrolled_page(struct gui_settings *settings, GtkWidget *page)
{
	GtkWidget *scrolled = gtk_scrolled_window_new();

	gtk_widget_add_css_class(page, "page");
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_AUTOMATIC,
				       GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), page);
	gtk_stack_add_child(GTK_STACK(settings->stack), scrolled);
	gui_tell_hidden(scrolled);
	return scrolled;
}

void gui_settings_fill_later(GtkWidget *row, gui_fill_fn fill, gpointer opaque)
{
	g_object_set_data(G_OBJECT(row), "fill", (gpointer)fill);
	g_object_set_data(G_OBJECT(row), "opaque", opaque);
}

/* Made when it is first asked for. */
static GtkWidget *page_of(struct gui_settings *settings, GObject *row)
{
	GtkWidget *page = g_object_get_data(row, "page"), *form = g_object_get_data(row, "form");
	gui_fill_fn fill = (gui_fill_fn)g_object_get_data(row, "fill");

	if (page)
		return page;
	if (fill)
		fill(settings, form, g_object_get_data(row, "opaque"));
	page = scrolled_page(settings, form);
	g_object_set_data(row, "page", page);
	return page;
}

static void on_pane(GtkListBox *list, GtkListBoxRow *row, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	if (!row)
		return;
	gtk_stack_set_visible_child(GTK_STACK(settings->stack), page_of(settings, G_OBJECT(row)));
	g_free(settings->shown);
	settings->shown = g_strdup(g_object_get_data(G_OBJECT(row), "title"));
}

/* Ctrl and Page Up or Page Down, from wherever the keyboard is. */
static gboolean on_next_pane(GtkWidget *window, GVariant *step, gpointer opaque)
{
	struct gui_settings *settings = opaque;
	GtkListBox *list = GTK_LIST_BOX(settings->list);
	GtkListBoxRow *row = gtk_list_box_get_selected_row(list);
	int at = row ? gtk_list_box_row_get_index(row) + g_variant_get_int32(step) : 0;

	row = gtk_list_box_get_row_at_index(list, at);
	if (row) {
		gtk_widget_grab_focus(GTK_WIDGET(row));
		gtk_list_box_select_row(list, row);
	}
	return TRUE;
}

static void add_keys(struct gui_settings *settings)
{
	static const struct {
		guint key;
		int step;
	} steps[] = { { GDK_KEY_Page_Up, -1 }, { GDK_KEY_Page_Down, 1 } };
	GtkEventController *keys = gtk_shortcut_controller_new();

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		GtkShortcut *shortcut =
		    gtk_shortcut_new(gtk_keyval_trigger_new(steps[i].key, GDK_CONTROL_MASK),
				     gtk_callback_action_new(on_next_pane, settings, NULL));

		gtk_shortcut_set_arguments(shortcut, g_variant_new_int32(steps[i].step));
		gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys), shortcut);
	}
	gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
	gtk_widget_add_controller(GTK_WIDGET(settings->window), keys);
}

/* Above the first pane of a group. */
static void on_header(GtkListBoxRow *row, GtkListBoxRow *before, gpointer unused)
{
	const char *group = g_object_get_data(G_OBJECT(row), "group");
	GtkWidget *label = group ? gtk_label_new(group) : NULL;

	if (label) {
		gtk_label_set_xalign(GTK_LABEL(label), 0);
		gtk_widget_add_css_class(label, "section-title");
	}
	gtk_list_box_row_set_header(row, label);
}

static GtkWidget *make_list(struct gui_settings *settings)
{
	GtkWidget *scrolled = gtk_scrolled_window_new();

	settings->list = gtk_list_box_new();
	gtk_widget_add_css_class(settings->list, "wizard-steps");
	gtk_accessible_update_property(GTK_ACCESSIBLE(settings->list), GTK_ACCESSIBLE_PROPERTY_LABEL, "Panes",
				       -1);
	gtk_list_box_set_header_func(GTK_LIST_BOX(settings->list), on_header, NULL, NULL);
	g_signal_connect(settings->list, "row-selected", G_CALLBACK(on_pane), settings);
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), settings->list);
	return scrolled;
}

static GtkWidget *insert_pane(struct gui_settings *settings, int at, const char *title, unsigned depth,
			      GtkWidget *page)
{
	GtkWidget *label = gtk_label_new(title), *row = gui_row_new(label, title);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_MIDDLE);
	gtk_label_set_width_chars(GTK_LABEL(label), TITLE_CHARS - 2 * (int)depth);
	gtk_label_set_max_width_chars(GTK_LABEL(label), TITLE_CHARS);
	gtk_widget_set_margin_start(label, (int)depth * INDENT);
	gtk_widget_set_tooltip_text(row, title);
	g_object_set_data_full(G_OBJECT(row), "form", g_object_ref_sink(page), g_object_unref);
	g_object_set_data(G_OBJECT(row), "label", label);
	g_object_set_data_full(G_OBJECT(row), "title", g_strdup(title), g_free);
	gtk_list_box_insert(GTK_LIST_BOX(settings->list), row, at);
	return row;
}

GtkWidget *gui_settings_add_pane(struct gui_settings *settings, const char *title, unsigned depth,
				 GtkWidget *page)
{
	return insert_pane(settings, -1, title, depth, page);
}

GtkWidget *gui_settings_insert_pane(struct gui_settings *settings, GtkWidget *above, const char *title,
				    unsigned depth, GtkWidget *page)
{
	return insert_pane(settings, gtk_list_box_row_get_index(GTK_LIST_BOX_ROW(above)) + 1, title, depth,
			   page);
}

void gui_settings_show_pane(struct gui_settings *settings, GtkWidget *row)
{
	gtk_list_box_select_row(GTK_LIST_BOX(settings->list), GTK_LIST_BOX_ROW(row));
}

void gui_settings_remove_pane(struct gui_settings *settings, GtkWidget *row)
{
	int at = gtk_list_box_row_get_index(GTK_LIST_BOX_ROW(row));
	GtkListBoxRow *before = gtk_list_box_get_row_at_index(GTK_LIST_BOX(settings->list), MAX(at - 1, 0));
	GtkWidget *page = g_object_get_data(G_OBJECT(row), "page");

	gtk_widget_grab_focus(GTK_WIDGET(before));
	gtk_list_box_select_row(GTK_LIST_BOX(settings->list), before);
	gtk_list_box_remove(GTK_LIST_BOX(settings->list), row);
	if (page)
		gtk_stack_remove(GTK_STACK(settings->stack), page);
}

void gui_settings_mark_pane(GtkWidget *row, gboolean is_gone)
{
	PangoAttrList *attributes = pango_attr_list_new();

	if (is_gone)
		pango_attr_list_insert(attributes, pango_attr_strikethrough_new(TRUE));
	gtk_label_set_attributes(g_object_get_data(G_OBJECT(row), "label"), attributes);
	pango_attr_list_unref(attributes);
}

static void begin_group(struct gui_settings *settings, GtkWidget *last, const char *group)
{
	int at = last ? gtk_list_box_row_get_index(GTK_LIST_BOX_ROW(last)) + 1 : 0;
	GtkListBoxRow *row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(settings->list), at);

	if (row)
		g_object_set_data(G_OBJECT(row), "group", (gpointer)group);
}

static void add_panes(struct gui_settings *settings)
{
	for (unsigned i = 0; i < vmc_setting_pages_count; i++) {
		const struct vmc_setting_page *page = &vmc_setting_pages[i];
		const struct gui_setting_maker *maker = page->rows ? NULL : gui_setting_maker_of(page);
		GtkWidget *last = gtk_widget_get_last_child(settings->list);

		if (maker && maker->add)
			maker->add(settings);
		else if (page->rows || maker)
			gui_settings_fill_later(
			    gui_settings_add_pane(settings, page->title, 0, gui_form_new()),
			    maker ? maker->fill : gui_fields_fill, (gpointer)page);
		if (page->group)
			begin_group(settings, last, page->group);
	}
	gtk_list_box_invalidate_headers(GTK_LIST_BOX(settings->list));
}

/* All panes anew, from the settings as they are; the one that was seen stays seen. */
static void fill_all(struct gui_settings *settings)
{
	char *shown = g_strdup(settings->shown);
	GtkListBoxRow *row, *chosen = NULL;
	GtkWidget *child;

	gtk_window_set_focus(settings->window, NULL);
	while ((child = gtk_widget_get_first_child(settings->list)))
		gtk_list_box_remove(GTK_LIST_BOX(settings->list), child);
	while ((child = gtk_widget_get_first_child(settings->stack)))
		gtk_stack_remove(GTK_STACK(settings->stack), child);
	g_clear_pointer(&settings->fields, g_ptr_array_unref);
	g_clear_pointer(&settings->devices, g_ptr_array_unref);
	add_panes(settings);
	for (int i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(settings->list), i)); i++)
		if (!chosen || g_strcmp0(g_object_get_data(G_OBJECT(row), "title"), shown) == 0)
			chosen = row;
	gtk_list_box_select_row(GTK_LIST_BOX(settings->list), chosen);
	gtk_widget_grab_focus(GTK_WIDGET(chosen));
	gui_settings_touched(settings);
	g_free(shown);
}

static GtkWidget *make_buttons(struct gui_settings *settings)
{
	GtkWidget *bar = gui_button_bar_new(&settings->problem), *cancel = gui_button_new("Cancel");

	settings->ok = gui_button_new("_OK");
	settings->apply = gui_button_new("A_pply");
	gtk_widget_add_css_class(settings->ok, "suggested-action");
	g_signal_connect(settings->ok, "clicked", G_CALLBACK(on_ok), settings);
	g_signal_connect(settings->apply, "clicked", G_CALLBACK(on_apply), settings);
	g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_close), settings->window);
	gtk_window_set_default_widget(settings->window, settings->ok);
	gtk_box_append(GTK_BOX(bar), settings->ok);
	gtk_box_append(GTK_BOX(bar), cancel);
	gtk_box_append(GTK_BOX(bar), settings->apply);
	return bar;
}

static void free_settings(gpointer opaque)
{
	struct gui_settings *settings = opaque;

	g_clear_pointer(&settings->fields, g_ptr_array_unref);
	g_clear_pointer(&settings->devices, g_ptr_array_unref);
	g_free(settings->shown);
	g_strfreev(settings->switches);
	g_variant_unref(settings->settings);
	gui_machine_free(settings->machine);
	g_free(settings);
}

static void show(GtkWidget *parent, struct gui_settings *settings)
{
	guint64 generation = 1;
	GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
		  *across = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	char *title = g_strdup_printf("Settings for %s on %s", gui_machine_name(settings->machine),
				      vmc_host_label(settings->machine->host));

	g_variant_lookup(settings->settings, "vm.generation", "t", &generation);
	settings->window = gui_dialog_new(parent, title, all);
	gtk_widget_remove_css_class(all, "dialog-content");
	g_object_set_data_full(G_OBJECT(settings->window), "settings", settings, free_settings);
	gui_window_set_size(settings->window, 900, 680);
	settings->is_off = strcmp(gui_machine_state(settings->machine), "off") == 0 ||
			   strcmp(gui_machine_state(settings->machine), "off-critical") == 0;
	settings->is_generation_2 = generation == 2;
	settings->stack = gtk_stack_new();
	gtk_widget_set_hexpand(settings->stack, TRUE);
	gtk_widget_set_vexpand(settings->stack, TRUE);
	settings->command = gui_command_new("");
	add_keys(settings);
	gtk_box_append(GTK_BOX(across), make_list(settings));
	gtk_box_append(GTK_BOX(across), settings->stack);
	gtk_box_append(GTK_BOX(all), across);
	gtk_widget_add_css_class(settings->command, "command-bar");
	gtk_box_append(GTK_BOX(all), settings->command);
	gtk_box_append(GTK_BOX(all), make_buttons(settings));
	fill_all(settings);
	gtk_window_present(settings->window);
	g_free(title);
}

/* --- opening: settings and switches are asked for first ---------------------------------------------- */

static void on_switches(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	GStrvBuilder *names = g_strv_builder_new();
	struct gui_settings *settings = opaque;
	GVariant *list = error ? NULL : g_variant_get_child_value(result, 0);

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		const char *name = "";

		if (g_variant_lookup(item, "name", "&s", &name))
			g_strv_builder_add(names, name);
		g_variant_unref(item);
	}
	settings->switches = g_strv_builder_end(names);
	g_strv_builder_unref(names);
	g_clear_pointer(&list, g_variant_unref);
	show(window, settings);
}

static void on_settings(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_settings *settings = opaque;

	if (error) {
		gui_show_error(window, error->message);
		gui_machine_free(settings->machine);
		g_free(settings);
		return;
	}
	settings->settings = g_variant_get_child_value(result, 0);
	gui_call(window, settings->machine->host, API_HOST_PATH, API_HOST_INTERFACE, "ListSwitches", NULL,
		 on_switches, settings);
}

void gui_settings_open(struct gui_app *app, GtkWidget *window, const struct gui_machine *machine)
{
	struct gui_settings *settings = g_new0(struct gui_settings, 1);

	settings->app = app;
	settings->machine = gui_machine_copy(machine);
	gui_call_vm(window, machine->host, machine->path, "GetSettings", NULL, on_settings, settings);
}
