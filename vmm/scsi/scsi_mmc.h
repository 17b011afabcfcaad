/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a DVD drive that reads data discs answers (MMC-6): pure functions from its state and a CDB to a reply.
 *
 * Each fills a zeroed reply and returns its size, or 0 for an invalid field in the CDB. How much of it the
 * guest allocated is the caller's to know: mmc_allocated().
 */
#ifndef SCSI_SCSI_MMC_H
#define SCSI_SCSI_MMC_H

#include <stdbool.h>
#include <stdint.h>

enum { MMC_REPLY_MAX = 128, MMC_SECTOR = 2048 };

enum mmc_event { /* media class: MMC-6, 6.6.2.6 */
		 MMC_EVENT_NONE = 0,
		 MMC_EVENT_EJECT_REQUEST = 1,
		 MMC_EVENT_NEW_MEDIUM = 2,
		 MMC_EVENT_REMOVAL = 3,
};

struct mmc_drive {
	uint32_t sectors; /* 0: no medium */
	bool is_atapi;	  /* behind IDE; otherwise behind SCSI */
	bool is_open, is_locked;
	enum mmc_event event; /* not yet told */
};

unsigned mmc_read_capacity(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_read_toc(const struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_get_configuration(const struct mmc_drive *drive, const uint8_t *cdb,
			       uint8_t reply[MMC_REPLY_MAX]);
/* Tells the event, which the drive forgets then. */
unsigned mmc_get_event_status(struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_mode_sense(const struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_read_disc_information(uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_read_track_information(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX]);
unsigned mmc_mechanism_status(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX]);
/* Bytes that the guest has room for, of the commands above. */
uint32_t mmc_allocated(const uint8_t *cdb);

#endif
