/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another disk size. Larger: the new part of the block table is made empty, if need be in a longer region elsewhere, and
 * then the size changes in one log entry. Smaller: the blocks behind the end are released, then the size changes.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/file_range.h"
#include "disk/vhdx.h"

/* Entries [first, end) of the table become zero. They are not in use: nothing has to be logged. */
static int clear_entries(struct vhdx_disk *vhdx, uint64_t first, uint64_t end)
{
	uint64_t at = vhdx->region_bat_offset + first * 8, stop = vhdx->region_bat_offset + end * 8;
	while (at < stop && at % VHDX_PAGE) {
		struct meta_page *page;
		int error = disk_meta_get(&vhdx->disk, at, &page);
		if (error)
			return error;
		put_le64(meta_at(page, at), 0);
		meta_dirty(page);
		meta_put(page);
		at += 8;
	}
	/* Whole pages behind the used part: no page of theirs is in memory that counts. */
	meta_forget(&vhdx->disk.meta);
	if (at >= stop)
		return 0;
	uint64_t length = round_up(stop, VHDX_PAGE) - at;
	/* As at creation: only the largest tables are sparse. */
	return length <= 16 * DISK_MIB ? io_zero_now(vhdx->disk.io, vhdx->disk.fd, at, length)
				       : io_punch_now(vhdx->disk.io, vhdx->disk.fd, at, length);
}

/* All is flushed and in place, and nothing is under way: the table moves to a longer region. */
static int move_table(struct vhdx_disk *vhdx, uint64_t needed)
{
	uint64_t offset, old_offset = vhdx->region_bat_offset;
	uint32_t old_length = vhdx->region_bat_length;
	int error = space_alloc_wait(vhdx, needed, &offset);
	if (!error)
		error = file_copy_range(vhdx->disk.io, vhdx->disk.fd, old_offset, offset, old_length);
	if (!error)
		error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	if (error)
		return error;
	vhdx->region_bat_offset = offset;
	vhdx->region_bat_length = (uint32_t)needed;
	error = vhdx_write_regions(vhdx);
	if (error) { /* which of the two is in force is unknown now */
		vhdx->disk.broken = error;
		return error;
	}
	meta_forget(&vhdx->disk.meta);
	space_release(vhdx, old_offset, old_length);
	return 0;
}

static uint64_t count_entries(const struct vhdx_disk *vhdx, uint64_t size)
{
	uint64_t blocks = div_up(size, vhdx->disk.block_size);
	return vhdx->has_parent ? div_up(blocks, vhdx->chunk_ratio) * (vhdx->chunk_ratio + 1)
				: blocks + (blocks - 1) / vhdx->chunk_ratio;
}

static int set_size(struct vhdx_disk *vhdx, uint64_t size)
{
	struct meta_page *page;
	int error = disk_meta_get(&vhdx->disk, vhdx->size_item_offset, &page);
	if (error)
		return error;
	put_le64(meta_at(page, vhdx->size_item_offset), size);
	meta_dirty(page);
	meta_put(page);
	error = vhdx_set_geometry(vhdx, size);
	return error ? error : disk_flush(&vhdx->disk);
}

/* A fixed disk's new blocks exist from the start. */
static int fill_blocks(struct vhdx_disk *vhdx, uint64_t first)
{
	for (uint64_t block = first; block < vhdx->block_count; block++) {
		struct meta_page *page;
		uint64_t offset, at = vhdx->region_bat_offset + vhdx_bat_index(vhdx, block) * 8;
		int error = disk_meta_get(&vhdx->disk, at, &page);
		if (error)
			return error;
		error = space_alloc_wait(vhdx, vhdx->disk.block_size, &offset);
		if (!error)
			error = io_allocate_now(vhdx->disk.io, vhdx->disk.fd, offset, vhdx->disk.block_size);
		if (!error || error == -EOPNOTSUPP)
			error = vhdx_bat_set(vhdx, vhdx_bat_index(vhdx, block),
					     offset | VHDX_BLOCK_FULLY_PRESENT);
		meta_put(page);
		if (error)
			return error;
	}
	return disk_flush(&vhdx->disk);
}

/* The size item must not sit on a page boundary that a foreign writer chose badly: 8-byte items on odd places. */
static bool item_is_on_one_page(const struct vhdx_disk *vhdx)
{
	return vhdx->size_item_offset % VHDX_PAGE <= VHDX_PAGE - 8;
}

static int grow(struct vhdx_disk *vhdx, uint64_t size)
{
	uint64_t old_entries = vhdx->bat_entries, old_blocks = vhdx->block_count;
	uint64_t entries = count_entries(vhdx, size);
	uint64_t needed = round_up(entries * 8, VHDX_UNIT);
	int error = 0;
	if (needed > vhdx->region_bat_length)
		error = needed > UINT32_MAX ? -EFBIG : move_table(vhdx, needed);
	if (!error)
		error = clear_entries(vhdx, old_entries, entries);
	if (!error)
		error = disk_flush(&vhdx->disk);
	if (!error)
		error = set_size(vhdx, size);
	if (!error && vhdx->is_fixed)
		error = fill_blocks(vhdx, old_blocks);
	return error;
}

static int release_blocks(struct vhdx_disk *vhdx, uint64_t first)
{
	for (uint64_t block = first; block < vhdx->block_count; block++) {
		struct meta_page *page;
		uint64_t index = vhdx_bat_index(vhdx, block), at = vhdx->region_bat_offset + index * 8;
		int error = disk_meta_get(&vhdx->disk, at, &page);
		if (error)
			return error;
		uint64_t entry = get_le64(meta_at(page, at));
		if (VHDX_BAT_STATE(entry) >= VHDX_BLOCK_FULLY_PRESENT)
			space_release(vhdx, VHDX_BAT_OFFSET(entry), vhdx->disk.block_size);
		if (entry) {
			put_le64(meta_at(page, at), 0);
			meta_dirty(page);
		}
		meta_put(page);
	}
	return disk_flush(&vhdx->disk);
}

/* Bitmap entries behind the new end: their bits must not come back when the disk grows again. */
static int release_bitmaps(struct vhdx_disk *vhdx, uint64_t first_entry)
{
	for (uint64_t index = first_entry; index < vhdx->bat_entries; index++) {
		struct meta_page *page;
		uint64_t at = vhdx->region_bat_offset + index * 8;
		int error = disk_meta_get(&vhdx->disk, at, &page);
		if (error)
			return error;
		uint64_t entry = get_le64(meta_at(page, at));
		if (VHDX_BAT_STATE(entry) == VHDX_BLOCK_FULLY_PRESENT)
			space_release(vhdx, VHDX_BAT_OFFSET(entry), VHDX_UNIT);
		if (entry) {
			put_le64(meta_at(page, at), 0);
			meta_dirty(page);
		}
		meta_put(page);
	}
	return disk_flush(&vhdx->disk);
}

static int shrink(struct vhdx_disk *vhdx, uint64_t size)
{
	uint64_t keep = div_up(size, vhdx->disk.block_size), old_size = vhdx->disk.size;
	int error = release_blocks(vhdx, keep);
	/* The end of the last block that stays: zeros, for the day when the disk grows again. */
	uint64_t edge = keep * vhdx->disk.block_size < old_size ? keep * vhdx->disk.block_size : old_size;
	if (!error && edge > size)
		error = disk_write_zeroes(&vhdx->disk, size, edge - size, 0);
	if (!error && vhdx->has_parent)
		error = release_bitmaps(vhdx, count_entries(vhdx, size));
	return error ? error : set_size(vhdx, size);
}

int vhdx_resize(struct disk *disk, uint64_t size, struct disk_error *error)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	if (!size || size > VHDX_SIZE_MAX)
		return disk_fail(error, -EINVAL, "The size of a VHDX is more than 0 and at most 64 TiB.");
	if (!item_is_on_one_page(vhdx))
		return disk_fail(error, -EUCLEAN, "%s keeps its size in an odd place.", disk_path(disk));
	int result = disk_prepare_change(disk);
	if (!result)
		result = disk_settle(disk);
	if (!result)
		result = size > disk->size ? grow(vhdx, size) : shrink(vhdx, size);
	return result ? disk_fail(error, result, "The size of %s could not be changed: %s.", disk_path(disk),
				  strerror(-result))
		      : 0;
}
