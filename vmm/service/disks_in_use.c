/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disks_in_use.h"
#include "service/service.h"
#include "service/vm.h"

#include "link/worker_link.h"

#include <sys/stat.h>

struct used_file {
	dev_t device;
	ino_t inode;
	gboolean is_writable;
	unsigned place; /* IDE: 0 */
	char *machine;	/* in lists only */
};

static gboolean fill(struct used_file *file, int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return FALSE;
	*file = (struct used_file){ .device = st.st_dev, .inode = st.st_ino };
	if (S_ISBLK(st.st_mode)) /* a disk has many inodes, one for each of its names */
		*file = (struct used_file){ .device = st.st_rdev };
	return TRUE;
}

static void note(struct vm *vm, int fd, unsigned place, gboolean is_writable)
{
	struct used_file file;

	if (!fill(&file, fd))
		return;
	file.is_writable = is_writable;
	file.place = place;
	if (!vm->used_files)
		vm->used_files = g_array_new(FALSE, FALSE, sizeof(struct used_file));
	g_array_append_val(vm->used_files, file);
}

static void note_chain(struct vm *vm, const struct worker_chain *chain, unsigned place)
{
	for (unsigned i = 0; i < chain->count; i++)
		note(vm, chain->parents[i].fd, place, FALSE);
}

static unsigned place_of(unsigned controller, unsigned lun)
{
	return 1 + controller * WORKER_LUNS + lun;
}

void disks_in_use_note_disk(struct vm *vm, const struct worker_disk *disk)
{
	unsigned place = place_of(disk->controller, disk->lun);

	note(vm, disk->fd, place, !disk->is_read_only);
	note_chain(vm, &disk->chain, place);
}

void disks_in_use_forget(struct vm *vm, unsigned controller, unsigned lun)
{
	for (guint i = vm->used_files ? vm->used_files->len : 0; i > 0; i--)
		if (g_array_index(vm->used_files, struct used_file, i - 1).place == place_of(controller, lun))
			g_array_remove_index(vm->used_files, i - 1);
}

void disks_in_use_note(struct vm *vm, const struct worker_config *config)
{
	g_clear_pointer(&vm->used_files, g_array_unref);
	for (unsigned i = 0; i < WORKER_DRIVES; i++) {
		note(vm, config->drives[i].fd, 0, !config->drives[i].is_read_only);
		note_chain(vm, &config->drives[i].chain, 0);
	}
	for (unsigned i = 0; i < config->disk_count; i++)
		disks_in_use_note_disk(vm, &config->disks[i]);
}

void disks_in_use_merged(struct vm *vm, const struct stat *child, const struct stat *parent,
			 gboolean writes_parent)
{
	for (guint i = vm->used_files ? vm->used_files->len : 0; i > 0; i--) {
		struct used_file *file = &g_array_index(vm->used_files, struct used_file, i - 1);

		if (file->device == parent->st_dev && file->inode == parent->st_ino && writes_parent)
			file->is_writable = TRUE;
		if (file->device == child->st_dev && file->inode == child->st_ino)
			g_array_remove_index(vm->used_files, i - 1);
	}
}

static void clear_file(gpointer pointer)
{
	g_free(((struct used_file *)pointer)->machine);
}

GArray *disks_in_use_list(const struct service *service)
{
	return disks_in_use_list_others(service, NULL);
}

GArray *disks_in_use_list_others(const struct service *service, const struct vm *but)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(struct used_file));
	GHashTableIter iter;
	gpointer pointer;

	g_array_set_clear_func(list, clear_file);
	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &pointer)) {
		const struct vm *vm = pointer;

		for (guint i = 0; vm != but && vm->worker && vm->used_files && i < vm->used_files->len; i++) {
			struct used_file file = g_array_index(vm->used_files, struct used_file, i);

			file.machine = g_strdup(vm->config->name);
			g_array_append_val(list, file);
		}
	}
	return list;
}

const char *disks_in_use_by(const GArray *list, int fd, gboolean is_writable)
{
	struct used_file wanted;

	if (!fill(&wanted, fd))
		return NULL;
	for (guint i = 0; i < list->len; i++) {
		const struct used_file *file = &g_array_index(list, struct used_file, i);

		if (file->device == wanted.device && file->inode == wanted.inode &&
		    (is_writable || file->is_writable))
			return file->machine;
	}
	return NULL;
}
