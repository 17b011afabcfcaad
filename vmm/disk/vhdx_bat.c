/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block allocation table (MS-VHDX 2.5). */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/vhdx.h"

uint64_t vhdx_bat_index(const struct vhdx_disk *vhdx, uint64_t block)
{
	return block + block / vhdx->chunk_ratio;
}

uint64_t vhdx_bitmap_index(const struct vhdx_disk *vhdx, uint64_t block)
{
	return block / vhdx->chunk_ratio * (vhdx->chunk_ratio + 1) + vhdx->chunk_ratio;
}

int vhdx_bat_get(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t index, uint64_t *ret_entry)
{
	struct meta_page *page;
	uint64_t offset = vhdx->region_bat_offset + index * 8;
	int result = meta_get(&vhdx->disk.meta, offset, waiter, &page);
	if (result)
		return result;
	*ret_entry = get_le64(meta_at(page, offset));
	meta_put(page);
	return 0;
}

int vhdx_bat_set(struct vhdx_disk *vhdx, uint64_t index, uint64_t entry)
{
	uint64_t offset = vhdx->region_bat_offset + index * 8;
	struct meta_page *page = meta_peek(&vhdx->disk.meta, offset);
	if (!page)
		return -EIO;
	put_le64(meta_at(page, offset), entry);
	meta_dirty(page);
	return 0;
}

/* --- the scan at opening --------------------------------------------------------------------------- */

static bool is_bitmap_index(const struct vhdx_disk *vhdx, uint64_t index)
{
	return index % (vhdx->chunk_ratio + 1) == vhdx->chunk_ratio;
}

static bool state_is_good(const struct vhdx_disk *vhdx, bool is_bitmap, unsigned state)
{
	if (is_bitmap)
		return state == VHDX_BLOCK_NOT_PRESENT || state == VHDX_BLOCK_FULLY_PRESENT;
	if (state == VHDX_BLOCK_PARTIALLY_PRESENT)
		return vhdx->has_parent;
	return state <= VHDX_BLOCK_UNMAPPED || state == VHDX_BLOCK_FULLY_PRESENT;
}

static int scan_entry(struct vhdx_disk *vhdx, uint64_t index, uint64_t entry,
		      const struct disk_source *source)
{
	bool is_bitmap = is_bitmap_index(vhdx, index);
	unsigned state = VHDX_BAT_STATE(entry);
	if (!state_is_good(vhdx, is_bitmap, state))
		return disk_fail(source->error, -EUCLEAN,
				 "VHDX block table entry %llu has the impossible state %u.",
				 (unsigned long long)index, state);
	/* In the other states the offset means nothing. */
	if (state < VHDX_BLOCK_FULLY_PRESENT)
		return 0;
	int error =
	    space_claim(&vhdx->space, VHDX_BAT_OFFSET(entry), is_bitmap ? VHDX_UNIT : vhdx->disk.block_size);
	if (error == -EEXIST)
		return disk_fail(source->error, -EUCLEAN,
				 "VHDX block table entry %llu overlaps something else.",
				 (unsigned long long)index);
	if (error)
		return disk_fail(source->error, -EUCLEAN,
				 "VHDX block table entry %llu points outside the file.",
				 (unsigned long long)index);
	return 0;
}

/* A partially present block needs its chunk's bitmap block. The entry comes after those of its chunk. */
static int check_chunk(struct vhdx_disk *vhdx, uint64_t index, uint64_t entry, bool *has_partial,
		       const struct disk_source *source)
{
	if (!is_bitmap_index(vhdx, index)) {
		*has_partial |= VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT;
		return 0;
	}
	if (*has_partial && VHDX_BAT_STATE(entry) != VHDX_BLOCK_FULLY_PRESENT)
		return disk_fail(source->error, -EUCLEAN,
				 "A VHDX block is partially present without a sector bitmap.");
	*has_partial = false;
	return 0;
}

static int scan_piece(struct vhdx_disk *vhdx, const uint8_t *bytes, uint64_t first, uint64_t count,
		      bool *has_partial, const struct disk_source *source)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = get_le64(bytes + i * 8);
		int error = scan_entry(vhdx, first + i, entry, source);
		if (!error && vhdx->has_parent)
			error = check_chunk(vhdx, first + i, entry, has_partial, source);
		if (error)
			return error;
	}
	return 0;
}

/* Where the next piece with data starts: a sparse file's empty table costs nothing. */
static uint64_t skip_hole(struct vhdx_disk *vhdx, uint64_t at, uint64_t end)
{
	if (vhdx->disk.log_replayed)
		return at; /* the replay may be in memory, where no hole is seen */
	off_t data = lseek(vhdx->disk.fd, (off_t)(vhdx->region_bat_offset + at), SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? end : at;
	uint64_t next = ((uint64_t)data - vhdx->region_bat_offset) / VHDX_PAGE * VHDX_PAGE;
	return next < end ? next : end;
}

int vhdx_bat_scan(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	uint64_t end = vhdx->bat_entries * 8;
	uint8_t *bytes = malloc(VHDX_UNIT);
	bool has_partial = false;
	int error = bytes ? 0 : -ENOMEM;
	for (uint64_t at = 0; !error && at < end;) {
		uint64_t next = skip_hole(vhdx, at, end);
		if (next != at) {
			at = next;
			continue;
		}
		uint64_t length = end - at < VHDX_UNIT ? end - at : VHDX_UNIT;
		error = vhdx_read(vhdx, vhdx->region_bat_offset + at, bytes, round_up(length, VHDX_PAGE));
		if (!error)
			error = scan_piece(vhdx, bytes, at / 8, length / 8, &has_partial, source);
		at += length;
	}
	free(bytes);
	return error;
}
