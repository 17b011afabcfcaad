/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/new_disks.h"
#include "service/disk_helper.h"
#include "service/caller_files.h"
#include "service/new_files.h"
#include "service/own_file.h"
#include "service/service.h"
#include "service/transfer.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/units.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CREATE_KEY "create-bytes"
/* MS-VHDX: a virtual disk has at most 64 TiB. */
#define BYTES_MIN (G_GUINT64_CONSTANT(1) << 20)
#define BYTES_MAX (G_GUINT64_CONSTANT(64) << 40)

struct new_disk {
	char *name;
	guint64 bytes;
	gboolean is_made;
};

struct new_disks {
	GPtrArray *list; /* struct new_disk */
	char
	    *folder; /* that the caller chose, and which is made for a new machine; NULL: the machine's own */
	gboolean makes_folder;
};

struct making {
	struct new_disks *disks;
	struct call *call;
	struct service *service;
	struct vm_config *config;
	gboolean is_new;
	int folder; /* the machine's own; -1: files has them */
	struct new_files
	    *files; /* in another folder: with makes_folder first the configuration, then the disks */
	new_disks_fn finish;
};

static void free_disk(gpointer pointer)
{
	struct new_disk *disk = pointer;

	g_free(disk->name);
	g_free(disk);
}

struct new_disks *new_disks_free(struct new_disks *disks)
{
	if (disks) {
		g_ptr_array_unref(disks->list);
		g_free(disks->folder);
	}
	g_free(disks);
	return NULL;
}

gboolean new_disks_is_empty(const struct new_disks *disks)
{
	return disks->list->len == 0 && !disks->makes_folder;
}

/* --- out of the request ------------------------------------------------------------------------------ */

/* Also a file that is in the machine's folder, but no drive of it any more. */
static gboolean is_in_folder(const struct vm *vm, const char *name)
{
	int folder = vm ? vm_store_open_storage(vm->service->store, vm->config->id, FALSE) : -1;
	gboolean is_there = folder >= 0 && faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (folder >= 0)
		close(folder);
	return is_there;
}

static gboolean has_name(const struct new_disks *disks, const struct vm *vm, const char *name)
{
	for (guint i = 0; i < disks->list->len; i++)
		if (strcmp(((struct new_disk *)disks->list->pdata[i])->name, name) == 0)
			return TRUE;
	for (guint i = 0; vm && i < vm->config->disks->len; i++)
		if (strcmp(((struct vm_disk *)vm->config->disks->pdata[i])->path, name) == 0)
			return TRUE;
	return is_in_folder(vm, name);
}

/* "web.vhdx", "web-2.vhdx" and so on, as Hyper-V names them; in a chosen folder with its path. */
static char *choose_name(const struct new_disks *disks, const struct vm *vm, const char *machine)
{
	char *name = NULL;

	for (unsigned n = 1; !name || has_name(disks, vm, name); n++) {
		char *plain =
		    n == 1 ? g_strdup_printf("%s.vhdx", machine) : g_strdup_printf("%s-%u.vhdx", machine, n);

		g_free(name);
		name = disks->folder ? g_build_filename(disks->folder, plain, NULL) : g_strdup(plain);
		g_free(plain);
	}
	return name;
}

/* A machine that is made gets a folder of its name in the one that was chosen. */
static void choose_folder(struct new_disks *disks, GVariant *settings, const char *machine,
			  const struct vm *vm)
{
	const char *chosen = "";

	if (vm && *vm->config->location)
		disks->folder = g_strdup(vm->config->location);
	if (vm || !g_variant_lookup(settings, "vm.location", "&s", &chosen) || *chosen != '/')
		return;
	disks->folder = g_build_filename(chosen, machine, NULL);
	disks->makes_folder = TRUE;
}

static gboolean add(struct new_disks *disks, const struct vm *vm, const char *machine, guint64 bytes,
		    GError **error)
{
	struct new_disk *disk;

	if (bytes < BYTES_MIN || bytes > BYTES_MAX) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "a new disk has 1 MiB to 64 TiB; give such a size");
		return FALSE;
	}
	disk = g_new0(struct new_disk, 1);
	disk->name = choose_name(disks, vm, machine);
	disk->bytes = bytes;
	g_ptr_array_add(disks->list, disk);
	return TRUE;
}

/* One drive's dictionary, without the request in it. */
static gboolean convert_drive(GVariant *drive, const char *machine, const struct vm *vm,
			      struct new_disks *disks, GVariantBuilder *list, GError **error)
{
	GVariantDict dict;
	guint64 bytes = 0;
	gboolean is_good = TRUE;

	g_variant_dict_init(&dict, drive);
	if (g_variant_dict_lookup(&dict, CREATE_KEY, "t", &bytes)) {
		g_variant_dict_remove(&dict, CREATE_KEY);
		is_good = add(disks, vm, machine, bytes, error);
		if (is_good)
			g_variant_dict_insert(
			    &dict, "path", "s",
			    ((struct new_disk *)disks->list->pdata[disks->list->len - 1])->name);
	}
	g_variant_builder_add_value(list, g_variant_dict_end(&dict));
	return is_good;
}

gboolean new_disks_extract(GVariant *settings, const char *name, const struct vm *vm, GVariant **ret_settings,
			   struct new_disks **ret_disks, GError **error)
{
	GVariant *drives = g_variant_lookup_value(settings, "disks", G_VARIANT_TYPE("aa{sv}"));
	struct new_disks *disks = g_new0(struct new_disks, 1);
	GVariantBuilder list;
	GVariantDict dict;
	gboolean is_good = TRUE;

	disks->list = g_ptr_array_new_with_free_func(free_disk);
	choose_folder(disks, settings, name, vm);
	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (gsize i = 0; drives && is_good && i < MIN(g_variant_n_children(drives), VM_DISKS_MAX + 1); i++) {
		GVariant *drive = g_variant_get_child_value(drives, i);

		is_good = convert_drive(drive, name, vm, disks, &list, error);
		g_variant_unref(drive);
	}
	g_variant_dict_init(&dict, settings);
	g_variant_dict_insert_value(&dict, "disks", g_variant_builder_end(&list));
	if (!drives)
		g_variant_dict_remove(&dict, "disks");
	if (disks->makes_folder)
		g_variant_dict_insert(&dict, "vm.location", "s", disks->folder);
	*ret_settings = g_variant_ref_sink(g_variant_dict_end(&dict));
	g_clear_pointer(&drives, g_variant_unref);
	*ret_disks = disks;
	if (is_good)
		return TRUE;
	*ret_disks = new_disks_free(disks);
	g_clear_pointer(ret_settings, g_variant_unref);
	return FALSE;
}

void new_disks_describe(const struct new_disks *disks, struct call *call)
{
	if (disks->makes_folder)
		call_step(call, "the folder %s is made for its disks, with a copy of its configuration",
			  disks->folder);
	for (guint i = 0; i < disks->list->len; i++) {
		const struct new_disk *disk = disks->list->pdata[i];
		char *size = units_format_bytes(disk->bytes);

		call_step(call, "the dynamically expanding disk %s of %s is made%s", disk->name, size,
			  disks->folder ? "" : " in the machine's folder");
		g_free(size);
	}
}

/* --- the job --------------------------------------------------------------------------------------- */

static void free_making(gpointer pointer)
{
	struct making *making = pointer;
	struct vm *vm = making->is_new ? NULL : vm_by_id(making->service, making->config->id);

	if (vm)
		vm->busy--;
	if (making->folder >= 0)
		close(making->folder);
	new_files_free(making->files);
	vm_config_free(making->config);
	new_disks_free(making->disks);
	g_free(making);
}

static gboolean fail_file(GError **error, const struct new_disk *disk, const char *what, int result)
{
	g_set_error(
	    error, API_ERROR, API_ERROR_FAILED,
	    "%s: this file cannot be %s: %s; look into the machine's folder, and whether its disk is full",
	    disk->name, what, g_strerror(-result));
	return FALSE;
}

static gboolean make_one(struct job *job, int folder, struct new_disk *disk, GError **error)
{
	int r, fd = own_file_new(folder, disk->name);
	gboolean is_good;

	if (fd < 0)
		return fail_file(error, disk, "made", fd);
	is_good = disk_helper_create(job, fd, disk->name, disk->bytes, error);
	r = is_good ? own_file_keep(folder, fd, disk->name) : 0;
	disk->is_made = is_good && r == 0;
	if (r < 0)
		is_good = fail_file(error, disk, "written", r);
	if (!is_good)
		own_file_undo(folder, fd, disk->name);
	close(fd);
	return is_good;
}

/* For who takes the machine in again elsewhere, or after the inventory was lost: as it was made. */
static gboolean write_config(struct making *making, GError **error)
{
	gsize size = 0;
	char *text = transfer_config_text(making->config, making->disks->folder, &size);
	gboolean is_good;

	is_good = pwrite(new_files_fd(making->files, 0), text, size, 0) == (ssize_t)size;
	if (!is_good)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s/%s: it cannot be written: %s; check the disk", making->disks->folder,
			    TRANSFER_CONFIG, g_strerror(errno));
	g_free(text);
	return is_good && new_files_keep(making->files, 0, error);
}

static gboolean run_elsewhere(struct job *job, struct making *making, GError **error)
{
	GPtrArray *list = making->disks->list;
	guint first = making->disks->makes_folder ? 1 : 0;

	for (guint i = 0; i < list->len; i++) {
		const struct new_disk *disk = list->pdata[i];

		if (!disk_helper_create(job, new_files_fd(making->files, first + i), disk->name, disk->bytes,
					error) ||
		    !new_files_keep(making->files, first + i, error))
			return FALSE;
	}
	return !first || write_config(making, error);
}

static gboolean run_job(struct job *job, gpointer work, GError **error)
{
	struct making *making = work;
	GPtrArray *list = making->disks->list;

	if (making->files)
		return run_elsewhere(job, making, error);

	for (guint i = 0; i < list->len; i++)
		if (!make_one(job, making->folder, list->pdata[i], error))
			return FALSE;
	return TRUE;
}

static void remove_traces(struct making *making)
{
	GPtrArray *list = making->disks->list;

	new_files_undo(g_steal_pointer(&making->files));
	for (guint i = 0; i < list->len && making->folder >= 0; i++) {
		struct new_disk *disk = list->pdata[i];

		if (disk->is_made)
			unlinkat(making->folder, disk->name, 0);
	}
	if (making->is_new)
		vm_store_remove_storage(making->service->store, making->config->id);
}

static gboolean finish_job(struct job *job, gpointer work, gboolean is_done, const GError *failure,
			   GError **error)
{
	struct making *making = work;
	struct call *call = making->call;
	GError *local = NULL;
	struct vm_config *config = is_done ? vm_config_copy(making->config) : NULL;

	if (is_done && making->finish(call, config, &local))
		return TRUE;
	vm_config_free(config);
	remove_traces(making);
	if (g_cancellable_is_cancelled(job->cancellable))
		call_fail_text(call, API_ERROR_CANCELLED, "it was cancelled; nothing is left of it");
	else
		call_fail(call, local ? local : failure);
	if (local)
		g_propagate_error(error, local);
	return FALSE;
}

/* The files are open: the job begins, which answers. */
static void on_opened(gpointer opaque, const char *problem)
{
	struct making *making = opaque;
	struct call *call = making->call;
	struct vm *vm = making->is_new ? NULL : vm_by_id(making->service, making->config->id);
	char *title = g_strdup_printf("Make the files of %s", making->config->name);
	GError *error = NULL;

	if (problem) {
		g_set_error_literal(&error, API_ERROR, API_ERROR_FAILED, problem);
		remove_traces(making);
		free_making(making);
	} else {
		if (job_count_running(making->service) >= SERVICE_JOBS_RUNNING_MAX)
			remove_traces(making);
		job_start(call->service, call->who->user, vm ? making->config->id : NULL, title, making,
			  run_job, finish_job, free_making, &error);
	}
	g_free(title);
	if (error) {
		call_fail(call, error);
		g_error_free(error);
	}
}

static void make_elsewhere(struct new_disks *disks, struct call *call, struct vm_config *config,
			   gboolean is_new, new_disks_fn finish)
{
	struct making *making = g_new0(struct making, 1);
	struct vm *vm = is_new ? NULL : vm_by_id(call->service, config->id);

	*making = (struct making){ .disks = disks,
				   .call = call,
				   .service = call->service,
				   .config = config,
				   .is_new = is_new,
				   .folder = -1,
				   .finish = finish };
	making->files = new_files_new(call->who, disks->folder, disks->makes_folder);
	if (vm)
		vm->busy++;
	if (disks->makes_folder) {
		char *path = g_build_filename(disks->folder, TRANSFER_CONFIG, NULL);

		new_files_add(making->files, path);
		g_free(path);
	}
	for (guint i = 0; i < disks->list->len; i++)
		new_files_add(making->files, ((struct new_disk *)disks->list->pdata[i])->name);
	new_files_open(making->files, on_opened, making);
}

GPtrArray *new_disks_files(const struct new_disks *disks)
{
	GPtrArray *files = caller_files_new();

	if (disks && disks->folder && disks->makes_folder)
		caller_files_add(files, disks->folder, FILE_NEW_FOLDER);
	for (guint i = 0; disks && disks->folder && !disks->makes_folder && i < disks->list->len; i++)
		caller_files_add(files, ((struct new_disk *)disks->list->pdata[i])->name, FILE_NEW);
	return files;
}

void new_disks_make(struct new_disks *disks, struct call *call, struct vm_config *config, gboolean is_new,
		    new_disks_fn finish)
{
	struct vm *vm = is_new ? NULL : vm_by_id(call->service, config->id);
	struct making *making;
	GError *error = NULL;
	char *title;

	if (disks->folder) {
		make_elsewhere(disks, call, config, is_new, finish);
		return;
	}
	making = g_new0(struct making, 1);
	title = g_strdup_printf("Make the disk%s of %s", disks->list->len == 1 ? "" : "s", config->name);
	*making = (struct making){ .disks = disks,
				   .call = call,
				   .service = call->service,
				   .config = config,
				   .is_new = is_new,
				   .finish = finish };
	making->folder = vm_store_open_storage(call->service->store, config->id, TRUE);
	if (vm)
		vm->busy++;
	if (making->folder < 0) {
		g_set_error(&error, API_ERROR, API_ERROR_FAILED,
			    "no folder can be made for the disks: %s; check the disk",
			    g_strerror(-making->folder));
		free_making(making);
	} else {
		if (job_count_running(call->service) >= SERVICE_JOBS_RUNNING_MAX)
			remove_traces(making);
		job_start(call->service, call->who->user, vm ? config->id : NULL, title, making, run_job,
			  finish_job, free_making, &error);
	}
	g_free(title);
	if (error) {
		call_fail(call, error);
		g_error_free(error);
	}
}
