/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/field.h"
#include "model/model_error.h"

#include <string.h>

#define AT(type, object, field) ((type *)(void *)((char *)(object) + (field)->offset))

static gboolean fail(const struct model_field *field, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static gboolean fail(const struct model_field *field, GError **error, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID, "%s: %s", field->name, text);
	g_free(text);
	return FALSE;
}

void model_fields_init(const struct model_field *fields, gsize count, gpointer object)
{
	for (gsize i = 0; i < count; i++) {
		if (fields[i].type == MODEL_TEXT)
			*AT(char *, object, &fields[i]) = NULL;
		if (!model_field_set(&fields[i], object, fields[i].fallback, NULL))
			g_error("the default of %s breaks its own rule", fields[i].name);
	}
}

void model_fields_clear(const struct model_field *fields, gsize count, gpointer object)
{
	for (gsize i = 0; i < count; i++)
		if (fields[i].type == MODEL_TEXT)
			g_clear_pointer(AT(char *, object, &fields[i]), g_free);
}

static void copy_field(const struct model_field *field, gconstpointer from, gpointer to)
{
	switch (field->type) {
	case MODEL_TEXT: *AT(char *, to, field) = g_strdup(*AT(char *, from, field)); break;
	case MODEL_NUMBER: *AT(guint64, to, field) = *AT(guint64, from, field); break;
	case MODEL_BOOL: *AT(gboolean, to, field) = *AT(gboolean, from, field); break;
	case MODEL_CHOICE: *AT(unsigned, to, field) = *AT(unsigned, from, field); break;
	}
}

void model_fields_copy(const struct model_field *fields, gsize count, gconstpointer from, gpointer to)
{
	for (gsize i = 0; i < count; i++)
		copy_field(&fields[i], from, to);
}

const struct model_field *model_field_find(const struct model_field *fields, gsize count, const char *name)
{
	for (gsize i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* --- from text ------------------------------------------------------------------------------------- */

static gboolean has_control(const char *text, gboolean allows_lines)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && !(allows_lines && (*text == '\n' || *text == '\t'))) ||
		    *text == 0x7f)
			return TRUE;
	return FALSE;
}

static gboolean set_text(const struct model_field *field, gpointer object, const char *text, GError **error)
{
	gsize length = strlen(text);

	if (length < field->min)
		return fail(field, error, "%s is missing; give one", field->label);
	if (length > field->max)
		return fail(field, error,
			    "%s has %zu bytes; at most %" G_GUINT64_FORMAT " are allowed; shorten it",
			    field->label, length, field->max);
	if (!g_utf8_validate(text, -1, NULL))
		return fail(field, error, "%s is not UTF-8 text; write it in UTF-8", field->label);
	if (has_control(text, field->flags & MODEL_LINES))
		return fail(field, error, "%s has control characters in it; remove them", field->label);
	g_free(*AT(char *, object, field));
	*AT(char *, object, field) = g_strdup(text);
	return TRUE;
}

static gboolean set_number(const struct model_field *field, gpointer object, const char *text, GError **error)
{
	const char *unit = field->unit ? field->unit : "";
	const char *space = field->unit ? " " : "";
	guint64 value = 0;
	gboolean is_number = *text != '\0';

	for (const char *p = text; *p && is_number; p++)
		is_number = g_ascii_isdigit(*p) && g_uint64_checked_mul(&value, value, 10) &&
			    g_uint64_checked_add(&value, value, (guint64)(*p - '0'));
	if (!is_number)
		return fail(field, error,
			    "\"%s\" is no number; give one from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
			    "%s%s",
			    text, field->min, field->max, space, unit);
	if (value < field->min || value > field->max)
		return fail(field, error,
			    "%s of %" G_GUINT64_FORMAT "%s%s is not possible; give %" G_GUINT64_FORMAT
			    " to %" G_GUINT64_FORMAT "%s%s",
			    field->label, value, space, unit, field->min, field->max, space, unit);
	*AT(guint64, object, field) = value;
	return TRUE;
}

static gboolean set_bool(const struct model_field *field, gpointer object, const char *text, GError **error)
{
	gboolean is_true = strcmp(text, "true") == 0 || strcmp(text, "on") == 0 || strcmp(text, "yes") == 0;

	if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "off") != 0 && strcmp(text, "no") != 0)
		return fail(field, error, "\"%s\" is neither on nor off; give one of them", text);
	*AT(gboolean, object, field) = is_true;
	return TRUE;
}

static gboolean set_choice(const struct model_field *field, gpointer object, const char *text, GError **error)
{
	char *all;

	for (unsigned i = 0; field->choices[i]; i++)
		if (strcmp(field->choices[i], text) == 0) {
			*AT(unsigned, object, field) = i;
			return TRUE;
		}
	all = g_strjoinv(", ", (char **)field->choices);
	fail(field, error, "there is no \"%s\"; give one of: %s", text, all);
	g_free(all);
	return FALSE;
}

gboolean model_field_set(const struct model_field *field, gpointer object, const char *text, GError **error)
{
	switch (field->type) {
	case MODEL_TEXT: return set_text(field, object, text, error);
	case MODEL_NUMBER: return set_number(field, object, text, error);
	case MODEL_BOOL: return set_bool(field, object, text, error);
	case MODEL_CHOICE: return set_choice(field, object, text, error);
	}
	return FALSE;
}

char *model_field_get(const struct model_field *field, gconstpointer object)
{
	switch (field->type) {
	case MODEL_TEXT: return g_strdup(*AT(char *, object, field));
	case MODEL_NUMBER: return g_strdup_printf("%" G_GUINT64_FORMAT, *AT(guint64, object, field));
	case MODEL_BOOL: return g_strdup(*AT(gboolean, object, field) ? "true" : "false");
	case MODEL_CHOICE: return g_strdup(field->choices[*AT(unsigned, object, field)]);
	}
	return NULL;
}

gboolean model_field_equal(const struct model_field *field, gconstpointer a, gconstpointer b)
{
	char *left = model_field_get(field, a), *right = model_field_get(field, b);
	gboolean is_equal = strcmp(left, right) == 0;

	g_free(left);
	g_free(right);
	return is_equal;
}

/* --- from and to the API's values ------------------------------------------------------------------ */

static char *variant_text(GVariant *value)
{
	switch (g_variant_classify(value)) {
	case G_VARIANT_CLASS_STRING: return g_variant_dup_string(value, NULL);
	case G_VARIANT_CLASS_BOOLEAN: return g_strdup(g_variant_get_boolean(value) ? "true" : "false");
	case G_VARIANT_CLASS_BYTE: return g_strdup_printf("%u", g_variant_get_byte(value));
	case G_VARIANT_CLASS_UINT16: return g_strdup_printf("%u", g_variant_get_uint16(value));
	case G_VARIANT_CLASS_UINT32: return g_strdup_printf("%u", g_variant_get_uint32(value));
	case G_VARIANT_CLASS_INT32: return g_strdup_printf("%d", g_variant_get_int32(value));
	case G_VARIANT_CLASS_INT64: return g_strdup_printf("%" G_GINT64_FORMAT, g_variant_get_int64(value));
	case G_VARIANT_CLASS_UINT64:
		return g_strdup_printf("%" G_GUINT64_FORMAT, g_variant_get_uint64(value));
	default: return NULL;
	}
}

gboolean model_field_set_variant(const struct model_field *field, gpointer object, GVariant *value,
				 GError **error)
{
	char *text = variant_text(value);
	gboolean is_good;

	if (!text)
		return fail(field, error, "a value of type %s does not fit; give a text or a number",
			    g_variant_get_type_string(value));
	is_good = model_field_set(field, object, text, error);
	g_free(text);
	return is_good;
}

GVariant *model_field_get_variant(const struct model_field *field, gconstpointer object)
{
	switch (field->type) {
	case MODEL_TEXT: return g_variant_new_string(*AT(char *, object, field));
	case MODEL_NUMBER: return g_variant_new_uint64(*AT(guint64, object, field));
	case MODEL_BOOL: return g_variant_new_boolean(*AT(gboolean, object, field));
	case MODEL_CHOICE: return g_variant_new_string(field->choices[*AT(unsigned, object, field)]);
	}
	return NULL;
}

/* --- from and to files ----------------------------------------------------------------------------- */

static const char *split_name(const struct model_field *field, const char *group, char *place, gsize size)
{
	const char *dot = strchr(field->name, '.');

	g_strlcpy(place, group ? group : field->name, size);
	if (group || !dot)
		return field->name;
	place[dot - field->name] = '\0';
	return dot + 1;
}

gboolean model_fields_load(const struct model_field *fields, gsize count, gpointer object, GKeyFile *file,
			   const char *group, GError **error)
{
	char place[64];

	for (gsize i = 0; i < count; i++) {
		const char *key = split_name(&fields[i], group, place, sizeof(place));
		GError *local = NULL;
		char *text;
		gboolean is_good;

		if (!g_key_file_has_group(file, place) || !g_key_file_has_key(file, place, key, NULL))
			continue;
		/* For a bad escape GLib gives an error and a text. */
		text = g_key_file_get_string(file, place, key, &local);
		is_good = !local && model_field_set(&fields[i], object, text, &local);
		g_free(text);
		if (!is_good) {
			g_propagate_error(error, local);
			if (group)
				g_prefix_error(error, "[%s] ", group);
			return FALSE;
		}
	}
	return TRUE;
}

void model_fields_store(const struct model_field *fields, gsize count, gconstpointer object, GKeyFile *file,
			const char *group)
{
	char place[64];

	for (gsize i = 0; i < count; i++) {
		const char *key = split_name(&fields[i], group, place, sizeof(place));
		char *text = model_field_get(&fields[i], object);

		if (*text || *fields[i].fallback)
			g_key_file_set_string(file, place, key, text);
		else if (g_key_file_has_group(file, place))
			g_key_file_remove_key(file, place, key, NULL);
		g_free(text);
	}
}
