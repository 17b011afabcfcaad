/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/settings.h"

#include "client/draft_devices.h"
#include "client/refusal.h"
#include "model/vm_config.h"

#include <string.h>

static enum vmc_setting_kind kind_of(const struct model_field *field)
{
	switch (field->type) {
	case MODEL_NUMBER: return VMC_SETTING_NUMBER;
	case MODEL_BOOL: return VMC_SETTING_BOOL;
	case MODEL_CHOICE: return VMC_SETTING_CHOICE;
	default:
		return field->flags & MODEL_PATH    ? VMC_SETTING_PATH
		       : field->flags & MODEL_LINES ? VMC_SETTING_LINES
						    : VMC_SETTING_TEXT;
	}
}

static struct vmc_setting setting_of(const struct model_field *field)
{
	return (struct vmc_setting){ .name = field->name,
				     .label = field->label,
				     .unit = field->unit,
				     .fallback = field->fallback,
				     .kind = kind_of(field),
				     .min = field->min,
				     .max = field->max,
				     .choices = field->choices,
				     .is_fixed = (field->flags & MODEL_FIXED) != 0,
				     .is_live = (field->flags & MODEL_LIVE) != 0,
				     .is_later = (field->flags & MODEL_LATER) != 0 };
}

gboolean vmc_setting_at(guint place, struct vmc_setting *ret)
{
	if (place >= vm_settings_count)
		return FALSE;
	*ret = setting_of(&vm_settings[place]);
	return TRUE;
}

gboolean vmc_device_setting_at(gboolean of_drive, guint place, struct vmc_setting *ret)
{
	if (place >= (of_drive ? vm_disk_fields_count : vm_adapter_fields_count))
		return FALSE;
	*ret = setting_of(of_drive ? &vm_disk_fields[place] : &vm_adapter_fields[place]);
	return TRUE;
}

char *vmc_device_setting_problem(gboolean of_drive, const char *name, const char *text)
{
	char *change = g_strdup_printf("0,%s=%s", name, text), *problem = NULL;
	struct draft_devices *devices = draft_devices_new(of_drive, FALSE);
	GError *error = NULL;

	if (!draft_devices_add(devices, change, &error))
		problem = vmc_refusal_text(error->message);
	g_clear_error(&error);
	draft_devices_free(devices);
	g_free(change);
	return problem;
}

gboolean vmc_setting_find(const char *name, struct vmc_setting *ret)
{
	for (guint i = 0; i < vm_settings_count; i++)
		if (strcmp(vm_settings[i].name, name) == 0)
			return vmc_setting_at(i, ret);
	return FALSE;
}

/* Those whose text is right or wrong whatever the others are: the rules of the whole configuration tell. */
static gboolean is_alone(const char *name)
{
	static const char *const names[] = { "display.listen", "guest.pairs", "checkpoints.location",
					     "vm.notes", NULL };

	return g_strv_contains(names, name);
}

char *vmc_setting_problem(const char *name, const char *text)
{
	const struct model_field *field = model_field_find(vm_settings, vm_settings_count, name);
	struct vm_config *config;
	GError *error = NULL;
	char *problem;

	if (!field)
		return g_strdup_printf("%s: there is no such setting", name);
	config = vm_config_new();
	if (model_field_set(field, config, text, &error) && strcmp(name, "vm.name") == 0)
		vm_name_check(text, &error);
	else if (!error && field->flags & MODEL_PATH && *text)
		vm_path_check(text, &error);
	else if (!error && is_alone(name)) {
		g_free(config->name);
		config->name = g_strdup("x");
		vm_config_check(config, &error);
	}
	problem = error ? vmc_refusal_text(error->message) : NULL;
	g_clear_error(&error);
	vm_config_free(config);
	return problem;
}

static char *text_in(GVariant *settings, const char *name, const char *fallback)
{
	GVariant *value = settings ? g_variant_lookup_value(settings, name, NULL) : NULL;
	char *text;

	if (!value)
		return g_strdup(fallback);
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		text = g_variant_dup_string(value, NULL);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
		text = g_strdup_printf("%" G_GUINT64_FORMAT, g_variant_get_uint64(value));
	else
		text = g_variant_print(value, FALSE);
	g_variant_unref(value);
	return text;
}

char *vmc_setting_text(GVariant *settings, const char *name)
{
	struct vmc_setting setting;

	return text_in(settings, name, vmc_setting_find(name, &setting) ? setting.fallback : "");
}

char *vmc_device_setting_text(GVariant *device, const struct vmc_setting *setting)
{
	return text_in(device, setting->name, setting->fallback ? setting->fallback : "");
}
