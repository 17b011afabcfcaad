/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a machine: the pages of the client library, and those for drives, adapters and security. */
#include "client/command.h"
#include "client/draft.h"
#include "client/setting_pages.h"
#include "client/settings.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/form.h"
#include "views/vm_devices.h"
#include "views/vm_security.h"
#include "views/wizards.h"

#include <string.h>

struct subject {
	char *path, *name;
	GVariant *settings; /* as they were */
	gboolean is_off;
};

static void subject_free(gpointer opaque)
{
	struct subject *subject = opaque;

	g_free(subject->path);
	g_free(subject->name);
	g_variant_unref(subject->settings);
	g_free(subject);
}

const char vm_settings_when_off[] = "Takes effect when the machine is off: shut it down first.";

/* --- texts of several lines: in one, with \n where a line ends --------------------------------------- */

static char *one_line(const char *text)
{
	GString *line = g_string_new(text);

	g_string_replace(line, "\\", "\\\\", 0);
	g_string_replace(line, "\n", "\\n", 0);
	return g_string_free(line, FALSE);
}

static char *many_lines(const char *line)
{
	GString *text = g_string_new(NULL);

	for (const char *p = line; *p; p++) {
		if (p[0] == '\\' && (p[1] == 'n' || p[1] == '\\'))
			g_string_append_c(text, *++p == 'n' ? '\n' : '\\');
		else
			g_string_append_c(text, *p);
	}
	return g_string_free(text, FALSE);
}

/* As the client library takes it; free it. */
static char *text_of(struct form *form, const struct vmc_setting *setting)
{
	if (setting->kind == VMC_SETTING_BOOL)
		return g_strdup(form_is_on(form, setting->name) ? "true" : "false");
	if (setting->kind == VMC_SETTING_LINES)
		return many_lines(form_value(form, setting->name));
	return g_strdup(form_value(form, setting->name));
}

/* --- changes as options ------------------------------------------------------------------------------ */

static void each_option(struct form *form, vm_option_fn fn, gpointer opaque)
{
	struct subject *subject = form_data(form);
	struct vmc_setting setting;

	for (guint i = 0; vmc_setting_at(i, &setting); i++) {
		char *value, *text;

		if (setting.is_fixed || !form_has_changed(form, setting.name))
			continue;
		value = text_of(form, &setting);
		text = g_strdup_printf("%s=%s", setting.name, value);
		fn(opaque, "set", text);
		g_free(value);
		g_free(text);
	}
	vm_devices_each_option(form, subject->settings, fn, opaque);
}

struct collect {
	struct vmc_draft *draft;
	GError *error;
};

static void add_to_draft(gpointer opaque, const char *name, const char *value)
{
	struct collect *collect = opaque;

	if (!collect->error)
		vmc_draft_add(collect->draft, name, value, &collect->error);
}

static GVariant *changes_of(struct form *form, GError **error)
{
	struct subject *subject = form_data(form);
	struct collect collect = { vmc_draft_new(*vmc_host_place(form_host(form)) != '\0'), NULL };
	GVariant *changes = NULL;

	each_option(form, add_to_draft, &collect);
	if (collect.error)
		g_propagate_error(error, collect.error);
	else if (vmc_draft_is_empty(collect.draft))
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "nothing is changed");
	else
		changes = vmc_draft_settings(collect.draft, subject->settings, error);
	vmc_draft_free(collect.draft);
	return changes;
}

static void add_words(gpointer opaque, const char *name, const char *value)
{
	g_ptr_array_add(opaque, g_strconcat("--", name, NULL));
	g_ptr_array_add(opaque, g_strdup(value));
}

static char *command(struct form *form)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	struct subject *subject = form_data(form);
	char *line = NULL;

	g_ptr_array_add(words, g_strdup("vm"));
	g_ptr_array_add(words, g_strdup("set"));
	g_ptr_array_add(words, g_strdup(subject->name));
	each_option(form, add_words, words);
	if (words->len > 3) {
		g_ptr_array_add(words, NULL);
		line = vmc_command(vmc_host_place(form_host(form)), (const char *const *)words->pdata);
	}
	g_ptr_array_unref(words);
	return line;
}

static char *check(struct form *form, const char *name, const char *text)
{
	struct vmc_setting setting;
	char *problem, *value;

	if (vm_devices_check(form, name, text, &problem))
		return problem;
	if (!vmc_setting_find(name, &setting) || setting.kind == VMC_SETTING_BOOL ||
	    !form_has_changed(form, name))
		return NULL;
	value = text_of(form, &setting);
	problem = vmc_setting_problem(name, value);
	g_free(value);
	return problem;
}

static void call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	struct subject *subject = form_data(form);
	GError *error = NULL;
	GVariant *changes = changes_of(form, &error);

	if (changes) {
		tui_call_vm(form_view(form), form_host(form), subject->path, "SetSettings",
			    g_variant_new("(@a{sv}@a{sv})", changes, vmc_options(is_plan)), fn, NULL);
	} else {
		fn(form_view(form), NULL, error, NULL);
		g_error_free(error);
	}
}

static void update(struct form *form)
{
	static const char *const ports[][2] = { { "serial.kind", "serial.path" },
						{ "serial2.kind", "serial2.path" } };

	vm_devices_update(form, ((struct subject *)form_data(form))->settings);
	for (guint i = 0; i < G_N_ELEMENTS(ports); i++) {
		const char *kind = form_value(form, ports[i][0]);

		form_hide(form, ports[i][1], strcmp(kind, "file") != 0 && strcmp(kind, "socket") != 0);
	}
}

static void press(struct form *form, const char *button)
{
	struct subject *subject = form_data(form);

	vm_security_press(form, subject->path, subject->name, button);
}

static const struct form_kind kind = {
	.update = update,
	.press = press,
	.check = check,
	.command = command,
	.button = "Apply",
	.call = call,
	.done = "the settings are changed",
	.is_change = TRUE,
};

/* --- pages ------------------------------------------------------------------------------------------- */

static char *help_of(const struct vmc_setting_row *row, const struct vmc_setting *setting)
{
	GString *help = g_string_new(row->hint);

	if (setting->kind == VMC_SETTING_NUMBER)
		g_string_append_printf(help, "%s%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT ".",
				       help->len ? " " : "", setting->min, setting->max);
	else if (setting->kind == VMC_SETTING_LINES)
		g_string_append_printf(help, "%s\\n begins another line.", help->len ? " " : "");
	return g_string_free(help, FALSE);
}

static void add_choice(struct form *form, const struct vmc_setting_row *row,
		       const struct vmc_setting *setting, const char *label, const char *value,
		       const char *help)
{
	GString *choices = g_string_new(NULL);

	for (guint i = 0; setting->choices[i]; i++) {
		char *words = vmc_setting_words(row, setting->choices[i]);

		g_string_append_printf(choices, "%s%s=%s", i ? "|" : "", setting->choices[i], words);
		g_free(words);
	}
	form_choice(form, setting->name, label, choices->str, value, help);
	g_string_free(choices, TRUE);
}

static void add_setting(struct form *form, const struct subject *subject, const struct vmc_setting_row *row,
			const struct vmc_setting *setting)
{
	char *value = vmc_setting_text(subject->settings, setting->name), *line = one_line(value),
	     *help = help_of(row, setting), *label = vmc_setting_label(row);

	switch (setting->kind) {
	case VMC_SETTING_BOOL: form_tick(form, setting->name, label, strcmp(value, "true") == 0, help); break;
	case VMC_SETTING_CHOICE: add_choice(form, row, setting, label, value, help); break;
	case VMC_SETTING_PATH: form_path(form, setting->name, label, value, help); break;
	case VMC_SETTING_LINES: form_text(form, setting->name, label, line, help); break;
	default: form_text(form, setting->name, label, value, help);
	}
	if (setting->is_later)
		form_lock(form, setting->name, "Kept, but nothing goes by it in this version.");
	else if (!subject->is_off && !setting->is_live)
		form_lock(form, setting->name, vm_settings_when_off);
	g_free(value);
	g_free(line);
	g_free(help);
	g_free(label);
}

static void add_page(struct form *form, const struct subject *subject, const struct vmc_setting_page *page)
{
	struct vmc_setting setting;

	form_page(form, page->title);
	if (page->text)
		form_note(form, page->text);
	for (const struct vmc_setting_row *row = page->rows; row->label; row++) {
		if (!row->name)
			form_heading(form, row->label);
		else if (vmc_setting_find(row->name, &setting))
			add_setting(form, subject, row, &setting);
	}
}

/* Those that are more than plain settings. */
static void add_made_page(struct form *form, const struct subject *subject, const char *title,
			  char **switches)
{
	if (strcmp(title, "Controllers") == 0)
		vm_devices_add_drives(form, subject->settings, subject->is_off);
	else if (strcmp(title, "Network Adapters") == 0)
		vm_devices_add_adapters(form, subject->settings, switches, subject->is_off);
	else if (strcmp(title, "Security") == 0)
		vm_security_add_page(form);
}

static void open_form(struct tui_view *owner, struct subject *subject, char **switches)
{
	char *title = g_strdup_printf("Settings: %s", subject->name);
	struct form *form = form_new(owner->app, tui_host(owner->app), title, &kind, subject, subject_free);

	for (unsigned i = 0; i < vmc_setting_pages_count; i++) {
		if (vmc_setting_pages[i].rows)
			add_page(form, subject, &vmc_setting_pages[i]);
		else
			add_made_page(form, subject, vmc_setting_pages[i].title, switches);
	}
	form_open(form);
	vm_security_ask(form, subject->path);
	g_free(title);
}

/* Who may not list them chooses among those that the machine has. */
static void on_switches(struct tui_view *owner, GVariant *result, const GError *error, gpointer subject)
{
	GVariant *list = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))
			     ? g_variant_get_child_value(result, 0)
			     : NULL;
	GPtrArray *names = g_ptr_array_new();

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		GVariant *item = g_variant_get_child_value(list, i);
		char *name;

		if (g_variant_lookup(item, "name", "s", &name))
			g_ptr_array_add(names, name);
		g_variant_unref(item);
	}
	g_ptr_array_add(names, NULL);
	open_form(owner, subject, (char **)names->pdata);
	g_strfreev((char **)g_ptr_array_free(names, FALSE));
	g_clear_pointer(&list, g_variant_unref);
}

static void on_settings(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	struct subject *subject = opaque;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a{sv})"))) {
		if (error)
			dialog_error(owner->app, error);
		subject->settings = g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0));
		subject_free(subject);
		return;
	}
	subject->settings = g_variant_get_child_value(result, 0);
	tui_call_host(owner, tui_host(owner->app), "ListSwitches", NULL, on_switches, subject);
}

void vm_settings_open(struct tui_view *owner, VmcObject *machine)
{
	struct subject *subject = g_new0(struct subject, 1);
	const char *state = vmc_object_text(machine, "State");

	subject->path = g_strdup(vmc_object_path(machine));
	subject->name = g_strdup(vmc_object_text(machine, "Name"));
	subject->is_off = strcmp(state, "off") == 0 || strcmp(state, "off-critical") == 0;
	tui_call_vm(owner, tui_host(owner->app), subject->path, "GetSettings", NULL, on_settings, subject);
}
