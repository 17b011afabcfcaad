/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/refusal.h"
#include "client/setting_pages.h"

#include "api/api_error.h"
#include "model/switch_config.h"
#include "model/vm_config.h"

#include <string.h>

enum { NAMES_MAX = 2 };

static gboolean is_same_label(const struct vmc_setting_row *a, const struct vmc_setting_row *b)
{
	char *left = vmc_setting_label(a), *right = vmc_setting_label(b);
	gboolean is_same = strcmp(left, right) == 0;

	g_free(left);
	g_free(right);
	return is_same;
}

static gboolean is_label_of_several(const struct vmc_setting_row *row)
{
	unsigned count = 0;

	for (unsigned i = 0; i < vmc_setting_pages_count; i++)
		for (const struct vmc_setting_row *other = vmc_setting_pages[i].rows; other && other->label;
		     other++)
			count += other->name && is_same_label(other, row);
	return count > 1;
}

/* Of fields that have the same words: the port that a path belongs to, or else the page. Free it. */
static char *place_of(const struct vmc_setting_row *row)
{
	const char *dot = strchr(row->name, '.');
	char *kind = g_strdup_printf("%.*s.kind", (int)(dot - row->name), row->name), *place = NULL;
	const struct vmc_setting_row *port = vmc_setting_row_find(kind);

	g_free(kind);
	if (port)
		return vmc_setting_label(port);
	for (unsigned i = 0; i < vmc_setting_pages_count && !place; i++)
		for (const struct vmc_setting_row *other = vmc_setting_pages[i].rows; other && other->label;
		     other++)
			if (other == row)
				place = g_strdup(vmc_setting_pages[i].title);
	return place;
}

static char *row_label(const struct vmc_setting_row *row)
{
	char *label = vmc_setting_label(row), *place, *both;

	if (!is_label_of_several(row))
		return label;
	place = place_of(row);
	both = g_strdup_printf("%s, %s", place, label);
	g_free(place);
	g_free(label);
	return both;
}

/* "the maximum IOPS" → "Maximum IOPS" */
static char *model_label(const struct model_field *field)
{
	char *label = g_strdup(g_str_has_prefix(field->label, "the ") ? field->label + 4 : field->label);

	label[0] = g_ascii_toupper(label[0]);
	return label;
}

static const struct model_field *find_field(const char *name)
{
	const struct {
		const struct model_field *fields;
		gsize count;
	} tables[] = {
		{ vm_settings, vm_settings_count },
		{ vm_disk_fields, vm_disk_fields_count },
		{ vm_adapter_fields, vm_adapter_fields_count },
		{ switch_fields, switch_fields_count },
	};
	const struct model_field *field = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(tables) && !field; i++)
		field = model_field_find(tables[i].fields, tables[i].count, name);
	return field;
}

/* "startup memory of 5 MiB is not possible": who has read the label needs the rest. */
static const char *without_label(const char *name, const char *sentence)
{
	const struct model_field *field = find_field(name);
	size_t size = field ? strlen(field->label) : 0;
	gboolean is_again =
	    size && strncmp(sentence, field->label, size) == 0 && g_str_has_prefix(sentence + size, " of ");

	return is_again ? sentence + size + strlen(" of ") : sentence;
}

char *vmc_refusal_label(const char *name)
{
	const struct vmc_setting_row *row = vmc_setting_row_find(name);
	const struct model_field *field = find_field(name);

	if (row)
		return row_label(row);
	if (field)
		return model_label(field);
	if (strcmp(name, "disks") == 0)
		return g_strdup("Drives");
	return strcmp(name, "adapters") == 0 ? g_strdup("Network adapters") : NULL;
}

/* "disks: max-iops: ..." has two of them. No sentence of ours has more. */
char *vmc_refusal_text(const char *sentence)
{
	GString *text = g_string_new(NULL);
	const char *colon;
	char *label;

	for (unsigned i = 0; i < NAMES_MAX && (colon = strstr(sentence, ": ")); i++) {
		char *name = g_strndup(sentence, (gsize)(colon - sentence));

		label = vmc_refusal_label(name);
		sentence = label ? without_label(name, colon + 2) : sentence;
		g_free(name);
		if (!label)
			break;
		g_string_append_printf(text, "%s: ", label);
		g_free(label);
	}
	g_string_append(text, sentence);
	return g_string_free(text, FALSE);
}

void vmc_refusal_error(GError **error)
{
	char *text;

	if (!error || !*error)
		return;
	text = vmc_refusal_text((*error)->message);
	if (g_error_matches(*error, MODEL_ERROR, MODEL_ERROR_INVALID)) {
		(*error)->domain = API_ERROR;
		(*error)->code = API_ERROR_INVALID_ARGUMENT;
	}
	g_free((*error)->message);
	(*error)->message = text;
}
