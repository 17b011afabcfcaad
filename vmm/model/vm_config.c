/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/vm_config.h"
#include "model/rights.h"

#include <string.h>

static void free_disk(gpointer disk)
{
	vm_disk_free(disk);
}

static void free_adapter(gpointer adapter)
{
	vm_adapter_free(adapter);
}

static struct vm_config *config_alloc(void)
{
	struct vm_config *config = g_new0(struct vm_config, 1);

	config->disks = g_ptr_array_new_with_free_func(free_disk);
	config->adapters = g_ptr_array_new_with_free_func(free_adapter);
	config->grants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return config;
}

struct vm_config *vm_config_new(void)
{
	struct vm_config *config = config_alloc();
	GDateTime *now = g_date_time_new_now_utc();

	model_fields_init(vm_settings, vm_settings_count, config);
	g_free(config->created);
	config->created = g_date_time_format_iso8601(now);
	g_date_time_unref(now);
	vm_config_renew_id(config);
	return config;
}

void vm_config_renew_id(struct vm_config *config)
{
	g_free(config->id);
	config->id = g_uuid_string_random();
}

static gpointer copy_disk(gconstpointer source, gpointer unused)
{
	struct vm_disk *disk = g_new0(struct vm_disk, 1);

	model_fields_copy(vm_disk_fields, vm_disk_fields_count, source, disk);
	return disk;
}

static gpointer copy_adapter(gconstpointer source, gpointer unused)
{
	struct vm_adapter *adapter = g_new0(struct vm_adapter, 1);

	model_fields_copy(vm_adapter_fields, vm_adapter_fields_count, source, adapter);
	return adapter;
}

struct vm_config *vm_config_copy(const struct vm_config *config)
{
	struct vm_config *copy = config_alloc();
	GHashTableIter iter;
	gpointer subject, role;

	model_fields_copy(vm_settings, vm_settings_count, config, copy);
	for (guint i = 0; i < config->disks->len; i++)
		g_ptr_array_add(copy->disks, copy_disk(config->disks->pdata[i], NULL));
	for (guint i = 0; i < config->adapters->len; i++)
		g_ptr_array_add(copy->adapters, copy_adapter(config->adapters->pdata[i], NULL));
	g_hash_table_iter_init(&iter, config->grants);
	while (g_hash_table_iter_next(&iter, &subject, &role))
		g_hash_table_insert(copy->grants, g_strdup(subject), g_strdup(role));
	return copy;
}

struct vm_config *vm_config_free(struct vm_config *config)
{
	if (!config)
		return NULL;
	model_fields_clear(vm_settings, vm_settings_count, config);
	g_ptr_array_unref(config->disks);
	g_ptr_array_unref(config->adapters);
	g_hash_table_unref(config->grants);
	g_free(config);
	return NULL;
}

/* --- files ----------------------------------------------------------------------------------------- */

static gboolean check_format(GKeyFile *file, GError **error)
{
	GError *local = NULL;
	int format = g_key_file_get_integer(file, "vm", "format", &local);

	if (local) {
		g_clear_error(&local);
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN,
			    "[vm] format= is missing; this is no configuration of a virtual machine");
		return FALSE;
	}
	if (format > VM_FORMAT) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_NEWER,
			    "it was written by a newer version of Bulkhead (format %d); update Bulkhead",
			    format);
		return FALSE;
	}
	if (format < 1) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN, "[vm] format=%d: there is no such format",
			    format);
		return FALSE;
	}
	return TRUE;
}

/* "[disk 0]", "[disk 1]"...: without a gap, as we write them. */
static gboolean load_disks(struct vm_config *config, GKeyFile *file, GError **error)
{
	for (unsigned i = 0; i < VM_DISKS_MAX; i++) {
		struct vm_disk *disk;
		char group[32];

		g_snprintf(group, sizeof(group), "disk %u", i);
		if (!g_key_file_has_group(file, group))
			break;
		disk = vm_disk_new();
		g_ptr_array_add(config->disks, disk);
		if (!model_fields_load(vm_disk_fields, vm_disk_fields_count, disk, file, group, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean load_adapters(struct vm_config *config, GKeyFile *file, GError **error)
{
	for (unsigned i = 0; i < VM_ADAPTERS_MAX; i++) {
		struct vm_adapter *adapter;
		char group[32];

		g_snprintf(group, sizeof(group), "adapter %u", i);
		if (!g_key_file_has_group(file, group))
			break;
		adapter = vm_adapter_new();
		g_ptr_array_add(config->adapters, adapter);
		if (!model_fields_load(vm_adapter_fields, vm_adapter_fields_count, adapter, file, group,
				       error))
			return FALSE;
		vm_adapter_settle(adapter);
	}
	return TRUE;
}

static void load_grants(struct vm_config *config, GKeyFile *file)
{
	char **keys = g_key_file_get_keys(file, "administrators", NULL, NULL);

	for (unsigned i = 0; keys && keys[i]; i++) {
		char *role = g_key_file_get_value(file, "administrators", keys[i], NULL);

		if (role)
			g_hash_table_insert(config->grants, g_strdup(keys[i]), role);
	}
	g_strfreev(keys);
}

/* A device that stands behind a gap in the numbers would be lost without a word. */
static gboolean check_groups(const struct vm_config *config, GKeyFile *file, GError **error)
{
	char **groups = g_key_file_get_groups(file, NULL);
	const char *lost = NULL;
	guint disks = 0, adapters = 0;

	for (unsigned i = 0; groups[i]; i++) {
		disks += g_str_has_prefix(groups[i], "disk ");
		adapters += g_str_has_prefix(groups[i], "adapter ");
	}
	if (disks != config->disks->len)
		lost = "disk";
	else if (adapters != config->adapters->len)
		lost = "adapter";
	g_strfreev(groups);
	if (!lost)
		return TRUE;
	g_set_error(
	    error, MODEL_ERROR, MODEL_ERROR_BROKEN,
	    "its [%s N] groups are not numbered 0, 1, 2 and so on, or there are too many; number them", lost);
	return FALSE;
}

static struct vm_config *load(GKeyFile *file, GError **error)
{
	struct vm_config *config = vm_config_new();

	*config->id = '\0';
	if (check_format(file, error) &&
	    model_fields_load(vm_settings, vm_settings_count, config, file, NULL, error) &&
	    load_disks(config, file, error) && load_adapters(config, file, error) &&
	    check_groups(config, file, error)) {
		load_grants(config, file);
		if (vm_config_check(config, error))
			return config;
	}
	return vm_config_free(config);
}

struct vm_config *vm_config_parse(const char *data, gsize size, GError **error)
{
	GKeyFile *file = g_key_file_new();
	struct vm_config *config = NULL;
	GError *local = NULL;

	if (memchr(data, '\0', size))
		g_set_error(&local, MODEL_ERROR, MODEL_ERROR_BROKEN, "it has NUL bytes in it");
	else if (g_key_file_load_from_data(file, data, size, G_KEY_FILE_NONE, &local))
		config = load(file, &local);
	g_key_file_free(file);
	if (config)
		return config;
	if (local->domain != MODEL_ERROR || local->code == MODEL_ERROR_INVALID) {
		GError *broken = g_error_new_literal(MODEL_ERROR, MODEL_ERROR_BROKEN, local->message);

		g_error_free(local);
		local = broken;
	}
	g_propagate_error(error, local);
	return NULL;
}

static void remove_devices(GKeyFile *file)
{
	char **groups = g_key_file_get_groups(file, NULL);

	for (unsigned i = 0; groups[i]; i++)
		if (g_str_has_prefix(groups[i], "disk ") || g_str_has_prefix(groups[i], "adapter ") ||
		    strcmp(groups[i], "administrators") == 0)
			g_key_file_remove_group(file, groups[i], NULL);
	g_strfreev(groups);
}

static void store_devices(const struct vm_config *config, GKeyFile *file)
{
	char group[32];

	for (guint i = 0; i < config->disks->len; i++) {
		g_snprintf(group, sizeof(group), "disk %u", i);
		model_fields_store(vm_disk_fields, vm_disk_fields_count, config->disks->pdata[i], file,
				   group);
	}
	for (guint i = 0; i < config->adapters->len; i++) {
		g_snprintf(group, sizeof(group), "adapter %u", i);
		model_fields_store(vm_adapter_fields, vm_adapter_fields_count, config->adapters->pdata[i],
				   file, group);
	}
}

static void store_grants(const struct vm_config *config, GKeyFile *file)
{
	GList *subjects = g_list_sort(g_hash_table_get_keys(config->grants), (GCompareFunc)strcmp);

	for (GList *i = subjects; i; i = i->next)
		g_key_file_set_string(file, "administrators", i->data,
				      g_hash_table_lookup(config->grants, i->data));
	g_list_free(subjects);
}

char *vm_config_format(const struct vm_config *config, const char *old, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	char *data;

	if (!old || !g_key_file_load_from_data(file, old, strlen(old), G_KEY_FILE_KEEP_COMMENTS, NULL)) {
		g_key_file_free(file);
		file = g_key_file_new();
	}
	remove_devices(file);
	g_key_file_set_integer(file, "vm", "format", VM_FORMAT);
	model_fields_store(vm_settings, vm_settings_count, config, file, NULL);
	store_devices(config, file);
	store_grants(config, file);
	data = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return data;
}
