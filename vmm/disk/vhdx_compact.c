/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Closing gaps: the block that lies last in the file moves into the first gap that holds it, until none does. Each move is
 * a copy, then a table entry through the log; the old place is free only after that, so a crash loses nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/file_range.h"
#include "disk/job.h"
#include "disk/vhdx.h"

struct block_place {
	uint64_t offset;
	uint64_t index; /* in the table */
	uint32_t length;
};

struct block_list {
	struct block_place *places;
	uint64_t count, room;
};

static int add_place(struct block_list *list, uint64_t offset, uint64_t index, uint32_t length)
{
	if (list->count == list->room) {
		uint64_t room = list->room ? list->room * 2 : 1024;
		struct block_place *places = realloc(list->places, room * sizeof(*places));
		if (!places)
			return -ENOMEM;
		list->places = places;
		list->room = room;
	}
	list->places[list->count++] = (struct block_place){ offset, index, length };
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct block_place *x = a, *y = b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int list_blocks(struct vhdx_disk *vhdx, struct block_list *list)
{
	for (uint64_t index = 0; index < vhdx->bat_entries; index++) {
		struct meta_page *page;
		uint64_t at = vhdx->region_bat_offset + index * 8;
		int error = disk_meta_get(&vhdx->disk, at, &page);
		if (error)
			return error;
		uint64_t entry = get_le64(meta_at(page, at));
		meta_put(page);
		if (VHDX_BAT_STATE(entry) < VHDX_BLOCK_FULLY_PRESENT)
			continue;
		bool is_bitmap = index % (vhdx->chunk_ratio + 1) == vhdx->chunk_ratio;
		if (is_bitmap)
			continue; /* bitmap pages may be in memory under their place: they stay where they are */
		error = add_place(list, VHDX_BAT_OFFSET(entry), index, vhdx->disk.block_size);
		if (error)
			return error;
	}
	qsort(list->places, list->count, sizeof(*list->places), compare_places);
	return 0;
}

static int move_block(struct vhdx_disk *vhdx, const struct block_place *place)
{
	struct meta_page *page;
	uint64_t to, at = vhdx->region_bat_offset + place->index * 8;
	int error = space_alloc_below(vhdx, place->length, place->offset, &to);
	if (error)
		return error;
	error = file_copy_range(vhdx->disk.io, vhdx->disk.fd, place->offset, to, place->length);
	if (!error)
		error = disk_meta_get(&vhdx->disk, at, &page);
	if (error)
		return error == -ENOSPC ? -EIO : error;
	put_le64(meta_at(page, at), to | VHDX_BAT_STATE(get_le64(meta_at(page, at))));
	meta_dirty(page);
	meta_put(page);
	space_release(vhdx, place->offset, place->length);
	return 0;
}

/* One pass from the end; space that it frees can take more blocks only in the next pass. */
static int move_blocks(struct vhdx_disk *vhdx, uint64_t *ret_moved, const struct disk_job *job,
		       struct disk_error *error)
{
	struct block_list list = { 0 };
	int result = list_blocks(vhdx, &list);
	uint64_t total = list.count;
	*ret_moved = 0;
	while (!result && list.count) {
		result = move_block(vhdx, &list.places[--list.count]);
		if (!result) {
			++*ret_moved;
			result = job_progress(job, total - list.count, total, error);
		}
	}
	if (result == -ENOSPC) /* no gap below any more */
		result = 0;
	free(list.places);
	int flush_error = disk_flush(&vhdx->disk);
	int drain_error = disk_drain(&vhdx->disk);
	return result ? result : flush_error ? flush_error : drain_error;
}

int vhdx_compact(struct disk *disk, const struct disk_job *job, struct disk_error *error)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	uint64_t moved;
	int result = vhdx_begin_change(vhdx);
	if (!result)
		result = disk_flush(disk);
	if (!result)
		result = disk_drain(disk);
	do {
		if (!result)
			result = move_blocks(vhdx, &moved, job, error);
	} while (!result && moved);
	return result;
}
