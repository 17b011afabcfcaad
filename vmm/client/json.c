/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/json.h"

#include "ui/plain_text.h"

#include <math.h>

static void append_text(GString *json, const char *text)
{
	g_string_append_c(json, '"');
	while (*text) {
		unsigned size = plain_text_stranger(text);

		if (size)
			g_string_append_printf(json, "\\u%04x", g_utf8_get_char(text));
		else if (*text == '"' || *text == '\\')
			g_string_append_printf(json, "\\%c", *text);
		else
			g_string_append_c(json, *text);
		text += size ? size : 1;
	}
	g_string_append_c(json, '"');
}

static void append(GString *json, GVariant *value);

static void append_entry(GString *json, GVariant *entry)
{
	GVariant *key = g_variant_get_child_value(entry, 0), *value = g_variant_get_child_value(entry, 1);

	append(json, key); /* our keys are texts and object paths */
	g_string_append(json, ": ");
	append(json, value);
	g_variant_unref(key);
	g_variant_unref(value);
}

static void append_container(GString *json, GVariant *value)
{
	gboolean is_dict = g_variant_is_of_type(value, G_VARIANT_TYPE_DICTIONARY);
	gsize count = g_variant_n_children(value);

	g_string_append_c(json, is_dict ? '{' : '[');
	for (gsize i = 0; i < count; i++) {
		GVariant *child = g_variant_get_child_value(value, i);

		g_string_append(json, i ? ", " : "");
		if (is_dict)
			append_entry(json, child);
		else
			append(json, child);
		g_variant_unref(child);
	}
	g_string_append_c(json, is_dict ? '}' : ']');
}

static void append_double(GString *json, double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(json, isfinite(number) ? g_ascii_dtostr(text, sizeof(text), number) : "null");
}

static void append_variant(GString *json, GVariant *value)
{
	GVariant *inner = g_variant_get_variant(value);

	append(json, inner);
	g_variant_unref(inner);
}

static void append(GString *json, GVariant *value)
{
	switch (g_variant_classify(value)) {
	case G_VARIANT_CLASS_BOOLEAN:
		g_string_append(json, g_variant_get_boolean(value) ? "true" : "false");
		break;
	case G_VARIANT_CLASS_BYTE: g_string_append_printf(json, "%u", g_variant_get_byte(value)); break;
	case G_VARIANT_CLASS_INT32: g_string_append_printf(json, "%d", g_variant_get_int32(value)); break;
	case G_VARIANT_CLASS_UINT32: g_string_append_printf(json, "%u", g_variant_get_uint32(value)); break;
	case G_VARIANT_CLASS_INT64:
		g_string_append_printf(json, "%" G_GINT64_FORMAT, g_variant_get_int64(value));
		break;
	case G_VARIANT_CLASS_UINT64:
		g_string_append_printf(json, "%" G_GUINT64_FORMAT, g_variant_get_uint64(value));
		break;
	case G_VARIANT_CLASS_DOUBLE: append_double(json, g_variant_get_double(value)); break;
	case G_VARIANT_CLASS_STRING:
	case G_VARIANT_CLASS_OBJECT_PATH: append_text(json, g_variant_get_string(value, NULL)); break;
	case G_VARIANT_CLASS_VARIANT: append_variant(json, value); break;
	case G_VARIANT_CLASS_ARRAY:
	case G_VARIANT_CLASS_TUPLE: append_container(json, value); break;
	default: g_string_append(json, "null"); break;
	}
}

char *vmc_json(GVariant *value)
{
	GString *json = g_string_new(NULL);

	append(json, value);
	return g_string_free(json, FALSE);
}
