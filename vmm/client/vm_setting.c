/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/vm_setting.h"

#include "model/vm_config.h"

static enum vmc_setting_kind kind_of(const struct model_field *field)
{
	if (field->type == MODEL_NUMBER)
		return VMC_SETTING_NUMBER;
	if (field->type == MODEL_BOOL)
		return VMC_SETTING_BOOL;
	if (field->type == MODEL_CHOICE)
		return VMC_SETTING_CHOICE;
	if (field->flags & MODEL_PATH)
		return VMC_SETTING_FILE;
	return field->flags & MODEL_LINES ? VMC_SETTING_LINES : VMC_SETTING_TEXT;
}

gboolean vmc_setting_find(const char *name, struct vmc_setting *ret_setting)
{
	const struct model_field *field = model_field_find(vm_settings, vm_settings_count, name);

	if (!field)
		return FALSE;
	*ret_setting = (struct vmc_setting){
		.name = field->name,
		.label = field->label,
		.unit = field->unit,
		.kind = kind_of(field),
		.min = field->min,
		.max = field->max,
		.choices = field->choices,
		.is_live = (field->flags & MODEL_LIVE) != 0,
		.is_fixed = (field->flags & MODEL_FIXED) != 0,
	};
	return TRUE;
}

char *vmc_setting_text(const struct vmc_setting *setting, GVariant *settings)
{
	GVariant *value = g_variant_lookup_value(settings, setting->name, NULL);
	char *text;

	if (!value)
		return g_strdup("");
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		text = g_variant_dup_string(value, NULL);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		text = g_strdup(g_variant_get_boolean(value) ? "true" : "false");
	else
		text = g_variant_print(value, FALSE);
	g_variant_unref(value);
	return text;
}
