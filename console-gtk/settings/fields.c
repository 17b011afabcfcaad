/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panes of plain settings: fields made from what the client library knows of each. */
#include "settings/settings_priv.h"

#include "file_picker.h"
#include "form.h"

#include <string.h>

struct field {
	struct vmc_setting setting;
	GtkWidget *widget; /* for lines: the text view */
	char *original;
	guint order;
};

static void free_field(gpointer opaque)
{
	g_free(((struct field *)opaque)->original);
	g_free(opaque);
}

static guint order_of(const struct vmc_setting_row *row)
{
	guint order = 0;

	for (unsigned i = 0; i < vmc_setting_pages_count; i++)
		for (const struct vmc_setting_row *at = vmc_setting_pages[i].rows; at && at->label;
		     at++, order++)
			if (at == row)
				return order;
	return order;
}

/* --- values ------------------------------------------------------------------------------------------ */

/* Free it. */
static char *value_of(const struct field *field)
{
	guint chosen;

	switch (field->setting.kind) {
	case VMC_SETTING_NUMBER: return g_strdup_printf("%.0f", gui_form_number(field->widget));
	case VMC_SETTING_BOOL: return g_strdup(gui_form_is_on(field->widget) ? "true" : "false");
	case VMC_SETTING_CHOICE:
		chosen = gtk_drop_down_get_selected(GTK_DROP_DOWN(field->widget));
		return g_strdup(chosen == GTK_INVALID_LIST_POSITION ? field->original
								    : field->setting.choices[chosen]);
	case VMC_SETTING_LINES: return gui_form_lines_text(field->widget);
	default: return g_strdup(gui_form_value(field->widget));
	}
}

void gui_fields_collect(struct gui_settings *settings, struct gui_options *options)
{
	for (guint i = 0; settings->fields && i < settings->fields->len; i++) {
		const struct field *field = settings->fields->pdata[i];
		char *value = value_of(field), *text;

		if (strcmp(value, field->original) != 0) {
			text = g_strdup_printf("%s=%s", field->setting.name, value);
			gui_options_add(options, "set", text);
			g_free(text);
		}
		g_free(value);
	}
}

/* --- widgets ----------------------------------------------------------------------------------------- */

/* What people read for each choice. */
static char **words_of(const struct vmc_setting_row *row, const char *const *choices)
{
	GStrvBuilder *words = g_strv_builder_new();
	char **list;

	for (guint i = 0; choices[i]; i++) {
		char *text = vmc_setting_words(row, choices[i]);

		g_strv_builder_add(words, text);
		g_free(text);
	}
	list = g_strv_builder_end(words);
	g_strv_builder_unref(words);
	return list;
}

static GtkWidget *make_choice(GtkWidget *form, const struct vmc_setting_row *row, const struct field *field)
{
	char **words = words_of(row, field->setting.choices);
	GtkWidget *drop = gui_form_choice(form, row->label, (const char *const *)words, row->hint);

	for (guint i = 0; field->setting.choices[i]; i++)
		if (strcmp(field->setting.choices[i], field->original) == 0)
			gtk_drop_down_set_selected(GTK_DROP_DOWN(drop), i);
	g_strfreev(words);
	return drop;
}

static GtkWidget *make_widget(struct gui_settings *settings, GtkWidget *form,
			      const struct vmc_setting_row *row, const struct field *field)
{
	const struct vmc_setting *setting = &field->setting;
	GtkWidget *entry;

	switch (setting->kind) {
	case VMC_SETTING_NUMBER:
		return gui_form_spin(form, row->label, (double)setting->min, (double)setting->max,
				     g_ascii_strtod(field->original, NULL), row->hint);
	case VMC_SETTING_BOOL:
		return gui_form_check(form, row->label, strcmp(field->original, "true") == 0, row->hint);
	case VMC_SETTING_CHOICE: return make_choice(form, row, field);
	case VMC_SETTING_LINES: return gui_form_lines(form, row->label, field->original, row->hint);
	default:
		entry = gui_form_entry(form, row->label, field->original, row->hint);
		if (setting->kind == VMC_SETTING_PATH)
			gui_file_field(entry, vmc_host_place(settings->machine->host), GUI_PICK_FILE, NULL);
		return entry;
	}
}

/* What is wrong with a text is said at once, at the field. */
static void on_typed(GtkWidget *entry, gpointer name)
{
	char *problem = vmc_setting_problem(name, gui_form_value(entry));

	gui_form_set_error(entry, problem);
	g_free(problem);
}

static void on_lines(GtkWidget *view)
{
	char *text = gui_form_lines_text(view),
	     *problem = vmc_setting_problem(g_object_get_data(G_OBJECT(view), "setting"), text);

	gui_form_set_error(view, problem);
	g_free(text);
	g_free(problem);
}

static void watch(struct gui_settings *settings, const struct field *field)
{
	if (field->setting.kind == VMC_SETTING_LINES) {
		g_object_set_data(G_OBJECT(field->widget), "setting", (gpointer)field->setting.name);
		gui_form_watch(field->widget, G_CALLBACK(on_lines), field->widget);
	}
	if (field->setting.kind == VMC_SETTING_TEXT || field->setting.kind == VMC_SETTING_PATH)
		g_signal_connect(field->widget, "changed", G_CALLBACK(on_typed),
				 (gpointer)field->setting.name);
	gui_form_watch(field->widget, G_CALLBACK(gui_settings_touched), settings);
}

/* Among all in the order of the panes, in whichever these were seen: so the command line names them. */
static void add_field(struct gui_settings *settings, struct field *field, const struct vmc_setting_row *row)
{
	guint at = 0;

	if (!settings->fields)
		settings->fields = g_ptr_array_new_with_free_func(free_field);
	field->order = order_of(row);
	while (at < settings->fields->len &&
	       ((struct field *)settings->fields->pdata[at])->order < field->order)
		at++;
	g_ptr_array_insert(settings->fields, (gint)at, field);
}

static void add_row(struct gui_settings *settings, GtkWidget *form, const struct vmc_setting_row *row)
{
	struct field *field;
	struct vmc_setting setting;

	if (!row->name) {
		gui_form_heading(form, row->label);
		return;
	}
	if (!vmc_setting_find(row->name, &setting))
		return;
	field = g_new0(struct field, 1);
	field->setting = setting;
	field->original = vmc_setting_text(settings->settings, row->name);
	field->widget = make_widget(settings, form, row, field);
	if (!setting.is_live && !settings->is_off)
		gui_form_refuse(field->widget, gui_settings_when_off);
	watch(settings, field);
	add_field(settings, field, row);
}

/* Whether something in it cannot be changed while the machine runs. */
static gboolean has_fixed(const struct vmc_setting_page *pane)
{
	struct vmc_setting setting;

	for (const struct vmc_setting_row *row = pane->rows; row->label; row++)
		if (row->name && vmc_setting_find(row->name, &setting) && !setting.is_live)
			return TRUE;
	return FALSE;
}

void gui_fields_fill(struct gui_settings *settings, GtkWidget *form, gpointer opaque)
{
	const struct vmc_setting_page *pane = opaque;

	gui_form_title(form, pane->title);
	if (pane->text)
		gui_form_text(form, pane->text);
	if (!settings->is_off && has_fixed(pane))
		gui_form_text(
		    form, "The machine runs: what is grey takes effect when it is off; the rest at once.");
	for (const struct vmc_setting_row *row = pane->rows; row->label; row++)
		add_row(settings, form, row);
}
