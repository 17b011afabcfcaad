/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/changes.h"

#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/disk_priv.h"
#include "disk/wire.h"

enum { REGION_SHIFT = 16 };

#define REGIONS_MAX (64 * DISK_MIB) /* 8 MiB of bits */

int changes_watch(struct disk_changes *changes, struct disk *disk)
{
	*changes = (struct disk_changes){ .disk = disk, .shift = REGION_SHIFT };
	while (disk->size >> changes->shift >= REGIONS_MAX)
		changes->shift++;
	changes->regions = div_up(disk->size, UINT64_C(1) << changes->shift);
	changes->bits = calloc(1, changes->regions / 8 + 1);
	if (!changes->bits)
		return -ENOMEM;
	disk->changes = changes;
	return 0;
}

void changes_end(struct disk_changes *changes)
{
	if (changes->disk && changes->disk->changes == changes)
		changes->disk->changes = NULL;
	free(changes->bits);
	*changes = (struct disk_changes){ 0 };
}

void changes_note(struct disk_changes *changes, uint64_t offset, uint64_t length)
{
	uint64_t last = length ? (offset + length - 1) >> changes->shift : 0;
	if (!length)
		return;
	for (uint64_t region = offset >> changes->shift; region <= last; region++) {
		uint8_t bit = (uint8_t)(1 << region % 8);
		if (region >= changes->regions) {
			changes->is_larger = true;
			return;
		}
		changes->count += !(changes->bits[region / 8] & bit);
		changes->bits[region / 8] |= bit;
	}
}

bool changes_take(struct disk_changes *changes, uint64_t offset, uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t region = div_up(offset, UINT64_C(1) << changes->shift);
	while (region < changes->regions && !(changes->bits[region / 8] >> region % 8 & 1))
		region += region % 8 == 0 && !changes->bits[region / 8] ? 8 : 1;
	if (region >= changes->regions)
		return false;
	changes->bits[region / 8] &= (uint8_t) ~(1 << region % 8);
	changes->count--;
	*ret_start = region << changes->shift;
	*ret_end = (region + 1) << changes->shift;
	return true;
}

uint64_t changes_bytes(const struct disk_changes *changes)
{
	return changes->count << changes->shift;
}
