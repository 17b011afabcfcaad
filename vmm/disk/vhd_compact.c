/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compacting a VHD. All blocks have one length, so the block that lies last fits into any gap that a dropped one left.
 * Gaps are only used after the table without their old owners is durable; a batch of moves shares one commit.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/file_range.h"
#include "disk/job.h"
#include "disk/vhd.h"

enum { MOVES_PER_COMMIT = 64 };

static uint64_t entry_offset(const struct vhd_disk *vhd, uint32_t block)
{
	return vhd->table_offset + (uint64_t)block * 4;
}

static int set_entry(struct vhd_disk *vhd, uint32_t block, uint32_t sector)
{
	struct meta_page *page;
	int error = disk_meta_get(&vhd->disk, entry_offset(vhd, block), &page);
	if (error)
		return error;
	put_be32(meta_at(page, entry_offset(vhd, block)), sector);
	meta_dirty(page);
	meta_put(page);
	return 0;
}

int vhd_drop_block(struct disk *disk, uint64_t offset)
{
	/* In a differencing disk an absent block is the parent's, not zeros. */
	if (disk->type == DISK_TYPE_DIFFERENCING)
		return 0;
	struct vhd_disk *vhd = vhd_of(disk);
	uint32_t block = (uint32_t)(offset / disk->block_size);
	struct meta_page *page;
	int error = disk_meta_get(disk, entry_offset(vhd, block), &page);
	if (error)
		return error;
	bool is_absent = get_be32(meta_at(page, entry_offset(vhd, block))) == VHD_UNUSED_ENTRY;
	meta_put(page);
	if (!is_absent)
		error = disk_prepare_change(disk);
	return error || is_absent ? error : set_entry(vhd, block, VHD_UNUSED_ENTRY);
}

struct pair {
	uint32_t start, number;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

static int list_blocks(struct vhd_disk *vhd, struct pair *pairs, uint32_t *ret_count)
{
	uint32_t count = 0;
	for (uint32_t block = 0; block < vhd->block_count; block++) {
		struct meta_page *page;
		int error = disk_meta_get(&vhd->disk, entry_offset(vhd, block), &page);
		if (error)
			return error;
		uint32_t start = get_be32(meta_at(page, entry_offset(vhd, block)));
		meta_put(page);
		if (start != VHD_UNUSED_ENTRY)
			pairs[count++] = (struct pair){ start, block };
	}
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	*ret_count = count;
	return 0;
}

/* The block with its bitmap. */
static int copy_block(struct vhd_disk *vhd, uint64_t from, uint64_t to)
{
	uint64_t length = (uint64_t)vhd->bitmap_size + vhd->disk.block_size;
	int error = io_punch_now(vhd->disk.io, vhd->disk.fd, to, length);
	return error ? error : file_copy_range(vhd->disk.io, vhd->disk.fd, from, to, length);
}

/* Where the first block may lie: behind everything that is not a block. */
static uint64_t first_place(const struct vhd_disk *vhd)
{
	return vhd_align_block(vhd->head_end, vhd->bitmap_size);
}

/*
 * Moves blocks from the end into places below the first `count` ones would need. Places are counted from first_place() in
 * steps of one aligned block; a place is a gap when no block touches it.
 */
static int move_batch(struct vhd_disk *vhd, struct pair *pairs, uint32_t count, uint32_t *ret_moved)
{
	uint64_t length = (uint64_t)vhd->bitmap_size + vhd->disk.block_size;
	uint64_t place = first_place(vhd), step = vhd_align_block(place + length, vhd->bitmap_size) - place;
	uint32_t low = 0, high = count;
	*ret_moved = 0;
	while (low < high && *ret_moved < MOVES_PER_COMMIT) {
		uint64_t start = (uint64_t)pairs[low].start * VHD_SECTOR;
		if (start < place + length) { /* before the place, or in it: then look behind it */
			if (start + length > place)
				place = vhd_align_block(start + length, vhd->bitmap_size);
			low++;
			continue;
		}
		const struct pair *last = &pairs[--high];
		int error = copy_block(vhd, (uint64_t)last->start * VHD_SECTOR, place);
		if (!error)
			error = set_entry(vhd, last->number, (uint32_t)(place / VHD_SECTOR));
		if (error)
			return error;
		++*ret_moved;
		place += step;
	}
	return 0;
}

/* Nothing names what lies behind the last block: the footer comes nearer. */
static int cut_end(struct vhd_disk *vhd, const struct pair *pairs, uint32_t count)
{
	uint64_t end = 0;
	if (count)
		end = (uint64_t)pairs[count - 1].start * VHD_SECTOR + vhd->bitmap_size + vhd->disk.block_size;
	if (end < vhd->head_end)
		end = vhd->head_end;
	if (end >= vhd->end)
		return 0;
	vhd->end = vhd->grown_end = end;
	/* The copy at the front serves until the footer is at its new place. */
	int error = io_resize_now(vhd->disk.io, vhd->disk.fd, end);
	if (!error)
		error = io_resize_now(vhd->disk.io, vhd->disk.fd, end + VHD_FOOTER_SIZE);
	if (!error)
		error = vhd_write_footer_now(vhd, end);
	if (!error)
		vhd->footer_at = end;
	else
		vhd->disk.broken = error;
	return error;
}

int vhd_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error)
{
	struct vhd_disk *vhd = vhd_of(disk);
	struct pair *pairs = malloc(((size_t)vhd->block_count + 1) * sizeof(*pairs));
	uint32_t count = 0, moved = 0;
	uint64_t done = 0;
	int result = pairs ? disk_prepare_change(disk) : -ENOMEM;
	do {
		if (!result)
			result = disk_flush(disk);
		if (!result)
			result = disk_drain(disk);
		if (!result) {
			meta_forget(&disk->meta); /* bitmaps of blocks that moved */
			result = list_blocks(vhd, pairs, &count);
		}
		if (!result)
			result = move_batch(vhd, pairs, count, &moved);
		done += moved;
		if (!result)
			result = job_progress(job, done < vhd->block_count ? done : vhd->block_count,
					      vhd->block_count, error);
	} while (!result && moved);
	if (!result)
		result = cut_end(vhd, pairs, count);
	free(pairs);
	return result;
}
