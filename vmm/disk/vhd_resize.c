/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another size or another parent for a VHD. The format has no log: what matters changes in one sector at a time. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/vhd.h"

/* The new footer first: until it is there the old one still is the file's end. Then the old one becomes data: zeros. */
int vhd_resize_fixed(struct disk *disk, uint64_t size)
{
	static const uint8_t zeros[VHD_SECTOR];
	struct vhd_footer footer;
	if (!size || size > VHD_SIZE_MAX || size % VHD_SECTOR)
		return -EINVAL;
	int error = io_read_now(disk->io, disk->fd, disk->size, &footer, sizeof(footer));
	if (!error && !vhd_footer_is_good(&footer))
		error = -EUCLEAN;
	if (error)
		return error;
	vhd_set_size(&footer, size);
	vhd_seal_footer(&footer);
	error = io_write_now(disk->io, disk->fd, size, &footer, sizeof(footer));
	if (!error)
		error = io_sync_now(disk->io, disk->fd);
	if (!error && size > disk->size)
		error = io_write_now(disk->io, disk->fd, disk->size, zeros,
				     size - disk->size < VHD_SECTOR ? size - disk->size : VHD_SECTOR);
	if (!error && size < disk->size)
		error = io_resize_now(disk->io, disk->fd, size + VHD_FOOTER_SIZE);
	return error ? error : io_sync_now(disk->io, disk->fd);
}

static int read_header(struct vhd_disk *vhd, struct vhd_header *header)
{
	int error = io_read_now(vhd->disk.io, vhd->disk.fd, vhd->header_offset, header, sizeof(*header));
	return error ? error : vhd_header_is_good(header) ? 0 : -EUCLEAN;
}

static int write_header(struct vhd_disk *vhd, struct vhd_header *header)
{
	vhd_seal_header(header);
	int error = io_write_now(vhd->disk.io, vhd->disk.fd, vhd->header_offset, header, sizeof(*header));
	return error ? error : io_sync_now(vhd->disk.io, vhd->disk.fd);
}

/* Space at the end, over the footer; the footer moves behind it. */
static int take_end(struct vhd_disk *vhd, uint64_t length, uint64_t *ret_offset)
{
	uint64_t offset = vhd->end;
	int error = io_resize_now(vhd->disk.io, vhd->disk.fd, offset + length + VHD_FOOTER_SIZE);
	if (!error)
		error = io_write_now(vhd->disk.io, vhd->disk.fd, offset + length, &vhd->footer,
				     sizeof(vhd->footer));
	if (error)
		return error;
	vhd->head_end = vhd->end = vhd->grown_end = vhd->footer_at = offset + length;
	*ret_offset = offset;
	return 0;
}

static int write_new_table(struct vhd_disk *vhd, uint64_t offset, uint32_t entries)
{
	size_t length = (size_t)round_up((uint64_t)entries * 4, VHD_SECTOR);
	uint8_t *table = malloc(length);
	if (!table)
		return -ENOMEM;
	memset(table, 0xff, length);
	int error =
	    io_read_now(vhd->disk.io, vhd->disk.fd, vhd->table_offset, table, (size_t)vhd->block_count * 4);
	if (!error)
		error = io_write_now(vhd->disk.io, vhd->disk.fd, offset, table, length);
	if (!error)
		error = io_sync_now(vhd->disk.io, vhd->disk.fd);
	free(table);
	return error;
}

/* A longer table at the end; the header names it by changing its first sector only. */
static int move_table(struct vhd_disk *vhd, uint32_t entries)
{
	struct vhd_header header;
	uint64_t offset;
	int error = read_header(vhd, &header);
	if (!error)
		error = take_end(vhd, round_up((uint64_t)entries * 4, VHD_SECTOR), &offset);
	if (!error)
		error = write_new_table(vhd, offset, entries);
	if (error)
		return error;
	put_be64(header.table_offset, offset);
	put_be32(header.max_table_entries, entries);
	error = write_header(vhd, &header);
	if (error) {
		vhd->disk.broken = error;
		return error;
	}
	vhd->table_offset = offset;
	vhd->table_entries = entries;
	meta_forget(&vhd->disk.meta);
	return 0;
}

/* Entries that come into use: never written by us, but a foreign file may hold anything there. */
static int clear_entries(struct vhd_disk *vhd, uint32_t first, uint32_t end)
{
	for (uint32_t block = first; block < end; block++) {
		struct meta_page *page;
		uint64_t at = vhd->table_offset + (uint64_t)block * 4;
		int error = disk_meta_get(&vhd->disk, at, &page);
		if (error)
			return error;
		if (get_be32(meta_at(page, at)) != VHD_UNUSED_ENTRY) {
			put_be32(meta_at(page, at), VHD_UNUSED_ENTRY);
			meta_dirty(page);
		}
		meta_put(page);
	}
	return disk_flush(&vhd->disk);
}

static int set_size(struct vhd_disk *vhd, uint64_t size)
{
	vhd_set_size(&vhd->footer, size);
	vhd_seal_footer(&vhd->footer);
	vhd->disk.size = size;
	vhd->block_count = (uint32_t)div_up(size, vhd->disk.block_size);
	/* The copy, then the footer: either is whole, and the table fits both sizes. */
	int error = vhd_write_footer_now(vhd, 0);
	if (!error)
		error = vhd_write_footer_now(vhd, vhd->footer_at);
	if (error)
		vhd->disk.broken = error;
	return error;
}

int vhd_resize(struct disk *disk, uint64_t size, struct disk_error *error)
{
	struct vhd_disk *vhd = vhd_of(disk);
	uint64_t blocks = div_up(size, disk->block_size), old_size = disk->size;
	if (!size || size > VHD_SIZE_MAX)
		return disk_fail(error, -EINVAL, "The size of a VHD is more than 0 and at most 2040 GiB.");
	int result = disk_prepare_change(disk);
	/* What is cut off reads as zeros if the disk grows again: its blocks stay, emptied. */
	if (!result && size < old_size)
		result = disk_write_zeroes(disk, size, old_size - size, DISK_MAY_UNMAP);
	if (!result)
		result = disk_settle(disk);
	if (!result && blocks > vhd->table_entries)
		result = move_table(vhd, (uint32_t)blocks);
	if (!result && blocks > vhd->block_count)
		result = clear_entries(vhd, vhd->block_count, (uint32_t)blocks);
	if (!result)
		result = set_size(vhd, size);
	return result ? disk_fail(error, result, "The size of %s could not be changed: %s.", disk_path(disk),
				  strerror(-result))
		      : 0;
}

/*
 * The footers change one after the other, each in one sector: whichever is read names a whole header, the old one or the new.
 */
static int use_header(struct vhd_disk *vhd, uint64_t offset)
{
	put_be64(vhd->footer.data_offset, offset);
	vhd_seal_footer(&vhd->footer);
	int error = vhd_write_footer_now(vhd, 0);
	if (!error)
		error = vhd_write_footer_now(vhd, vhd->footer_at);
	if (error)
		vhd->disk.broken = error;
	else
		vhd->header_offset = offset;
	return error;
}

/* A header has two sectors and no copy, so it is not changed in place: a new one is written at the end of the file. */
int vhd_set_parent(struct disk *disk, const struct disk_parent_link *link, const struct disk_guid *second_id)
{
	enum { SPACE = VHD_HEADER_SIZE + 2 * 8192 };
	struct vhd_disk *vhd = vhd_of(disk);
	struct vhd_header header;
	uint64_t offset;
	int error = disk_prepare_change(disk); /* a VHD's identity does not change with its content */
	if (!error)
		error = disk_settle(disk);
	if (!error)
		error = read_header(vhd, &header);
	if (!error)
		error = take_end(vhd, SPACE, &offset);
	if (!error)
		error = vhd_write_parent(disk->io, disk->fd, &header, link, offset + VHD_HEADER_SIZE);
	if (error)
		return error;
	vhd_seal_header(&header);
	error = io_write_now(disk->io, disk->fd, offset, &header, sizeof(header));
	if (!error)
		error = io_sync_now(disk->io, disk->fd);
	if (!error)
		error = use_header(vhd, offset);
	if (!error)
		*disk->link = *link;
	return error;
}
