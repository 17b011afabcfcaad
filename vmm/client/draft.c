/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/draft.h"
#include "client/draft_devices.h"
#include "client/draft_drives.h"

#include "api/api_error.h"
#include "model/units.h"
#include "model/vm_config.h"

#include <string.h>

struct vmc_draft {
	GHashTable *settings; /* name → text */
	struct draft_drives *drives;
	struct draft_devices *drive_edits, *adapter_edits;
	GPtrArray *switches;
	gboolean is_remote;
	gboolean has_no_switch; /* the adapters that there are go */
};

struct vmc_draft *vmc_draft_new(gboolean is_remote)
{
	struct vmc_draft *draft = g_new0(struct vmc_draft, 1);

	draft->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	draft->is_remote = is_remote;
	draft->drives = draft_drives_new(is_remote);
	draft->drive_edits = draft_devices_new(TRUE, is_remote);
	draft->adapter_edits = draft_devices_new(FALSE, is_remote);
	draft->switches = g_ptr_array_new_with_free_func(g_free);
	return draft;
}

struct vmc_draft *vmc_draft_free(struct vmc_draft *draft)
{
	if (!draft)
		return NULL;
	g_hash_table_unref(draft->settings);
	draft_drives_free(draft->drives);
	draft_devices_free(draft->drive_edits);
	draft_devices_free(draft->adapter_edits);
	g_ptr_array_unref(draft->switches);
	g_free(draft);
	return NULL;
}

/* --- options --------------------------------------------------------------------------------------- */

static gboolean put(struct vmc_draft *draft, const char *name, const char *text, GError **error)
{
	const struct model_field *field = model_field_find(vm_settings, vm_settings_count, name);
	char *value;

	if (!field)
		return draft_fail(error, "%s: there is no such setting; `bulkhead vm set --help` lists them",
				  name);
	value =
	    field->flags & MODEL_PATH && *text ? draft_path(text, draft->is_remote, error) : g_strdup(text);
	if (value)
		g_hash_table_insert(draft->settings, g_strdup(name), value);
	return value != NULL;
}

static gboolean put_memory(struct vmc_draft *draft, const char *option, const char *setting,
			   const char *value, GError **error)
{
	guint64 bytes;
	char text[32];

	if (!units_parse_bytes(value, 1 << 20, &bytes))
		return draft_fail(
		    error, "--%s %s: this is no size; give MiB, or a number with M or G, such as 512M or 2G",
		    option, value);
	if (bytes % (1 << 20))
		return draft_fail(error, "--%s %s: this is no whole number of MiB; round it", option, value);
	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, bytes >> 20);
	return put(draft, setting, text, error);
}

/* Who sets its limits wants dynamic memory. */
static gboolean put_dynamic(struct vmc_draft *draft, const char *option, const char *setting,
			    const char *value, GError **error)
{
	return put_memory(draft, option, setting, value, error) && put(draft, "memory.dynamic", "on", error);
}

static guint64 number_of(const struct vmc_draft *draft, GVariant *existing, const char *name,
			 guint64 fallback)
{
	const char *text = g_hash_table_lookup(draft->settings, name);

	if (existing)
		g_variant_lookup(existing, name, "t", &fallback);
	return text ? g_ascii_strtoull(text, NULL, 10) : fallback;
}

/* A minimum that nobody asked for is no reason to refuse a small machine. */
static void lower_minimum(const struct vmc_draft *draft, GVariant *existing)
{
	const char *dynamic = g_hash_table_lookup(draft->settings, "memory.dynamic");
	const struct model_field *field =
	    model_field_find(vm_settings, vm_settings_count, "memory.minimum-mib");
	guint64 startup = number_of(draft, existing, "memory.startup-mib", 1024);

	if (g_strcmp0(dynamic, "on") == 0 && !g_hash_table_contains(draft->settings, field->name) &&
	    number_of(draft, existing, field->name, g_ascii_strtoull(field->fallback, NULL, 10)) > startup)
		g_hash_table_insert(draft->settings, g_strdup(field->name),
				    g_strdup_printf("%" G_GUINT64_FORMAT, startup));
}

static gboolean put_serial(struct vmc_draft *draft, const char *option, const char *value, GError **error)
{
	static const char *const kinds[] = { "file", "socket" };
	gboolean is_first = strcmp(option, "serial") == 0;
	const char *kind = is_first ? "serial.kind" : "serial2.kind",
		   *path = is_first ? "serial.path" : "serial2.path";

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		size_t size = strlen(kinds[i]);

		if (g_str_has_prefix(value, kinds[i]) && value[size] == ':')
			return put(draft, kind, kinds[i], error) && put(draft, path, value + size + 1, error);
	}
	return put(draft, kind, value, error);
}

/* "heartbeat=off" */
static gboolean put_integration(struct vmc_draft *draft, const char *value, GError **error)
{
	char **parts = g_strsplit(value, "=", 2),
	     *name = g_strconcat("integration.", parts[0] ? parts[0] : "", NULL);
	gboolean is_good;

	if (parts[0] && parts[1] && model_field_find(vm_settings, vm_settings_count, name))
		is_good = put(draft, name, parts[1], error);
	else
		is_good = draft_fail(
		    error,
		    "--integration %s: write it as SERVICE=on or SERVICE=off; the services are shutdown, time, "
		    "exchange, heartbeat, backup and copy",
		    value);
	g_free(name);
	g_strfreev(parts);
	return is_good;
}

static gboolean put_switch(struct vmc_draft *draft, const char *value, GError **error)
{
	const char *comma = strchr(value, ',');

	if (comma && strcmp(comma, ",legacy") != 0 && strcmp(comma, ",synthetic") != 0)
		return draft_fail(error, "--switch %s: write it as NAME, or NAME,legacy", value);
	if (!*value)
		return draft_fail(
		    error, "--switch: the name is missing; `bulkhead switch list` shows them, or give none");
	if (strcmp(value, "none") == 0)
		draft->has_no_switch = TRUE;
	else
		g_ptr_array_add(draft->switches, g_strdup(value));
	return TRUE;
}

static gboolean put_any(struct vmc_draft *draft, const char *value, GError **error)
{
	char **parts = g_strsplit(value, "=", 2);
	gboolean is_good = parts[0] && parts[1]
			       ? put(draft, parts[0], parts[1], error)
			       : draft_fail(error, "--set %s: write it as NAME=VALUE", value);

	g_strfreev(parts);
	return is_good;
}

gboolean vmc_draft_add(struct vmc_draft *draft, const char *name, const char *value, GError **error)
{
	static const struct {
		const char *option, *setting;
	} plain[] = {
		{ "processors", "processor.count" },
		{ "cpu", "processor.compatibility" },
		{ "generation", "vm.generation" },
		{ "kernel", "boot.kernel" },
		{ "initrd", "boot.initrd" },
		{ "append", "boot.append" },
		{ "engine", "boot.engine" },
		{ "boot", "boot.first" },
		{ "notes", "vm.notes" },
		{ "location", "vm.location" },
		{ "memory-dynamic", "memory.dynamic" },
		{ "memory-buffer", "memory.buffer-percent" },
		{ "memory-weight", "memory.weight" },
		{ "auto-start", "actions.start" },
		{ "auto-stop", "actions.stop" },
		{ "storage", "actions.storage" },
		{ "checkpoints", "checkpoints.enabled" },
		{ "checkpoint-type", "checkpoints.type" },
		{ "auto-checkpoint", "checkpoints.automatic" },
		{ "checkpoint-location", "checkpoints.location" },
		{ "display-maximum", "display.maximum" },
		{ "display-listen", "display.listen" },
		{ "display-tls", "display.tls" },
		{ "display-keyboard", "display.keyboard" },
		{ "display-clipboard", "display.clipboard" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(plain); i++)
		if (strcmp(plain[i].option, name) == 0)
			return put(draft, plain[i].setting, value, error);
	if (strcmp(name, "memory") == 0)
		return put_memory(draft, name, "memory.startup-mib", value, error);
	if (strcmp(name, "memory-min") == 0)
		return put_dynamic(draft, name, "memory.minimum-mib", value, error);
	if (strcmp(name, "memory-max") == 0)
		return put_dynamic(draft, name, "memory.maximum-mib", value, error);
	if (strcmp(name, "serial") == 0 || strcmp(name, "serial2") == 0)
		return put_serial(draft, name, value, error);
	if (strcmp(name, "integration") == 0)
		return put_integration(draft, value, error);
	if (strcmp(name, "disk") == 0)
		return draft_drives_add_disk(draft->drives, value, error);
	if (strcmp(name, "cdrom") == 0)
		return draft_drives_add_disc(draft->drives, value, error);
	if (strcmp(name, "detach") == 0)
		return draft_drives_detach(draft->drives, value, error);
	if (strcmp(name, "drive") == 0)
		return draft_devices_add(draft->drive_edits, value, error);
	if (strcmp(name, "adapter") == 0)
		return draft_devices_add(draft->adapter_edits, value, error);
	if (strcmp(name, "set") == 0)
		return put_any(draft, value, error);
	if (strcmp(name, "switch") == 0)
		return put_switch(draft, value, error);
	return draft_fail(error, "--%s: there is no such option", name);
}

gboolean vmc_draft_is_empty(const struct vmc_draft *draft)
{
	return g_hash_table_size(draft->settings) == 0 && draft_drives_is_empty(draft->drives) &&
	       draft_devices_is_empty(draft->drive_edits) && draft_devices_is_empty(draft->adapter_edits) &&
	       draft->switches->len == 0 && !draft->has_no_switch;
}

/* --- as the API wants it --------------------------------------------------------------------------- */

static gboolean is_legacy(GVariant *adapter)
{
	const char *kind = "";

	return g_variant_lookup(adapter, "kind", "&s", &kind) && strcmp(kind, "legacy") == 0;
}

/* "nat", or "nat,legacy": no switch has a comma in its name. */
static void add_adapter(GVariantBuilder *list, const char *value, gboolean must_be_legacy)
{
	char **parts = g_strsplit(value, ",", 2);
	GVariantBuilder adapter;

	g_variant_builder_init(&adapter, G_VARIANT_TYPE_VARDICT);
	if (parts[1] || must_be_legacy)
		g_variant_builder_add(&adapter, "{sv}", "kind",
				      g_variant_new_string(parts[1] ? parts[1] : "legacy"));
	g_variant_builder_add(&adapter, "{sv}", "switch", g_variant_new_string(parts[0]));
	g_variant_builder_add_value(list, g_variant_builder_end(&adapter));
	g_strfreev(parts);
}

static guint64 generation_of(const struct vmc_draft *draft, GVariant *existing)
{
	return number_of(draft, existing, "vm.generation", 1);
}

/*
 * Those that there are, and the new ones; not floating. A BIOS boots from a legacy one: who wants to boot from the network
 * gets that as the first new one.
 */
static GVariant *adapters_variant(const struct vmc_draft *draft, GVariant *existing, guint64 generation)
{
	gboolean wants_legacy =
	    generation == 1 && g_strcmp0(g_hash_table_lookup(draft->settings, "boot.first"), "network") == 0;
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; existing && !draft->has_no_switch && i < g_variant_n_children(existing); i++) {
		GVariant *item = g_variant_get_child_value(existing, i);

		g_variant_builder_add_value(&list, item);
		wants_legacy = wants_legacy && !is_legacy(item);
		g_variant_unref(item);
	}
	for (guint i = 0; i < draft->switches->len; i++)
		add_adapter(&list, draft->switches->pdata[i], wants_legacy && i == 0);
	return g_variant_ref_sink(g_variant_builder_end(&list));
}

static gboolean has_existing_ide(GVariant *drives)
{
	gboolean has = FALSE;

	for (gsize i = 0; drives && i < g_variant_n_children(drives) && !has; i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);
		const char *controller = "";

		g_variant_lookup(drive, "controller", "&s", &controller);
		has = strcmp(controller, "ide") == 0;
		g_variant_unref(drive);
	}
	return has;
}

/* Where new drives go: firmware boots from IDE only; a kernel finds its drives on the VMBus, unless it has a
 * PC already. */
static gboolean prefers_ide(const struct vmc_draft *draft, GVariant *existing, GVariant *drives)
{
	const char *given = g_hash_table_lookup(draft->settings, "boot.kernel"), *kernel = "";

	if (existing)
		g_variant_lookup(existing, "boot.kernel", "&s", &kernel);
	if (generation_of(draft, existing) == 2)
		return FALSE;
	return has_existing_ide(drives) || !*(given ? given : kernel);
}

static void add_texts(const struct vmc_draft *draft, GVariantBuilder *settings)
{
	GHashTableIter iter;
	gpointer name, text;

	g_hash_table_iter_init(&iter, draft->settings);
	while (g_hash_table_iter_next(&iter, &name, &text))
		g_variant_builder_add(settings, "{sv}", name, g_variant_new_string(text));
}

/* `list` (taken; NULL: none) with the changes of single devices; not floating. FALSE: a sentence. */
static gboolean edit_list(const struct draft_devices *edits, GVariant *list, GVariant **ret_list,
			  GError **error)
{
	*ret_list = list;
	if (draft_devices_is_empty(edits))
		return TRUE;
	*ret_list = draft_devices_apply(edits, list, error);
	g_clear_pointer(&list, g_variant_unref);
	return *ret_list != NULL;
}

static GVariant *list_of(GVariant *existing, const char *name)
{
	return existing ? g_variant_lookup_value(existing, name, G_VARIANT_TYPE("aa{sv}")) : NULL;
}

static gboolean add_drives(const struct vmc_draft *draft, GVariant *existing, GVariantBuilder *settings,
			   GError **error)
{
	GVariant *drives, *list;

	if (draft_drives_is_empty(draft->drives) && draft_devices_is_empty(draft->drive_edits))
		return TRUE;
	if (!edit_list(draft->drive_edits, list_of(existing, "disks"), &drives, error))
		return FALSE;
	list = draft_drives_list(draft->drives, drives, prefers_ide(draft, existing, drives), error);
	if (list)
		g_variant_builder_add(settings, "{sv}", "disks", list);
	g_clear_pointer(&drives, g_variant_unref);
	return list != NULL;
}

/* A new adapter can be changed in the same draft: it is the next after those that there are. */
static gboolean add_adapters(const struct vmc_draft *draft, GVariant *existing, GVariantBuilder *settings,
			     GError **error)
{
	GVariant *there, *adapters;

	if (!draft->switches->len && !draft->has_no_switch && draft_devices_is_empty(draft->adapter_edits))
		return TRUE;
	there = list_of(existing, "adapters");
	adapters = adapters_variant(draft, there, generation_of(draft, existing));
	g_clear_pointer(&there, g_variant_unref);
	if (!edit_list(draft->adapter_edits, adapters, &adapters, error))
		return FALSE;
	g_variant_builder_add(settings, "{sv}", "adapters", adapters);
	g_variant_unref(adapters);
	return TRUE;
}

GVariant *vmc_draft_settings(const struct vmc_draft *draft, GVariant *existing, GError **error)
{
	GVariantBuilder settings;

	lower_minimum(draft, existing);
	g_variant_builder_init(&settings, G_VARIANT_TYPE_VARDICT);
	add_texts(draft, &settings);
	if (add_drives(draft, existing, &settings, error) && add_adapters(draft, existing, &settings, error))
		return g_variant_builder_end(&settings);
	g_variant_builder_clear(&settings);
	return NULL;
}

char **vmc_draft_list_settings(void)
{
	GPtrArray *pairs = g_ptr_array_new();

	for (gsize i = 0; i < vm_settings_count; i++) {
		const struct model_field *field = &vm_settings[i];
		char *choices = field->choices ? g_strjoinv(", ", (char **)field->choices) : NULL;

		if (field->flags & (MODEL_FIXED | MODEL_LATER))
			continue;
		g_ptr_array_add(pairs, g_strdup(field->name));
		if (choices)
			g_ptr_array_add(pairs, g_strdup_printf("%s: %s", field->label, choices));
		else if (field->type == MODEL_NUMBER)
			g_ptr_array_add(
			    pairs, g_strdup_printf("%s: %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "%s%s",
						   field->label, field->min, field->max,
						   field->unit ? " " : "", field->unit ? field->unit : ""));
		else
			g_ptr_array_add(pairs, g_strdup_printf("%s%s", field->label,
							       field->type == MODEL_BOOL ? ": on, off" : ""));
		g_free(choices);
	}
	g_ptr_array_add(pairs, NULL);
	return (char **)g_ptr_array_free(pairs, FALSE);
}
