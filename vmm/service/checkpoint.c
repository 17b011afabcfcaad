/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/checkpoint.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void checkpoints_load(struct vm *vm)
{
	GError *error = NULL;

	vm->checkpoints = checkpoint_store_load(vm->service->store, vm->config, &error);
	if (!error) {
		checkpoints_finish_deletions(vm);
		checkpoint_state_settle(vm);
		return;
	}
	vm->checkpoints_problem = g_strdup(error->message);
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		      "its checkpoints are not loaded: %s", error->message);
	g_error_free(error);
}

void checkpoints_free(struct vm *vm)
{
	if (vm->checkpoint_timer)
		g_source_remove(vm->checkpoint_timer);
	if (vm->merge_timer)
		g_source_remove(vm->merge_timer);
	vm->checkpoints = checkpoint_tree_free(vm->checkpoints);
	g_free(vm->checkpoints_problem);
}

struct checkpoint_tree *checkpoints_of(struct vm *vm, GError **error)
{
	if (!vm->checkpoints)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: its list of checkpoints cannot be read (%s); bring checkpoints/%s back from "
			    "a backup",
			    vm->config->name, vm->checkpoints_problem, vm->config->id);
	return vm->checkpoints;
}

gboolean checkpoints_save(struct vm *vm, GError **error)
{
	return checkpoint_store_save(vm->service->store, vm->config->id, vm->checkpoints, error);
}

struct checkpoint *checkpoints_present(const struct vm *vm)
{
	return vm->checkpoints ? checkpoint_by_id(vm->checkpoints,
						  checkpoint_alive(vm->checkpoints, vm->config->checkpoint))
			       : NULL;
}

guint checkpoints_count(const struct vm *vm)
{
	return vm->checkpoints ? checkpoint_count(vm->checkpoints) : 0;
}

char *checkpoints_default_name(const struct vm *vm)
{
	GDateTime *now = g_date_time_new_now_local();
	char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S"), *name;
	int room = VM_NAME_MAX - 32;

	name = g_strdup_printf("%.*s - (%s)", room, vm->config->name, time);
	if (!g_utf8_validate(name, -1, NULL)) {
		g_free(name);
		name = g_strdup_printf("(%s)", time);
	}
	g_free(time);
	g_date_time_unref(now);
	return name;
}

/* --- the list ---------------------------------------------------------------------------------------- */

/* What its images take in the machine's own folder: others' files are not looked at here. */
static guint64 bytes_of(int folder, const struct vm_config *config)
{
	guint64 bytes = 0;
	struct stat st;

	for (guint i = 0; folder >= 0 && i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		if (disk->media == VM_HARD_DISK && *disk->path && vm_path_is_own(disk->path) &&
		    fstatat(folder, disk->path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (guint64)st.st_blocks * 512;
	}
	return bytes;
}

static void add_dict(GVariantBuilder *list, const struct vm *vm, const struct checkpoint *checkpoint,
		     int folder)
{
	const struct checkpoint *present = checkpoints_present(vm);

	g_variant_builder_open(list, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(list, "{sv}", "id", g_variant_new_string(checkpoint->id));
	g_variant_builder_add(list, "{sv}", "name", g_variant_new_string(checkpoint->name));
	g_variant_builder_add(list, "{sv}", "parent",
			      g_variant_new_string(checkpoint_alive(vm->checkpoints, checkpoint->parent)));
	g_variant_builder_add(list, "{sv}", "depth",
			      g_variant_new_uint32(checkpoint_depth(vm->checkpoints, checkpoint)));
	g_variant_builder_add(list, "{sv}", "created", g_variant_new_int64(checkpoint->created));
	g_variant_builder_add(list, "{sv}", "creator", g_variant_new_string(checkpoint->creator));
	g_variant_builder_add(list, "{sv}", "kind",
			      g_variant_new_string(checkpoint_kind_name(checkpoint->kind)));
	g_variant_builder_add(list, "{sv}", "automatic", g_variant_new_boolean(checkpoint->is_automatic));
	g_variant_builder_add(list, "{sv}", "present", g_variant_new_boolean(checkpoint == present));
	g_variant_builder_add(list, "{sv}", "bytes",
			      g_variant_new_uint64(bytes_of(folder, checkpoint->config) +
						   checkpoint_state_bytes(vm, checkpoint)));
	g_variant_builder_close(list);
}

GVariant *checkpoints_variant(struct vm *vm)
{
	int folder = vm_store_open_storage(vm->service->store, vm->config->id, FALSE);
	GPtrArray *order = vm->checkpoints ? checkpoint_order(vm->checkpoints) : g_ptr_array_new();
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < order->len; i++)
		add_dict(&list, vm, order->pdata[i], folder);
	g_ptr_array_unref(order);
	if (folder >= 0)
		close(folder);
	return g_variant_builder_end(&list);
}

/* --- others' hands off ------------------------------------------------------------------------------- */

static gboolean is_needed(const struct vm *vm, const char *path, gboolean is_any)
{
	char *folder = g_strconcat(vm_store_path(vm->service->store), "/storage/", vm->config->id, "/", NULL);
	const char *own = g_str_has_prefix(path, folder) ? path + strlen(folder) : path;
	const struct checkpoint_file *file = checkpoint_file_find(vm->checkpoints, own);
	gboolean is_it = file && (is_any || !checkpoint_config_uses(vm->config, own));

	g_free(folder);
	return is_it;
}

const char *checkpoints_need_image(const struct service *service, const char *path, gboolean is_any)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct vm *vm = value;

		if (vm->checkpoints && vm->checkpoints->files->len && is_needed(vm, path, is_any))
			return vm->config->name;
	}
	return NULL;
}

gboolean checkpoints_check_drives(const struct service *service, const struct vm_config *before,
				  const struct vm_config *after, GError **error)
{
	for (guint i = 0; i < after->disks->len; i++) {
		const struct vm_disk *disk = after->disks->pdata[i];
		const char *machine;
		char *full;

		if (disk->media != VM_HARD_DISK || disk->is_read_only || !*disk->path ||
		    (before && checkpoint_config_uses(before, disk->path)))
			continue;
		full = vm_path_is_own(disk->path) ? g_build_filename(vm_store_path(service->store), "storage",
								     after->id, disk->path, NULL)
						  : g_strdup(disk->path);
		machine = checkpoints_need_image(service, full, FALSE);
		g_free(full);
		if (!machine)
			continue;
		g_set_error(
		    error, API_ERROR, API_ERROR_INVALID_STATE,
		    "%s: a checkpoint of %s needs this image as it is; delete the checkpoint, or attach a copy",
		    disk->path, machine);
		return FALSE;
	}
	return TRUE;
}
