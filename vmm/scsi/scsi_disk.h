/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk's state, between the files that hold its commands. */
#ifndef SCSI_SCSI_DISK_H
#define SCSI_SCSI_DISK_H

#include "scsi/scsi_priv.h"

/* Of the one initiator that there is. */
struct scsi_reservation {
	bool is_registered;
	uint64_t key;
	uint8_t type; /* 0: no reservation */
	uint32_t generation;
};

struct scsi_disk {
	struct scsi_lun lun;
	struct disk *disk;
	uint64_t blocks;
	uint32_t block_size, physical_size, granularity; /* bytes; of unmapping */
	uint32_t max_transfer;
	bool is_read_only;
	bool has_unmap;
	bool is_thin;
	struct scsi_reservation reservation;
	bool has_write_cache; /* off: each write goes to stable storage */
};

static inline struct scsi_disk *scsi_disk_of(struct scsi_lun *lun)
{
	return (struct scsi_disk *)lun; /* the first member */
}

/* Each executes the command. scsi_disk_io.c: */
void scsi_disk_read(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_write(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_verify(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_prefetch(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_flush(struct scsi_disk *disk, struct scsi_request *request);
/* scsi_disk_unmap.c: */
void scsi_disk_unmap(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_write_same(struct scsi_disk *disk, struct scsi_request *request);
/* scsi_disk_pages.c: */
void scsi_disk_inquiry(struct scsi_lun *lun, struct scsi_request *request);
void scsi_disk_read_capacity_10(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_service_action_in(struct scsi_disk *disk, struct scsi_request *request);
/* scsi_reservation.c: */
void scsi_disk_reserve_in(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_reserve_out(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_reserve_old(struct scsi_disk *disk, struct scsi_request *request);
/* scsi_disk_mode.c: */
void scsi_disk_mode_sense(struct scsi_disk *disk, struct scsi_request *request);
void scsi_disk_mode_select(struct scsi_disk *disk, struct scsi_request *request);

/* scsi_disk_io.c: where and how much, by the size of the CDB. */
struct scsi_extent {
	uint64_t lba;
	uint32_t blocks;
};
struct scsi_extent scsi_disk_extent(const uint8_t *cdb);
/* false: beyond the end, and the request has ended. */
bool scsi_disk_check_extent(const struct scsi_disk *disk, struct scsi_request *request, uint64_t lba,
			    uint64_t blocks);
/* Hands state.disk, whose kind and flags are set, to the image. */
void scsi_disk_submit(struct scsi_disk *disk, struct scsi_request *request, uint64_t lba, uint64_t blocks,
		      void (*on_done)(struct disk_request *request, int result));

#endif
