/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new parent locator (MS-VHDX 2.6.2.6): behind the other items, then the table names it; one log entry for both. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/vhdx.h"

static const struct disk_guid locator_item = VHDX_ITEM_PARENT_LOCATOR;

/* Changes bytes of the metadata region in memory; the next commit logs the pages. */
static int change_bytes(struct vhdx_disk *vhdx, uint64_t offset, const uint8_t *bytes, size_t length)
{
	while (length) {
		struct meta_page *page;
		size_t here = VHDX_PAGE - offset % VHDX_PAGE;
		here = here < length ? here : length;
		int error = disk_meta_get(&vhdx->disk, offset, &page);
		if (error)
			return error;
		memcpy(meta_at(page, offset), bytes, here);
		meta_dirty(page);
		meta_put(page);
		offset += here;
		bytes += here;
		length -= here;
	}
	return 0;
}

static int place_locator(struct vhdx_disk *vhdx, const uint8_t *locator, size_t length)
{
	uint32_t index, offset, old_length, free_offset;
	uint8_t place[8];
	int error = vhdx_find_item(vhdx, &locator_item, &index, &offset, &old_length, &free_offset);
	if (error)
		return error;
	free_offset = (uint32_t)round_up(free_offset, 8);
	if (free_offset + length <= vhdx->region_metadata_length)
		offset = free_offset;
	else if (length > old_length)
		offset = VHDX_ITEM_OFFSET_MIN +
			 4096; /* all used up by reconnecting often: start over behind the others */
	if (offset + length > vhdx->region_metadata_length)
		return -ENOSPC;
	put_le32(place, offset);
	put_le32(place + 4, (uint32_t)length);
	error = change_bytes(vhdx, vhdx->region_metadata_offset + offset, locator, length);
	if (error)
		return error;
	uint64_t entry = vhdx->region_metadata_offset + sizeof(struct vhdx_metadata_table) +
			 index * sizeof(struct vhdx_metadata_entry) +
			 offsetof(struct vhdx_metadata_entry, offset);
	return change_bytes(vhdx, entry, place, sizeof(place));
}

int vhdx_set_parent(struct disk *disk, const struct disk_parent_link *link, const struct disk_guid *second_id)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	uint8_t *locator = malloc(VHDX_LOCATOR_MAX);
	size_t length;
	int error =
	    locator ? vhdx_build_locator(link, second_id, locator, VHDX_LOCATOR_MAX, &length) : -ENOMEM;
	if (!error)
		error = vhdx_begin_change(vhdx);
	if (!error)
		error = disk_flush(disk); /* so that all of the change fits into one entry */
	if (!error)
		error = place_locator(vhdx, locator, length);
	if (!error)
		error = disk_flush(disk);
	free(locator);
	if (error)
		return error;
	*disk->link = *link;
	disk->second_id = second_id ? *second_id : (struct disk_guid){ 0 };
	return 0;
}
