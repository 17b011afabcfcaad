/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaying the log when a VHDX is opened that was not closed (MS-VHDX 2.3.2, 2.3.3). Every number in it is
 * hostile: lengths are checked before use, and the work to find the sequence is bounded.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/crc32c.h"
#include "disk/disk_limits.h"
#include "disk/vhdx.h"

struct log_entry {
	uint32_t offset, length, tail, descriptor_count;
	uint64_t sequence, flushed_size, last_size;
};

struct log_reader {
	struct vhdx_disk *vhdx;
	const struct disk_source *source;
	uint8_t *bytes; /* the log twice in a row, so that an entry that wraps is in one piece */
	uint32_t length;
	uint64_t budget; /* bytes that may still be checksummed */
	unsigned pages;	 /* put into memory, one as often as the log says */
};

/* A run of entries: from `tail` (the first that is still active) to the one at `head`. */
struct log_sequence {
	struct log_entry head;
	uint32_t first_offset;
	uint32_t end; /* where the next entry would be */
	bool is_valid;
};

static bool take_entry_header(const struct log_reader *log, uint32_t offset, struct log_entry *entry)
{
	const struct vhdx_log_header *header = (const void *)(log->bytes + offset);
	if (memcmp(header->signature, "loge", 4) || memcmp(header->log_guid, &log->vhdx->log_guid, 16))
		return false;
	*entry = (struct log_entry){
		.offset = offset,
		.length = get_le32(header->entry_length),
		.tail = get_le32(header->tail),
		.descriptor_count = get_le32(header->descriptor_count),
		.sequence = get_le64(header->sequence_number),
		.flushed_size = get_le64(header->flushed_file_offset),
		.last_size = get_le64(header->last_file_offset),
	};
	if (!entry->length || entry->length % VHDX_PAGE || entry->length > log->length || !entry->sequence)
		return false;
	if (entry->tail % VHDX_PAGE || entry->tail >= log->length)
		return false;
	return entry->descriptor_count <= entry->length / sizeof(struct vhdx_log_descriptor) &&
	       sizeof(*header) + (uint64_t)entry->descriptor_count * sizeof(struct vhdx_log_descriptor) <=
		   entry->length;
}

static const struct vhdx_log_descriptor *entry_descriptors(const struct log_reader *log,
							   const struct log_entry *entry)
{
	return (const void *)(log->bytes + entry->offset + sizeof(struct vhdx_log_header));
}

static uint32_t entry_data_offset(const struct log_entry *entry)
{
	return (uint32_t)round_up(sizeof(struct vhdx_log_header) +
				      entry->descriptor_count * sizeof(struct vhdx_log_descriptor),
				  VHDX_PAGE);
}

/* The sequence number stands in every descriptor and data sector: a cheap test before the checksum. */
static bool descriptors_are_good(const struct log_reader *log, const struct log_entry *entry)
{
	const struct vhdx_log_descriptor *descriptors = entry_descriptors(log, entry);
	uint32_t data_at = entry_data_offset(entry);
	for (uint32_t i = 0; i < entry->descriptor_count; i++) {
		if (get_le64(descriptors[i].sequence_number) != entry->sequence)
			return false;
		if (!memcmp(descriptors[i].signature, "zero", 4))
			continue;
		if (memcmp(descriptors[i].signature, "desc", 4) || data_at + VHDX_PAGE > entry->length)
			return false;
		const struct vhdx_log_data *data = (const void *)(log->bytes + entry->offset + data_at);
		if (memcmp(data->signature, "data", 4) ||
		    get_le32(data->sequence_high) != (uint32_t)(entry->sequence >> 32) ||
		    get_le32(data->sequence_low) != (uint32_t)entry->sequence)
			return false;
		data_at += VHDX_PAGE;
	}
	return true;
}

static bool entry_checksum_is_good(struct log_reader *log, const struct log_entry *entry)
{
	static const uint8_t zero[4];
	const uint8_t *bytes = log->bytes + entry->offset;
	if (log->budget < entry->length)
		return false;
	log->budget -= entry->length;
	uint32_t crc = crc32c(0, bytes, 4);
	crc = crc32c(crc, zero, 4);
	crc = crc32c(crc, bytes + 8, entry->length - 8);
	return crc == get_le32(bytes + 4);
}

static bool read_entry(struct log_reader *log, uint32_t offset, struct log_entry *entry)
{
	return take_entry_header(log, offset, entry) && descriptors_are_good(log, entry) &&
	       entry_checksum_is_good(log, entry);
}

/* Follows the entries from `offset` as long as their numbers go up by one; at most once around. */
static struct log_sequence read_sequence(struct log_reader *log, uint32_t offset)
{
	struct log_sequence sequence = { .first_offset = offset, .end = offset };
	struct log_entry entry;
	uint32_t walked = 0;
	bool has_entry = false;
	while (walked < log->length && read_entry(log, sequence.end, &entry)) {
		if (has_entry && entry.sequence != sequence.head.sequence + 1)
			break;
		if (entry.length > log->length - walked)
			break;
		sequence.head = entry;
		walked += entry.length;
		sequence.end = (sequence.end + entry.length) % log->length;
		has_entry = true;
		/* Valid when the tail of the newest entry is one of the entries: distance from the first. */
		uint32_t tail_distance = (entry.tail + log->length - offset) % log->length;
		sequence.is_valid = tail_distance < walked;
	}
	return sequence;
}

static bool find_newest(struct log_reader *log, struct log_sequence *ret_newest)
{
	bool has_any = false;
	uint32_t offset = 0;
	while (offset < log->length) {
		struct log_sequence sequence = read_sequence(log, offset);
		if (sequence.is_valid && (!has_any || sequence.head.sequence > ret_newest->head.sequence)) {
			*ret_newest = sequence;
			has_any = true;
		}
		/* Behind a sequence, unless it wrapped around. */
		uint32_t next = sequence.is_valid ? sequence.end : offset + VHDX_PAGE;
		if (next <= offset)
			break;
		offset = next;
	}
	return has_any;
}

/* --- applying -------------------------------------------------------------------------------------- */

static int check_target(const struct log_reader *log, uint64_t offset, uint64_t length, uint64_t file_size)
{
	const struct vhdx_disk *vhdx = log->vhdx;
	uint64_t log_end = vhdx->log_offset + vhdx->log_length;
	if (offset % VHDX_PAGE || length % VHDX_PAGE || offset > file_size || length > file_size - offset)
		return -EUCLEAN;
	/* The headers change without the log, and the log does not change itself. */
	if (offset < VHDX_REGION_TABLE_OFFSET(0) || (offset < log_end && offset + length > vhdx->log_offset))
		return -EUCLEAN;
	return 0;
}

static int apply_page(struct log_reader *log, uint64_t offset, const uint8_t *page)
{
	struct vhdx_disk *vhdx = log->vhdx;
	if (vhdx->disk.is_writable)
		return io_write_now(vhdx->disk.io, vhdx->disk.fd, offset, page, VHDX_PAGE);
	/* A descriptor of 32 bytes may name as many zeros as the file has room for, and the log has millions of them. */
	if (vhdx->disk.meta.count >= VHDX_OVERLAY_MAX || log->pages++ >= 4 * VHDX_OVERLAY_MAX)
		return -EFBIG;
	return meta_keep(&vhdx->disk.meta, offset, page);
}

static int apply_zeros(struct log_reader *log, uint64_t offset, uint64_t length)
{
	static const uint8_t page[VHDX_PAGE];
	struct vhdx_disk *vhdx = log->vhdx;
	if (vhdx->disk.is_writable)
		return io_punch_now(vhdx->disk.io, vhdx->disk.fd, offset, length);
	int error = 0;
	for (; !error && length; offset += VHDX_PAGE, length -= VHDX_PAGE)
		error = apply_page(log, offset, page);
	return error;
}

static int apply_entry(struct log_reader *log, const struct log_entry *entry, uint64_t file_size)
{
	const struct vhdx_log_descriptor *descriptor = entry_descriptors(log, entry);
	const uint8_t *data = log->bytes + entry->offset + entry_data_offset(entry);
	for (uint32_t i = 0; i < entry->descriptor_count; i++, descriptor++) {
		uint8_t page[VHDX_PAGE];
		bool is_zero = !memcmp(descriptor->signature, "zero", 4);
		uint64_t offset = get_le64(descriptor->file_offset);
		uint64_t length = is_zero ? get_le64(descriptor->zero_length) : VHDX_PAGE;
		int error = check_target(log, offset, length, file_size);
		if (error)
			return error;
		if (is_zero) {
			error = apply_zeros(log, offset, length);
		} else {
			memcpy(page, descriptor->leading_bytes, 8);
			memcpy(page + 8, data + offsetof(struct vhdx_log_data, data), VHDX_PAGE - 12);
			memcpy(page + VHDX_PAGE - 4, descriptor->trailing_bytes, 4);
			error = apply_page(log, offset, page);
			data += VHDX_PAGE;
		}
		if (error)
			return error;
	}
	return 0;
}

/* The file must be as long as the log saw it, and becomes as long as it was going to be. */
static int fit_file(struct log_reader *log, const struct log_entry *head, uint64_t *file_size)
{
	if (*file_size < head->flushed_size)
		return disk_fail(log->source->error, -EUCLEAN,
				 "The VHDX was cut off: its log saw %llu bytes, it has %llu.",
				 (unsigned long long)head->flushed_size, (unsigned long long)*file_size);
	if (head->last_size > VHDX_FILE_MAX)
		return disk_fail(log->source->error, -EUCLEAN, "The VHDX log names an absurd file size.");
	if (*file_size >= head->last_size)
		return 0;
	*file_size = head->last_size;
	return log->vhdx->disk.is_writable
		   ? io_resize_now(log->vhdx->disk.io, log->vhdx->disk.fd, head->last_size)
		   : 0;
}

static int apply_sequence(struct log_reader *log, const struct log_sequence *newest)
{
	uint64_t file_size = log->vhdx->file_size;
	int error = fit_file(log, &newest->head, &file_size);
	uint32_t offset = newest->head.tail;
	while (!error) {
		struct log_entry entry;
		/* The tail is inside the sequence; that it starts an entry is known only now. */
		if (!read_entry(log, offset, &entry))
			return disk_fail(log->source->error, -EUCLEAN,
					 "The VHDX log's tail is not an entry.");
		error = apply_entry(log, &entry, file_size);
		if (error == -EUCLEAN)
			return disk_fail(log->source->error, error,
					 "The VHDX log writes to impossible places.");
		if (entry.offset == newest->head.offset)
			break;
		offset = (offset + entry.length) % log->length;
	}
	log->vhdx->file_size = file_size;
	return error;
}

static int finish_replay(struct vhdx_disk *vhdx)
{
	if (!vhdx->disk.is_writable)
		return 0;
	int error = io_sync_now(vhdx->disk.io, vhdx->disk.fd);
	if (error)
		return error;
	memset(&vhdx->log_guid, 0, sizeof(vhdx->log_guid));
	guid_make(&vhdx->file_write_guid);
	return vhdx_write_header(vhdx);
}

static int read_log(struct log_reader *log)
{
	struct vhdx_disk *vhdx = log->vhdx;
	int error = io_read_now(vhdx->disk.io, vhdx->disk.fd, vhdx->log_offset, log->bytes, log->length);
	if (!error)
		memcpy(log->bytes + log->length, log->bytes, log->length);
	return error;
}

int vhdx_replay_log(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	struct log_reader log = { .vhdx = vhdx, .source = source, .length = vhdx->log_length };
	struct log_sequence newest = { 0 };
	if (guid_is_zero(&vhdx->log_guid))
		return 0;
	if (vhdx->log_offset + vhdx->log_length > source->file_size)
		return disk_fail(source->error, -EUCLEAN, "The VHDX log lies beyond the end of the file.");
	/* An honest log is read about three times (found, followed, applied); leftovers of older ones cost a little. */
	log.budget = 16 * (uint64_t)log.length + 64 * DISK_MIB;
	log.bytes = malloc(2 * (size_t)log.length);
	if (!log.bytes)
		return -ENOMEM;
	int error = read_log(&log);
	if (!error && !find_newest(&log, &newest))
		error = disk_fail(source->error, -EUCLEAN, "The VHDX was not closed and its log is damaged.");
	if (!error)
		error = apply_sequence(&log, &newest);
	free(log.bytes);
	if (!error)
		error = finish_replay(vhdx);
	if (!error)
		vhdx->disk.log_replayed = true;
	return error;
}
