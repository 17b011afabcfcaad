/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_record.h"
#include "service/checkpoint.h"
#include "service/creator.h"
#include "service/service.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"
#include "model/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "moves"
#define GROUP  "move"

static void free_file(gpointer pointer)
{
	struct move_file *file = pointer;

	g_free(file->from);
	g_free(file->to);
	g_free(file->parent);
	g_free(file);
}

struct move_record *move_record_new(const char *user, const char *folder, const char *old_folder)
{
	struct move_record *record = g_new0(struct move_record, 1);

	record->user = g_strdup(user);
	record->folder = g_strdup(folder);
	record->old_folder = g_strdup(old_folder);
	record->files = g_ptr_array_new_with_free_func(free_file);
	return record;
}

struct move_record *move_record_free(struct move_record *record)
{
	if (!record)
		return NULL;
	g_ptr_array_unref(record->files);
	g_free(record->user);
	g_free(record->folder);
	g_free(record->old_folder);
	g_free(record);
	return NULL;
}

struct move_file *move_record_add(struct move_record *record, const char *from, const char *to)
{
	struct move_file *file = g_new0(struct move_file, 1);

	file->from = g_strdup(from);
	file->to = g_strdup(to);
	g_ptr_array_add(record->files, file);
	return file;
}

gboolean move_record_begin(struct move_file *file, GError **error)
{
	if (file->is_begun)
		return api_refuse(
		    error, API_ERROR_FAILED,
		    "%s is its own parent: its chain is a circle; reconnect it with the right parent",
		    file->from);
	file->is_begun = TRUE;
	return TRUE;
}

struct move_file *move_record_find(const struct move_record *record, const char *from)
{
	for (guint i = 0; *from && i < record->files->len; i++) {
		struct move_file *file = record->files->pdata[i];

		if (strcmp(file->from, from) == 0)
			return file;
	}
	return NULL;
}

/* --- on the disk ------------------------------------------------------------------------------------- */

static int open_folder(struct vm_store *store, gboolean makes)
{
	int fd;

	if (makes && mkdirat(vm_store_fd(store), FOLDER, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(vm_store_fd(store), FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (makes)
		fsync(vm_store_fd(store));
	return fd;
}

static char *format(const struct move_record *record, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	char *text;

	g_key_file_set_string(file, GROUP, "user", record->user);
	g_key_file_set_string(file, GROUP, "folder", record->folder);
	g_key_file_set_string(file, GROUP, "old-folder", record->old_folder);
	g_key_file_set_boolean(file, GROUP, "has-folder", record->has_folder);
	g_key_file_set_boolean(file, GROUP, "committed", record->is_committed);
	g_key_file_set_boolean(file, GROUP, "restarts", record->restarts);
	g_key_file_set_boolean(file, GROUP, "arriving", record->is_arriving);
	for (guint i = 0; i < record->files->len; i++) {
		const struct move_file *each = record->files->pdata[i];
		char *group = g_strdup_printf("file %u", i);

		g_key_file_set_string(file, group, "from", each->from);
		g_key_file_set_string(file, group, "to", each->to);
		g_free(group);
	}
	text = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return text;
}

int move_record_save(struct vm_store *store, const char *id, const struct move_record *record)
{
	gsize size;
	char *text = format(record, &size), *name = g_strconcat(id, ".conf", NULL);
	int folder = open_folder(store, TRUE), r = folder;

	if (folder >= 0) {
		r = size > MOVE_RECORD_MAX ? -EFBIG : durable_write(folder, name, text, size);
		close(folder);
	}
	g_free(name);
	g_free(text);
	return r;
}

int move_record_forget(struct vm_store *store, const char *id)
{
	char *name = g_strconcat(id, ".conf", NULL);
	int folder = open_folder(store, FALSE), r = folder == -ENOENT ? 0 : folder;

	if (folder >= 0) {
		r = durable_remove(folder, name);
		close(folder);
	}
	g_free(name);
	return r;
}

static char *get_text(GKeyFile *file, const char *group, const char *key)
{
	char *text = g_key_file_get_string(file, group, key, NULL);

	return text ? text : g_strdup("");
}

static gboolean is_good_name(const char *name)
{
	return !*name || vm_path_check(name, NULL);
}

static void parse_files(GKeyFile *file, struct move_record *record)
{
	char *group = g_strdup("file 0");

	for (guint i = 0; g_key_file_has_group(file, group) && i < 2 * CHECKPOINT_FILES_MAX;) {
		char *from = get_text(file, group, "from"), *to = get_text(file, group, "to");

		if (is_good_name(from) && is_good_name(to))
			move_record_add(record, from, to);
		g_free(from);
		g_free(to);
		g_free(group);
		group = g_strdup_printf("file %u", ++i);
	}
	g_free(group);
}

static struct move_record *parse(const char *text, gsize size)
{
	GKeyFile *file = g_key_file_new();
	struct move_record *record = NULL;

	if (g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL) &&
	    g_key_file_has_group(file, GROUP)) {
		record = g_new0(struct move_record, 1);
		record->user = get_text(file, GROUP, "user");
		record->folder = get_text(file, GROUP, "folder");
		record->old_folder = get_text(file, GROUP, "old-folder");
		record->has_folder = g_key_file_get_boolean(file, GROUP, "has-folder", NULL);
		record->is_committed = g_key_file_get_boolean(file, GROUP, "committed", NULL);
		record->restarts = g_key_file_get_boolean(file, GROUP, "restarts", NULL);
		record->is_arriving = g_key_file_get_boolean(file, GROUP, "arriving", NULL);
		record->files = g_ptr_array_new_with_free_func(free_file);
		parse_files(file, record);
	}
	g_key_file_free(file);
	return record;
}

struct move_record *move_record_load(struct vm_store *store, const char *id)
{
	char *name = g_strconcat(id, ".conf", NULL), *text = NULL;
	int folder = open_folder(store, FALSE);
	struct move_record *record = NULL;
	gsize size = 0;

	if (folder >= 0 && durable_read(folder, name, MOVE_RECORD_MAX, &text, &size) == 0)
		record = parse(text, size);
	if (folder >= 0)
		close(folder);
	g_free(text);
	g_free(name);
	return record;
}

GPtrArray *move_record_list(struct vm_store *store)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	int folder = open_folder(store, FALSE);
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *id = g_str_has_suffix(entry->d_name, ".conf")
			       ? g_strndup(entry->d_name, strlen(entry->d_name) - 5)
			       : NULL;

		if (id && vm_is_id(id))
			g_ptr_array_add(ids, g_steal_pointer(&id));
		g_free(id);
	}
	if (dir)
		closedir(dir);
	else if (folder >= 0)
		close(folder);
	return ids;
}

/* --- new names --------------------------------------------------------------------------------------- */

static void rename_text(const struct move_record *record, char **text)
{
	const struct move_file *file = *text ? move_record_find(record, *text) : NULL;

	if (!file || !*file->to)
		return;
	g_free(*text);
	*text = g_strdup(file->to);
}

/* What was moved is in one folder then, where later checkpoints' disks go, too. */
static void rename_all(const struct move_record *record, struct vm_config *config)
{
	rename_text(record, &config->kernel);
	rename_text(record, &config->initrd);
	for (guint i = 0; i < config->disks->len; i++)
		rename_text(record, &((struct vm_disk *)config->disks->pdata[i])->path);
	g_free(config->location);
	g_free(config->checkpoint_location);
	config->location = g_strdup(record->folder);
	config->checkpoint_location = g_strdup(record->folder);
}

/* Where they are now is the mover's choice. */
void move_record_apply(const struct move_record *record, struct vm_config *config)
{
	struct vm_config *before = vm_config_copy(config);
	struct identity *who = identity_of_name(record->user);

	rename_all(record, config);
	if (who)
		creator_follow(before, config, who);
	identity_free(who);
	vm_config_free(before);
}

void move_record_apply_tree(const struct move_record *record, struct checkpoint_tree *tree)
{
	for (guint i = 0; i < tree->files->len; i++) {
		struct checkpoint_file *file = tree->files->pdata[i];

		rename_text(record, &file->path);
		rename_text(record, &file->parent);
	}
	rename_text(record, &tree->merging_child);
	rename_text(record, &tree->merging_parent);
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (checkpoint->config)
			move_record_apply(record, checkpoint->config);
	}
}

gboolean move_record_apply_checkpoints(const struct move_record *record, struct vm *vm, GError **error)
{
	struct checkpoint_tree *tree = vm->checkpoints;
	gboolean is_good = TRUE;

	if (tree)
		move_record_apply_tree(record, tree);
	for (guint i = 0; tree && i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (checkpoint->config)
			is_good &= checkpoint_store_save_config(vm->service->store, vm->config->id,
								checkpoint, is_good ? error : NULL);
	}
	if (tree && (tree->files->len || tree->checkpoints->len))
		is_good &= checkpoints_save(vm, is_good ? error : NULL);
	return is_good;
}
