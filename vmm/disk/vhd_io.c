/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the bytes of a dynamic VHD are. Each block has a bitmap in front: a clear bit means zeros, or in a differencing
 * disk the parent. New blocks go to the end, over the footer, which is written anew behind them by the commit; until
 * then its copy at the front of the file serves.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/bitmap.h"
#include "disk/disk_limits.h"
#include "disk/vhd.h"

struct vhd_span {
	uint32_t block, in_block;
	uint64_t length;
	uint64_t start; /* of the block's bitmap in the file; 0: no block */
};

static uint64_t entry_offset(const struct vhd_disk *vhd, uint32_t block)
{
	return vhd->table_offset + (uint64_t)block * 4;
}

static int find_block(struct vhd_disk *vhd, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		      struct vhd_span *span)
{
	uint32_t block_size = vhd->disk.block_size;
	struct meta_page *page;
	span->block = (uint32_t)(offset / block_size);
	span->in_block = (uint32_t)(offset % block_size);
	span->length = length < block_size - span->in_block ? length : block_size - span->in_block;
	int result = meta_get(&vhd->disk.meta, entry_offset(vhd, span->block), waiter, &page);
	if (result)
		return result;
	uint32_t sector = get_be32(meta_at(page, entry_offset(vhd, span->block)));
	span->start = sector == VHD_UNUSED_ENTRY ? 0 : (uint64_t)sector * VHD_SECTOR;
	meta_put(page);
	return 0;
}

/* The bitmap of a new block. Sectors of a disk without a parent are all present: fresh space is zeros. */
static int make_bitmap(struct vhd_disk *vhd, uint64_t start)
{
	bool is_present = vhd->disk.type == DISK_TYPE_DYNAMIC;
	for (uint32_t at = 0; at < vhd->bitmap_size; at += VHD_SECTOR) {
		struct meta_page *page;
		int error = meta_new(&vhd->disk.meta, start + at, is_present ? 0xff : 0, &page);
		if (error)
			return error;
		meta_dirty(page);
		meta_put(page);
	}
	return 0;
}

/*
 * The file is longer than the block before anything is written into it: after a crash its last sector, where readers look for the
 * footer, must not be one that the guest wrote.
 */
static int grow_for(struct vhd_disk *vhd, uint64_t end, struct disk_waiter *waiter)
{
	if (end <= vhd->grown_end)
		return 0;
	if (!vhd->growth.is_running)
		growth_start(&vhd->growth, end + VHD_FOOTER_SIZE);
	return growth_wait(&vhd->growth, waiter);
}

static void on_grown(struct disk *disk, uint64_t size, int error)
{
	if (!error)
		vhd_of(disk)->grown_end = size - VHD_FOOTER_SIZE;
}

void vhd_init_growth(struct vhd_disk *vhd)
{
	growth_init(&vhd->growth, &vhd->disk, on_grown);
}

static int allocate(struct vhd_disk *vhd, struct disk_waiter *waiter, struct vhd_span *span)
{
	struct meta_page *page = meta_peek(&vhd->disk.meta, entry_offset(vhd, span->block));
	uint64_t start = vhd_align_block(vhd->end, vhd->bitmap_size);
	uint64_t end = start + vhd->bitmap_size + vhd->disk.block_size;
	if (!page)
		return -EIO;
	if (end / VHD_SECTOR >= VHD_UNUSED_ENTRY)
		return -EFBIG;
	int result = grow_for(vhd, end, waiter);
	if (!result)
		result = make_bitmap(vhd, start);
	if (result)
		return result;
	put_be32(meta_at(page, entry_offset(vhd, span->block)), (uint32_t)(start / VHD_SECTOR));
	meta_dirty(page);
	vhd->end = end;
	span->start = start;
	return 0;
}

static int map_present(struct vhd_disk *vhd, struct disk_waiter *waiter, struct vhd_span *span, bool is_write,
		       struct disk_extent *extent)
{
	struct meta_page *page;
	uint32_t sector = span->in_block / VHD_SECTOR, bits = VHD_SECTOR * 8;
	uint32_t bit = sector % bits;
	uint32_t count = (uint32_t)(span->length / VHD_SECTOR);
	int result = meta_get(&vhd->disk.meta, span->start + sector / 8, waiter, &page);
	if (result)
		return result;
	count = count < bits - bit ? count : bits - bit;
	if (!is_write)
		count = bitmap_run(page->data, bit, count, BITS_HIGH_FIRST);
	*extent = (struct disk_extent){ .kind = EXTENT_DATA,
					.fd = vhd->disk.fd,
					.file_offset = span->start + vhd->bitmap_size + span->in_block,
					.length = (uint64_t)count * VHD_SECTOR };
	if (is_write) {
		extent->bitmap = page;
		extent->first_bit = bit;
		extent->bit_count = count;
		return 0;
	}
	if (!bitmap_test(page->data, bit, BITS_HIGH_FIRST))
		extent->kind = vhd->disk.type == DISK_TYPE_DIFFERENCING ? EXTENT_PARENT : EXTENT_ZERO;
	meta_put(page);
	return 0;
}

static int vhd_map(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		   bool is_write, struct disk_extent *extent)
{
	struct vhd_disk *vhd = vhd_of(disk);
	struct vhd_span span;
	int result = find_block(vhd, waiter, offset, length, &span);
	if (!result && is_write && !span.start)
		result = allocate(vhd, waiter, &span);
	if (result)
		return result;
	if (span.start)
		return map_present(vhd, waiter, &span, is_write, extent);
	extent->kind = disk->type == DISK_TYPE_DIFFERENCING ? EXTENT_PARENT : EXTENT_ZERO;
	extent->length = span.length;
	return 0;
}

static void vhd_written(struct disk *disk, struct disk_extent *extent, bool has_failed)
{
	if (!has_failed &&
	    bitmap_set(extent->bitmap->data, extent->first_bit, extent->bit_count, BITS_HIGH_FIRST))
		meta_dirty(extent->bitmap);
	meta_put(extent->bitmap);
}

/* The format has no state for an absent block of zeros: what exists is punched in place. */
static int vhd_discard(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		       unsigned flags, struct disk_extent *extent)
{
	int result = vhd_map(disk, waiter, offset, length, false, extent);
	if (result)
		return result;
	bool is_absent = extent->kind != EXTENT_DATA;
	if (extent->kind == EXTENT_ZERO || (is_absent && !(flags & DISCARD_MUST_ZERO))) {
		extent->kind = EXTENT_DONE;
		return 0;
	}
	return vhd_map(disk, waiter, offset, extent->length, true, extent);
}

/* --- the rest -------------------------------------------------------------------------------------- */

int vhd_write_footer_now(struct vhd_disk *vhd, uint64_t offset)
{
	int error = io_write_now(vhd->disk.io, vhd->disk.fd, offset, &vhd->footer, sizeof(vhd->footer));
	return error ? error : io_sync_now(vhd->disk.io, vhd->disk.fd);
}

/*
 * What lies behind the last block (a footer, or blocks that a crash left unnamed) is cut off, so that new blocks
 * are zeros, and the footer takes its place.
 */
static int vhd_prepare_write(struct disk *disk)
{
	struct vhd_disk *vhd = vhd_of(disk);
	struct vhd_footer copy;
	int error = io_read_now(disk->io, disk->fd, 0, &copy, sizeof(copy));
	/* The copy must be good before the footer at the end may go. */
	if (!error && (!vhd_footer_is_good(&copy) || memcmp(&copy, &vhd->footer, sizeof(copy))))
		error = vhd_write_footer_now(vhd, 0);
	if (!error)
		error = io_resize_now(disk->io, disk->fd, vhd->end);
	if (!error)
		error = io_resize_now(disk->io, disk->fd, vhd->end + VHD_FOOTER_SIZE);
	if (!error)
		error = vhd_write_footer_now(vhd, vhd->end);
	if (!error)
		vhd->footer_at = vhd->grown_end = vhd->end;
	return error;
}

static bool vhd_is_dirty(struct disk *disk)
{
	return disk->meta.dirty_count > 0;
}

static void vhd_get_info(struct disk *disk, struct disk_info *info)
{
}

static int vhd_finish(struct disk *disk)
{
	struct vhd_disk *vhd = vhd_of(disk);
	if (disk->broken || disk->meta.dirty_count)
		return disk->broken ? disk->broken : -EIO;
	/* Grown for a block that then could not be made. */
	return vhd->grown_end > vhd->end ? io_resize_now(disk->io, disk->fd, vhd->end + VHD_FOOTER_SIZE) : 0;
}

static void vhd_free(struct disk *disk)
{
	free(vhd_of(disk));
}

const struct disk_ops vhd_ops = {
	.map = vhd_map,
	.discard = vhd_discard,
	.written = vhd_written,
	.prepare_write = vhd_prepare_write,
	.commit = vhd_commit,
	.is_dirty = vhd_is_dirty,
	.touch = disk_prepare_change,
	.drop_block = vhd_drop_block,
	.compact = vhd_compact,
	.resize = vhd_resize,
	.set_parent = vhd_set_parent,
	.get_info = vhd_get_info,
	.finish = vhd_finish,
	.rest = vhd_finish,
	.free = vhd_free,
};
