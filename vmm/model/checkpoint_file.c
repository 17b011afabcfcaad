/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form of checkpoint_tree.h. */
#include "model/checkpoint_tree.h"

#include <string.h>

enum { TREE_FORMAT = 1 };

static char *text_of(GKeyFile *file, const char *group, const char *key)
{
	char *text = g_key_file_get_string(file, group, key, NULL);

	return text ? text : g_strdup("");
}

static gboolean broken(GError **error, const char *group, const char *what)
{
	g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN, "[%s] %s", group, what);
	return FALSE;
}

static gboolean load_checkpoint(struct checkpoint_tree *tree, GKeyFile *file, const char *group,
				GError **error)
{
	const char *id = group + strlen("checkpoint ");
	struct checkpoint *checkpoint;
	char *kind;

	if (!vm_is_id(id) || checkpoint_by_id(tree, id) || tree->checkpoints->len >= 4 * CHECKPOINTS_MAX)
		return broken(error, group, "this is no identity of a checkpoint, or there are too many");
	checkpoint = checkpoint_new(tree, "", "");
	g_free(checkpoint->id);
	g_free(checkpoint->name);
	g_free(checkpoint->parent);
	g_free(checkpoint->creator);
	checkpoint->id = g_strdup(id);
	checkpoint->name = text_of(file, group, "name");
	checkpoint->parent = text_of(file, group, "parent");
	checkpoint->creator = text_of(file, group, "creator");
	checkpoint->created = g_key_file_get_int64(file, group, "created", NULL);
	checkpoint->is_automatic = g_key_file_get_boolean(file, group, "automatic", NULL);
	checkpoint->is_pending = g_key_file_get_boolean(file, group, "pending", NULL);
	checkpoint->is_deleted = g_key_file_get_boolean(file, group, "deleted", NULL);
	kind = text_of(file, group, "kind");
	for (unsigned i = 0; i <= CHECKPOINT_STANDARD; i++)
		if (strcmp(kind, checkpoint_kind_name(i)) == 0)
			checkpoint->kind = i;
	g_free(kind);
	return checkpoint_name_check(checkpoint->name, error);
}

static gboolean load_file(struct checkpoint_tree *tree, GKeyFile *file, const char *group, GError **error)
{
	char *path = text_of(file, group, "path"), *parent = text_of(file, group, "parent");
	gboolean is_good = vm_path_check(path, error) && (!*parent || vm_path_check(parent, error));

	if (is_good && (checkpoint_file_find(tree, path) || tree->files->len >= CHECKPOINT_FILES_MAX))
		is_good = broken(error, group, "this image is there already, or there are too many");
	if (is_good) {
		struct checkpoint_file *image = checkpoint_file_add(tree, path, parent);

		image->is_made = g_key_file_get_boolean(file, group, "made", NULL);
		image->is_dropped = g_key_file_get_boolean(file, group, "dropped", NULL);
	}
	g_free(path);
	g_free(parent);
	return is_good;
}

static gboolean load(struct checkpoint_tree *tree, GKeyFile *file, GError **error)
{
	int format = g_key_file_get_integer(file, "checkpoints", "format", NULL);
	char **groups;
	gboolean is_good = TRUE;

	if (format > TREE_FORMAT) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_NEWER,
			    "it was written by a newer version of Bulkhead (format %d); update Bulkhead",
			    format);
		return FALSE;
	}
	if (format < 1)
		return broken(error, "checkpoints", "format= is missing; this is no list of checkpoints");
	groups = g_key_file_get_groups(file, NULL);
	for (guint i = 0; groups[i] && is_good; i++) {
		if (g_str_has_prefix(groups[i], "checkpoint "))
			is_good = load_checkpoint(tree, file, groups[i], error);
		else if (g_str_has_prefix(groups[i], "file "))
			is_good = load_file(tree, file, groups[i], error);
	}
	g_strfreev(groups);
	tree->merging_child = g_key_file_get_string(file, "checkpoints", "merging-child", NULL);
	tree->merging_parent = g_key_file_get_string(file, "checkpoints", "merging-parent", NULL);
	tree->merging_is_copied =
	    tree->merging_child && g_key_file_get_boolean(file, "checkpoints", "merging-copied", NULL);
	if (is_good && tree->merging_child &&
	    (!tree->merging_parent || !checkpoint_file_find(tree, tree->merging_child) ||
	     !checkpoint_file_find(tree, tree->merging_parent)))
		is_good =
		    broken(error, "checkpoints", "the images that are being merged are not in the list");
	return is_good;
}

struct checkpoint_tree *checkpoint_tree_parse(const char *data, gsize size, GError **error)
{
	struct checkpoint_tree *tree = checkpoint_tree_new();
	GKeyFile *file = g_key_file_new();
	gboolean is_good =
	    !memchr(data, '\0', size) || broken(error, "checkpoints", "it has NUL bytes in it");

	is_good = is_good && g_key_file_load_from_data(file, data, size, G_KEY_FILE_NONE, error) &&
		  load(tree, file, error);
	g_key_file_free(file);
	return is_good ? tree : checkpoint_tree_free(tree);
}

static void store_flag(GKeyFile *file, const char *group, const char *key, gboolean is_set)
{
	if (is_set)
		g_key_file_set_boolean(file, group, key, TRUE);
}

static void store_checkpoint(GKeyFile *file, const struct checkpoint *checkpoint)
{
	char *group = g_strconcat("checkpoint ", checkpoint->id, NULL);

	g_key_file_set_string(file, group, "name", checkpoint->name);
	g_key_file_set_string(file, group, "parent", checkpoint->parent);
	g_key_file_set_string(file, group, "creator", checkpoint->creator);
	g_key_file_set_int64(file, group, "created", checkpoint->created);
	g_key_file_set_string(file, group, "kind", checkpoint_kind_name(checkpoint->kind));
	store_flag(file, group, "automatic", checkpoint->is_automatic);
	store_flag(file, group, "pending", checkpoint->is_pending);
	store_flag(file, group, "deleted", checkpoint->is_deleted);
	g_free(group);
}

static void store_image(GKeyFile *file, guint number, const struct checkpoint_file *image)
{
	char group[32];

	g_snprintf(group, sizeof(group), "file %u", number);
	g_key_file_set_string(file, group, "path", image->path);
	g_key_file_set_string(file, group, "parent", image->parent);
	store_flag(file, group, "made", image->is_made);
	store_flag(file, group, "dropped", image->is_dropped);
}

char *checkpoint_tree_format(const struct checkpoint_tree *tree, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	char *data;

	g_key_file_set_integer(file, "checkpoints", "format", TREE_FORMAT);
	if (tree->merging_child) {
		g_key_file_set_string(file, "checkpoints", "merging-child", tree->merging_child);
		g_key_file_set_string(file, "checkpoints", "merging-parent", tree->merging_parent);
		if (tree->merging_is_copied)
			g_key_file_set_boolean(file, "checkpoints", "merging-copied", TRUE);
	}
	for (guint i = 0; i < tree->checkpoints->len; i++)
		store_checkpoint(file, tree->checkpoints->pdata[i]);
	for (guint i = 0; i < tree->files->len; i++)
		store_image(file, i, tree->files->pdata[i]);
	data = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return data;
}
