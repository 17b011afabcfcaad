/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the two halves of the DVD drive: atapi.c moves packets and data, atapi_mmc.c knows the commands. */
#ifndef CHIPSET_ATAPI_H
#define CHIPSET_ATAPI_H

#include "ide_priv.h"

enum {
	SENSE_NONE = 0,
	SENSE_NOT_READY = 2,
	SENSE_MEDIUM = 3,
	SENSE_ILLEGAL = 5,
	SENSE_ATTENTION = 6,
	SENSE_ABORTED = 11,
};

void atapi_execute(struct ide_drive *drive); /* the packet in drive->atapi.packet */

/* Each ends the command, now or later. */
void atapi_finish(struct ide_drive *drive);
void atapi_fail(struct ide_drive *drive, uint8_t sense_key, uint8_t asc, uint8_t ascq);
/* Sends the first `length` bytes of the buffer, but not more than the guest allocated. */
void atapi_reply(struct ide_drive *drive, uint32_t length, uint32_t allocated);
void atapi_read(struct ide_drive *drive, uint32_t lba, uint32_t count); /* sectors of the medium */

#endif
