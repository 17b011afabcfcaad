/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Children take the places of their parents while the guest stands still, and the parents come back when the checkpoint does not
 * come to be. Nothing that is open changes: the guest's devices and their queues stay.
 */
#include "worker/gen1.h"
#include "worker/synthetic_storage_priv.h"

#include "disk/disk.h"
#include "vsp/storvsp/storvsp.h"

#include <errno.h>
#include <string.h>

/* --- the device thread ---------------------------------------------------------------------------------------- */

static void lend(struct storage *storage, struct disk *disk)
{
	int r = storage->flush_error ? 0 : disk_lend(disk);

	if (r < 0)
		storage->flush_error = r;
}

int storage_lend(struct storage *storage)
{
	storage->is_lent = true;
	storage_for_each_disk(storage, lend);
	return storage->flush_error;
}

static void take_back(struct storage *storage, struct disk *disk)
{
	if (disk_take_back(disk) < 0)
		synthetic_warn(
		    storage->synthetic,
		    "another program reads a disk image of this machine, which goes on writing to it; what "
		    "that program reads may be inconsistent");
}

void storage_take_back(struct storage *storage)
{
	if (!storage->is_lent)
		return;
	storage_undo_exchange(storage);
	storage->is_lent = false;
	storage_for_each_disk(storage, take_back);
}

static void put(struct storage *storage, const struct exchanged *exchanged, struct disk *disk)
{
	struct disk *other = *exchanged->place;

	*exchanged->place = disk;
	scsi_disk_set_disk(exchanged->lun, disk);
	storage_watch(storage, disk);
	disk_limits_exchange(storage->limits, other, disk);
}

void storage_undo_exchange(struct storage *storage)
{
	while (storage->exchanged_count > 0) {
		const struct exchanged *exchanged = &storage->exchanged[--storage->exchanged_count];
		struct disk *child = *exchanged->place;

		put(storage, exchanged, exchanged->before);
		disk_close(child); /* nobody wrote to it */
	}
}

static void forget_before(struct storage *storage)
{
	for (unsigned i = 0; i < storage->exchanged_count; i++)
		disk_close(storage->exchanged[i].before);
	storage->exchanged_count = 0;
}

static int find(struct storage *storage, const struct worker_disk *child, struct exchanged *ret_exchanged)
{
	struct unit *unit;

	if (child->controller == STORAGE_IDE) {
		*ret_exchanged =
		    (struct exchanged){ &storage->ide[child->lun].disk, storage->ide[child->lun].disk,
					storage->ide[child->lun].lun };
		return storage->ide[child->lun].lun ? 0 : -ENOENT;
	}
	unit = &storage->units[child->controller][child->lun];
	*ret_exchanged = (struct exchanged){ &unit->disk, unit->disk, unit->lun };
	return unit->lun && !unit->is_leaving && unit->kind == WORKER_DRIVE_DISK ? 0 : -ENOENT;
}

static int exchange(struct storage *storage, struct worker_disk *child, struct machine_error *error)
{
	struct exchanged *exchanged = &storage->exchanged[storage->exchanged_count];
	struct disk_info before, after;
	struct disk *disk = NULL;
	int r = storage->exchanged_count < WORKER_DISKS_MAX + WORKER_DRIVES ? find(storage, child, exchanged)
									    : -ENOSPC;

	if (r == 0 && (child->fd < 0 || !storage->is_lent))
		r = -EINVAL;
	if (r < 0)
		return r;
	r = storage_open_image(storage, child, &disk, error);
	if (r < 0)
		return r;
	disk_get_info(exchanged->before, &before);
	disk_get_info(disk, &after);
	if (before.size != after.size || before.logical_sector != after.logical_sector ||
	    !after.is_writable) {
		disk_close(disk);
		return machine_fail(error, -EINVAL, "%s: this is no child of the disk that it is to follow",
				    child->name);
	}
	storage->exchanged_count++;
	put(storage, exchanged, disk);
	return 0;
}

/* --- an image that was merged: the parent takes its place ------------------------------------------------------ */

struct looking {
	bool (*matches)(struct disk *disk, void *opaque);
	void *opaque;
	struct disk *found;
};

static void look_at(struct looking *looking, struct disk *disk)
{
	if (disk && !looking->found && looking->matches(disk, looking->opaque))
		looking->found = disk;
}

struct disk *synthetic_storage_find(struct synthetic *synthetic,
				    bool (*matches)(struct disk *disk, void *opaque), void *opaque)
{
	struct storage *storage = synthetic_made(synthetic, &synthetic_storage);
	struct looking looking = { matches, opaque, NULL };

	for (unsigned i = 0; storage && i < WORKER_DRIVES; i++)
		look_at(&looking, storage->ide[i].lun ? storage->ide[i].disk : NULL);
	for (unsigned i = 0; storage && i < WORKER_CONTROLLERS; i++)
		for (unsigned j = 0; j < WORKER_LUNS; j++)
			if (storage->units[i][j].kind == WORKER_DRIVE_DISK &&
			    !storage->units[i][j].is_leaving)
				look_at(&looking, storage->units[i][j].disk);
	return looking.found;
}

void synthetic_storage_put(struct synthetic *synthetic, struct disk *before, struct disk *next)
{
	struct storage *storage = synthetic_made(synthetic, &synthetic_storage);
	struct exchanged place = { .before = before };

	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (storage->ide[i].disk == before)
			place = (struct exchanged){ &storage->ide[i].disk, before, storage->ide[i].lun };
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++)
		for (unsigned j = 0; j < WORKER_LUNS; j++)
			if (storage->units[i][j].disk == before)
				place = (struct exchanged){ &storage->units[i][j].disk, before,
							    storage->units[i][j].lun };
	if (place.place)
		put(storage, &place, next);
}

/* --- the main thread ------------------------------------------------------------------------------------------- */

struct exchanging {
	struct storage *storage;
	struct worker_disk *child;
	struct machine_error *error;
	bool keeps;
	int result;
};

static void on_exchange(void *opaque)
{
	struct exchanging *exchanging = opaque;

	exchanging->result = exchange(exchanging->storage, exchanging->child, exchanging->error);
}

int synthetic_storage_exchange(struct synthetic *synthetic, struct worker_disk *child,
			       struct machine_error *error)
{
	struct exchanging exchanging = { synthetic_made(synthetic, &synthetic_storage), child, error, false,
					 -ENOENT };

	if (exchanging.storage)
		loop_call_sync(synthetic_loop(synthetic), on_exchange, &exchanging);
	return exchanging.result;
}

static void on_end(void *opaque)
{
	struct exchanging *exchanging = opaque;

	if (exchanging->keeps) {
		forget_before(exchanging->storage);
		exchanging->storage->is_lent = false; /* these were not */
	} else {
		storage_take_back(exchanging->storage);
	}
}

void synthetic_storage_end_exchange(struct synthetic *synthetic, bool keeps)
{
	struct exchanging exchanging = { .storage = synthetic_made(synthetic, &synthetic_storage),
					 .keeps = keeps };

	if (exchanging.storage)
		loop_call_sync(synthetic_loop(synthetic), on_end, &exchanging);
}
