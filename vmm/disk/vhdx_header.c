/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two headers and the two region tables (MS-VHDX 2.2): always one good copy, the newer one counts. */
#include <errno.h>
#include <stdlib.h>

#include "disk/crc32c.h"
#include "disk/disk_limits.h"
#include "disk/vhdx.h"

static const struct disk_guid region_bat = VHDX_REGION_BAT;
static const struct disk_guid region_metadata = VHDX_REGION_METADATA;

int vhdx_read(struct vhdx_disk *vhdx, uint64_t offset, void *buffer, size_t length)
{
	int error = io_read_now(vhdx->disk.io, vhdx->disk.fd, offset, buffer, length);
	if (error || !vhdx->disk.meta.count)
		return error;
	/* Callers read whole pages. */
	for (size_t at = 0; at + VHDX_PAGE <= length; at += VHDX_PAGE) {
		struct meta_page *page = meta_peek(&vhdx->disk.meta, offset + at);
		if (page && page->is_kept)
			memcpy((uint8_t *)buffer + at, page->data, VHDX_PAGE);
	}
	return 0;
}

static bool checksum_is_good(uint8_t *bytes, size_t length, uint8_t field[4])
{
	uint32_t expected = get_le32(field);
	put_le32(field, 0);
	uint32_t actual = crc32c(0, bytes, length);
	put_le32(field, expected);
	return actual == expected;
}

static bool header_is_good(struct vhdx_header *header)
{
	return !memcmp(header->signature, "head", 4) &&
	       checksum_is_good((uint8_t *)header, sizeof(*header), header->checksum);
}

static int take_header(struct vhdx_disk *vhdx, const struct vhdx_header *header,
		       const struct disk_source *source)
{
	vhdx->header_sequence = get_le64(header->sequence_number);
	memcpy(&vhdx->file_write_guid, header->file_write_guid, 16);
	memcpy(&vhdx->data_write_guid, header->data_write_guid, 16);
	memcpy(&vhdx->log_guid, header->log_guid, 16);
	vhdx->log_offset = get_le64(header->log_offset);
	vhdx->log_length = get_le32(header->log_length);
	if (get_le16(header->version) != 1)
		return disk_fail(source->error, -EPROTONOSUPPORT, "VHDX version %u is not known.",
				 get_le16(header->version));
	if (get_le16(header->log_version) != 0 && !guid_is_zero(&vhdx->log_guid))
		return disk_fail(source->error, -EPROTONOSUPPORT, "VHDX log version %u is not known.",
				 get_le16(header->log_version));
	if (!vhdx->log_length || vhdx->log_length % VHDX_UNIT || vhdx->log_offset % VHDX_UNIT ||
	    !vhdx->log_offset || vhdx->log_offset > VHDX_FILE_MAX || vhdx->log_length > VHDX_LOG_MAX)
		return disk_fail(source->error, -EUCLEAN, "The VHDX header names an impossible log.");
	return 0;
}

int vhdx_read_headers(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	struct vhdx_header headers[2];
	bool is_good[2];
	for (unsigned i = 0; i < 2; i++) {
		int error = io_read_now(source->io, source->fd, VHDX_HEADER_OFFSET(i), &headers[i],
					sizeof(headers[i]));
		if (error)
			return error;
		is_good[i] = header_is_good(&headers[i]);
	}
	if (!is_good[0] && !is_good[1])
		return disk_fail(source->error, -EUCLEAN, "Both VHDX headers are damaged.");
	unsigned newer = !is_good[0] || (is_good[1] && get_le64(headers[1].sequence_number) >
							   get_le64(headers[0].sequence_number));
	if (is_good[0] && is_good[1] && memcmp(&headers[0], &headers[1], sizeof(headers[0])) &&
	    get_le64(headers[0].sequence_number) == get_le64(headers[1].sequence_number))
		return disk_fail(source->error, -EUCLEAN, "The two VHDX headers contradict each other.");
	vhdx->header_index = newer;
	return take_header(vhdx, &headers[newer], source);
}

void vhdx_build_header(const struct vhdx_disk *vhdx, uint8_t page[VHDX_HEADER_SIZE])
{
	struct vhdx_header *header = (struct vhdx_header *)page;
	memset(page, 0, VHDX_HEADER_SIZE);
	memcpy(header->signature, "head", 4);
	put_le64(header->sequence_number, vhdx->header_sequence);
	memcpy(header->file_write_guid, &vhdx->file_write_guid, 16);
	memcpy(header->data_write_guid, &vhdx->data_write_guid, 16);
	memcpy(header->log_guid, &vhdx->log_guid, 16);
	put_le16(header->version, 1);
	put_le32(header->log_length, vhdx->log_length);
	put_le64(header->log_offset, vhdx->log_offset);
	put_le32(header->checksum, crc32c(0, page, VHDX_HEADER_SIZE));
}

int vhdx_write_header(struct vhdx_disk *vhdx)
{
	uint8_t page[VHDX_HEADER_SIZE];
	unsigned index = !vhdx->header_index;
	vhdx->header_sequence++;
	vhdx_build_header(vhdx, page);
	int error = io_write_now(vhdx->disk.io, vhdx->disk.fd, VHDX_HEADER_OFFSET(index), page, sizeof(page));
	if (!error)
		error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	if (!error)
		vhdx->header_index = index;
	return error;
}

static int take_region(struct vhdx_disk *vhdx, const struct vhdx_region_entry *entry,
		       const struct disk_source *source)
{
	struct disk_guid guid;
	uint64_t offset = get_le64(entry->file_offset);
	uint32_t length = get_le32(entry->length);
	memcpy(&guid, entry->guid, 16);
	bool is_bat = guid_equal(&guid, &region_bat);
	if (!is_bat && !guid_equal(&guid, &region_metadata)) {
		if (get_le32(entry->flags) & 1)
			return disk_fail(source->error, -EPROTONOSUPPORT,
					 "The VHDX needs a region that is not known here.");
		return 0;
	}
	if (!offset || offset % VHDX_UNIT || !length || length % VHDX_UNIT || offset > VHDX_FILE_MAX)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX region table names an impossible region.");
	if (is_bat ? vhdx->region_bat_length : vhdx->region_metadata_length)
		return disk_fail(source->error, -EUCLEAN, "The VHDX region table names a region twice.");
	if (is_bat) {
		vhdx->region_bat_offset = offset;
		vhdx->region_bat_length = length;
	} else {
		vhdx->region_metadata_offset = offset;
		vhdx->region_metadata_length = length;
	}
	return 0;
}

static int take_regions(struct vhdx_disk *vhdx, const uint8_t *table, const struct disk_source *source)
{
	const struct vhdx_region_table *head = (const struct vhdx_region_table *)table;
	const struct vhdx_region_entry *entries = (const struct vhdx_region_entry *)(head + 1);
	uint32_t count = get_le32(head->entry_count);
	if (count > VHDX_TABLE_ENTRIES_MAX)
		return disk_fail(source->error, -EUCLEAN, "The VHDX region table claims %u entries.", count);
	for (uint32_t i = 0; i < count; i++) {
		int error = take_region(vhdx, &entries[i], source);
		if (error)
			return error;
	}
	if (!vhdx->region_bat_length || !vhdx->region_metadata_length)
		return disk_fail(source->error, -EUCLEAN, "The VHDX lacks its block table or its metadata.");
	if (vhdx->region_metadata_length > VHDX_METADATA_MAX)
		return disk_fail(source->error, -EFBIG, "The VHDX metadata region is absurdly large.");
	return 0;
}

/* One of the two tables. 0, -EUCLEAN when it is damaged, or -errno. */
static int read_table(struct vhdx_disk *vhdx, unsigned index, uint8_t *table)
{
	struct vhdx_region_table *head = (struct vhdx_region_table *)table;
	int error = vhdx_read(vhdx, VHDX_REGION_TABLE_OFFSET(index), table, VHDX_TABLE_SIZE);
	if (error)
		return error;
	bool is_good =
	    !memcmp(head->signature, "regi", 4) && checksum_is_good(table, VHDX_TABLE_SIZE, head->checksum);
	return is_good ? 0 : -EUCLEAN;
}

int vhdx_repair_regions(struct vhdx_disk *vhdx)
{
	uint8_t *table = malloc(VHDX_TABLE_SIZE);
	int error = table ? read_table(vhdx, 0, table) : -ENOMEM;
	unsigned bad = error == -EUCLEAN ? 0 : 1;
	if (!error)
		error = read_table(vhdx, 1, table);
	bool is_good = !error;
	if (error ==
	    -EUCLEAN) /* the other one was good at opening: its very bytes, with regions that are not known here */
		error = read_table(vhdx, !bad, table);
	if (!error && !is_good)
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, VHDX_REGION_TABLE_OFFSET(bad), table,
				     VHDX_TABLE_SIZE);
	free(table);
	return error || is_good ? error : io_sync_now(vhdx->disk.io, vhdx->disk.fd);
}

int vhdx_read_regions(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	uint8_t *table = malloc(VHDX_TABLE_SIZE);
	int error = table ? -EUCLEAN : -ENOMEM;
	for (unsigned i = 0; error == -EUCLEAN && i < 2; i++) {
		error = read_table(vhdx, i, table);
		if (error)
			continue;
		error = take_regions(vhdx, table, source);
		break;
	}
	free(table);
	if (error == -EUCLEAN)
		disk_fail(source->error, error, "Both VHDX region tables are damaged.");
	return error;
}

static void build_region(struct vhdx_region_entry *entry, const struct disk_guid *guid, uint64_t offset,
			 uint32_t length)
{
	memcpy(entry->guid, guid, 16);
	put_le64(entry->file_offset, offset);
	put_le32(entry->length, length);
	put_le32(entry->flags, 1);
}

void vhdx_build_regions(const struct vhdx_disk *vhdx, uint8_t table[VHDX_TABLE_SIZE])
{
	struct vhdx_region_table *head = (struct vhdx_region_table *)table;
	struct vhdx_region_entry *entries = (struct vhdx_region_entry *)(head + 1);
	memset(table, 0, VHDX_TABLE_SIZE);
	memcpy(head->signature, "regi", 4);
	put_le32(head->entry_count, 2);
	build_region(&entries[0], &region_bat, vhdx->region_bat_offset, vhdx->region_bat_length);
	build_region(&entries[1], &region_metadata, vhdx->region_metadata_offset,
		     vhdx->region_metadata_length);
	put_le32(head->checksum, crc32c(0, table, VHDX_TABLE_SIZE));
}

/* One after the other, each durable: at any moment one of them is whole. */
int vhdx_write_regions(struct vhdx_disk *vhdx)
{
	uint8_t *table = malloc(VHDX_TABLE_SIZE);
	if (!table)
		return -ENOMEM;
	vhdx_build_regions(vhdx, table);
	int error = 0;
	for (unsigned i = 0; !error && i < 2; i++) {
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, VHDX_REGION_TABLE_OFFSET(i), table,
				     VHDX_TABLE_SIZE);
		if (!error)
			error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	}
	free(table);
	return error;
}
