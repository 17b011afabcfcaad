/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a VHD: the footer or its copy, the dynamic header, the block table. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/flat.h"
#include "disk/utf16.h"
#include "disk/vhd.h"

enum { VHD_BLOCK_MIN = 256 << 10 }; /* Windows makes 512 KiB and 2 MiB; bounds the work for the table */

/* The one at the end counts; a dynamic disk that lost it to a crash has the copy at the front. */
static int read_footer(const struct disk_source *source, struct vhd_footer *footer, uint64_t *ret_offset)
{
	uint64_t offsets[2] = { source->file_size - VHD_FOOTER_SIZE, 0 };
	if (source->file_size < VHD_FOOTER_SIZE)
		return disk_fail(source->error, -EUCLEAN, "The file is too short for a VHD.");
	for (unsigned i = 0; i < 2; i++) {
		int error = io_read_now(source->io, source->fd, offsets[i], footer, sizeof(*footer));
		if (error)
			return error;
		if (vhd_footer_is_good(footer)) {
			*ret_offset = offsets[i];
			return 0;
		}
	}
	/* Very old writers left the last byte out: 511 bytes, which cannot be told from a cut file safely. */
	return disk_fail(source->error, -EUCLEAN, "The VHD's footer is damaged or missing.");
}

static int check_footer(const struct disk_source *source, const struct vhd_footer *footer)
{
	uint64_t size = get_be64(footer->current_size);
	uint32_t type = get_be32(footer->disk_type);
	if (get_be32(footer->version) >> 16 != VHD_VERSION >> 16)
		return disk_fail(source->error, -EPROTONOSUPPORT, "The VHD has an unknown version.");
	if (type < VHD_TYPE_FIXED || type > VHD_TYPE_DIFFERENCING)
		return disk_fail(source->error, -EPROTONOSUPPORT, "The VHD has the unknown type %u.", type);
	if (!size || size % VHD_SECTOR || size > VHD_SIZE_MAX)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHD has an impossible disk size of %llu bytes.",
				 (unsigned long long)size);
	return 0;
}

static int open_fixed(const struct disk_source *source, const struct vhd_footer *footer, uint64_t offset,
		      struct disk **ret_disk)
{
	uint64_t size = get_be64(footer->current_size);
	if (!offset || size > offset)
		return disk_fail(source->error, -EUCLEAN, "The fixed VHD is shorter than its footer says.");
	int error = flat_new(source, DISK_FORMAT_VHD, size, VHD_SECTOR, ret_disk);
	if (!error) {
		memcpy((*ret_disk)->id.bytes, footer->unique_id, 16);
		(*ret_disk)->data_id = (*ret_disk)->id;
	}
	return error;
}

static int take_header(struct vhd_disk *vhd, const struct vhd_header *header,
		       const struct disk_source *source)
{
	struct disk *disk = &vhd->disk;
	disk->block_size = get_be32(header->block_size);
	vhd->table_offset = get_be64(header->table_offset);
	vhd->table_entries = get_be32(header->max_table_entries);
	if (!is_power_of_two(disk->block_size) || disk->block_size < VHD_BLOCK_MIN ||
	    disk->block_size > VHD_BLOCK_MAX)
		return disk_fail(source->error, -EUCLEAN, "The VHD has an impossible block size of %u bytes.",
				 disk->block_size);
	vhd->block_count = (uint32_t)div_up(disk->size, disk->block_size);
	vhd->bitmap_size = vhd_bitmap_size(disk->block_size);
	uint64_t table_length = round_up((uint64_t)vhd->block_count * 4, VHD_SECTOR);
	if (vhd->table_entries < vhd->block_count)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHD's block table is too short for its disk size.");
	if (vhd->table_offset % VHD_SECTOR || vhd->table_offset < VHD_FOOTER_SIZE ||
	    vhd->table_offset > source->file_size || table_length > source->file_size - vhd->table_offset)
		return disk_fail(source->error, -EUCLEAN, "The VHD's block table lies outside the file.");
	return 0;
}

/* --- the parent ------------------------------------------------------------------------------------ */

static int read_locator(const struct disk_source *source, const struct vhd_locator *locator, char *path)
{
	uint8_t bytes[DISK_PATH_MAX * 2];
	uint64_t offset = get_be64(locator->data_offset);
	uint32_t length = get_be32(locator->data_length);
	if (!length || length > sizeof(bytes) || offset > source->file_size ||
	    length > source->file_size - offset)
		return -EUCLEAN;
	int error = io_read_now(source->io, source->fd, offset, bytes, length);
	while (!error && length >= 2 && !bytes[length - 1] && !bytes[length - 2])
		length -= 2; /* some writers count a NUL */
	if (!error)
		error = utf16_to_utf8(bytes, length, UTF16_LE, path, DISK_PATH_MAX);
	for (char *at = path; !error && *at; at++) {
		if (*at == '\\')
			*at = '/';
	}
	return error;
}

static int read_parent(struct vhd_disk *vhd, const struct vhd_header *header,
		       const struct disk_source *source)
{
	struct disk_parent_link *link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	vhd->disk.link = link;
	link->format = DISK_FORMAT_VHD;
	memcpy(link->id.bytes, header->parent_id, 16);
	for (unsigned i = 0; i < VHD_LOCATORS; i++) {
		const struct vhd_locator *locator = &header->locators[i];
		char *path = !memcmp(locator->platform_code, "W2ru", 4)	  ? link->relative_path
			     : !memcmp(locator->platform_code, "W2ku", 4) ? link->absolute_path
									  : NULL;
		if (path && read_locator(source, locator, path))
			return disk_fail(source->error, -EUCLEAN, "The VHD's parent locator is damaged.");
	}
	return 0;
}

/* --- the block table ------------------------------------------------------------------------------- */

static int compare_offsets(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

struct table_scan {
	uint32_t *sectors; /* of the blocks that exist */
	uint64_t count, room;
};

static int scan_entries(struct vhd_disk *vhd, const uint8_t *bytes, uint32_t count, struct table_scan *scan,
			const struct disk_source *source)
{
	uint64_t block_length = (uint64_t)vhd->bitmap_size + vhd->disk.block_size;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t sector = get_be32(bytes + 4 * (size_t)i);
		if (sector == VHD_UNUSED_ENTRY)
			continue;
		uint64_t offset = (uint64_t)sector * VHD_SECTOR;
		if (offset < VHD_FOOTER_SIZE || offset > source->file_size ||
		    block_length > source->file_size - offset)
			return disk_fail(source->error, -EUCLEAN, "A VHD block lies outside the file.");
		/* More blocks than fit into the file: some overlap. */
		if (scan->count == scan->room)
			return disk_fail(source->error, -EUCLEAN, "VHD blocks overlap.");
		scan->sectors[scan->count++] = sector;
	}
	return 0;
}

static int check_overlaps(struct vhd_disk *vhd, struct table_scan *scan, const struct disk_source *source)
{
	uint64_t block_length = (uint64_t)vhd->bitmap_size + vhd->disk.block_size;
	uint64_t table_end = vhd->table_offset + (uint64_t)vhd->table_entries * 4;
	uint64_t header_end = vhd->header_offset + VHD_HEADER_SIZE;
	uint64_t end = VHD_FOOTER_SIZE;
	qsort(scan->sectors, scan->count, sizeof(*scan->sectors), compare_offsets);
	for (uint64_t i = 0; i < scan->count; i++) {
		uint64_t offset = (uint64_t)scan->sectors[i] * VHD_SECTOR;
		/* What a guest writes into its disk must not become the header, which names the parent. */
		if (offset < end || (offset < table_end && offset + block_length > vhd->table_offset) ||
		    (offset < header_end && offset + block_length > vhd->header_offset))
			return disk_fail(source->error, -EUCLEAN, "VHD blocks overlap.");
		end = offset + block_length;
	}
	if (end > vhd->end)
		vhd->end = end;
	return 0;
}

static int scan_table(struct vhd_disk *vhd, const struct disk_source *source)
{
	enum { PIECE = 1 << 16 }; /* entries */
	struct table_scan scan = { .room = source->file_size /
					   ((uint64_t)vhd->bitmap_size + vhd->disk.block_size) };
	uint8_t *bytes = malloc(PIECE * 4);
	scan.sectors = malloc((scan.room + 1) * sizeof(*scan.sectors));
	int error = bytes && scan.sectors ? 0 : -ENOMEM;
	for (uint32_t at = 0; !error && at < vhd->block_count; at += PIECE) {
		uint32_t count = vhd->block_count - at < PIECE ? vhd->block_count - at : PIECE;
		error = io_read_now(source->io, source->fd, vhd->table_offset + (uint64_t)at * 4, bytes,
				    count * 4);
		if (!error)
			error = scan_entries(vhd, bytes, count, &scan, source);
	}
	if (!error)
		error = check_overlaps(vhd, &scan, source);
	free(bytes);
	free(scan.sectors);
	return error;
}

/* Everything that is not a block ends before this; the footer is not counted: it moves. */
static void find_end(struct vhd_disk *vhd, const struct vhd_header *header, uint64_t header_offset,
		     uint64_t file_size)
{
	uint64_t end = header_offset + VHD_HEADER_SIZE;
	uint64_t table_end = round_up(vhd->table_offset + (uint64_t)vhd->table_entries * 4, VHD_SECTOR);
	end = table_end > end ? table_end : end;
	for (unsigned i = 0; i < VHD_LOCATORS; i++) {
		const struct vhd_locator *locator = &header->locators[i];
		uint64_t locator_end = get_be64(locator->data_offset) + get_be32(locator->data_length);
		if (memcmp(locator->platform_code, "\0\0\0\0", 4) && locator_end <= file_size)
			end = locator_end > end ? locator_end : end;
	}
	vhd->head_end = vhd->end = round_up(end, VHD_SECTOR);
}

static int open_dynamic(struct vhd_disk *vhd, const struct disk_source *source)
{
	struct vhd_header header;
	uint64_t offset = get_be64(vhd->footer.data_offset);
	struct disk *disk = &vhd->disk;
	if (offset > source->file_size || source->file_size - offset < VHD_HEADER_SIZE || offset % VHD_SECTOR)
		return disk_fail(source->error, -EUCLEAN, "The VHD's header lies outside the file.");
	int error = io_read_now(source->io, source->fd, offset, &header, sizeof(header));
	if (error)
		return error;
	if (!vhd_header_is_good(&header))
		return disk_fail(source->error, -EUCLEAN, "The VHD's header is damaged.");
	disk->size = get_be64(vhd->footer.current_size);
	disk->logical_sector = disk->physical_sector = VHD_SECTOR;
	disk->type =
	    get_be32(vhd->footer.disk_type) == VHD_TYPE_DYNAMIC ? DISK_TYPE_DYNAMIC : DISK_TYPE_DIFFERENCING;
	vhd->header_offset = offset;
	memcpy(disk->id.bytes, vhd->footer.unique_id, 16);
	disk->data_id = disk->id;
	error = take_header(vhd, &header, source);
	if (!error)
		find_end(vhd, &header, offset, source->file_size);
	if (!error && disk->type == DISK_TYPE_DIFFERENCING)
		error = read_parent(vhd, &header, source);
	if (!error)
		error = scan_table(vhd, source);
	return error;
}

int vhd_open(const struct disk_source *source, struct disk **ret_disk)
{
	struct vhd_footer footer;
	uint64_t offset = 0;
	int error = read_footer(source, &footer, &offset);
	if (!error)
		error = check_footer(source, &footer);
	if (error)
		return error;
	if (get_be32(footer.disk_type) == VHD_TYPE_FIXED)
		return open_fixed(source, &footer, offset, ret_disk);
	struct vhd_disk *vhd = calloc(1, sizeof(*vhd));
	if (!vhd)
		return -ENOMEM;
	disk_init(&vhd->disk, &vhd_ops, source);
	vhd_init_growth(vhd);
	vhd->disk.format = DISK_FORMAT_VHD;
	vhd->disk.has_unmap = true;
	vhd->footer = footer;
	vhd->footer_at = offset;
	error = meta_init(&vhd->disk.meta, source->io, source->fd, VHD_SECTOR);
	if (!error)
		error = open_dynamic(vhd, source);
	if (error) {
		meta_deinit(&vhd->disk.meta);
		free(vhd->disk.link);
		free(vhd);
		return error;
	}
	*ret_disk = &vhd->disk;
	return 0;
}
