/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_header.h"

#include "api/api_error.h"

#include <string.h>

#define GROUP "move"

enum { ITEMS_MAX = CHECKPOINT_FILES_MAX + CHECKPOINTS_MAX + 1 };

static const char *const kinds[MOVE_FILE_KINDS] = { "image", "saved", "state" };

static void free_item(gpointer pointer)
{
	struct move_item *item = pointer;

	g_free(item->name);
	g_free(item);
}

struct move_header *move_header_new(void)
{
	struct move_header *header = g_new0(struct move_header, 1);

	header->layer = g_strdup("");
	header->items = g_ptr_array_new_with_free_func(free_item);
	return header;
}

struct move_header *move_header_free(struct move_header *header)
{
	if (!header)
		return NULL;
	vm_config_free(header->config);
	checkpoint_tree_free(header->tree);
	g_ptr_array_unref(header->items);
	g_free(header->layer);
	g_free(header);
	return NULL;
}

void move_header_add(struct move_header *header, const char *name, unsigned kind)
{
	struct move_item *item = g_new0(struct move_item, 1);

	item->name = g_strdup(name);
	item->kind = kind;
	g_ptr_array_add(header->items, item);
}

/* --- writing ----------------------------------------------------------------------------------------- */

static void set_config(GKeyFile *file, const char *group, const struct vm_config *config)
{
	gsize size;
	char *text = vm_config_format(config, NULL, &size);

	g_key_file_set_string(file, group, "config", text);
	g_free(text);
}

char *move_header_format(const struct move_header *header, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	gsize size;
	char *text = checkpoint_tree_format(header->tree, &size);

	set_config(file, GROUP, header->config);
	g_key_file_set_string(file, GROUP, "tree", text);
	g_key_file_set_uint64(file, GROUP, "bytes", header->bytes);
	g_key_file_set_boolean(file, GROUP, "starts", header->starts);
	g_key_file_set_boolean(file, GROUP, "paused", header->is_paused);
	g_key_file_set_string(file, GROUP, "layer", header->layer);
	for (guint i = 0; i < header->tree->checkpoints->len; i++) {
		const struct checkpoint *checkpoint = header->tree->checkpoints->pdata[i];
		char *group = g_strconcat("checkpoint ", checkpoint->id, NULL);

		if (checkpoint->config)
			set_config(file, group, checkpoint->config);
		g_free(group);
	}
	for (guint i = 0; i < header->items->len; i++) {
		const struct move_item *item = header->items->pdata[i];
		char *group = g_strdup_printf("file %u", i);

		g_key_file_set_string(file, group, "name", item->name);
		g_key_file_set_string(file, group, "kind", kinds[item->kind]);
		g_free(group);
	}
	g_free(text);
	text = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return text;
}

/* --- reading ----------------------------------------------------------------------------------------- */

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "what comes is no machine of this version: %s; use the same version on both hosts", what);
	return FALSE;
}

static struct vm_config *get_config(GKeyFile *file, const char *group, const char *id)
{
	char *text = g_key_file_get_string(file, group, "config", NULL);
	struct vm_config *config =
	    text && strlen(text) < VM_FILE_MAX ? vm_config_parse(text, strlen(text), NULL) : NULL;

	if (config && id && strcmp(config->id, id) != 0)
		config = vm_config_free(config);
	g_free(text);
	return config;
}

static gboolean has_item(const struct move_header *header, const char *name, unsigned kind)
{
	for (guint i = 0; i < header->items->len; i++) {
		const struct move_item *item = header->items->pdata[i];

		if (item->kind == kind && strcmp(item->name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean is_good_item(const struct move_header *header, const char *name, unsigned kind)
{
	if (kind == MOVE_STATE)
		return checkpoint_by_id(header->tree, name) != NULL;
	if (kind == MOVE_SAVED)
		return strcmp(name, kinds[MOVE_SAVED]) == 0;
	return *name && *name != '.' && !g_str_has_prefix(name, "saved-state") && vm_path_is_own(name) &&
	       vm_path_check(name, NULL);
}

static gboolean get_items(GKeyFile *file, struct move_header *header)
{
	for (guint i = 0; i < ITEMS_MAX; i++) {
		char *group = g_strdup_printf("file %u", i);
		char *name = g_key_file_get_string(file, group, "name", NULL),
		     *kind = g_key_file_get_string(file, group, "kind", NULL);
		gboolean is_there = name && kind, is_good = FALSE;

		for (unsigned k = 0; is_there && k < MOVE_FILE_KINDS; k++)
			if (strcmp(kind, kinds[k]) == 0 && is_good_item(header, name, k) &&
			    !has_item(header, name, k)) {
				move_header_add(header, name, k);
				is_good = TRUE;
			}
		g_free(group);
		g_free(name);
		g_free(kind);
		if (!is_there || !is_good)
			return !is_there;
	}
	return FALSE;
}

static gboolean get_tree(GKeyFile *file, struct move_header *header)
{
	char *text = g_key_file_get_string(file, GROUP, "tree", NULL);

	header->tree = text && strlen(text) <= CHECKPOINT_TREE_MAX
			   ? checkpoint_tree_parse(text, strlen(text), NULL)
			   : NULL;
	g_free(text);
	for (guint i = 0; header->tree && i < header->tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = header->tree->checkpoints->pdata[i];
		char *group = g_strconcat("checkpoint ", checkpoint->id, NULL);

		checkpoint->config = get_config(file, group, header->config->id);
		g_free(group);
		if (!checkpoint->config || checkpoint->is_pending)
			return FALSE;
	}
	return header->tree != NULL;
}

/* Every disk image in the list of checkpoints comes along: none leads anywhere else here. */
static gboolean has_all(const struct move_header *header)
{
	for (guint i = 0; i < header->tree->files->len; i++) {
		const struct checkpoint_file *file = header->tree->files->pdata[i];

		if (!has_item(header, file->path, MOVE_IMAGE) ||
		    (*file->parent && !has_item(header, file->parent, MOVE_IMAGE)))
			return FALSE;
	}
	return TRUE;
}

struct move_header *move_header_parse(const char *text, gsize size, GError **error)
{
	GKeyFile *file = g_key_file_new();
	struct move_header *header = move_header_new();
	gboolean is_good = g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL) ||
			   fail(error, "its description cannot be read");

	if (is_good) {
		header->config = get_config(file, GROUP, NULL);
		header->bytes = g_key_file_get_uint64(file, GROUP, "bytes", NULL);
		header->starts = g_key_file_get_boolean(file, GROUP, "starts", NULL);
		header->is_paused = g_key_file_get_boolean(file, GROUP, "paused", NULL);
		g_free(header->layer);
		header->layer = g_key_file_get_string(file, GROUP, "layer", NULL);
		header->layer = header->layer ? header->layer : g_strdup("");
		is_good = (header->config || fail(error, "its configuration cannot be read")) &&
			  (get_tree(file, header) || fail(error, "its checkpoints cannot be read")) &&
			  (get_items(file, header) || fail(error, "its files have no good names")) &&
			  (has_all(header) || fail(error, "its checkpoints need files that do not come"));
	}
	g_key_file_free(file);
	return is_good ? header : move_header_free(header);
}
