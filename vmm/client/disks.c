/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/disks.h"

#include "client/wording.h"

#include <string.h>

/* --- calls ------------------------------------------------------------------------------------------- */

void vmc_disks_start(struct vmc_connection *connection, const struct vmc_disk_draft *draft, gboolean is_plan,
		     GAsyncReadyCallback callback, gpointer opaque)
{
	vmc_call_async(connection, API_DISKS_PATH, API_DISKS_INTERFACE, vmc_disk_draft_method(draft),
		       vmc_disk_draft_parameters(draft, is_plan), callback, opaque);
}

gboolean vmc_disks_start_finish(struct vmc_connection *connection, GAsyncResult *result, char **ret_job,
				char ***ret_steps, GError **error)
{
	GVariant *value = vmc_call_finish(connection, result, error);

	if (!value)
		return FALSE;
	if (ret_job)
		g_variant_get_child(value, 0, "o", ret_job);
	if (ret_steps)
		g_variant_get_child(value, 1, "^as", ret_steps);
	g_variant_unref(value);
	return TRUE;
}

void vmc_disks_inspect(struct vmc_connection *connection, const struct vmc_disk_draft *draft,
		       GAsyncReadyCallback callback, gpointer opaque)
{
	vmc_disks_start(connection, draft, FALSE, callback, opaque);
}

GVariant *vmc_disks_inspect_finish(struct vmc_connection *connection, GAsyncResult *result, GError **error)
{
	GVariant *value = vmc_call_finish(connection, result, error), *images;

	if (!value)
		return NULL;
	images = g_variant_get_child_value(value, 0);
	g_variant_unref(value);
	return images;
}

void vmc_disks_cancel(struct vmc_connection *connection, const char *job, GAsyncReadyCallback callback,
		      gpointer opaque)
{
	vmc_call_async(connection, job, API_JOB_INTERFACE, "Cancel",
		       g_variant_new("(@a{sv})", vmc_options(FALSE)), callback, opaque);
}

/* --- words ------------------------------------------------------------------------------------------- */

static void add(GPtrArray *lines, const char *label, char *value)
{
	g_ptr_array_add(lines, g_strdup(label));
	g_ptr_array_add(lines, value);
}

static void add_text(GPtrArray *lines, const char *label, GVariant *image, const char *key)
{
	const char *text;

	if (g_variant_lookup(image, key, "&s", &text) && *text)
		add(lines, label, vmc_plain_text(text));
}

static void add_size(GPtrArray *lines, const char *label, GVariant *image, const char *key)
{
	guint64 bytes;

	if (g_variant_lookup(image, key, "t", &bytes))
		add(lines, label, vmc_bytes_text(bytes));
}

static char *kind_text(GVariant *image)
{
	static const char *const types[][2] = { { "dynamic", ", dynamically expanding" },
						{ "fixed", ", fixed size" },
						{ "differencing", ", differencing" } };
	const char *format = "", *type = "", *words = "";
	char *upper, *text;

	g_variant_lookup(image, "format", "&s", &format);
	g_variant_lookup(image, "type", "&s", &type);
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
		if (strcmp(types[i][0], type) == 0)
			words = types[i][1];
	if (strcmp(format, "raw") == 0 || strcmp(format, "iso") == 0)
		words = "";
	upper = strcmp(format, "raw") == 0 ? g_strdup("raw") : g_ascii_strup(format, -1);
	text = g_strconcat(upper, words, NULL);
	g_free(upper);
	return text;
}

static char *sector_text(GVariant *image)
{
	guint64 logical = 0, physical = 0;

	g_variant_lookup(image, "sector-size", "t", &logical);
	g_variant_lookup(image, "physical-sector-size", "t", &physical);
	return physical && physical != logical
		   ? g_strdup_printf("%" G_GUINT64_FORMAT " bytes (physical %" G_GUINT64_FORMAT ")", logical,
				     physical)
		   : g_strdup_printf("%" G_GUINT64_FORMAT " bytes", logical);
}

char **vmc_disk_image_lines(GVariant *image)
{
	GPtrArray *lines = g_ptr_array_new();
	gboolean is_in_use = FALSE, needs_replay = FALSE;
	guint64 block = 0;

	add_text(lines, "File", image, "name");
	add(lines, "Format", kind_text(image));
	add_size(lines, "Size", image, "size");
	add_size(lines, "On the storage", image, "file-allocated");
	add_size(lines, "Data", image, "data-bytes");
	if (g_variant_lookup(image, "block-size", "t", &block) && block)
		add_size(lines, "Blocks", image, "block-size");
	add(lines, "Sectors", sector_text(image));
	add_text(lines, "Parent", image, "parent-absolute");
	if (g_variant_lookup(image, "in-use", "b", &is_in_use) && is_in_use)
		add(lines, "In use", g_strdup("yes"));
	if (g_variant_lookup(image, "needs-replay", "b", &needs_replay) && needs_replay)
		add(lines, "Log", g_strdup("it was not closed; the next use repairs it"));
	add_text(lines, "Problem", image, "chain-error");
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}

const char *vmc_disk_refusal(GVariant *images, const char *verb)
{
	const char *type = "", *format = "";
	gboolean is_child, is_fixed;
	GVariant *image;

	if (!images || g_variant_n_children(images) == 0)
		return NULL;
	image = g_variant_get_child_value(images, 0);
	g_variant_lookup(image, "type", "&s", &type);
	g_variant_lookup(image, "format", "&s", &format);
	is_child = strcmp(type, "differencing") == 0;
	is_fixed = strcmp(type, "fixed") == 0 && strcmp(format, "raw") != 0;
	g_variant_unref(image);
	if (!is_child && (strcmp(verb, "merge") == 0 || strcmp(verb, "reconnect") == 0))
		return "It has no parent.";
	if (is_fixed && strcmp(verb, "compact") == 0)
		return "A fixed disk always has its full size; convert it to a dynamically expanding one.";
	if (is_child && strcmp(verb, "resize") == 0)
		return "It has the size of its parent; merge it first.";
	return NULL;
}
