/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages and fields, one after the other. */
#include "views/form_priv.h"

#include <string.h>

void form_page(struct form *form, const char *title)
{
	if (form->page_count < FORM_PAGES_MAX)
		form->pages[form->page_count++] = g_strdup(title);
}

static struct field *add(struct form *form, enum form_type type, const char *name, const char *label,
			 const char *value, const char *help)
{
	struct field *field = &form->fields[MIN(form->field_count, FORM_FIELDS_MAX - 1)];

	if (form->field_count < FORM_FIELDS_MAX)
		form->field_count++;
	field->type = type;
	field->name = g_strdup(name);
	field->label = g_strdup(label);
	field->help = g_strdup(help ? help : "");
	field->page = form->page_count - 1;
	tui_line_init(&field->line, value, FORM_TEXT_MAX);
	field->before = g_strdup(field->line.text->str);
	return field;
}

void form_text(struct form *form, const char *name, const char *label, const char *value, const char *help)
{
	add(form, FORM_TEXT, name, label, value, help);
}

void form_suggestion(struct form *form, const char *name, const char *label, const char *value,
		     const char *help)
{
	add(form, FORM_TEXT, name, label, value, help)->line.is_suggestion = TRUE;
}

void form_path(struct form *form, const char *name, const char *label, const char *value, const char *help)
{
	add(form, FORM_PATH, name, label, value, help);
}

void form_choice(struct form *form, const char *name, const char *label, const char *choices,
		 const char *value, const char *help)
{
	struct field *field = add(form, FORM_CHOICE, name, label, value, help);

	field->values = g_strsplit(choices, "|", -1);
	field->labels = g_new0(char *, g_strv_length(field->values) + 1);
	for (guint i = 0; field->values[i]; i++) {
		char *sign = strchr(field->values[i], '=');

		field->labels[i] = g_strdup(sign		? sign + 1
					    : *field->values[i] ? field->values[i]
								: "(none)");
		if (sign)
			*sign = '\0';
	}
}

void form_refuse_choice(struct form *form, const char *name, const char *value, const char *why)
{
	struct field *field = form_find(form, name);

	for (guint i = 0; field && field->values && field->values[i]; i++) {
		if (strcmp(field->values[i], value) != 0)
			continue;
		if (!field->refusals)
			field->refusals = g_new0(const char *, g_strv_length(field->values));
		field->refusals[i] = why;
	}
}

void form_tick(struct form *form, const char *name, const char *label, gboolean is_on, const char *help)
{
	add(form, FORM_TICK, name, label, is_on ? "yes" : "no", help);
}

void form_ask_last(struct form *form, const char *name)
{
	struct field *field = form_find(form, name);

	if (field)
		field->page = form->page_count;
}

/* What has no value has a name nevertheless. */
static void add_text(struct form *form, enum form_type type, const char *text)
{
	char *name = g_strdup_printf("note-%u", form->field_count);

	add(form, type, name, text, "", "");
	g_free(name);
}

void form_note(struct form *form, const char *text)
{
	add_text(form, FORM_NOTE, text);
}

void form_heading(struct form *form, const char *text)
{
	add_text(form, FORM_HEADING, text);
}

void form_named_note(struct form *form, const char *name, const char *text)
{
	add(form, FORM_NOTE, name, text, "", "");
}

void form_set_note(struct form *form, const char *name, const char *text)
{
	struct field *field = form_find(form, name);

	if (!field)
		return;
	g_free(field->label);
	field->label = g_strdup(text);
	tui_changed(form->view.app);
}

void form_button(struct form *form, const char *name, const char *label)
{
	add(form, FORM_BUTTON, name, label, "", "");
}
