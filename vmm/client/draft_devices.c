/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/draft_devices.h"

#include "client/draft_drives.h"
#include "client/refusal.h"
#include "model/vm_config.h"

#include <string.h>

struct edit {
	char *place;
	gboolean removes;
	GPtrArray *pairs; /* name, text, name, text... */
};

struct draft_devices {
	gboolean are_drives, is_remote;
	GPtrArray *edits;
};

static void free_edit(gpointer opaque)
{
	struct edit *edit = opaque;

	g_free(edit->place);
	g_ptr_array_unref(edit->pairs);
	g_free(edit);
}

struct draft_devices *draft_devices_new(gboolean are_drives, gboolean is_remote)
{
	struct draft_devices *devices = g_new0(struct draft_devices, 1);

	devices->are_drives = are_drives;
	devices->is_remote = is_remote;
	devices->edits = g_ptr_array_new_with_free_func(free_edit);
	return devices;
}

struct draft_devices *draft_devices_free(struct draft_devices *devices)
{
	if (devices)
		g_ptr_array_unref(devices->edits);
	g_free(devices);
	return NULL;
}

gboolean draft_devices_is_empty(const struct draft_devices *devices)
{
	return devices->edits->len == 0;
}

/* --- what people write ------------------------------------------------------------------------------- */

static const char *option_of(const struct draft_devices *devices)
{
	return devices->are_drives ? "--drive" : "--adapter";
}

static const struct model_field *find_field(const struct draft_devices *devices, const char *name)
{
	return devices->are_drives ? model_field_find(vm_disk_fields, vm_disk_fields_count, name)
				   : model_field_find(vm_adapter_fields, vm_adapter_fields_count, name);
}

static gboolean is_value(const struct draft_devices *devices, const struct model_field *field,
			 const char *text, GError **error)
{
	struct vm_disk *disk = vm_disk_new();
	struct vm_adapter *adapter = vm_adapter_new();
	gboolean is_good =
	    model_field_set(field, devices->are_drives ? (gpointer)disk : (gpointer)adapter, text, error);

	if (!is_good)
		vmc_refusal_error(error);
	vm_disk_free(disk);
	vm_adapter_free(adapter);
	return is_good;
}

/* NAME=VALUE, or for adapters the word remove. */
static gboolean add_pair(const struct draft_devices *devices, struct edit *edit, const char *pair,
			 GError **error)
{
	const char *sign = strchr(pair, '=');
	char *name = g_strndup(pair, sign ? (gsize)(sign - pair) : strlen(pair)), *text = NULL;
	const struct model_field *field = sign ? find_field(devices, name) : NULL;
	gboolean is_good = FALSE;

	if (!devices->are_drives && strcmp(pair, "remove") == 0)
		edit->removes = is_good = TRUE;
	else if (!field)
		draft_fail(error, "%s %s: there is no \"%s\" of %s; see `bulkhead vm set --help`",
			   option_of(devices), edit->place, name,
			   devices->are_drives ? "a drive" : "a network adapter");
	else
		text = field->flags & MODEL_PATH && sign[1] ? draft_path(sign + 1, devices->is_remote, error)
							    : g_strdup(sign + 1);
	if (text && is_value(devices, field, text, error)) {
		g_ptr_array_add(edit->pairs, g_steal_pointer(&name));
		g_ptr_array_add(edit->pairs, g_steal_pointer(&text));
		is_good = TRUE;
	}
	g_free(name);
	g_free(text);
	return is_good;
}

gboolean draft_devices_add(struct draft_devices *devices, const char *value, GError **error)
{
	struct edit *edit = g_new0(struct edit, 1);
	const char *at = strchrnul(value, ',');
	gboolean is_good = TRUE;

	edit->place = g_strndup(value, (gsize)(at - value));
	edit->pairs = g_ptr_array_new_with_free_func(g_free);
	if (!*edit->place || !*at)
		is_good =
		    draft_fail(error, "%s %s: write it as PLACE,NAME=VALUE, such as %s", option_of(devices),
			       value, devices->are_drives ? "ide:0:1,max-iops=200" : "0,vlan=7");
	while (is_good && *at) {
		const char *from = at + 1;
		char *pair;

		at = g_str_has_prefix(from, "path=") ? from + strlen(from) : strchrnul(from, ',');
		pair = g_strndup(from, (gsize)(at - from));
		is_good = add_pair(devices, edit, pair, error);
		g_free(pair);
	}
	if (is_good)
		g_ptr_array_add(devices->edits, edit);
	else
		free_edit(edit);
	return is_good;
}

/* --- as the API wants it ----------------------------------------------------------------------------- */

static char *place_of(const struct draft_devices *devices, GVariant *device, gsize number)
{
	const char *controller = "ide";
	guint64 bus = 0, location = 0;

	if (!devices->are_drives)
		return g_strdup_printf("%" G_GSIZE_FORMAT, number);
	g_variant_lookup(device, "controller", "&s", &controller);
	g_variant_lookup(device, "controller-number", "t", &bus);
	g_variant_lookup(device, "location", "t", &location);
	return g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, controller, bus, location);
}

static GVariant *changed(const struct draft_devices *devices, const char *place, GVariant *device,
			 gboolean *found, gboolean *ret_is_removed)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, device);
	*ret_is_removed = FALSE;
	for (guint i = 0; i < devices->edits->len; i++) {
		const struct edit *edit = devices->edits->pdata[i];

		if (strcmp(edit->place, place) != 0)
			continue;
		found[i] = TRUE;
		*ret_is_removed |= edit->removes;
		for (guint k = 0; k + 1 < edit->pairs->len; k += 2)
			g_variant_dict_insert(&dict, edit->pairs->pdata[k], "s", edit->pairs->pdata[k + 1]);
	}
	return g_variant_ref_sink(g_variant_dict_end(&dict));
}

static gboolean all_found(const struct draft_devices *devices, const gboolean *found, GError **error)
{
	for (guint i = 0; i < devices->edits->len; i++)
		if (!found[i])
			return draft_fail(
			    error, "%s %s: the machine has none there; `bulkhead vm show` lists them",
			    option_of(devices), ((struct edit *)devices->edits->pdata[i])->place);
	return TRUE;
}

GVariant *draft_devices_apply(const struct draft_devices *devices, GVariant *existing, GError **error)
{
	gboolean *found = g_new0(gboolean, devices->edits->len + 1);
	gsize count = existing ? g_variant_n_children(existing) : 0;
	GVariantBuilder builder;
	GVariant *list = NULL;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; i < count; i++) {
		GVariant *device = g_variant_get_child_value(existing, i), *now;
		char *place = place_of(devices, device, i);
		gboolean is_removed;

		now = changed(devices, place, device, found, &is_removed);
		if (!is_removed)
			g_variant_builder_add_value(&builder, now);
		g_variant_unref(now);
		g_variant_unref(device);
		g_free(place);
	}
	if (all_found(devices, found, error))
		list = g_variant_ref_sink(g_variant_builder_end(&builder));
	else
		g_variant_builder_clear(&builder);
	g_free(found);
	return list;
}
