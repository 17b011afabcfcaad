/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of synthetic storage: synthetic_storage.c is its life and the images' queue, storage_units.c which units there are,
 * storage_control.c what the service asks of them, storage_quiesce.c how they come to rest, storage_exchange.c the exchange of disks for a
 * checkpoint.
 */
#ifndef WORKER_SYNTHETIC_STORAGE_PRIV_H
#define WORKER_SYNTHETIC_STORAGE_PRIV_H

#include "worker/disk_limits.h"
#include "worker/synthetic_storage.h"

#include "scsi/scsi.h"

struct storvsp;

struct unit {
	struct storage *storage;
	enum worker_drive_kind kind;
	unsigned controller, number;
	struct scsi_lun *lun; /* NULL: there is no unit */
	struct disk *disk;    /* NULL: a DVD drive without a disc */
	bool is_leaving;
};

/* A disk whose child took its place, for a checkpoint that is not certain yet. */
struct exchanged {
	struct disk **place, *before;
	struct scsi_lun *lun;
};

struct storage {
	struct synthetic *synthetic;
	struct disk_io *io;
	struct disk_limits *limits;
	struct loop_watch *watch;
	bool is_polling;
	/* synthetic_part.quiesce */
	enum { FLUSH_NONE, FLUSH_RUNS, FLUSH_DONE } flush;
	unsigned flushes_left;
	int flush_error;
	bool is_lent;
	struct exchanged exchanged[WORKER_DISKS_MAX + WORKER_DRIVES];
	unsigned exchanged_count;
	struct storvsp *controllers[WORKER_CONTROLLERS];
	struct unit units[WORKER_CONTROLLERS][WORKER_LUNS];
	struct {
		struct storvsp
		    *controller; /* NULL: none, or a DVD drive, which stays with the emulated controller */
		struct scsi_lun *lun;
		struct disk *disk;
	} ide[WORKER_DRIVES];
};

void storage_for_each_disk(struct storage *storage, void (*fn)(struct storage *storage, struct disk *disk));
/* What happens when the host cannot write it. */
void storage_watch(struct storage *storage, struct disk *disk);
/* Takes the descriptors; *ret_disk NULL: there is no image. */
int storage_open_image(struct storage *storage, struct worker_disk *config, struct disk **ret_disk,
		       struct machine_error *error);

/* What the images have answered goes to the guest: a storvsp_config's on_submitted. */
void storage_poll(void *storage);
/* About a unit, to the service; `error` NULL: none. */
void storage_tell(struct storage *storage, const char *verb, unsigned controller, unsigned lun,
		  const struct machine_error *error);

/* --- storage_units.c --- */
/* Takes the image's descriptors. */
int storage_add(struct storage *storage, struct worker_disk *config, struct machine_error *error);
/* Its guest has answers to all that it asked first. */
int storage_remove(struct storage *storage, unsigned controller, unsigned number,
		   struct machine_error *error);
int storage_add_ide_disks(struct storage *storage, struct worker_config *config, struct machine_error *error);
void storage_remove_ide(struct storage *storage, unsigned unit);

/* --- storage_control.c, storage_quiesce.c: functions of struct synthetic_part --- */
bool storage_handle(void *storage, struct link_message *message);
int storage_quiesce(void *storage);
void storage_released(void *storage);

/* --- storage_exchange.c; nothing is under way --- */
/* Those that are written become readable for others: disk_lend(). */
int storage_lend(struct storage *storage);
/* And ours alone again. Nothing when they were not lent. */
void storage_take_back(struct storage *storage);
void storage_undo_exchange(struct storage *storage);

#endif
