/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI targets: disks (SBC) and DVD drives (MMC) on virtual disk images, whatever bus leads to them.
 *
 * Purpose    A target holds up to SCSI_LUNS_MAX logical units and executes commands on them. Units come and
 *            go while the guest runs; it is told by unit attentions.
 * Threads    All on the thread of the disks' struct disk_io.
 * Ownership  The caller owns requests and their memory until on_done(), units until they are removed and
 *            freed, and disks, which outlive the units on them.
 * Limits     scsi_limits.h.
 * Trust      CDBs, parameter lists and the memory behind `iov` are hostile: the memory is read once. A
 *            request never moves more than `length` bytes.
 */
#ifndef SCSI_SCSI_H
#define SCSI_SCSI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "disk/disk.h"
#include "scsi/scsi_limits.h"
#include "scsi/scsi_proto.h"

struct scsi_lun;
struct scsi_target;

/* --- requests -------------------------------------------------------------------------------------- */

enum scsi_direction {
	SCSI_DATA_NONE,
	SCSI_DATA_IN,  /* to the guest */
	SCSI_DATA_OUT, /* from the guest */
};

struct scsi_request {
	/* the caller's */
	uint8_t cdb[SCSI_CDB_MAX]; /* unused bytes are zero */
	enum scsi_direction direction;
	struct iovec *iov; /* its lengths add up to `length`; the unit may shorten it */
	unsigned iov_count;
	uint32_t length;
	void (*on_done)(struct scsi_request *request); /* once; perhaps before scsi_execute() returns */
	void *userdata;

	/* the result */
	enum scsi_status status;
	bool is_overrun;      /* the command wanted to move more than `length`; nothing was done */
	uint32_t transferred; /* bytes that went either way */
	uint8_t sense_size;   /* 0 unless CHECK CONDITION */
	uint8_t sense[SCSI_SENSE_MAX];

	/* private to the unit until on_done() */
	struct {
		struct scsi_lun *lun;
		struct disk_request disk;
		uint64_t lba;
		uint32_t next_descriptor, descriptor_count; /* UNMAP */
	} state;
};

struct state;

/* --- targets --------------------------------------------------------------------------------------- */

int scsi_target_new(struct scsi_target **ret_target);
/* Its units are removed, none has requests. NULL is fine; returns NULL. */
struct scsi_target *scsi_target_free(struct scsi_target *target);
/* -EINVAL: beyond SCSI_LUNS_MAX; -EEXIST: there is a unit of this number, or one on its way out. */
int scsi_target_add(struct scsi_target *target, unsigned number, struct scsi_lun *lun);
/*
 * No command reaches the unit any more; on_removed() comes, perhaps at once, when those under way are done:
 * then the unit may be freed. -ENOENT.
 */
int scsi_target_remove(struct scsi_target *target, unsigned number,
		       void (*on_removed)(void *opaque, struct scsi_lun *lun), void *opaque);
/* Units came or went under the eyes of a guest: each unit says so to its next command. */
void scsi_target_luns_changed(struct scsi_target *target);
/* NULL: there is none. */
struct scsi_lun *scsi_target_find(struct scsi_target *target, unsigned number);
unsigned scsi_target_count(const struct scsi_target *target);
/* The guest reset it: each unit forgets what a reset forgets, and says so to the next command. */
void scsi_target_reset(struct scsi_target *target);
/* The same for a guest that begins: it knows of nothing before and is told nothing. */
void scsi_target_power_on(struct scsi_target *target);
/* What the guest set and was not told yet (state/state.h); the units are there, and none has requests. */
void scsi_target_state(struct scsi_target *target, struct state *state);
/* A unit that is not there answers INQUIRY and REPORT LUNS only. */
void scsi_execute(struct scsi_target *target, unsigned number, struct scsi_request *request);

/* --- disks ----------------------------------------------------------------------------------------- */

struct scsi_disk_config {
	struct disk *disk;
	bool is_read_only;     /* besides the image's own opinion */
	struct disk_guid id;   /* stable and unique within the machine */
	uint32_t max_transfer; /* bytes, of the bus that leads here; 0: no limit */
};

int scsi_disk_new(const struct scsi_disk_config *config, struct scsi_lun **ret_lun);
/* The image grew (or anything else made its size change). */
void scsi_disk_size_changed(struct scsi_lun *lun);
/* Another disk that shows the same. No request is under way. */
void scsi_disk_set_disk(struct scsi_lun *lun, struct disk *disk);

/* --- DVD drives ------------------------------------------------------------------------------------ */

struct scsi_dvd_config {
	struct disk *medium; /* NULL: none */
	struct disk_guid id;
	/*
	 * This medium is out, and nothing reads from it any more: it may be closed. The guest opened the tray
	 * (is_eject) or scsi_dvd_set_medium() took it. May be NULL.
	 */
	void (*on_released)(void *opaque, struct disk *medium, bool is_eject);
	void *opaque;
};

int scsi_dvd_new(const struct scsi_dvd_config *config, struct scsi_lun **ret_lun);
/* Puts another medium in, or none: as if a person did. -EBUSY: something still reads from the last one. */
int scsi_dvd_set_medium(struct scsi_lun *lun, struct disk *medium);
/* As if the button was pressed: a guest that locked the tray is asked to let go. */
void scsi_dvd_press_eject(struct scsi_lun *lun);
bool scsi_dvd_is_locked(const struct scsi_lun *lun);

/* --- both ------------------------------------------------------------------------------------------ */

enum scsi_device_type scsi_lun_type(const struct scsi_lun *lun);
/* In no target, without requests. NULL is fine; returns NULL. */
struct scsi_lun *scsi_lun_free(struct scsi_lun *lun);

#endif
