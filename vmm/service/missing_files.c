/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missing_files.h"
#include "service/child.h"
#include "service/service.h"
#include "service/vm.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	char *vm_id;
	char *path;
	gboolean is_missing;
};

struct look {
	struct service *service;
	GPtrArray *files; /* struct file */
	GPtrArray *ids;	  /* of the machines that were looked at */
	guint next;
};

/* --- what to look at --------------------------------------------------------------------------------- */

static void free_file(gpointer pointer)
{
	struct file *file = pointer;

	g_free(file->vm_id);
	g_free(file->path);
	g_free(file);
}

static void add_file(struct look *look, const struct vm *vm, const char *path)
{
	struct file *file;

	if (!*path)
		return;
	file = g_new0(struct file, 1);
	file->vm_id = g_strdup(vm->config->id);
	file->path = vm_path_is_own(path) ? g_build_filename(vm_store_path(look->service->store), "storage",
							     vm->config->id, path, NULL)
					  : g_strdup(path);
	g_ptr_array_add(look->files, file);
}

static void add_machine(struct look *look, const struct vm *vm)
{
	const struct vm_config *config = vm->config;

	if (!vm_state_is_off(vm->life.state))
		return;
	g_ptr_array_add(look->ids, g_strdup(config->id));
	add_file(look, vm, config->kernel);
	add_file(look, vm, config->initrd);
	for (guint i = 0; i < config->disks->len; i++)
		add_file(look, vm, ((struct vm_disk *)config->disks->pdata[i])->path);
}

static void free_look(struct look *look)
{
	g_ptr_array_unref(look->files);
	g_ptr_array_unref(look->ids);
	g_free(look);
}

/* --- the child: only what is async-signal-safe --------------------------------------------------------- */

static void run(gpointer opaque)
{
	const struct look *look = opaque;

	for (guint i = 0; i < look->files->len; i++) {
		const struct file *file = look->files->pdata[i];
		struct stat st;
		char is_missing = stat(file->path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);

		if (write(CHILD_SOCKET, &is_missing, 1) != 1)
			return;
	}
}

/* --- what follows ------------------------------------------------------------------------------------ */

static const char *missing_of(const struct look *look, const char *id)
{
	for (guint i = 0; i < look->next; i++) {
		const struct file *file = look->files->pdata[i];

		if (file->is_missing && strcmp(file->vm_id, id) == 0)
			return file->path;
	}
	return NULL;
}

static void apply(const struct look *look, struct vm *vm)
{
	const char *path = missing_of(look, vm->config->id);
	char *reason;

	if (!path && vm->life.state == VM_OFF_CRITICAL)
		vm_move(vm, VM_HELPED, "its files are all there again", NULL);
	if (!path || !vm_state_is_off(vm->life.state))
		return;
	reason = g_strdup_printf("its file %s is missing", path);
	if (vm->life.state == VM_OFF)
		vm_move(vm, VM_NEEDS_HELP, reason, NULL);
	g_free(reason);
}

static gboolean on_packet(gpointer opaque, int socket)
{
	struct look *look = opaque;
	char is_missing;

	if (read(socket, &is_missing, 1) != 1)
		return FALSE;
	((struct file *)look->files->pdata[look->next++])->is_missing = is_missing == 1;
	return look->next < look->files->len;
}

/* What was not answered counts as there. */
static void finish(gpointer opaque, gboolean is_late)
{
	struct look *look = opaque;

	for (guint i = 0; i < look->ids->len; i++) {
		struct vm *vm = vm_by_id(look->service, look->ids->pdata[i]);

		if (vm)
			apply(look, vm);
	}
	free_look(look);
}

static const struct child_ops ops = { .run = run, .on_packet = on_packet, .on_end = finish };

void missing_files_check(struct service *service, const struct vm *vm)
{
	struct look *look = g_new0(struct look, 1);
	GHashTableIter iter;
	gpointer each;

	look->service = service;
	look->files = g_ptr_array_new_with_free_func(free_file);
	look->ids = g_ptr_array_new_with_free_func(g_free);
	if (vm)
		add_machine(look, vm);
	g_hash_table_iter_init(&iter, service->vms);
	while (!vm && g_hash_table_iter_next(&iter, NULL, &each))
		add_machine(look, each);
	if (look->files->len == 0)
		finish(look, FALSE); /* one that had lacked something may need nothing any more */
	else if (child_start(&ops, look, -1) != 0)
		free_look(look);
}
