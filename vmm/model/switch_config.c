/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/switch_config.h"

#include <stddef.h>
#include <string.h>

#define SWITCH(member) offsetof(struct switch_config, member)
#define BIT(kind)      (1u << (kind))

const char *const switch_kinds[] = { "nat", "private", "internal", "external", NULL };

/* clang-format off */
const struct model_field switch_fields[] = {
	{ "switch.name", MODEL_TEXT, SWITCH(name), 0, SWITCH_CONFIG_NAME_MAX, NULL, "", 0, "the name", NULL },
	{ "switch.kind", MODEL_CHOICE, SWITCH(kind), 0, 0, switch_kinds, "nat", MODEL_FIXED, "the kind", NULL },
	{ "switch.notes", MODEL_TEXT, SWITCH(notes), 0, 4096, NULL, "", MODEL_LINES, "notes", NULL },
	{ "switch.vlan", MODEL_NUMBER, SWITCH(vlan), 0, 4094, NULL, "0", 0, "the VLAN", NULL },
	{ "nat.network", MODEL_TEXT, SWITCH(network), 1, 18, NULL, "10.0.2.0/24", 0, "the network", NULL },
	{ "nat.dhcp", MODEL_BOOL, SWITCH(has_dhcp), 0, 0, NULL, "true", 0, "DHCP", NULL },
	{ "nat.ipv6", MODEL_BOOL, SWITCH(has_ipv6), 0, 0, NULL, "true", 0, "IPv6", NULL },
	{ "nat.host-services", MODEL_BOOL, SWITCH(has_host_services), 0, 0, NULL, "true", 0,
	  "this host's own services at the gateway's address", NULL },
	{ "nat.forwards", MODEL_TEXT, SWITCH(forwards), 0, 4096, NULL, "", MODEL_LINES, "forwarded ports", NULL },
	{ "nat.tftp-folder", MODEL_TEXT, SWITCH(tftp_folder), 0, 4000, NULL, "", MODEL_PATH, "the folder of network boot", NULL },
	{ "nat.boot-file", MODEL_TEXT, SWITCH(boot_file), 0, 127, NULL, "", 0, "the file of network boot", NULL },
	{ "mac.first", MODEL_TEXT, SWITCH(mac_first), 1, 17, NULL, "00:15:5d:00:00:00", 0, "the first MAC address", NULL },
	{ "mac.last", MODEL_TEXT, SWITCH(mac_last), 1, 17, NULL, "00:15:5d:ff:ff:ff", 0, "the last MAC address", NULL },
	{ "external.adapter", MODEL_TEXT, SWITCH(adapter), 0, 15, NULL, "", 0, "the host's adapter", NULL },
	{ "external.shared", MODEL_BOOL, SWITCH(is_shared), 0, 0, NULL, "true", 0, "the host's own use of the adapter", NULL },
	{ "internal.address", MODEL_TEXT, SWITCH(address), 0, 18, NULL, "", 0, "the host's address", NULL },
};
/* clang-format on */
const gsize switch_fields_count = G_N_ELEMENTS(switch_fields);

const char *switch_kind_description(enum switch_kind kind)
{
	static const char *const texts[SWITCH_KINDS] = {
		[SWITCH_KIND_NAT] =
		    "machines reach the network through this host's address, and each other; nobody reaches "
		    "them but by forwarded ports",
		[SWITCH_KIND_PRIVATE] = "machines reach each other, and nothing else",
		[SWITCH_KIND_INTERNAL] =
		    "machines reach each other and this host, which gets a network adapter for it",
		[SWITCH_KIND_EXTERNAL] = "machines are on the network of one of this host's adapters, with "
					 "addresses of their own",
	};

	return texts[kind];
}

gboolean switch_kind_has(enum switch_kind kind, const char *field)
{
	static const struct {
		const char *group;
		unsigned kinds;
	} groups[] = {
		{ "nat.", BIT(SWITCH_KIND_NAT) },
		{ "external.", BIT(SWITCH_KIND_EXTERNAL) },
		{ "internal.", BIT(SWITCH_KIND_INTERNAL) },
		{ "switch.vlan",
		  BIT(SWITCH_KIND_NAT) | BIT(SWITCH_KIND_INTERNAL) | BIT(SWITCH_KIND_EXTERNAL) },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
		if (g_str_has_prefix(field, groups[i].group))
			return (groups[i].kinds & BIT(kind)) != 0;
	return TRUE;
}

/* --- life ------------------------------------------------------------------------------------------ */

struct switch_config *switch_config_new(void)
{
	struct switch_config *config = g_new0(struct switch_config, 1);

	model_fields_init(switch_fields, switch_fields_count, config);
	config->id = g_uuid_string_random();
	return config;
}

const char *switch_full_name(const char *name)
{
	return strcmp(name, SWITCH_DEFAULT_SHORT_NAME) == 0 ? SWITCH_DEFAULT_NAME : name;
}

struct switch_config *switch_config_new_default(void)
{
	struct switch_config *config = switch_config_new();

	g_free(config->id);
	g_free(config->name);
	g_free(config->notes);
	config->id = g_strdup(SWITCH_DEFAULT_ID);
	config->name = g_strdup(SWITCH_DEFAULT_NAME);
	config->notes = g_strdup("the guest reaches the network through this host's address");
	return config;
}

struct switch_config *switch_config_copy(const struct switch_config *config)
{
	struct switch_config *copy = g_new0(struct switch_config, 1);

	model_fields_copy(switch_fields, switch_fields_count, config, copy);
	copy->id = g_strdup(config->id);
	return copy;
}

struct switch_config *switch_config_free(struct switch_config *config)
{
	if (!config)
		return NULL;
	model_fields_clear(switch_fields, switch_fields_count, config);
	g_free(config->id);
	g_free(config);
	return NULL;
}

/* --- files ----------------------------------------------------------------------------------------- */

static gboolean load(struct switch_config *config, GKeyFile *file, GError **error)
{
	int format = g_key_file_get_integer(file, "switch", "format", NULL);

	if (format > SWITCH_CONFIG_FORMAT) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_NEWER,
			    "it was written by a newer version of Bulkhead (format %d); update Bulkhead",
			    format);
		return FALSE;
	}
	if (format < 1) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN,
			    "[switch] format= is missing; this is no configuration of a virtual switch");
		return FALSE;
	}
	return model_fields_load(switch_fields, switch_fields_count, config, file, NULL, error) &&
	       switch_config_check(config, NULL, error);
}

struct switch_config *switch_config_parse(const char *data, gsize size, GError **error)
{
	GKeyFile *file = g_key_file_new();
	struct switch_config *config = switch_config_new();
	GError *local = NULL;
	gboolean is_good = !memchr(data, '\0', size);

	if (!is_good)
		g_set_error(&local, MODEL_ERROR, MODEL_ERROR_BROKEN, "it has NUL bytes in it");
	is_good = is_good && g_key_file_load_from_data(file, data, size, G_KEY_FILE_NONE, &local) &&
		  load(config, file, &local);
	g_key_file_free(file);
	if (is_good)
		return config;
	g_set_error_literal(error, MODEL_ERROR,
			    local->domain == MODEL_ERROR && local->code == MODEL_ERROR_NEWER
				? MODEL_ERROR_NEWER
				: MODEL_ERROR_BROKEN,
			    local->message);
	g_error_free(local);
	return switch_config_free(config);
}

char *switch_config_format(const struct switch_config *config, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	char *data;

	g_key_file_set_integer(file, "switch", "format", SWITCH_CONFIG_FORMAT);
	model_fields_store(switch_fields, switch_fields_count, config, file, NULL);
	data = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return data;
}

/* --- the API ----------------------------------------------------------------------------------------- */

static GVariant *lines_variant(const char *text)
{
	char **lines = g_strsplit(text, "\n", -1);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
	for (unsigned i = 0; lines[i]; i++)
		if (*g_strstrip(lines[i]))
			g_variant_builder_add(&builder, "s", lines[i]);
	g_strfreev(lines);
	return g_variant_builder_end(&builder);
}

GVariant *switch_config_to_variant(const struct switch_config *config)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < switch_fields_count; i++) {
		const struct model_field *field = &switch_fields[i];

		if (switch_kind_has((enum switch_kind)config->kind, field->name))
			g_variant_builder_add(&builder, "{sv}", field->name,
					      strcmp(field->name, "nat.forwards") == 0
						  ? lines_variant(config->forwards)
						  : model_field_get_variant(field, config));
	}
	return g_variant_builder_end(&builder);
}

/* One text, or a list of them. */
static gboolean set_forwards(struct switch_config *config, const struct model_field *field, GVariant *value,
			     GError **error)
{
	const char **lines;
	gboolean is_good;
	char *text;

	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY))
		return model_field_set_variant(field, config, value, error);
	lines = g_variant_get_strv(value, NULL);
	text = g_strjoinv("\n", (char **)lines);
	is_good = model_field_set(field, config, text, error);
	g_free(text);
	g_free(lines);
	return is_good;
}

static gboolean change_one(struct switch_config *config, const char *name, GVariant *value, gboolean is_new,
			   GError **error)
{
	const struct model_field *field = model_field_find(switch_fields, switch_fields_count, name);
	struct switch_config *before;
	gboolean is_good;

	if (!field) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "%s: a virtual switch has no such setting; leave it out", name);
		return FALSE;
	}
	if (strcmp(name, "nat.forwards") == 0)
		return set_forwards(config, field, value, error);
	before = switch_config_copy(config);
	is_good = model_field_set_variant(field, config, value, error);
	if (is_good && !is_new && (field->flags & MODEL_FIXED) && !model_field_equal(field, before, config)) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "%s: %s of a virtual switch cannot be changed; create another one", name,
			    field->label);
		is_good = FALSE;
	}
	switch_config_free(before);
	return is_good;
}

gboolean switch_config_change(struct switch_config *config, GVariant *changes, gboolean is_new,
			      GError **error)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;
	gboolean is_good = TRUE;

	g_variant_iter_init(&iter, changes);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		is_good = change_one(config, name, value, is_new, error);
		g_variant_unref(value);
	}
	return is_good && switch_config_check(config, NULL, error);
}

/* "a; b" for lines, "on" and "off" for flags, "none" for nothing. */
static char *shown(const struct model_field *field, const struct switch_config *config)
{
	char *text = model_field_get(field, config), *result;

	if (field->type == MODEL_BOOL)
		result = g_strdup(strcmp(text, "true") == 0 ? "on" : "off");
	else
		result = g_strdup(*text ? g_strdelimit(text, "\n", ';') : "none");
	g_free(text);
	return result;
}

GPtrArray *switch_config_differences(const struct switch_config *before, const struct switch_config *after)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < switch_fields_count; i++) {
		char *old, *new;

		if (model_field_equal(&switch_fields[i], before, after))
			continue;
		old = shown(&switch_fields[i], before);
		new = shown(&switch_fields[i], after);
		g_ptr_array_add(lines, g_strdup_printf("%s: %s → %s", switch_fields[i].label, old, new));
		g_free(old);
		g_free(new);
	}
	return lines;
}

gboolean switch_config_needs_restart(const struct switch_config *before, const struct switch_config *after)
{
	static const char *const light[] = { "switch.name", "switch.notes", "nat.forwards",
					     "mac.first",   "mac.last",	    NULL };

	for (gsize i = 0; i < switch_fields_count; i++)
		if (!g_strv_contains(light, switch_fields[i].name) &&
		    !model_field_equal(&switch_fields[i], before, after))
			return TRUE;
	return FALSE;
}
