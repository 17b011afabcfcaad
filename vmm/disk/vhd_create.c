/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new VHD. Dynamic: copy of the footer, header, block table, parent locators, footer. The copy is written last. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/guid.h"
#include "disk/utf16.h"
#include "disk/vhd.h"

enum { LOCATOR_SPACE = 8192 }; /* for each of two paths */

static int check_create(const struct vhd_create *create, struct disk_error *error)
{
	if (!create->size || create->size % VHD_SECTOR || create->size > VHD_SIZE_MAX)
		return disk_fail(
		    error, -EINVAL,
		    "The size of a VHD is a multiple of 512 bytes, more than 0 and at most 2040 GiB.");
	if (create->type == DISK_TYPE_FIXED)
		return 0;
	if (create->block_size != 512 * DISK_KIB && create->block_size != 2 * DISK_MIB)
		return disk_fail(error, -EINVAL, "The block size of a VHD is 512 KiB or 2 MiB.");
	return 0;
}

static int create_fixed(struct disk_io *io, int fd, const struct vhd_create *create)
{
	struct vhd_footer footer;
	struct disk_guid id;
	int error = 0;
	guid_make(&id);
	vhd_build_footer(&footer, VHD_TYPE_FIXED, create->size, &id);
	for (uint64_t done = 0; !error && done < create->size;) {
		uint64_t step = create->size - done < DISK_GIB ? create->size - done : DISK_GIB;
		error = io_allocate_now(io, fd, done, step);
		if (error == -EOPNOTSUPP) {
			error = io_resize_now(io, fd, done + step);
			if (!error)
				error = io_zero_now(io, fd, done, step);
		}
		done += step;
		if (!error && create->on_progress &&
		    !create->on_progress(create->userdata, done, create->size))
			error = -ECANCELED;
	}
	if (!error)
		error = io_write_now(io, fd, create->size, &footer, sizeof(footer));
	return error ? error : io_sync_now(io, fd);
}

/* --- the parent ------------------------------------------------------------------------------------ */

static int write_locator(struct disk_io *io, int fd, struct vhd_locator *locator, const char *code,
			 const char *path, uint64_t offset)
{
	uint8_t bytes[LOCATOR_SPACE] = { 0 };
	char text[DISK_PATH_MAX];
	size_t length, i;
	if (!*path)
		return 0;
	bool is_unix = *path == '/';
	for (i = 0; path[i] && i < sizeof(text) - 1; i++)
		text[i] = path[i] == '/' && !is_unix ? '\\' : path[i];
	text[i] = 0;
	int error = utf8_to_utf16(text, UTF16_LE, bytes, sizeof(bytes), &length);
	if (!error)
		error = io_write_now(io, fd, offset, bytes, sizeof(bytes));
	if (error)
		return error;
	memcpy(locator->platform_code, code, 4);
	put_be32(locator->data_space, LOCATOR_SPACE / VHD_SECTOR);
	put_be32(locator->data_length, (uint32_t)length);
	put_be64(locator->data_offset, offset);
	return 0;
}

/* The name alone, cut where it does not fit: the locators have the whole path. */
static void set_name(struct vhd_header *header, const struct disk_parent_link *link)
{
	const char *path = link->relative_path[0] ? link->relative_path : link->absolute_path;
	const char *slash = strrchr(path, '/');
	size_t length;
	memset(header->parent_name, 0, sizeof(header->parent_name));
	if (utf8_to_utf16(slash ? slash + 1 : path, UTF16_BE, header->parent_name,
			  sizeof(header->parent_name) - 2, &length))
		memset(header->parent_name, 0, sizeof(header->parent_name));
}

int vhd_write_parent(struct disk_io *io, int fd, struct vhd_header *header,
		     const struct disk_parent_link *link, uint64_t locator_offset)
{
	memcpy(header->parent_id, link->id.bytes, 16);
	memset(header->locators, 0, sizeof(header->locators));
	set_name(header, link);
	int error = write_locator(io, fd, &header->locators[0], "W2ru", link->relative_path, locator_offset);
	if (!error)
		error = write_locator(io, fd, &header->locators[1], "W2ku", link->absolute_path,
				      locator_offset + LOCATOR_SPACE);
	return error;
}

/* --- dynamic --------------------------------------------------------------------------------------- */

static int write_table(struct disk_io *io, int fd, uint64_t offset, uint64_t length)
{
	uint8_t *ones = malloc(DISK_MIB);
	int error = ones ? 0 : -ENOMEM;
	if (ones)
		memset(ones, 0xff, DISK_MIB);
	for (uint64_t at = 0; !error && at < length; at += DISK_MIB)
		error =
		    io_write_now(io, fd, offset + at, ones, length - at < DISK_MIB ? length - at : DISK_MIB);
	free(ones);
	return error;
}

static int create_dynamic(struct disk_io *io, int fd, const struct vhd_create *create)
{
	bool has_parent = create->type == DISK_TYPE_DIFFERENCING;
	uint64_t entries = div_up(create->size, create->block_size);
	uint64_t table_offset = VHD_FOOTER_SIZE + VHD_HEADER_SIZE;
	uint64_t table_length = round_up(entries * 4, VHD_SECTOR);
	uint64_t end = table_offset + table_length;
	struct vhd_header header = { 0 };
	struct vhd_footer footer;
	struct disk_guid id;
	guid_make(&id);
	vhd_build_footer(&footer, has_parent ? VHD_TYPE_DIFFERENCING : VHD_TYPE_DYNAMIC, create->size, &id);
	memcpy(header.cookie, "cxsparse", 8);
	put_be64(header.data_offset, VHD_NO_OFFSET);
	put_be64(header.table_offset, table_offset);
	put_be32(header.version, VHD_VERSION);
	put_be32(header.max_table_entries, (uint32_t)entries);
	put_be32(header.block_size, create->block_size);
	put_be32(header.parent_timestamp, create->parent_timestamp);
	int error = write_table(io, fd, table_offset, table_length);
	if (!error && has_parent) {
		error = vhd_write_parent(io, fd, &header, create->parent, end);
		end += 2 * LOCATOR_SPACE;
	}
	vhd_seal_header(&header);
	if (!error)
		error = io_write_now(io, fd, VHD_FOOTER_SIZE, &header, sizeof(header));
	if (!error)
		error = io_write_now(io, fd, end, &footer, sizeof(footer));
	if (!error)
		error = io_sync_now(io, fd);
	if (!error)
		error = io_write_now(io, fd, 0, &footer, sizeof(footer));
	return error ? error : io_sync_now(io, fd);
}

int vhd_create(struct disk_io *io, int fd, const struct vhd_create *create, struct disk_error *error)
{
	int result = check_create(create, error);
	if (result)
		return result;
	return create->type == DISK_TYPE_FIXED ? create_fixed(io, fd, create)
					       : create_dynamic(io, fd, create);
}
