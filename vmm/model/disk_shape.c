/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/disk_shape.h"
#include "model/model_error.h"

#include <string.h>

static const struct {
	const char *suffix, *format;
} suffixes[] = {
	{ ".vhdx", "vhdx" }, { ".avhdx", "vhdx" }, { ".vhd", "vhd" }, { ".avhd", "vhd" },
	{ ".iso", "iso" },   { ".raw", "raw" },	   { ".img", "raw" },
};

const char *disk_format_of_name(const char *path)
{
	char *lower = g_ascii_strdown(path, -1);
	const char *format = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (g_str_has_suffix(lower, suffixes[i].suffix))
			format = suffixes[i].format;
	g_free(lower);
	return format;
}

const char *disk_format_to_read(const char *path, gboolean *ret_is_guess)
{
	const char *by_name = disk_format_of_name(path);

	*ret_is_guess = by_name && (strcmp(by_name, "raw") == 0 || strcmp(by_name, "iso") == 0);
	return *ret_is_guess ? by_name : "auto";
}

/* One of the words, as a text that lives. */
static const char *find_word(const char *const *words, const char *given)
{
	for (gsize i = 0; words[i]; i++)
		if (g_ascii_strcasecmp(given, words[i]) == 0)
			return words[i];
	return NULL;
}

static gboolean choose_format(struct disk_shape *shape, const char *new_path, const char *given,
			      gboolean has_parent, GError **error)
{
	static const char *const formats[] = { "vhdx", "vhd", "raw", NULL };
	const char *by_name = disk_format_of_name(new_path);

	shape->format = given ? find_word(formats, given) : has_parent ? "auto" : by_name;
	if (given && !shape->format)
		return model_refuse(error, "%s: there is no such format; give one of: vhdx, vhd, raw", given);
	if (!shape->format || strcmp(shape->format, "iso") == 0)
		shape->format = "vhdx";
	return TRUE;
}

gboolean disk_shape_init(struct disk_shape *shape, const char *new_path, const char *format, const char *type,
			 gboolean has_parent, GError **error)
{
	static const char *const types[] = { "dynamic", "fixed", "differencing", NULL };

	*shape = (struct disk_shape){ 0 };
	if (!choose_format(shape, new_path, format, has_parent, error))
		return FALSE;
	shape->type = type ? find_word(types, type) : has_parent ? "differencing" : "dynamic";
	if (!shape->type)
		return model_refuse(
		    error, "%s: there is no such type; give one of: dynamic, fixed, differencing", type);
	if (has_parent && strcmp(shape->type, "differencing") != 0)
		return model_refuse(
		    error, "only a differencing disk has a parent; leave out the parent, or the type %s",
		    shape->type);
	if (!has_parent && strcmp(shape->type, "differencing") == 0)
		return model_refuse(error, "a differencing disk needs a parent; name it");
	return TRUE;
}

static gboolean check_size(const struct disk_shape *shape, GError **error)
{
	/* MS-VHDX 2.6.2.2 and the VHD specification, "Hard Disk Footer Format". */
	static const struct {
		const char *format, *most, *remedy;
		guint64 size;
	} limits[] = { { "vhdx", "64T", "", (guint64)64 << 40 },
		       { "vhd", "2040G", ", or the format vhdx", (guint64)2040 << 30 } };
	guint64 unit = shape->sector_size ? shape->sector_size : 512;

	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
		if (strcmp(shape->format, limits[i].format) == 0 && shape->size > limits[i].size)
			return model_refuse(error, "a %s disk has at most %s; choose less%s", shape->format,
					    limits[i].most, limits[i].remedy);
	if (shape->size % unit != 0)
		return model_refuse(
		    error, "a disk has whole sectors of %" G_GUINT64_FORMAT " bytes; choose a multiple",
		    unit);
	return TRUE;
}

gboolean disk_shape_check(const struct disk_shape *shape, gboolean needs_size, GError **error)
{
	if (strcmp(shape->format, "raw") == 0 && strcmp(shape->type, "differencing") == 0)
		return model_refuse(error, "a raw disk cannot be differencing; choose vhdx or vhd");
	if (needs_size && !shape->size)
		return model_refuse(error, "the size of the disk is missing; give one, such as 10G");
	if (shape->block_size > 256 << 20)
		return model_refuse(error, "blocks have at most 256 MiB; choose a smaller size");
	if (shape->sector_size && shape->sector_size != 512 && shape->sector_size != 4096)
		return model_refuse(error, "sectors have 512 or 4096 bytes; choose one of these");
	return check_size(shape, error);
}
