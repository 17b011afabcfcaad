/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/checkpoint_tree.h"

#include <string.h>

static const char *const kinds[] = { "disks", "production", "standard" };

const char *checkpoint_kind_name(unsigned kind)
{
	return kinds[MIN(kind, CHECKPOINT_STANDARD)];
}

static void free_checkpoint(gpointer pointer)
{
	struct checkpoint *checkpoint = pointer;

	g_free(checkpoint->id);
	g_free(checkpoint->name);
	g_free(checkpoint->parent);
	g_free(checkpoint->creator);
	vm_config_free(checkpoint->config);
	g_free(checkpoint);
}

static void free_file(gpointer pointer)
{
	struct checkpoint_file *file = pointer;

	g_free(file->path);
	g_free(file->parent);
	g_free(file);
}

struct checkpoint_tree *checkpoint_tree_new(void)
{
	struct checkpoint_tree *tree = g_new0(struct checkpoint_tree, 1);

	tree->checkpoints = g_ptr_array_new_with_free_func(free_checkpoint);
	tree->files = g_ptr_array_new_with_free_func(free_file);
	return tree;
}

struct checkpoint_tree *checkpoint_tree_free(struct checkpoint_tree *tree)
{
	if (!tree)
		return NULL;
	g_ptr_array_unref(tree->checkpoints);
	g_ptr_array_unref(tree->files);
	g_free(tree->merging_child);
	g_free(tree->merging_parent);
	g_free(tree);
	return NULL;
}

/* --- finding ----------------------------------------------------------------------------------------- */

struct checkpoint *checkpoint_new(struct checkpoint_tree *tree, const char *name, const char *parent)
{
	struct checkpoint *checkpoint = g_new0(struct checkpoint, 1);

	*checkpoint = (struct checkpoint){ .id = g_uuid_string_random(),
					   .name = g_strdup(name),
					   .parent = g_strdup(parent),
					   .creator = g_strdup(""),
					   .created = g_get_real_time() / G_USEC_PER_SEC,
					   .is_pending = TRUE };
	g_ptr_array_add(tree->checkpoints, checkpoint);
	return checkpoint;
}

struct checkpoint *checkpoint_by_id(const struct checkpoint_tree *tree, const char *id)
{
	for (guint i = 0; i < tree->checkpoints->len; i++)
		if (strcmp(((struct checkpoint *)tree->checkpoints->pdata[i])->id, id) == 0)
			return tree->checkpoints->pdata[i];
	return NULL;
}

gboolean checkpoint_is_there(const struct checkpoint *checkpoint)
{
	return !checkpoint->is_pending && !checkpoint->is_deleted && checkpoint->config;
}

struct checkpoint *checkpoint_find(const struct checkpoint_tree *tree, const char *name, GError **error)
{
	struct checkpoint *found = checkpoint_by_id(tree, name);
	guint count = 0;

	if (found && checkpoint_is_there(found))
		return found;
	found = NULL;
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (checkpoint_is_there(checkpoint) && strcmp(checkpoint->name, name) == 0) {
			found = checkpoint;
			count++;
		}
	}
	if (count == 1)
		return found;
	if (count == 0)
		g_set_error(
		    error, MODEL_ERROR, MODEL_ERROR_NOT_FOUND,
		    "%s: there is no such checkpoint; `bulkhead checkpoint list` shows those there are",
		    name);
	else
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "%s: %u checkpoints have this name; give the identity instead", name, count);
	return NULL;
}

/* A hostile file may have a circle. */
const char *checkpoint_alive(const struct checkpoint_tree *tree, const char *id)
{
	for (guint n = 0; *id && n <= tree->checkpoints->len; n++) {
		const struct checkpoint *checkpoint = checkpoint_by_id(tree, id);

		if (!checkpoint)
			return "";
		if (checkpoint_is_there(checkpoint))
			return checkpoint->id;
		id = checkpoint->parent;
	}
	return "";
}

guint checkpoint_count(const struct checkpoint_tree *tree)
{
	guint count = 0;

	for (guint i = 0; i < tree->checkpoints->len; i++)
		count += checkpoint_is_there(tree->checkpoints->pdata[i]);
	return count;
}

/* Those below it get its parent. */
void checkpoint_remove(struct checkpoint_tree *tree, struct checkpoint *checkpoint)
{
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		struct checkpoint *other = tree->checkpoints->pdata[i];

		if (other != checkpoint && strcmp(other->parent, checkpoint->id) == 0) {
			g_free(other->parent);
			other->parent = g_strdup(checkpoint->parent);
		}
	}
	g_ptr_array_remove(tree->checkpoints, checkpoint);
}

guint checkpoint_depth(const struct checkpoint_tree *tree, const struct checkpoint *checkpoint)
{
	guint depth = 0;

	for (const char *id = checkpoint_alive(tree, checkpoint->parent);
	     *id && depth < tree->checkpoints->len;
	     id = checkpoint_alive(tree, checkpoint_by_id(tree, id)->parent))
		depth++;
	return depth;
}

static void add_below(const struct checkpoint_tree *tree, const char *id, GPtrArray *list)
{
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (!checkpoint_is_there(checkpoint) || g_ptr_array_find(list, checkpoint, NULL) ||
		    strcmp(checkpoint_alive(tree, checkpoint->parent), id) != 0)
			continue;
		g_ptr_array_add(list, checkpoint);
		add_below(tree, checkpoint->id, list);
	}
}

GPtrArray *checkpoint_order(const struct checkpoint_tree *tree)
{
	GPtrArray *list = g_ptr_array_new();

	add_below(tree, "", list);
	return list;
}

GPtrArray *checkpoint_subtree(const struct checkpoint_tree *tree, const char *id)
{
	GPtrArray *list = g_ptr_array_new();
	struct checkpoint *first = checkpoint_by_id(tree, id);

	if (first)
		g_ptr_array_add(list, first);
	add_below(tree, id, list);
	return list;
}

gboolean checkpoint_name_check(const char *name, GError **error)
{
	gsize length = strlen(name);

	if (length && g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) <= VM_NAME_MAX &&
	    length <= 4 * VM_NAME_MAX && name[0] != '-' && name[0] != ' ' && name[length - 1] != ' ') {
		const char *at = name;

		while (*at && !g_unichar_iscntrl(g_utf8_get_char(at)))
			at = g_utf8_next_char(at);
		if (!*at)
			return TRUE;
	}
	g_set_error(
	    error, MODEL_ERROR, MODEL_ERROR_INVALID,
	    "the name of a checkpoint has 1 to %d characters, none of them a control character, and begins "
	    "with neither a space nor \"-\"; choose another",
	    VM_NAME_MAX);
	return FALSE;
}

/* --- images ------------------------------------------------------------------------------------------ */

struct checkpoint_file *checkpoint_file_find(const struct checkpoint_tree *tree, const char *path)
{
	for (guint i = 0; i < tree->files->len; i++)
		if (strcmp(((struct checkpoint_file *)tree->files->pdata[i])->path, path) == 0)
			return tree->files->pdata[i];
	return NULL;
}

struct checkpoint_file *checkpoint_file_add(struct checkpoint_tree *tree, const char *path,
					    const char *parent)
{
	struct checkpoint_file *file = g_new0(struct checkpoint_file, 1);

	file->path = g_strdup(path);
	file->parent = g_strdup(parent);
	g_ptr_array_add(tree->files, file);
	return file;
}

void checkpoint_file_remove(struct checkpoint_tree *tree, const char *path)
{
	struct checkpoint_file *file = checkpoint_file_find(tree, path);

	if (file)
		g_ptr_array_remove(tree->files, file);
}

gboolean checkpoint_config_uses(const struct vm_config *config, const char *path)
{
	for (guint i = 0; config && i < config->disks->len; i++)
		if (strcmp(((struct vm_disk *)config->disks->pdata[i])->path, path) == 0)
			return TRUE;
	return FALSE;
}

gboolean checkpoint_file_is_used(const struct checkpoint_tree *tree, const struct vm_config *now,
				 const char *path)
{
	if (checkpoint_config_uses(now, path))
		return TRUE;
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		const struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (!checkpoint->is_deleted && checkpoint_config_uses(checkpoint->config, path))
			return TRUE;
	}
	return FALSE;
}

void checkpoint_drop_files(struct checkpoint_tree *tree, const struct vm_config *config)
{
	for (guint i = 0; i < tree->files->len; i++) {
		struct checkpoint_file *file = tree->files->pdata[i];

		if (checkpoint_config_uses(config, file->path))
			file->is_dropped = TRUE;
	}
}

static guint count_children(const struct checkpoint_tree *tree, const char *path,
			    const struct checkpoint_file **ret_child)
{
	guint count = 0;

	for (guint i = 0; i < tree->files->len; i++) {
		const struct checkpoint_file *file = tree->files->pdata[i];

		if (strcmp(file->parent, path) == 0) {
			count++;
			if (ret_child)
				*ret_child = file;
		}
	}
	return count;
}

static gboolean is_merging(const struct checkpoint_tree *tree, const char *path)
{
	return tree->merging_child &&
	       (strcmp(tree->merging_child, path) == 0 || strcmp(tree->merging_parent, path) == 0);
}

/*
 * An image that is no checkpoint's own, without children: it is the machine's again, as before the first one.
 */
void checkpoint_files_tidy(struct checkpoint_tree *tree, const struct vm_config *now)
{
	for (guint i = tree->files->len; i > 0; i--) {
		struct checkpoint_file *file = tree->files->pdata[i - 1];
		gboolean is_used = checkpoint_file_is_used(tree, now, file->path);

		if (is_used)
			file->is_dropped = FALSE;
		if (!file->is_made && !is_merging(tree, file->path) &&
		    count_children(tree, file->path, NULL) == 0)
			g_ptr_array_remove_index(tree->files, i - 1);
	}
}

const char *checkpoint_next_unused(const struct checkpoint_tree *tree, const struct vm_config *now)
{
	for (guint i = 0; i < tree->files->len; i++) {
		const struct checkpoint_file *file = tree->files->pdata[i];

		if (file->is_made && file->is_dropped && !is_merging(tree, file->path) &&
		    !checkpoint_file_is_used(tree, now, file->path) &&
		    count_children(tree, file->path, NULL) == 0)
			return file->path;
	}
	return NULL;
}

const struct checkpoint_file *checkpoint_next_merge(const struct checkpoint_tree *tree,
						    const struct vm_config *now)
{
	for (guint i = 0; i < tree->files->len; i++) {
		const struct checkpoint_file *file = tree->files->pdata[i], *child = NULL;

		if (file->is_dropped && !checkpoint_file_is_used(tree, now, file->path) &&
		    count_children(tree, file->path, &child) == 1 && child->is_made)
			return child;
	}
	return NULL;
}
