/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/switch_draft.h"
#include "client/command.h"
#include "client/refusal.h"

#include <string.h>

/* What consoles call the fields of the model; the range of addresses is two of them. */
static const struct {
	const char *name, *field;
} names[] = {
	{ "name", "switch.name" },
	{ "kind", "switch.kind" },
	{ "notes", "switch.notes" },
	{ "network", "nat.network" },
	{ "dhcp", "nat.dhcp" },
	{ "ipv6", "nat.ipv6" },
	{ "host-services", "nat.host-services" },
	{ "forward", "nat.forwards" },
	{ "tftp-folder", "nat.tftp-folder" },
	{ "boot-file", "nat.boot-file" },
	{ "adapter", "external.adapter" },
	{ "shared", "external.shared" },
	{ "address", "internal.address" },
	{ "vlan", "switch.vlan" },
	{ "mac-range", "mac.first" },
};

#define MAC_RANGE "mac-range"

struct vmc_switch_draft {
	struct switch_config *config, *before; /* before NULL: a new one */
};

static const struct model_field *model_of(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return model_field_find(switch_fields, switch_fields_count, names[i].field);
	return NULL;
}

static const struct model_field *mac_last(void)
{
	return model_field_find(switch_fields, switch_fields_count, "mac.last");
}

/* What the service tells beside the settings is left out. */
static void take_existing(struct switch_config *config, GVariant *existing)
{
	GVariantBuilder settings;
	GVariantIter iter;
	GVariant *value, *all;
	const char *key;

	g_variant_builder_init(&settings, G_VARIANT_TYPE_VARDICT);
	g_variant_iter_init(&iter, existing);
	while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		if (model_field_find(switch_fields, switch_fields_count, key))
			g_variant_builder_add(&settings, "{sv}", key, value);
		g_variant_unref(value);
	}
	all = g_variant_ref_sink(g_variant_builder_end(&settings));
	switch_config_change(config, all, TRUE, NULL);
	g_variant_unref(all);
}

struct vmc_switch_draft *vmc_switch_draft_new(GVariant *existing)
{
	struct vmc_switch_draft *draft = g_new0(struct vmc_switch_draft, 1);

	draft->config = switch_config_new();
	if (existing) {
		take_existing(draft->config, existing);
		draft->before = switch_config_copy(draft->config);
	}
	return draft;
}

struct vmc_switch_draft *vmc_switch_draft_free(struct vmc_switch_draft *draft)
{
	if (!draft)
		return NULL;
	switch_config_free(draft->config);
	switch_config_free(draft->before);
	g_free(draft);
	return NULL;
}

gboolean vmc_switch_draft_is_new(const struct vmc_switch_draft *draft)
{
	return !draft->before;
}

gboolean vmc_switch_draft_has(const struct vmc_switch_draft *draft, const char *field)
{
	const struct model_field *model = model_of(field);

	return model && switch_kind_has((enum switch_kind)draft->config->kind, model->name);
}

/* --- values ------------------------------------------------------------------------------------------ */

static gboolean set_range(struct switch_config *config, const char *value, GError **error)
{
	char **ends = g_strsplit(value, "-", 3);
	gboolean is_good = g_strv_length(ends) == 2;

	if (is_good)
		is_good = model_field_set(model_of(MAC_RANGE), config, g_strstrip(ends[0]), error) &&
			  model_field_set(mac_last(), config, g_strstrip(ends[1]), error);
	else
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "\"%s\" is no range of MAC addresses; give the first and the last one, such as "
			    "00:15:5d:00:10:00-00:15:5d:00:10:ff",
			    value);
	g_strfreev(ends);
	return is_good;
}

/* What the new kind does not have must not be in the way of it. */
static void reset_others(struct switch_config *config)
{
	for (gsize i = 0; i < switch_fields_count; i++)
		if (!switch_kind_has((enum switch_kind)config->kind, switch_fields[i].name))
			model_field_set(&switch_fields[i], config, switch_fields[i].fallback, NULL);
}

static const char *without_default(const struct model_field *model, const char *value)
{
	return value && *value ? value : model->fallback;
}

static gboolean set(struct vmc_switch_draft *draft, const char *field, const char *value, GError **error)
{
	const struct model_field *model = model_of(field);

	if (!model) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID, "%s: a virtual switch has no such field",
			    field);
		return FALSE;
	}
	if (!vmc_switch_draft_has(draft, field)) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "--%s: a switch of the kind %s has no such setting; leave it out", field,
			    switch_kinds[draft->config->kind]);
		return FALSE;
	}
	if (strcmp(field, MAC_RANGE) == 0)
		return set_range(draft->config, value ? value : "", error);
	if (!model_field_set(model, draft->config, without_default(model, value), error))
		return FALSE;
	if (strcmp(field, "kind") == 0)
		reset_others(draft->config);
	return TRUE;
}

gboolean vmc_switch_draft_set(struct vmc_switch_draft *draft, const char *field, const char *value,
			      GError **error)
{
	gboolean is_good = set(draft, field, value, error);

	if (!is_good)
		vmc_refusal_error(error);
	return is_good;
}

/* "on" and "off" as people write them. */
static char *get(const struct switch_config *config, const char *field)
{
	const struct model_field *model = model_of(field);
	char *text;

	if (!model)
		return NULL;
	if (strcmp(field, MAC_RANGE) == 0)
		return g_strdup_printf("%s-%s", config->mac_first, config->mac_last);
	text = model_field_get(model, config);
	if (model->type != MODEL_BOOL)
		return text;
	g_free(text);
	return g_strdup(*(gboolean *)(void *)((char *)config + model->offset) ? "on" : "off");
}

char *vmc_switch_draft_get(const struct vmc_switch_draft *draft, const char *field)
{
	return get(draft->config, field);
}

gboolean vmc_switch_draft_add_forward(struct vmc_switch_draft *draft, const char *text, GError **error)
{
	struct switch_rule rule;
	gboolean is_good;
	char *all;

	if (!switch_forward_parse(text, &rule, error)) {
		vmc_refusal_error(error);
		return FALSE;
	}
	all = *draft->config->forwards ? g_strconcat(draft->config->forwards, "\n", text, NULL)
				       : g_strdup(text);
	is_good = vmc_switch_draft_set(draft, "forward", all, error);
	g_free(all);
	return is_good;
}

static const char *field_name(const char *model)
{
	for (gsize i = 0; model && i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i].field, model) == 0)
			return names[i].name;
	return MAC_RANGE;
}

gboolean vmc_switch_draft_check(const struct vmc_switch_draft *draft, const char **ret_field, GError **error)
{
	const char *field = NULL;

	if (switch_config_check(draft->config, &field, error))
		return TRUE;
	vmc_refusal_error(error);
	if (ret_field)
		*ret_field = field_name(field);
	return FALSE;
}

/* --- the command and the call -------------------------------------------------------------------------- */

/* Beside what is edited, or beside the defaults; the name of a new one is no option. */
static gboolean is_said(const struct vmc_switch_draft *draft, const char *name)
{
	struct switch_config *plain;
	char *value, *other;
	gboolean is_said;

	if (!draft->before && strcmp(name, "name") == 0)
		return FALSE;
	if (!draft->before && strcmp(name, "kind") == 0)
		return TRUE;
	plain = draft->before ? switch_config_copy(draft->before) : switch_config_new();
	value = get(draft->config, name);
	other = get(plain, name);
	is_said = strcmp(value, other) != 0;
	g_free(value);
	g_free(other);
	switch_config_free(plain);
	return is_said;
}

gboolean vmc_switch_draft_is_changed(const struct vmc_switch_draft *draft)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (is_said(draft, names[i].name))
			return TRUE;
	return !draft->before;
}

static void add_option(GPtrArray *words, const char *name, const char *value)
{
	g_ptr_array_add(words, g_strconcat("--", name, NULL));
	g_ptr_array_add(words, g_strdup(value));
}

static void add_forwards(GPtrArray *words, const char *value)
{
	char **lines = g_strsplit(value, "\n", -1);
	guint before = words->len;

	for (unsigned i = 0; lines[i]; i++)
		if (*g_strstrip(lines[i]))
			add_option(words, "forward", lines[i]);
	if (words->len == before)
		add_option(words, "forward", "none");
	g_strfreev(lines);
}

char *vmc_switch_draft_command(const struct vmc_switch_draft *draft, const char *place)
{
	const struct switch_config *named = draft->before ? draft->before : draft->config;
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	char *line;

	g_ptr_array_add(words, g_strdup("switch"));
	g_ptr_array_add(words, g_strdup(draft->before ? "edit" : "create"));
	g_ptr_array_add(words, g_strdup(*named->name ? named->name : "NAME"));
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		char *value;

		if (!is_said(draft, names[i].name))
			continue;
		value = get(draft->config, names[i].name);
		if (strcmp(names[i].name, "forward") == 0)
			add_forwards(words, value);
		else
			add_option(words, names[i].name, value);
		g_free(value);
	}
	g_ptr_array_add(words, NULL);
	line = vmc_command(place, (const char *const *)words->pdata);
	g_ptr_array_unref(words);
	return line;
}

const char *vmc_switch_draft_method(const struct vmc_switch_draft *draft)
{
	return draft->before ? "Edit" : "Create";
}

GVariant *vmc_switch_draft_parameters(const struct vmc_switch_draft *draft, gboolean is_plan)
{
	const struct switch_config *named = draft->before ? draft->before : draft->config;
	GVariantBuilder changes, options;

	g_variant_builder_init(&changes, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < switch_fields_count; i++)
		if (switch_kind_has((enum switch_kind)draft->config->kind, switch_fields[i].name) &&
		    !(draft->before && model_field_equal(&switch_fields[i], draft->before, draft->config)))
			g_variant_builder_add(&changes, "{sv}", switch_fields[i].name,
					      model_field_get_variant(&switch_fields[i], draft->config));
	if (is_plan)
		g_variant_builder_add(&options, "{sv}", "plan", g_variant_new_boolean(TRUE));
	return g_variant_new("(sa{sv}a{sv})", named->name, &changes, &options);
}
