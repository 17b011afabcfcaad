/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the bytes of a VHDX are (MS-VHDX 2.4, 2.5), and what writing and discarding change. */
#include <errno.h>
#include <stdlib.h>

#include "disk/bitmap.h"
#include "disk/vhdx.h"

struct vhdx_span {
	uint64_t offset; /* on the disk */
	uint64_t block, in_block;
	uint64_t length; /* within the block */
	uint64_t index, entry;
};

static int find_block(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		      struct vhdx_span *span)
{
	uint32_t block_size = vhdx->disk.block_size;
	span->offset = offset;
	span->block = offset / block_size;
	span->in_block = offset % block_size;
	span->length = length < block_size - span->in_block ? length : block_size - span->in_block;
	span->index = vhdx_bat_index(vhdx, span->block);
	return vhdx_bat_get(vhdx, waiter, span->index, &span->entry);
}

/* Blocks that follow in the same state, as far as the table's page tells: a disk may have 64 million of them. */
static void extend_absent(struct vhdx_disk *vhdx, struct vhdx_span *span, uint64_t length)
{
	struct meta_page *page = meta_peek(&vhdx->disk.meta, vhdx->region_bat_offset + span->index * 8);
	unsigned state = VHDX_BAT_STATE(span->entry);
	for (uint64_t block = span->block + 1; page && span->length < length; block++) {
		uint64_t offset = vhdx->region_bat_offset + vhdx_bat_index(vhdx, block) * 8;
		uint64_t left = length - span->length;
		if (offset - page->offset >= VHDX_PAGE ||
		    VHDX_BAT_STATE(get_le64(meta_at(page, offset))) != state)
			return;
		span->length += left < vhdx->disk.block_size ? left : vhdx->disk.block_size;
	}
}

static void set_data(struct vhdx_disk *vhdx, const struct vhdx_span *span, struct disk_extent *extent)
{
	*extent = (struct disk_extent){ .kind = EXTENT_DATA,
					.fd = vhdx->disk.fd,
					.file_offset = VHDX_BAT_OFFSET(span->entry) + span->in_block,
					.length = span->length };
}

static int set_entry(struct vhdx_disk *vhdx, struct vhdx_span *span, uint64_t offset, unsigned state)
{
	span->entry = offset | state;
	return vhdx_bat_set(vhdx, span->index, span->entry);
}

/* --- sector bitmaps -------------------------------------------------------------------------------- */

struct bitmap_place {
	struct meta_page *page;
	uint32_t bit, count; /* in the page */
};

/* The page with the bits of the span's first sectors, pinned; and how many of them are on it. */
static int get_bitmap(struct vhdx_disk *vhdx, struct disk_waiter *waiter, const struct vhdx_span *span,
		      struct bitmap_place *place)
{
	uint64_t entry;
	uint32_t sector = vhdx->disk.logical_sector;
	uint64_t in_chunk = span->block % vhdx->chunk_ratio * vhdx->disk.block_size + span->in_block;
	uint64_t bit = in_chunk / sector, count = span->length / sector;
	int result = vhdx_bat_get(vhdx, waiter, vhdx_bitmap_index(vhdx, span->block), &entry);
	if (result)
		return result;
	if (VHDX_BAT_STATE(entry) != VHDX_BLOCK_FULLY_PRESENT)
		return -EUCLEAN;
	result = meta_get(&vhdx->disk.meta, VHDX_BAT_OFFSET(entry) + bit / 8, waiter, &place->page);
	if (result)
		return result;
	place->bit = (uint32_t)(bit % (VHDX_PAGE * 8));
	place->count = (uint32_t)(count < VHDX_PAGE * 8 - place->bit ? count : VHDX_PAGE * 8 - place->bit);
	return 0;
}

static int map_partial(struct vhdx_disk *vhdx, struct disk_waiter *waiter, struct vhdx_span *span,
		       bool is_write, struct disk_extent *extent)
{
	struct bitmap_place place;
	int result = get_bitmap(vhdx, waiter, span, &place);
	if (result)
		return result;
	uint32_t run =
	    is_write ? place.count : bitmap_run(place.page->data, place.bit, place.count, BITS_LOW_FIRST);
	span->length = (uint64_t)run * vhdx->disk.logical_sector;
	set_data(vhdx, span, extent);
	if (is_write) { /* the pin goes to written() */
		extent->bitmap = place.page;
		extent->first_bit = place.bit;
		extent->bit_count = run;
		return 0;
	}
	if (!bitmap_test(place.page->data, place.bit, BITS_LOW_FIRST))
		extent->kind = EXTENT_PARENT;
	meta_put(place.page);
	return 0;
}

static void vhdx_written(struct disk *disk, struct disk_extent *extent, bool has_failed)
{
	if (!has_failed &&
	    bitmap_set(extent->bitmap->data, extent->first_bit, extent->bit_count, BITS_LOW_FIRST))
		meta_dirty(extent->bitmap);
	meta_put(extent->bitmap);
}

/* --- new blocks ------------------------------------------------------------------------------------ */

/* The chunk's sector bitmap block: fresh space, so all sectors are the parent's. */
static int ensure_bitmap_block(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t block)
{
	uint64_t index = vhdx_bitmap_index(vhdx, block), entry, offset;
	int result = vhdx_bat_get(vhdx, waiter, index, &entry);
	if (result || VHDX_BAT_STATE(entry) == VHDX_BLOCK_FULLY_PRESENT)
		return result;
	result = space_alloc(vhdx, waiter, VHDX_UNIT, &offset);
	if (result)
		return result;
	result = vhdx_bat_set(vhdx, index, offset | VHDX_BLOCK_FULLY_PRESENT);
	if (!result) /* in no later log entry than the blocks that need it */
		meta_dirty_first(meta_peek(&vhdx->disk.meta, vhdx->region_bat_offset + index * 8));
	return result;
}

static int allocate(struct vhdx_disk *vhdx, struct disk_waiter *waiter, struct vhdx_span *span)
{
	uint64_t offset;
	/* Only a block that shows its parent has sectors that are not here; others are zeros, as fresh space is. */
	bool shows_parent = vhdx->has_parent && VHDX_BAT_STATE(span->entry) == VHDX_BLOCK_NOT_PRESENT;
	int result = shows_parent ? ensure_bitmap_block(vhdx, waiter, span->block) : 0;
	if (!result)
		result = space_alloc(vhdx, waiter, vhdx->disk.block_size, &offset);
	if (!result)
		result = set_entry(vhdx, span, offset,
				   shows_parent ? VHDX_BLOCK_PARTIALLY_PRESENT : VHDX_BLOCK_FULLY_PRESENT);
	return result;
}

static int vhdx_map(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		    bool is_write, struct disk_extent *extent)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	struct vhdx_span span;
	int result = find_block(vhdx, waiter, offset, length, &span);
	if (result)
		return result;
	if (is_write && VHDX_BAT_STATE(span.entry) < VHDX_BLOCK_FULLY_PRESENT) {
		result = allocate(vhdx, waiter, &span);
		if (result)
			return result;
	}
	switch (VHDX_BAT_STATE(span.entry)) {
	case VHDX_BLOCK_FULLY_PRESENT: set_data(vhdx, &span, extent); return 0;
	case VHDX_BLOCK_PARTIALLY_PRESENT: return map_partial(vhdx, waiter, &span, is_write, extent);
	case VHDX_BLOCK_NOT_PRESENT:
		extend_absent(vhdx, &span, length);
		extent->kind = vhdx->has_parent ? EXTENT_PARENT : EXTENT_ZERO;
		extent->length = span.length;
		return 0;
	default:
		extend_absent(vhdx, &span, length);
		extent->kind = EXTENT_ZERO;
		extent->length = span.length;
		return 0;
	}
}

/* --- discarding ------------------------------------------------------------------------------------ */

static int release_block(struct vhdx_disk *vhdx, struct vhdx_span *span)
{
	uint64_t offset = VHDX_BAT_OFFSET(span->entry);
	bool has_space = VHDX_BAT_STATE(span->entry) >= VHDX_BLOCK_FULLY_PRESENT;
	int result = set_entry(vhdx, span, 0, VHDX_BLOCK_ZERO);
	if (!result && has_space)
		space_release(vhdx, offset, vhdx->disk.block_size);
	return result;
}

/*
 * A whole block becomes ZERO in the table. Parts of a block are zeroed in the file, and in a differencing disk marked
 * as present. A ZERO block never shows its parent again: it has no bitmap to go back to.
 */
static int vhdx_discard(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
			unsigned flags, struct disk_extent *extent)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	struct vhdx_span span;
	int result = find_block(vhdx, waiter, offset, length, &span);
	if (result)
		return result;
	unsigned state = VHDX_BAT_STATE(span.entry);
	bool is_absent = state < VHDX_BLOCK_FULLY_PRESENT;
	bool is_whole =
	    !span.in_block && (span.length == disk->block_size || offset + span.length == disk->size);
	bool shows_parent = state == VHDX_BLOCK_NOT_PRESENT && vhdx->has_parent;
	extent->kind = EXTENT_DONE;
	extent->length = span.length;
	if (is_absent && !shows_parent)
		return 0;
	if (!(flags & DISCARD_MUST_ZERO) && (vhdx->is_fixed || (shows_parent && !is_whole)))
		return 0; /* would cost space instead of giving some back */
	if (is_whole && !vhdx->is_fixed && (flags & DISCARD_MAY_UNMAP || is_absent))
		return release_block(vhdx, &span);
	return vhdx_map(disk, waiter, offset, span.length, true, extent);
}

/* --- the rest -------------------------------------------------------------------------------------- */

/* On any thread, while nothing else changes the image. */
static int begin_session(struct vhdx_disk *vhdx, bool changes_content)
{
	struct disk *disk = &vhdx->disk;
	bool has_log = !guid_is_zero(&vhdx->log_guid);
	if (has_log && !changes_content)
		return 0;
	guid_make(&vhdx->file_write_guid);
	if (changes_content && disk->has_next_id)
		vhdx->data_write_guid = disk->next_id;
	else if (changes_content)
		guid_make(&vhdx->data_write_guid);
	return has_log ? vhdx_write_header(vhdx) : vhdx_log_begin(vhdx);
}

static void vhdx_prepared(struct disk *disk)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	disk->data_id = vhdx->data_write_guid;
	disk->has_changed = true;
	space_reclaim_unnamed(vhdx);
}

int vhdx_begin_change(struct vhdx_disk *vhdx)
{
	int error = begin_session(vhdx, false);
	if (!error)
		vhdx_prepared(&vhdx->disk);
	else if (error != -ENOSPC)
		vhdx->disk.broken = error; /* see set_prepared() */
	return error;
}

static int vhdx_prepare_write(struct disk *disk)
{
	return begin_session(vhdx_of(disk), true);
}

static int vhdx_touch(struct disk *disk)
{
	int error = vhdx_begin_change(vhdx_of(disk));
	return error ? error : vhdx_repair_regions(vhdx_of(disk));
}

static int vhdx_drop_block(struct disk *disk, uint64_t offset)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	struct vhdx_span span;
	struct meta_page *page;
	uint64_t index = vhdx_bat_index(vhdx, offset / disk->block_size);
	int error = disk_meta_get(disk, vhdx->region_bat_offset + index * 8, &page);
	if (error)
		return error;
	error = find_block(vhdx, NULL, offset, disk->block_size, &span); /* the page is here: no waiting */
	if (!error && VHDX_BAT_STATE(span.entry) >= VHDX_BLOCK_FULLY_PRESENT) {
		error = vhdx_begin_change(vhdx);
		if (!error)
			error = release_block(vhdx, &span);
	}
	meta_put(page);
	return error;
}

static uint64_t vhdx_count_leaked(struct disk *disk)
{
	return vhdx_of(disk)->space.free_units * VHDX_UNIT;
}

static bool vhdx_is_dirty(struct disk *disk)
{
	return disk->meta.dirty_count > 0;
}

static void vhdx_request_done(struct disk *disk)
{
	space_reclaim(vhdx_of(disk));
}

static void vhdx_get_info(struct disk *disk, struct disk_info *info)
{
	info->file_size = vhdx_of(disk)->space.units * VHDX_UNIT;
}

/* All is in place: durable, then the log is marked as empty. */
static int vhdx_rest(struct disk *disk)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	if (disk->broken || disk->meta.dirty_count)
		return disk->broken ? disk->broken : -EIO;
	int error = io_sync_now(disk->io, disk->fd);
	if (error)
		return error;
	memset(&vhdx->log_guid, 0, sizeof(vhdx->log_guid));
	error = vhdx_write_header(vhdx);
	if (!error) /* both: if one were lost, the other would name a log that saw a longer file */
		error = vhdx_write_header(vhdx);
	return error;
}

/* Only then may the file be shorter than the log saw it. */
static int vhdx_finish(struct disk *disk)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	int error = vhdx_rest(disk);
	uint64_t end = space_end(&vhdx->space);
	if (!error && !vhdx->is_fixed && end < vhdx->space.units * VHDX_UNIT)
		error = io_resize_now(disk->io, disk->fd, end);
	return error;
}

static void vhdx_free(struct disk *disk)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	space_deinit(&vhdx->space);
	free(vhdx);
}

const struct disk_ops vhdx_ops = {
	.map = vhdx_map,
	.discard = vhdx_discard,
	.written = vhdx_written,
	.prepare_write = vhdx_prepare_write,
	.prepared = vhdx_prepared,
	.commit = vhdx_commit,
	.is_dirty = vhdx_is_dirty,
	.request_done = vhdx_request_done,
	.resize = vhdx_resize,
	.drop_block = vhdx_drop_block,
	.compact = vhdx_compact,
	.touch = vhdx_touch,
	.set_parent = vhdx_set_parent,
	.count_leaked = vhdx_count_leaked,
	.get_info = vhdx_get_info,
	.finish = vhdx_finish,
	.rest = vhdx_rest,
	.free = vhdx_free,
};
