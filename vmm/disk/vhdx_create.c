/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new VHDX. Layout: header section, log, metadata, block table, then for a fixed disk the blocks. The signature
 * that makes it a VHDX is written last, when the rest is durable.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/utf16.h"
#include "disk/vhdx.h"

enum { LOG_LENGTH = VHDX_UNIT };

static const struct disk_guid locator_type = VHDX_LOCATOR_TYPE;

struct item_writer {
	uint8_t *region;
	uint32_t count, used;
};

static void add_item(struct item_writer *writer, const struct disk_guid *id, uint32_t flags,
		     const void *bytes, uint32_t length)
{
	struct vhdx_metadata_table *table = (void *)writer->region;
	struct vhdx_metadata_entry *entry = (struct vhdx_metadata_entry *)(table + 1) + writer->count++;
	memcpy(entry->item_id, id, 16);
	put_le32(entry->offset, writer->used);
	put_le32(entry->length, length);
	put_le32(entry->flags, flags | VHDX_METADATA_REQUIRED);
	memcpy(writer->region + writer->used, bytes, length);
	put_le16(table->entry_count, (uint16_t)writer->count);
	writer->used += (uint32_t)round_up(length, 8);
}

static void build_metadata(const struct vhdx_disk *vhdx, const struct vhdx_create *create,
			   const uint8_t *locator, size_t locator_length, uint8_t *region)
{
	static const struct disk_guid parameters_id = VHDX_ITEM_FILE_PARAMETERS,
				      size_id = VHDX_ITEM_DISK_SIZE, disk_id = VHDX_ITEM_DISK_ID,
				      logical_id = VHDX_ITEM_LOGICAL_SECTOR,
				      physical_id = VHDX_ITEM_PHYSICAL_SECTOR,
				      locator_id = VHDX_ITEM_PARENT_LOCATOR;
	struct item_writer writer = { .region = region, .used = VHDX_ITEM_OFFSET_MIN };
	struct vhdx_file_parameters parameters;
	uint8_t number[8];
	memcpy(region, "metadata", 8);
	put_le32(parameters.block_size, create->block_size);
	put_le32(parameters.flags, create->type == DISK_TYPE_FIXED	    ? VHDX_LEAVE_BLOCKS_ALLOCATED
				   : create->type == DISK_TYPE_DIFFERENCING ? VHDX_HAS_PARENT
									    : 0);
	add_item(&writer, &parameters_id, 0, &parameters, sizeof(parameters));
	put_le64(number, create->size);
	add_item(&writer, &size_id, VHDX_METADATA_VIRTUAL_DISK, number, 8);
	add_item(&writer, &disk_id, VHDX_METADATA_VIRTUAL_DISK, vhdx->disk.id.bytes, 16);
	put_le32(number, create->logical_sector);
	add_item(&writer, &logical_id, VHDX_METADATA_VIRTUAL_DISK, number, 4);
	put_le32(number, create->physical_sector);
	add_item(&writer, &physical_id, VHDX_METADATA_VIRTUAL_DISK, number, 4);
	if (locator_length)
		add_item(&writer, &locator_id, 0, locator, (uint32_t)locator_length);
}

/* --- the parent locator (2.6.2.6) ------------------------------------------------------------------ */

struct locator_writer {
	uint8_t *bytes;
	size_t size, used;
	unsigned count;
};

enum { LOCATOR_KEYS = 4 };

static int add_text(struct locator_writer *writer, const char *text, uint32_t *ret_offset,
		    uint16_t *ret_length)
{
	size_t length;
	int error =
	    utf8_to_utf16(text, UTF16_LE, writer->bytes + writer->used, writer->size - writer->used, &length);
	if (error)
		return error;
	if (length > UINT16_MAX)
		return -ENAMETOOLONG;
	*ret_offset = (uint32_t)writer->used;
	*ret_length = (uint16_t)length;
	writer->used += length;
	return 0;
}

static int add_pair(struct locator_writer *writer, const char *key, const char *value)
{
	struct vhdx_locator_header *header = (void *)writer->bytes;
	struct vhdx_locator_entry *entry = (struct vhdx_locator_entry *)(header + 1) + writer->count;
	uint32_t key_offset, value_offset;
	uint16_t key_length, value_length;
	if (!*value)
		return 0;
	int error = add_text(writer, key, &key_offset, &key_length);
	if (!error)
		error = add_text(writer, value, &value_offset, &value_length);
	if (error)
		return error;
	put_le32(entry->key_offset, key_offset);
	put_le32(entry->value_offset, value_offset);
	put_le16(entry->key_length, key_length);
	put_le16(entry->value_length, value_length);
	put_le16(header->key_value_count, (uint16_t)++writer->count);
	return 0;
}

/* Windows writes relative paths with backslashes and expects them. */
static void to_backslashes(const char *path, char to[DISK_PATH_MAX])
{
	size_t i;
	for (i = 0; path[i] && i < DISK_PATH_MAX - 1; i++)
		to[i] = path[i] == '/' ? '\\' : path[i];
	to[i] = 0;
}

int vhdx_build_locator(const struct disk_parent_link *link, const struct disk_guid *second_id, uint8_t *to,
		       size_t size, size_t *ret_length)
{
	struct locator_writer writer = { .bytes = to, .size = size };
	char id[DISK_GUID_TEXT], relative[DISK_PATH_MAX];
	writer.used = sizeof(struct vhdx_locator_header) + LOCATOR_KEYS * sizeof(struct vhdx_locator_entry);
	if (size < writer.used)
		return -ENOSPC;
	memset(to, 0, writer.used);
	memcpy(to, locator_type.bytes, 16);
	guid_format(&link->id, id);
	to_backslashes(link->relative_path, relative);
	int error = add_pair(&writer, "parent_linkage", id);
	if (second_id)
		guid_format(second_id, id);
	if (!error && second_id)
		error = add_pair(&writer, "parent_linkage2", id);
	if (!error)
		error = add_pair(&writer, "relative_path", relative);
	if (!error)
		error = add_pair(&writer, "absolute_win32_path", link->absolute_path);
	if (!error)
		*ret_length = writer.used;
	return error;
}

/* --- writing it all -------------------------------------------------------------------------------- */

static int check_create(const struct vhdx_create *create, struct disk_error *error)
{
	if (create->logical_sector != 512 && create->logical_sector != 4096)
		return disk_fail(error, -EINVAL, "A VHDX has sectors of 512 or 4096 bytes.");
	if (create->physical_sector != 512 && create->physical_sector != 4096)
		return disk_fail(error, -EINVAL, "A VHDX has physical sectors of 512 or 4096 bytes.");
	if (!is_power_of_two(create->block_size) || create->block_size < VHDX_BLOCK_MIN ||
	    create->block_size > VHDX_BLOCK_MAX)
		return disk_fail(error, -EINVAL,
				 "The block size of a VHDX is a power of two from 1 MiB to 256 MiB.");
	if (!create->size || create->size > VHDX_SIZE_MAX)
		return disk_fail(error, -EINVAL, "The size of a VHDX is more than 0 and at most 64 TiB.");
	if (create->size % create->logical_sector)
		return disk_fail(error, -EINVAL, "The size must be a multiple of the sector size, %u bytes.",
				 create->logical_sector);
	return 0;
}

static int lay_out(struct vhdx_disk *vhdx, const struct vhdx_create *create)
{
	vhdx->disk.block_size = create->block_size;
	vhdx->disk.logical_sector = create->logical_sector;
	vhdx->has_parent = create->type == DISK_TYPE_DIFFERENCING;
	vhdx->is_fixed = create->type == DISK_TYPE_FIXED;
	vhdx->log_offset = VHDX_UNIT;
	vhdx->log_length = LOG_LENGTH;
	vhdx->region_metadata_offset = 2 * VHDX_UNIT;
	vhdx->region_metadata_length = VHDX_UNIT;
	vhdx->region_bat_offset = 3 * VHDX_UNIT;
	vhdx->region_bat_length = UINT32_MAX; /* no limit yet */
	int error = vhdx_set_geometry(vhdx, create->size);
	if (error)
		return error;
	vhdx->region_bat_length = (uint32_t)round_up(vhdx->bat_entries * 8, VHDX_UNIT);
	guid_make(&vhdx->file_write_guid);
	guid_make(&vhdx->data_write_guid);
	guid_make(&vhdx->disk.id);
	return 0;
}

static uint64_t payload_offset(const struct vhdx_disk *vhdx)
{
	return vhdx->region_bat_offset + vhdx->region_bat_length;
}

static int write_metadata(struct vhdx_disk *vhdx, const struct vhdx_create *create)
{
	uint8_t *region = calloc(1, VHDX_UNIT);
	uint8_t *locator = malloc(VHDX_LOCATOR_MAX);
	size_t locator_length = 0;
	int error = region && locator ? 0 : -ENOMEM;
	if (!error && create->parent)
		error = vhdx_build_locator(create->parent, NULL, locator, VHDX_LOCATOR_MAX, &locator_length);
	if (!error) {
		build_metadata(vhdx, create, locator, locator_length, region);
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, vhdx->region_metadata_offset, region,
				     VHDX_UNIT);
	}
	free(region);
	free(locator);
	return error;
}

/* A fixed disk's table: every block, in order. */
static int write_full_bat(struct vhdx_disk *vhdx)
{
	uint64_t length = vhdx->region_bat_length, block = 0;
	uint8_t *bytes = calloc(1, VHDX_UNIT);
	int error = bytes ? 0 : -ENOMEM;
	for (uint64_t at = 0, index = 0; !error && at < length; at += VHDX_UNIT) {
		memset(bytes, 0, VHDX_UNIT);
		for (uint64_t i = 0; i < VHDX_UNIT / 8 && block < vhdx->block_count; i++, index++) {
			if (index % (vhdx->chunk_ratio + 1) == vhdx->chunk_ratio)
				continue;
			uint64_t offset = payload_offset(vhdx) + block++ * vhdx->disk.block_size;
			put_le64(bytes + i * 8, offset | VHDX_BLOCK_FULLY_PRESENT);
		}
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, vhdx->region_bat_offset + at, bytes,
				     VHDX_UNIT);
	}
	free(bytes);
	return error;
}

/* In steps, so that it can be watched and canceled. */
static int allocate_payload(struct vhdx_disk *vhdx, const struct vhdx_create *create)
{
	uint64_t total = vhdx->block_count * vhdx->disk.block_size;
	int error = 0;
	for (uint64_t done = 0; !error && done < total;) {
		uint64_t step = total - done < DISK_GIB ? total - done : DISK_GIB;
		uint64_t offset = payload_offset(vhdx) + done;
		error = io_allocate_now(vhdx->disk.io, vhdx->disk.fd, offset, step);
		if (error == -EOPNOTSUPP) { /* a file system that only knows written blocks */
			error = io_resize_now(vhdx->disk.io, vhdx->disk.fd, offset + step);
			if (!error)
				error = io_zero_now(vhdx->disk.io, vhdx->disk.fd, offset, step);
		}
		done += step;
		if (!error && create->on_progress && !create->on_progress(create->userdata, done, total))
			error = -ECANCELED;
	}
	return error;
}

static int write_headers(struct vhdx_disk *vhdx)
{
	static const uint8_t creator[] = "B\0u\0l\0k\0h\0e\0a\0d\0";
	struct vhdx_file_identifier identifier = { .signature = { 'v', 'h', 'd', 'x', 'f', 'i', 'l', 'e' } };
	memcpy(identifier.creator, creator, sizeof(creator) - 1);
	int error = vhdx_write_regions(vhdx);
	for (unsigned i = 0; !error && i < 2; i++)
		error = vhdx_write_header(vhdx);
	if (!error)
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, 0, &identifier, sizeof(identifier));
	if (!error)
		error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	return error;
}

static int write_all(struct vhdx_disk *vhdx, const struct vhdx_create *create)
{
	int error = io_resize_now(vhdx->disk.io, vhdx->disk.fd, payload_offset(vhdx));
	/* The log and the table are never sparse: a full file system must not stop a commit half way. */
	if (!error)
		error = io_allocate_now(vhdx->disk.io, vhdx->disk.fd, vhdx->log_offset, LOG_LENGTH);
	if (!error && vhdx->region_bat_length <= 16 * DISK_MIB)
		error = io_allocate_now(vhdx->disk.io, vhdx->disk.fd, vhdx->region_bat_offset,
					vhdx->region_bat_length);
	if (error == -EOPNOTSUPP)
		error = 0;
	if (!error)
		error = write_metadata(vhdx, create);
	if (!error && vhdx->is_fixed)
		error = allocate_payload(vhdx, create);
	if (!error && vhdx->is_fixed)
		error = write_full_bat(vhdx);
	if (!error)
		error = write_headers(vhdx);
	return error;
}

int vhdx_create(struct disk_io *io, int fd, const struct vhdx_create *create, struct disk_error *error)
{
	int result = check_create(create, error);
	if (result)
		return result;
	struct vhdx_disk *vhdx = calloc(1, sizeof(*vhdx));
	if (!vhdx)
		return -ENOMEM;
	vhdx->disk.io = io;
	vhdx->disk.fd = fd;
	result = lay_out(vhdx, create);
	if (!result)
		result = write_all(vhdx, create);
	free(vhdx);
	return result;
}
