/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk says of itself: IDENTIFY DEVICE (ATA/ATAPI-7 volume 1, 6.17). */
#include <string.h>

#include "ide_priv.h"

enum {
	LBA28_MAX = 0x0fffffff,
	CYLINDERS_MAX = 16383,
};

uint64_t ata_sectors(const struct ide_drive *drive)
{
	return drive->block->size / SECTOR_SIZE;
}

uint16_t ata_cylinders(const struct ide_drive *drive)
{
	uint64_t cylinders = ata_sectors(drive) / ((uint32_t)drive->heads * drive->sectors);

	return cylinders > CYLINDERS_MAX ? CYLINDERS_MAX : (uint16_t)cylinders;
}

void ide_put_word(uint8_t *words, unsigned word, uint16_t value)
{
	words[word * 2] = (uint8_t)value;
	words[word * 2 + 1] = (uint8_t)(value >> 8);
}

void ide_put_string(uint8_t *words, unsigned word, unsigned count, const char *text)
{
	size_t length = strlen(text);

	for (unsigned i = 0; i < count * 2; i++)
		words[(word * 2 + i) ^ 1] = (uint8_t)(i < length ? text[i] : ' ');
}

static void put_geometry(const struct ide_drive *drive, uint8_t *words)
{
	uint32_t chs = (uint32_t)ata_cylinders(drive) * drive->heads * drive->sectors;

	uint64_t cylinders = ata_sectors(drive) / (16 * 63);

	ide_put_word(words, 1, cylinders > CYLINDERS_MAX ? CYLINDERS_MAX : (uint16_t)cylinders);
	ide_put_word(words, 3, 16);
	ide_put_word(words, 6, 63);
	ide_put_word(words, 54, ata_cylinders(drive));
	ide_put_word(words, 55, drive->heads);
	ide_put_word(words, 56, drive->sectors);
	ide_put_word(words, 57, (uint16_t)chs);
	ide_put_word(words, 58, (uint16_t)(chs >> 16));
}

static void put_capacity(const struct ide_drive *drive, uint8_t *words)
{
	uint64_t sectors = ata_sectors(drive);
	uint32_t lba28 = sectors > LBA28_MAX ? LBA28_MAX : (uint32_t)sectors;

	ide_put_word(words, 60, (uint16_t)lba28);
	ide_put_word(words, 61, (uint16_t)(lba28 >> 16));
	for (unsigned i = 0; i < 4; i++)
		ide_put_word(words, 100 + i, (uint16_t)(sectors >> i * 16));
}

/* Words 63 and 88: modes 0-2 and 0-5; the chosen one has its bit in the upper byte. */
static void put_dma_modes(const struct ide_drive *drive, uint8_t *words)
{
	uint8_t mode = drive->dma_mode & 7, kind = drive->dma_mode >> 3;
	bool has_dma = drive->channel->ide->function;

	if (!has_dma)
		return;
	ide_put_word(words, 63, 0x0007 | (kind == 4 ? 0x100 << mode : 0));
	ide_put_word(words, 88, 0x003f | (kind == 8 ? 0x100 << mode : 0));
}

static void put_features(const struct ide_drive *drive, uint8_t *words)
{
	ide_put_word(words, 47, 0x8000 | MULTIPLE_MAX);
	ide_put_word(words, 49, drive->channel->ide->function ? 0x0f00 : 0x0e00); /* LBA, IORDY, DMA */
	ide_put_word(words, 50, 0x4000);
	ide_put_word(words, 53, 0x0007); /* words 54-58, 64-70 and 88 are valid */
	ide_put_word(words, 59, drive->multiple ? 0x0100 | drive->multiple : 0);
	ide_put_word(words, 64, 0x0003);
	for (unsigned i = 65; i <= 68; i++)
		ide_put_word(words, i, 120);
	ide_put_word(words, 80, 0x00f0); /* ATA/ATAPI-4 to -7 */
	ide_put_word(words, 82, 0x4020); /* NOP, write cache */
	ide_put_word(words, 83, 0x7400); /* flush, flush ext, LBA48 */
	ide_put_word(words, 84, 0x4040); /* FUA */
	ide_put_word(words, 85, 0x4000 | (drive->has_write_cache ? 0x20 : 0));
	ide_put_word(words, 86, 0x3400);
	ide_put_word(words, 87, 0x4040);
	ide_put_word(words, 93, 0x6001 | (drive_unit(drive) & 1 ? 0x0200 : 0)); /* 80-wire cable */
}

void ata_identify(struct ide_drive *drive)
{
	uint8_t *words = drive->buffer;

	memset(words, 0, SECTOR_SIZE);
	ide_put_word(words, 0, 0x0040); /* a fixed disk */
	ide_put_string(words, 10, 10, drive->identity.serial);
	ide_put_string(words, 23, 4, drive->identity.firmware);
	ide_put_string(words, 27, 20, drive->identity.model);
	put_geometry(drive, words);
	put_capacity(drive, words);
	put_features(drive, words);
	put_dma_modes(drive, words);
}
