/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ATAPI side of a DVD drive: packets, and moving their data (ATA/ATAPI-7 volume 2, 9.8). The commands are
 * in atapi_mmc.c. */
#include <string.h>

#include "atapi.h"

enum {
	REASON_COMMAND = 1 << 0, /* CoD: the data port wants a packet (or the command is over) */
	REASON_TO_HOST = 1 << 1, /* I/O */
	FEATURE_DMA = 1 << 0,
	CHUNK_SECTORS = IDE_BUFFER_SIZE / CD_SECTOR_SIZE,
};

/* --- ends -------------------------------------------------------------------------------------------- */

void atapi_finish(struct ide_drive *drive)
{
	drive->count[0] = REASON_COMMAND | REASON_TO_HOST;
	drive_finish(drive, true);
}

void atapi_fail(struct ide_drive *drive, uint8_t sense_key, uint8_t asc, uint8_t ascq)
{
	drive->atapi.sense_key = sense_key;
	drive->atapi.asc = asc;
	drive->atapi.ascq = ascq;
	drive->atapi.left = 0;
	drive->count[0] = REASON_COMMAND | REASON_TO_HOST;
	drive_fail(drive, (uint8_t)(sense_key << 4 | ERROR_ABRT));
}

/* --- data to the host ---------------------------------------------------------------------------------- */

static void read_medium(struct ide_drive *drive);

static void on_window_end(struct ide_drive *drive);

static void open_next_window(struct ide_drive *drive, uint32_t pos)
{
	uint32_t rest = drive->chunk - pos, size = drive->byte_limit;

	if (size > rest)
		size = rest;
	drive->count[0] = REASON_TO_HOST;
	drive->lba_mid[0] = (uint8_t)size;
	drive->lba_high[0] = (uint8_t)(size >> 8);
	drive_open_window(drive, pos, pos + size, on_window_end);
	ide_raise_irq(drive->channel);
}

static void on_window_end(struct ide_drive *drive)
{
	if (drive->pos < drive->chunk)
		open_next_window(drive, drive->pos);
	else if (drive->atapi.left)
		read_medium(drive);
	else
		atapi_finish(drive);
}

static void on_dma(struct ide_drive *drive, int result)
{
	result = bmdma_copy(drive->channel, drive->buffer, drive->chunk, true);
	if (result < 0) {
		bmdma_finish(drive->channel, result);
		atapi_fail(drive, SENSE_ABORTED, 0, 0);
	} else if (drive->atapi.left) {
		read_medium(drive);
	} else {
		bmdma_finish(drive->channel, 0);
		atapi_finish(drive);
	}
}

static void send_chunk(struct ide_drive *drive)
{
	if (!drive->is_dma) {
		open_next_window(drive, 0);
		return;
	}
	drive->count[0] = REASON_TO_HOST;
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	bmdma_wait(drive, on_dma);
}

void atapi_reply(struct ide_drive *drive, uint32_t length, uint32_t allocated)
{
	drive->chunk = length < allocated ? length : allocated;
	drive->atapi.left = 0;
	if (drive->chunk)
		send_chunk(drive);
	else
		atapi_finish(drive);
}

static void on_medium_read(struct ide_drive *drive, int result)
{
	struct atapi *atapi = &drive->atapi;
	uint32_t sectors = drive->chunk / CD_SECTOR_SIZE;

	if (result < 0) {
		if (drive->is_dma)
			bmdma_finish(drive->channel, result);
		atapi_fail(drive, SENSE_MEDIUM, 0x11, 0); /* unrecovered read error */
		return;
	}
	atapi->lba += sectors;
	atapi->left -= sectors;
	send_chunk(drive);
}

static void read_medium(struct ide_drive *drive)
{
	uint32_t sectors = drive->atapi.left < CHUNK_SECTORS ? drive->atapi.left : CHUNK_SECTORS;

	drive->chunk = sectors * CD_SECTOR_SIZE;
	drive_submit(drive, BLOCK_READ, (uint64_t)drive->atapi.lba * CD_SECTOR_SIZE, drive->chunk,
		     on_medium_read);
}

void atapi_read(struct ide_drive *drive, uint32_t lba, uint32_t count)
{
	uint64_t sectors = drive->block->size / CD_SECTOR_SIZE;

	if (lba >= sectors || count > sectors - lba) {
		atapi_fail(drive, SENSE_ILLEGAL, 0x21, 0); /* address out of range */
		return;
	}
	drive->atapi.lba = lba;
	drive->atapi.left = count;
	if (count)
		read_medium(drive);
	else
		atapi_finish(drive);
}

/* --- ATA commands that a packet device has ----------------------------------------------------------- */

static void on_packet(struct ide_drive *drive)
{
	memcpy(drive->atapi.packet, drive->buffer, sizeof(drive->atapi.packet));
	drive->status = STATUS_BSY;
	atapi_execute(drive);
}

static void begin_packet(struct ide_drive *drive)
{
	uint32_t limit = drive->lba_mid[0] | (uint32_t)drive->lba_high[0] << 8;

	limit = limit == 0 || limit == 0xffff ? 0xfffe : limit & ~1u;
	drive->byte_limit = limit ? limit : 2;
	drive->is_dma = drive->feature[0] & FEATURE_DMA;
	if (drive->is_dma && !drive->channel->ide->function) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	drive->count[0] = REASON_COMMAND;
	drive_open_window(drive, 0, sizeof(drive->atapi.packet), on_packet);
}

static void on_identify_end(struct ide_drive *drive)
{
	drive_finish(drive, false);
}

static void identify_packet(struct ide_drive *drive)
{
	uint8_t *words = drive->buffer;
	bool has_dma = drive->channel->ide->function;
	uint8_t mode = drive->dma_mode & 7, kind = drive->dma_mode >> 3;

	memset(words, 0, SECTOR_SIZE);
	ide_put_word(words, 0, 0x85c0); /* packet device, CD/DVD, removable, 12-byte packets */
	ide_put_string(words, 10, 10, drive->identity.serial);
	ide_put_string(words, 23, 4, drive->identity.firmware);
	ide_put_string(words, 27, 20, drive->identity.model);
	ide_put_word(words, 49, has_dma ? 0x0f00 : 0x0e00);
	ide_put_word(words, 53, 0x0006);
	ide_put_word(words, 63, has_dma ? 0x0007 | (kind == 4 ? 0x100 << mode : 0) : 0);
	ide_put_word(words, 64, 0x0003);
	for (unsigned i = 65; i <= 68; i++)
		ide_put_word(words, i, 120);
	ide_put_word(words, 80, 0x00f0);
	ide_put_word(words, 82, 0x4214); /* NOP, DEVICE RESET, PACKET, removable */
	ide_put_word(words, 83, 0x4000);
	ide_put_word(words, 84, 0x4000);
	ide_put_word(words, 85, 0x4214);
	ide_put_word(words, 87, 0x4000);
	ide_put_word(words, 88, has_dma ? 0x003f | (kind == 8 ? 0x100 << mode : 0) : 0);
	drive_open_window(drive, 0, SECTOR_SIZE, on_identify_end);
	ide_raise_irq(drive->channel);
}

void atapi_command(struct ide_drive *drive, uint8_t command)
{
	switch (command) {
	case 0xa0: begin_packet(drive); break;
	case 0xa1: identify_packet(drive); break;
	case 0xef: /* SET FEATURES: transfer mode */
		if (drive->feature[0] == 3 && (drive->count[0] >> 3 == 4 || drive->count[0] >> 3 == 8))
			drive->dma_mode = drive->count[0];
		drive_finish(drive, true);
		break;
	case 0xe5: /* CHECK POWER MODE: active */
		drive->count[0] = 0xff;
		drive_finish(drive, true);
		break;
	case 0xe0 ... 0xe3:
	case 0xe6: drive_finish(drive, true); break;
	case 0xec: /* IDENTIFY DEVICE, READ SECTORS: refused with the signature */
	case 0x20:
		drive_set_signature(drive);
		drive_fail(drive, ERROR_ABRT);
		break;
	default: drive_fail(drive, ERROR_ABRT); break;
	}
}

void atapi_reset(struct ide_drive *drive)
{
	struct atapi *atapi = &drive->atapi;

	atapi->left = 0;
	atapi->is_locked = false;
	atapi->sense_key = 0;
	atapi->has_attention = true;
}

void (*const atapi_window_ends[])(struct ide_drive *drive) = { on_window_end, on_packet, on_identify_end,
							       NULL };
const drive_step atapi_dma_steps[] = { on_dma, NULL };
