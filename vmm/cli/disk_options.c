/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_options.h"
#include "cli/message.h"

#include <string.h>
#include <sys/stat.h>

static const char letters[] = "KMGTP";

/* --- sizes ----------------------------------------------------------------------------------------- */

gboolean disk_parse_size(const char *what, const char *text, guint64 *ret_size)
{
	if (vmc_size_parse(text, ret_size))
		return TRUE;
	say("%s %s: this is no size; give bytes, or a number with K, M, G or T, such as 10G", what, text);
	return FALSE;
}

gboolean disk_option_size(const struct invocation *invocation, const char *name, guint64 *ret_size)
{
	const char *text = invocation_option(invocation, name);
	char *what;
	gboolean is_good;

	*ret_size = 0;
	if (!text)
		return TRUE;
	what = g_strdup_printf("--%s", name);
	is_good = disk_parse_size(what, text, ret_size);
	g_free(what);
	return is_good;
}

char *disk_size_argument(guint64 size)
{
	for (unsigned power = 4; power > 0; power--)
		if (size && size % (G_GUINT64_CONSTANT(1) << (10 * power)) == 0)
			return g_strdup_printf("%" G_GUINT64_FORMAT "%c", size >> (10 * power),
					       letters[power - 1]);
	return g_strdup_printf("%" G_GUINT64_FORMAT, size);
}

/* --- formats --------------------------------------------------------------------------------------- */

/* One of the words, as a text that lives. */
static gboolean take_word(const char *option, const char *value, const char *const *words,
			  const char **ret_word)
{
	char *list;

	for (gsize i = 0; words[i]; i++)
		if (g_ascii_strcasecmp(value, words[i]) == 0) {
			*ret_word = words[i];
			return TRUE;
		}
	list = g_strjoinv(", ", (char **)words);
	say("--%s %s: there is no such %s; give one of: %s", option, value,
	    strstr(option, "type") ? "type" : "format", list);
	g_free(list);
	return FALSE;
}

gboolean disk_option_format(const struct invocation *invocation, const char *name, const char *path,
			    const char **ret_format, gboolean *ret_is_guess)
{
	static const char *const formats[] = { "vhdx", "vhd", "raw", "iso", NULL };
	const char *given = invocation_option(invocation, name), *by_name = disk_format_of_name(path);
	struct stat st;

	*ret_is_guess = FALSE;
	if (given)
		return take_word(name, given, formats, ret_format);
	*ret_format = "auto";
	if (stat(path, &st) == 0 && S_ISBLK(st.st_mode)) {
		*ret_format = "raw";
	} else if (by_name && (strcmp(by_name, "raw") == 0 || strcmp(by_name, "iso") == 0)) {
		*ret_format = by_name;
		*ret_is_guess = TRUE;
	}
	return TRUE;
}

/* --- shapes ---------------------------------------------------------------------------------------- */

static gboolean take_format(const struct invocation *invocation, const char *new_path,
			    struct disk_shape *shape)
{
	static const char *const formats[] = { "vhdx", "vhd", "raw", NULL };
	const char *given = invocation_option(invocation, "format"), *by_name = disk_format_of_name(new_path);

	if (given)
		return take_word("format", given, formats, &shape->format);
	shape->format = by_name && strcmp(by_name, "iso") != 0 ? by_name : "vhdx";
	return TRUE;
}

static gboolean take_type(const struct invocation *invocation, struct disk_shape *shape)
{
	static const char *const types[] = { "dynamic", "fixed", "differencing", NULL };
	const char *given = invocation_option(invocation, "type");
	gboolean has_parent = invocation_has(invocation, "parent");

	shape->type = has_parent ? "differencing" : "dynamic";
	if (given && !take_word("type", given, types, &shape->type))
		return FALSE;
	if (has_parent && strcmp(shape->type, "differencing") != 0) {
		say("--parent: only a differencing disk has a parent; leave out --parent or --type %s",
		    shape->type);
		return FALSE;
	}
	return TRUE;
}

gboolean disk_option_shape(const struct invocation *invocation, const char *new_path,
			   struct disk_shape *ret_shape)
{
	*ret_shape = (struct disk_shape){ 0 };
	if (!take_format(invocation, new_path, ret_shape) || !take_type(invocation, ret_shape) ||
	    !disk_option_size(invocation, "size", &ret_shape->size) ||
	    !disk_option_size(invocation, "block-size", &ret_shape->block_size) ||
	    !disk_option_size(invocation, "sector-size", &ret_shape->sector_size))
		return FALSE;
	if (strcmp(ret_shape->format, "raw") == 0 && strcmp(ret_shape->type, "differencing") == 0) {
		say("--format raw: a raw disk cannot be differencing; choose vhdx or vhd");
		return FALSE;
	}
	if (ret_shape->block_size > 256 << 20) {
		say("--block-size: blocks have at most 256 MiB; choose a smaller size");
		return FALSE;
	}
	if (ret_shape->sector_size && ret_shape->sector_size != 512 && ret_shape->sector_size != 4096) {
		say("--sector-size: sectors have 512 or 4096 bytes; choose one of these");
		return FALSE;
	}
	return TRUE;
}
