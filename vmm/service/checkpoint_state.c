/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and devices of a checkpoint: one file with two names, as long as the machine has not gone on from
 * it: storage/ID/saved-state and checkpoints/ID/CHECKPOINT.state. Nobody writes to it.
 */
#include "service/checkpoint.h"
#include "service/service.h"
#include "service/vm_save.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct places {
	int storage, checkpoints;
	char *name;
};

static int open_places(struct vm_store *store, const char *id, const char *checkpoint,
		       struct places *ret_places)
{
	*ret_places =
	    (struct places){ vm_store_open_storage(store, id, TRUE), checkpoint_store_open(store, id, TRUE),
			     checkpoint_store_state_name(checkpoint) };
	return MIN(MIN(ret_places->storage, ret_places->checkpoints), 0);
}

static void close_places(struct places *places)
{
	if (places->storage >= 0)
		close(places->storage);
	if (places->checkpoints >= 0)
		close(places->checkpoints);
	g_free(places->name);
}

int checkpoint_state_new(struct vm *vm, const char *checkpoint, GError **error)
{
	int folder = checkpoint_store_open(vm->service->store, vm->config->id, TRUE), fd = -1;
	char *name = checkpoint_store_state_name(checkpoint);

	if (folder >= 0)
		fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: no file can be made for its memory: %s; look at the disk of the inventory",
			    vm->config->name, g_strerror(folder < 0 ? -folder : errno));
	if (folder >= 0)
		close(folder);
	g_free(name);
	return fd;
}

int checkpoint_state_keep(struct vm_store *store, const char *id, const char *checkpoint)
{
	struct places places;
	int r = open_places(store, id, checkpoint, &places);

	if (r == 0 && linkat(places.storage, VM_SAVE_FILE, places.checkpoints, places.name, 0) < 0)
		r = -errno;
	if (r == 0 && fsync(places.checkpoints) < 0)
		r = -errno;
	close_places(&places);
	return r;
}

gboolean checkpoint_state_apply(struct vm *vm, const struct checkpoint *checkpoint, GError **error)
{
	struct places places;
	int r;

	if (vm->life.state == VM_SAVED && !vm_save_discard(vm, "a checkpoint was applied", error))
		return FALSE;
	if (checkpoint->kind != CHECKPOINT_STANDARD)
		return TRUE;
	r = open_places(vm->service->store, vm->config->id, checkpoint->id, &places);
	if (r == 0 && linkat(places.checkpoints, places.name, places.storage, VM_SAVE_FILE, 0) < 0)
		r = -errno;
	close_places(&places);
	if (r == 0) {
		vm_save_not_used(vm);	 /* its disks are these now */
		g_free(vm->life.reason); /* of a life that is over */
		vm->life.reason = g_strdup_printf("the checkpoint \"%s\" was applied", checkpoint->name);
		vm_save_find(vm);
		return TRUE;
	}
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "%s has the disks of the checkpoint now, but not its memory: %s; it starts anew",
		    vm->config->name, g_strerror(-r));
	return FALSE;
}

static gboolean is_same(const struct places *places)
{
	struct stat mine, its;

	return fstatat(places->storage, VM_SAVE_FILE, &mine, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(places->checkpoints, places->name, &its, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_dev == its.st_dev && mine.st_ino == its.st_ino;
}

void checkpoint_state_settle(struct vm *vm)
{
	const struct checkpoint *present = checkpoints_present(vm);
	struct places places;

	if (!present || present->kind != CHECKPOINT_STANDARD)
		return;
	if (open_places(vm->service->store, vm->config->id, present->id, &places) == 0 && is_same(&places))
		vm_save_not_used(vm);
	close_places(&places);
}

guint64 checkpoint_state_bytes(const struct vm *vm, const struct checkpoint *checkpoint)
{
	int folder = checkpoint->kind == CHECKPOINT_STANDARD
			 ? checkpoint_store_open(vm->service->store, vm->config->id, FALSE)
			 : -1;
	char *name = checkpoint_store_state_name(checkpoint->id);
	struct stat st;
	guint64 bytes = 0;

	if (folder >= 0 && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bytes = (guint64)st.st_blocks * 512;
	if (folder >= 0)
		close(folder);
	g_free(name);
	return bytes;
}
