/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1_partitions.h"

#include "disk/disk.h"

#include <string.h>

enum {
	SECTOR = 512,
	MBR_ENTRIES = 446,
	MBR_ENTRY_SIZE = 16,
	MBR_ENTRY_COUNT = 4,
	ENTRY_STATUS = 0, /* 80h: to be booted, else 0 */
	ENTRY_TYPE = 4,
	ENTRY_FIRST = 8,
	ENTRY_COUNT = 12,
	TYPE_NONE = 0,

	DISC_SECTOR = 2048,
	DISC_VOLUME = 16 * DISC_SECTOR, /* ECMA-119, 6.2.1; ECMA-167 part 2, 8.3 */
	DISC_VOLUME_NAME = 1,
};

static uint32_t read32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/*
 * Of the protective entry of a GPT (UEFI 2.10, 5.2.3) the count may be all ones: as large as can be written.
 */
static uint64_t entry_end(const uint8_t *entry)
{
	uint32_t count = read32(entry + ENTRY_COUNT);

	return entry[ENTRY_TYPE] == TYPE_NONE || count == UINT32_MAX
		   ? 0
		   : (uint64_t)read32(entry + ENTRY_FIRST) + count;
}

/* The same mark ends the boot sector of a file system without a table, whose code has other values there. */
static bool has_table(const uint8_t *sector)
{
	uint8_t statuses = 0;

	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++)
		statuses |= sector[MBR_ENTRIES + i * MBR_ENTRY_SIZE + ENTRY_STATUS];
	return sector[510] == 0x55 && sector[511] == 0xaa && (statuses & 0x7f) == 0;
}

bool gen1_partitions_pass_end(struct disk *disk, uint64_t *ret_wanted, uint64_t *ret_size)
{
	uint8_t sector[SECTOR];
	struct disk_info info;
	uint64_t end = 0;

	disk_get_info(disk, &info);
	if (info.size < SECTOR || disk_read(disk, 0, sector, SECTOR) < 0 || !has_table(sector))
		return false;
	for (unsigned i = 0; i < MBR_ENTRY_COUNT; i++) {
		uint64_t this_end = entry_end(sector + MBR_ENTRIES + i * MBR_ENTRY_SIZE);

		end = this_end > end ? this_end : end;
	}
	*ret_wanted = end * SECTOR;
	*ret_size = info.size;
	return *ret_wanted > *ret_size;
}

bool gen1_disc_is_strange(struct disk *disk)
{
	uint8_t sector[DISC_SECTOR];
	struct disk_info info;

	disk_get_info(disk, &info);
	if (info.size < DISC_VOLUME + DISC_SECTOR)
		return true;
	return disk_read(disk, DISC_VOLUME, sector, DISC_SECTOR) == 0 &&
	       memcmp(sector + DISC_VOLUME_NAME, "CD001", 5) != 0 &&
	       memcmp(sector + DISC_VOLUME_NAME, "BEA01", 5) != 0;
}
