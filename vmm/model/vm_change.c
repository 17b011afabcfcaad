/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as the API has it: dictionaries, changes, and what a change does in words. */
#include "model/vm_config.h"

#include <string.h>

static GVariant *device_to_variant(const struct model_field *fields, gsize count, gconstpointer device)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < count; i++)
		g_variant_builder_add(&builder, "{sv}", fields[i].name,
				      model_field_get_variant(&fields[i], device));
	return g_variant_builder_end(&builder);
}

static GVariant *devices_to_variant(const struct model_field *fields, gsize count, const GPtrArray *devices)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < devices->len; i++)
		g_variant_builder_add_value(&builder, device_to_variant(fields, count, devices->pdata[i]));
	return g_variant_builder_end(&builder);
}

GVariant *vm_config_to_variant(const struct vm_config *config)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < vm_settings_count; i++)
		g_variant_builder_add(&builder, "{sv}", vm_settings[i].name,
				      model_field_get_variant(&vm_settings[i], config));
	g_variant_builder_add(&builder, "{sv}", "disks",
			      devices_to_variant(vm_disk_fields, vm_disk_fields_count, config->disks));
	g_variant_builder_add(
	    &builder, "{sv}", "adapters",
	    devices_to_variant(vm_adapter_fields, vm_adapter_fields_count, config->adapters));
	return g_variant_builder_end(&builder);
}

/* --- changes --------------------------------------------------------------------------------------- */

static gboolean fail(GError **error, enum model_error code, const char *format, const char *name)
{
	g_set_error(error, MODEL_ERROR, code, format, name);
	return FALSE;
}

static gboolean change_setting(struct vm_config *config, const char *name, GVariant *value, gboolean is_new,
			       enum vm_change_time when, GError **error)
{
	const struct model_field *field = model_field_find(vm_settings, vm_settings_count, name);
	struct vm_config before = *config; /* texts are only compared */
	gboolean is_good;
	char *old, *now;

	if (!field)
		return fail(error, MODEL_ERROR_INVALID,
			    "%s: there is no such setting; `bulkhead vm set --help` lists them", name);
	old = model_field_get(field, &before);
	is_good = model_field_set_variant(field, config, value, error);
	now = model_field_get(field, config);
	if (is_good && strcmp(old, now) != 0) {
		if ((field->flags & MODEL_FIXED) && !is_new)
			is_good = fail(error, MODEL_ERROR_INVALID,
				       "%s: this is fixed when a machine is made; make a new one", name);
		else if (!(field->flags & MODEL_LIVE) && when != VM_CHANGES_OFF &&
			 !(when == VM_CHANGES_SAVED && field->flags & MODEL_SAVED))
			is_good =
			    fail(error, MODEL_ERROR_STATE,
				 "%s: this can be changed only while the machine is off; shut it down first",
				 name);
	}
	g_free(old);
	g_free(now);
	return is_good;
}

static gboolean fill_device(const struct model_field *fields, gsize count, gpointer device, const char *list,
			    GVariant *values, GError **error)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;
	gboolean is_good = TRUE;

	g_variant_iter_init(&iter, values);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		const struct model_field *field = model_field_find(fields, count, name);

		is_good = field ? model_field_set_variant(field, device, value, error)
				: fail(error, MODEL_ERROR_INVALID,
				       "%s: a device has no such setting; leave it out", name);
		g_variant_unref(value);
	}
	if (!is_good)
		g_prefix_error(error, "%s: ", list);
	return is_good;
}

/* The whole list anew. */
static gboolean change_devices(GPtrArray *devices, gboolean are_disks, GVariant *list, GError **error)
{
	const struct model_field *fields = are_disks ? vm_disk_fields : vm_adapter_fields;
	gsize count = are_disks ? vm_disk_fields_count : vm_adapter_fields_count;
	gsize n = g_variant_n_children(list);

	if (n > (are_disks ? VM_DISKS_MAX : VM_ADAPTERS_MAX))
		return fail(error, MODEL_ERROR_INVALID,
			    "%s: the list is longer than a machine has room for; shorten it",
			    are_disks ? "disks" : "adapters");
	g_ptr_array_set_size(devices, 0);
	for (gsize i = 0; i < n; i++) {
		gpointer device = are_disks ? (gpointer)vm_disk_new() : (gpointer)vm_adapter_new();
		GVariant *values = g_variant_get_child_value(list, i);
		gboolean is_good;

		g_ptr_array_add(devices, device);
		is_good = fill_device(fields, count, device, are_disks ? "disks" : "adapters", values, error);
		g_variant_unref(values);
		if (!is_good)
			return FALSE;
		if (!are_disks)
			vm_adapter_settle(device);
	}
	return TRUE;
}

/* Whether only the disc of a DVD drive differs, and what can change at any time, at most. */
static gboolean differs_in_live_only(const struct vm_disk *before, const struct vm_disk *after)
{
	for (gsize i = 0; i < vm_disk_fields_count; i++)
		if (!model_field_equal(&vm_disk_fields[i], before, after) &&
		    !(vm_disk_fields[i].flags & MODEL_LIVE) &&
		    !(before->media == VM_DVD && strcmp(vm_disk_fields[i].name, "path") == 0))
			return FALSE;
	return TRUE;
}

const struct vm_disk *vm_disk_at_place(const struct vm_config *config, const struct vm_disk *place)
{
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		if (disk->controller == place->controller &&
		    disk->controller_number == place->controller_number && disk->location == place->location)
			return disk;
	}
	return NULL;
}

/* What can come and go while it runs: units of SCSI controllers, and discs. */
static gboolean can_follow(const struct vm_config *before, const struct vm_config *after)
{
	for (guint i = 0; i < after->disks->len; i++) {
		const struct vm_disk *disk = after->disks->pdata[i], *old = vm_disk_at_place(before, disk);

		if (old ? !differs_in_live_only(old, disk) : disk->controller != VM_SCSI)
			return FALSE;
	}
	for (guint i = 0; i < before->disks->len; i++) {
		const struct vm_disk *disk = before->disks->pdata[i];

		if (disk->controller != VM_SCSI && !vm_disk_at_place(after, disk))
			return FALSE;
	}
	return TRUE;
}

static gboolean change_disks_live(struct vm_config *config, GVariant *list, GError **error)
{
	struct vm_config *before = vm_config_copy(config);
	gboolean is_good = change_devices(config->disks, TRUE, list, error);

	if (is_good && !can_follow(before, config))
		is_good = fail(
		    error, MODEL_ERROR_STATE,
		    "%s: while the machine runs only discs can be changed, and units of SCSI controllers "
		    "added and removed; shut it down first",
		    "disks");
	vm_config_free(before);
	return is_good;
}

/* The adapters stay, and what they are; where they lead to and what they may can change. */
static gboolean change_adapters_live(struct vm_config *config, GVariant *list, GError **error)
{
	struct vm_config *before = vm_config_copy(config);
	gboolean is_good = change_devices(config->adapters, FALSE, list, error);

	if (is_good && before->adapters->len != config->adapters->len)
		is_good = fail(
		    error, MODEL_ERROR_STATE,
		    "%s: network adapters come and go only while the machine is off; shut it down first, or "
		    "connect one to another switch",
		    "adapters");
	for (guint i = 0; is_good && i < config->adapters->len; i++)
		for (gsize j = 0; is_good && j < vm_adapter_fields_count; j++)
			if (!(vm_adapter_fields[j].flags & MODEL_LIVE) &&
			    !model_field_equal(&vm_adapter_fields[j], before->adapters->pdata[i],
					       config->adapters->pdata[i]))
				is_good = fail(
				    error, MODEL_ERROR_STATE,
				    "%s can be changed only while the machine is off; shut it down first",
				    vm_adapter_fields[j].label);
	vm_config_free(before);
	return is_good;
}

static gboolean change_one(struct vm_config *config, const char *name, GVariant *value, gboolean is_new,
			   enum vm_change_time when, GError **error)
{
	gboolean are_disks = strcmp(name, "disks") == 0;

	if (!are_disks && strcmp(name, "adapters") != 0)
		return change_setting(config, name, value, is_new, when, error);
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE("aa{sv}")))
		return fail(error, MODEL_ERROR_INVALID,
			    "%s: this is a list of dictionaries (aa{sv}); give one", name);
	if (when != VM_CHANGES_OFF && are_disks)
		return change_disks_live(config, value, error);
	if (when != VM_CHANGES_OFF)
		return change_adapters_live(config, value, error);
	return change_devices(are_disks ? config->disks : config->adapters, are_disks, value, error);
}

gboolean vm_config_change(struct vm_config *config, GVariant *changes, gboolean is_new,
			  enum vm_change_time when, GError **error)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;
	gboolean is_good = TRUE;

	g_variant_iter_init(&iter, changes);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		is_good = change_one(config, name, value, is_new, when, error);
		g_variant_unref(value);
	}
	return is_good && vm_config_check(config, error);
}

/* --- in words -------------------------------------------------------------------------------------- */

static char *shown(const struct model_field *field, gconstpointer object)
{
	char *text = model_field_get(field, object), *result;

	if (field->type == MODEL_TEXT)
		result = *text ? g_strdup_printf("\"%s\"", text) : g_strdup("(none)");
	else
		result =
		    g_strdup_printf("%s%s%s", text, field->unit ? " " : "", field->unit ? field->unit : "");
	g_free(text);
	return result;
}

static void add_difference(GPtrArray *lines, const char *prefix, const struct model_field *field,
			   gconstpointer before, gconstpointer after)
{
	char *old, *now;

	if (model_field_equal(field, before, after))
		return;
	old = shown(field, before);
	now = shown(field, after);
	g_ptr_array_add(lines, g_strdup_printf("%s%s: %s → %s", prefix, field->label, old, now));
	g_free(old);
	g_free(now);
}

/* "disk 1", "DVD drive 1": their numbers are those of one list. */
static char *device_name(const char *what, const struct model_field *fields, gconstpointer device,
			 guint number)
{
	const struct vm_disk *disk = fields == vm_disk_fields ? device : NULL;

	return g_strdup_printf("%s %u", disk && disk->media == VM_DVD ? "DVD drive" : what, number);
}

static void add_devices(GPtrArray *lines, const char *what, const struct model_field *fields, gsize count,
			const GPtrArray *before, const GPtrArray *after)
{
	for (guint i = 0; i < MAX(before->len, after->len); i++) {
		char *name =
		    device_name(what, fields, i < before->len ? before->pdata[i] : after->pdata[i], i);
		char *prefix = g_strconcat(name, ": ", NULL);

		if (i >= after->len)
			g_ptr_array_add(lines, g_strconcat(name, " is removed", NULL));
		else if (i >= before->len)
			g_ptr_array_add(lines, g_strconcat(name, " is added", NULL));
		for (gsize f = 0; f < count && i < MIN(before->len, after->len); f++)
			add_difference(lines, prefix, &fields[f], before->pdata[i], after->pdata[i]);
		g_free(prefix);
		g_free(name);
	}
}

GPtrArray *vm_config_differences(const struct vm_config *before, const struct vm_config *after)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < vm_settings_count; i++)
		add_difference(lines, "", &vm_settings[i], before, after);
	add_devices(lines, "disk", vm_disk_fields, vm_disk_fields_count, before->disks, after->disks);
	add_devices(lines, "adapter", vm_adapter_fields, vm_adapter_fields_count, before->adapters,
		    after->adapters);
	return lines;
}
