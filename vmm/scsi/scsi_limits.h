/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A maximum for everything that a guest can make grow. */
#ifndef SCSI_SCSI_LIMITS_H
#define SCSI_SCSI_LIMITS_H

enum scsi_limits {
	SCSI_LUNS_MAX = 64, /* of a target, as on Hyper-V */
	SCSI_CDB_MAX = 16,
	SCSI_SENSE_MAX = 20, /* what a completion of storvsp has room for */
	SCSI_REPLY_MAX = 8 + 8 * SCSI_LUNS_MAX,
	SCSI_PARAMETERS_MAX = 256, /* of MODE SELECT */
	SCSI_UNMAP_DESCRIPTORS_MAX = 256,
	SCSI_SECTOR_MAX = 4096,
	/* Blocks of one UNMAP descriptor or WRITE SAME: a step that ends in reasonable time. */
	SCSI_UNMAP_BLOCKS_MAX = 1 << 23,
};

#endif
