/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_plan.h"
#include "service/service.h"
#include "service/transfer.h"

#include "model/checkpoint_tree.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct plan {
	const struct vm *vm;
	struct move_record *record;
	GHashTable *seen; /* paths that were decided */
	GPtrArray *stays;
	int storage; /* the machine's own folder; -1 */
	gboolean is_far;
};

static char *full_path(const struct vm *vm, const char *path)
{
	return vm_path_is_own(path) ? g_build_filename(vm_store_path(vm->service->store), "storage",
						       vm->config->id, path, NULL)
				    : g_strdup(path);
}

static gboolean has_disk(const struct vm_config *config, const char *path)
{
	return config && checkpoint_config_uses(config, path);
}

static gboolean uses(const struct vm *vm, const char *path)
{
	const struct checkpoint_tree *tree = vm->checkpoints;

	if (has_disk(vm->config, path) || (tree && checkpoint_file_find(tree, path)))
		return TRUE;
	for (guint i = 0; tree && i < tree->checkpoints->len; i++)
		if (has_disk(((struct checkpoint *)tree->checkpoints->pdata[i])->config, path))
			return TRUE;
	return FALSE;
}

/* The name of another machine that has it; NULL. */
static const char *other_user(const struct vm *vm, const char *path)
{
	char *full = full_path(vm, path);
	const char *name = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, vm->service->vms);
	while (!name && g_hash_table_iter_next(&iter, NULL, &value))
		if (value != vm && uses(value, full))
			name = ((struct vm *)value)->config->name;
	g_free(full);
	return name;
}

static gboolean is_in(const char *folder, const char *path)
{
	char *in = g_path_get_dirname(path);
	gboolean is_it = *folder && strcmp(in, folder) == 0;

	g_free(in);
	return is_it;
}

static gboolean is_taken(const struct plan *plan, const char *name)
{
	for (guint i = 0; i < plan->record->files->len; i++)
		if (strcmp(((struct move_file *)plan->record->files->pdata[i])->to, name) == 0)
			return TRUE;
	return !plan->is_far && vm_path_is_own(name) && plan->storage >= 0 &&
	       faccessat(plan->storage, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* As it was, unless another file has that name. */
static char *new_name(const struct plan *plan, const char *path)
{
	const char *folder = plan->record->folder;
	char *base = g_path_get_basename(path), *name = NULL;

	for (unsigned n = 1; !name; n++) {
		char *numbered = n == 1 ? g_strdup(base) : g_strdup_printf("%u-%s", n, base);

		name = *folder ? g_build_filename(folder, numbered, NULL) : g_strdup(numbered);
		if (is_taken(plan, name) || strcmp(numbered, TRANSFER_CONFIG) == 0)
			g_clear_pointer(&name, g_free);
		g_free(numbered);
	}
	g_free(base);
	return name;
}

static void say_stays(const struct plan *plan, const char *path, const char *why)
{
	if (plan->stays)
		g_ptr_array_add(plan->stays, g_strdup_printf("%s stays where it is: %s", path, why));
}

static void add(struct plan *plan, const char *path)
{
	const char *other;
	struct move_file *file;
	char *to;

	if (!*path || !g_hash_table_add(plan->seen, g_strdup(path)))
		return;
	if (!plan->is_far && !*plan->record->folder && vm_path_is_own(path))
		return; /* it is there already */
	other = plan->is_far ? NULL : other_user(plan->vm, path);
	if (other) {
		char *why = g_strdup_printf("%s has it too", other);

		say_stays(plan, path, why);
		g_free(why);
		return;
	}
	to = new_name(plan, path);
	file = move_record_add(plan->record, path, to);
	file->is_late = vm_state_is_up(plan->vm->life.state) && has_disk(plan->vm->config, path);
	g_free(to);
}

/* Kernels and discs, and disks that are only read, are the machine's when they are in its folder. */
static void add_read_only(struct plan *plan, const char *path)
{
	if (vm_path_is_own(path) || is_in(plan->record->old_folder, path))
		add(plan, path);
}

static void add_config(struct plan *plan, const struct vm_config *config)
{
	add_read_only(plan, config->kernel);
	add_read_only(plan, config->initrd);
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		if (disk->is_pass_through) {
			if (g_hash_table_add(plan->seen, g_strdup(disk->path)))
				say_stays(plan, disk->path, "it is a physical disk");
		} else if (disk->media == VM_HARD_DISK && !disk->is_read_only) {
			add(plan, disk->path);
		} else {
			add_read_only(plan, disk->path);
		}
	}
}

/* The copy of the configuration that is beside disks in a folder of their own. */
static void add_config_files(struct plan *plan)
{
	struct move_record *record = plan->record;
	char *old = g_build_filename(record->old_folder, TRANSFER_CONFIG, NULL);
	char *new = g_build_filename(record->folder, TRANSFER_CONFIG, NULL);

	if (*record->old_folder)
		move_record_add(record, old, "");
	if (*record->folder)
		move_record_add(record, "", new);
	g_free(old);
	g_free(new);
}

static struct move_record *make(struct plan plan)
{
	const struct vm *vm = plan.vm;
	const struct checkpoint_tree *tree = vm->checkpoints;

	plan.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	plan.storage = vm_store_open_storage(vm->service->store, vm->config->id, FALSE);
	add_config(&plan, vm->config);
	for (guint i = 0; tree && i < tree->checkpoints->len; i++) {
		const struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		if (checkpoint->config)
			add_config(&plan, checkpoint->config);
	}
	for (guint i = 0; tree && i < tree->files->len; i++)
		add(&plan, ((struct checkpoint_file *)tree->files->pdata[i])->path);
	if (plan.record->files->len && !plan.is_far)
		add_config_files(&plan);
	if (plan.storage >= 0)
		close(plan.storage);
	g_hash_table_unref(plan.seen);
	return plan.record;
}

struct move_record *move_plan(const struct vm *vm, const char *user, const char *folder, GPtrArray *stays)
{
	return make((struct plan){
	    .vm = vm, .record = move_record_new(user, folder, vm->config->location), .stays = stays });
}

struct move_record *move_plan_far(const struct vm *vm, const char *user)
{
	return make((struct plan){
	    .vm = vm, .record = move_record_new(user, "", vm->config->location), .is_far = TRUE });
}
