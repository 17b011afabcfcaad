/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing the log (MS-VHDX 2.3). We keep one active entry: each names itself as the tail, since everything
 * older is in place and durable by the time it is written. An entry never reaches into its predecessor.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/crc32c.h"
#include "disk/vhdx.h"

enum { LOG_PAGES_MAX = 1024 };

static size_t descriptor_bytes(unsigned count)
{
	return round_up(sizeof(struct vhdx_log_header) + count * sizeof(struct vhdx_log_descriptor),
			VHDX_PAGE);
}

size_t vhdx_log_entry_length(unsigned page_count)
{
	return descriptor_bytes(page_count) + (size_t)page_count * VHDX_PAGE;
}

unsigned vhdx_log_capacity(const struct vhdx_disk *vhdx)
{
	unsigned count = vhdx->log_length / 2 / VHDX_PAGE;
	if (count > LOG_PAGES_MAX)
		count = LOG_PAGES_MAX;
	while (vhdx_log_entry_length(count) > vhdx->log_length / 2)
		count--;
	return count;
}

static void build_page(struct vhdx_log_descriptor *descriptor, struct vhdx_log_data *data, uint64_t sequence,
		       uint64_t offset, const uint8_t *page)
{
	memcpy(descriptor->signature, "desc", 4);
	memcpy(descriptor->leading_bytes, page, 8);
	memcpy(descriptor->trailing_bytes, page + VHDX_PAGE - 4, 4);
	put_le64(descriptor->file_offset, offset);
	put_le64(descriptor->sequence_number, sequence);
	memcpy(data->signature, "data", 4);
	put_le32(data->sequence_high, (uint32_t)(sequence >> 32));
	memcpy(data->data, page + 8, sizeof(data->data));
	put_le32(data->sequence_low, (uint32_t)sequence);
}

void vhdx_log_build(struct vhdx_disk *vhdx, const uint64_t *offsets, const uint8_t *pages, unsigned count,
		    uint8_t *entry)
{
	struct vhdx_log_header *header = (struct vhdx_log_header *)entry;
	struct vhdx_log_descriptor *descriptors = (struct vhdx_log_descriptor *)(header + 1);
	struct vhdx_log_data *data = (struct vhdx_log_data *)(entry + descriptor_bytes(count));
	size_t length = vhdx_log_entry_length(count);
	memset(entry, 0, descriptor_bytes(count));
	memcpy(header->signature, "loge", 4);
	put_le32(header->entry_length, (uint32_t)length);
	put_le32(header->tail, vhdx->log_next);
	put_le64(header->sequence_number, ++vhdx->log_sequence);
	put_le32(header->descriptor_count, count);
	memcpy(header->log_guid, &vhdx->log_guid, 16);
	/* The sync before this entry made the file's length durable: both marks are the same. */
	put_le64(header->flushed_file_offset, vhdx->log_file_size);
	put_le64(header->last_file_offset, vhdx->log_file_size);
	for (unsigned i = 0; i < count; i++)
		build_page(&descriptors[i], &data[i], vhdx->log_sequence, offsets[i],
			   pages + (size_t)i * VHDX_PAGE);
	put_le32(header->checksum, crc32c(0, entry, length));
}

int vhdx_log_begin(struct vhdx_disk *vhdx)
{
	uint8_t *entry = malloc(vhdx_log_entry_length(0));
	struct disk_guid before = vhdx->log_guid;
	if (!entry)
		return -ENOMEM;
	guid_make(&vhdx->log_guid);
	vhdx->log_next = 0;
	vhdx->log_sequence = 0;
	vhdx->log_file_size = vhdx->space.units * VHDX_UNIT;
	vhdx_log_build(vhdx, NULL, NULL, 0, entry);
	/*
	 * Makes a file whole that ends within a unit, so that the marks in the log are true. One sync covers both: nothing
	 * reads the entry before the header names its log.
	 */
	int error = io_resize_now(vhdx->disk.io, vhdx->disk.fd, vhdx->log_file_size);
	if (!error)
		error = io_write_now(vhdx->disk.io, vhdx->disk.fd, vhdx->log_offset, entry,
				     vhdx_log_entry_length(0));
	free(entry);
	if (!error)
		error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	if (!error)
		error = vhdx_write_header(vhdx);
	if (error)
		vhdx->log_guid = before;
	else
		vhdx->log_next = (uint32_t)vhdx_log_entry_length(0);
	return error;
}
