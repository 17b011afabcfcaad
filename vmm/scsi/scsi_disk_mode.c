/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mode pages of a disk (SPC-4, 6.11 and 7.5; SBC-3, 6.4): the write cache and the format of sense data can be
 * chosen. */
#include <string.h>

#include "scsi/scsi_disk.h"

enum {
	MODES_MAX = 128,
	HEAD_6 = 4,
	HEAD_10 = 8,
	BLOCK_DESCRIPTOR = 8,
	BLOCK_DESCRIPTOR_LONG = 16,
	DEVICE_READ_ONLY = 1 << 7, /* the device-specific byte of the head */
	DEVICE_FUA = 1 << 4,
	WRITE_CACHE = 1 << 2,	   /* byte 2 of page 08 */
	DESCRIPTOR_SENSE = 1 << 2, /* byte 2 of page 0a */
};

enum page_control { CURRENT, CHANGEABLE, DEFAULT, SAVED };

/* --- pages ------------------------------------------------------------------------------------------- */

static unsigned put_page(uint8_t *to, enum scsi_mode_page code, unsigned size)
{
	to[0] = (uint8_t)code;
	to[1] = (uint8_t)(size - 2);
	return size;
}

static unsigned put_error_recovery(uint8_t *to, enum page_control control)
{
	if (control != CHANGEABLE)
		to[2] = 0xc0; /* bad blocks are replaced by themselves */
	return put_page(to, SCSI_MODE_ERROR_RECOVERY, 12);
}

static unsigned put_caching(const struct scsi_disk *disk, uint8_t *to, enum page_control control)
{
	if (control != CURRENT || disk->has_write_cache)
		to[2] = WRITE_CACHE;
	return put_page(to, SCSI_MODE_CACHING, 20);
}

static unsigned put_control(const struct scsi_disk *disk, uint8_t *to, enum page_control control)
{
	if (control == CHANGEABLE || (control == CURRENT && disk->lun.wants_descriptor_sense))
		to[2] = DESCRIPTOR_SENSE;
	if (control != CHANGEABLE) {
		to[3] = 1 << 4;		  /* commands may be reordered */
		put_be16(to + 8, 0xffff); /* and take as long as they like */
	}
	return put_page(to, SCSI_MODE_CONTROL, 12);
}

/* Returns the size of the pages; 0: there is no such page. */
static unsigned put_pages(const struct scsi_disk *disk, uint8_t *to, unsigned code, enum page_control control)
{
	bool is_all = code == SCSI_MODE_ALL;
	unsigned size = 0;

	if (is_all || code == SCSI_MODE_ERROR_RECOVERY)
		size += put_error_recovery(to + size, control);
	if (is_all || code == SCSI_MODE_CACHING)
		size += put_caching(disk, to + size, control);
	if (is_all || code == SCSI_MODE_CONTROL)
		size += put_control(disk, to + size, control);
	if (is_all || code == SCSI_MODE_EXCEPTIONS)
		size += put_page(to + size, SCSI_MODE_EXCEPTIONS, 12);
	return size;
}

static unsigned put_block_descriptor(const struct scsi_disk *disk, uint8_t *to, bool is_long)
{
	if (is_long) {
		put_be64(to, disk->blocks);
		put_be32(to + 12, disk->block_size);
		return BLOCK_DESCRIPTOR_LONG;
	}
	put_be32(to, disk->blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)disk->blocks);
	put_be32(to + 4, disk->block_size);
	return BLOCK_DESCRIPTOR;
}

/* --- MODE SENSE -------------------------------------------------------------------------------------- */

static void put_head(uint8_t *reply, bool is_short, unsigned size, unsigned descriptor, uint8_t device)
{
	if (is_short) {
		reply[0] = (uint8_t)(size - 1);
		reply[2] = device;
		reply[3] = (uint8_t)descriptor;
		return;
	}
	put_be16(reply, (uint16_t)(size - 2));
	reply[3] = device;
	reply[4] = descriptor == BLOCK_DESCRIPTOR_LONG;
	put_be16(reply + 6, (uint16_t)descriptor);
}

void scsi_disk_mode_sense(struct scsi_disk *disk, struct scsi_request *request)
{
	const uint8_t *cdb = request->cdb;
	bool is_short = cdb[0] == SCSI_MODE_SENSE_6, has_descriptor = !(cdb[1] & 8);
	unsigned head = is_short ? HEAD_6 : HEAD_10, descriptor = 0, pages;
	enum page_control control = cdb[2] >> 6;
	uint8_t reply[MODES_MAX] = { 0 };

	if (control == SAVED) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_SAVING);
		return;
	}
	if (has_descriptor)
		descriptor = put_block_descriptor(disk, reply + head, !is_short && cdb[1] & 0x10);
	pages = put_pages(disk, reply + head + descriptor, cdb[2] & 0x3f, control);
	if (pages == 0 || (cdb[3] != 0 && cdb[3] != 0xff)) { /* no subpages */
		scsi_fail_field(request);
		return;
	}
	put_head(reply, is_short, head + descriptor + pages, descriptor,
		 DEVICE_FUA | (disk->is_read_only ? DEVICE_READ_ONLY : 0));
	scsi_reply(request, reply, head + descriptor + pages, is_short ? cdb[4] : get_be16(cdb + 7));
}

/* --- MODE SELECT ------------------------------------------------------------------------------------- */

/* The page at `from` may differ from the current one only in what is changeable. */
static bool is_page_acceptable(const struct scsi_disk *disk, const uint8_t *from, unsigned size)
{
	uint8_t current[MODES_MAX] = { 0 }, changeable[MODES_MAX] = { 0 };
	unsigned code = from[0] & 0x3f;

	if (from[0] & 0x40 || code == SCSI_MODE_ALL || put_pages(disk, current, code, CURRENT) != size)
		return false;
	put_pages(disk, changeable, code, CHANGEABLE);
	for (unsigned i = 2; i < size; i++)
		if ((from[i] ^ current[i]) & ~changeable[i])
			return false;
	return true;
}

static void apply_page(struct scsi_disk *disk, const uint8_t *from)
{
	if ((from[0] & 0x3f) == SCSI_MODE_CACHING)
		disk->has_write_cache = from[2] & WRITE_CACHE;
	if ((from[0] & 0x3f) == SCSI_MODE_CONTROL)
		disk->lun.wants_descriptor_sense = from[2] & DESCRIPTOR_SENSE;
}

/* All pages are checked before the first is applied; true: done. */
static bool take_pages(struct scsi_disk *disk, const uint8_t *pages, unsigned size)
{
	for (unsigned i = 0; i < size; i += 2u + pages[i + 1])
		if (size - i < 2 || size - i < 2u + pages[i + 1] ||
		    !is_page_acceptable(disk, pages + i, 2u + pages[i + 1]))
			return false;
	for (unsigned i = 0; i < size; i += 2u + pages[i + 1])
		apply_page(disk, pages + i);
	return true;
}

/* Where the pages begin; more than `size`: the list is too short. */
static unsigned find_pages(const uint8_t *list, unsigned size, bool is_short)
{
	unsigned head = is_short ? HEAD_6 : HEAD_10;

	if (size < head)
		return size + 1;
	return head + (is_short ? list[3] : get_be16(list + 6));
}

/* Going from a write cache to none makes durable what is in it. */
static void on_flushed(struct disk_request *io, int result)
{
	scsi_done_disk(io->userdata, result);
}

static void flush(struct scsi_disk *disk, struct scsi_request *request)
{
	request->state.disk.kind = DISK_FLUSH;
	request->state.disk.flags = 0;
	scsi_disk_submit(disk, request, 0, 0, on_flushed);
}

void scsi_disk_mode_select(struct scsi_disk *disk, struct scsi_request *request)
{
	const uint8_t *cdb = request->cdb;
	bool is_short = cdb[0] == SCSI_MODE_SELECT_6, had_cache = disk->has_write_cache;
	unsigned size = is_short ? cdb[4] : get_be16(cdb + 7), begin;
	uint8_t list[SCSI_PARAMETERS_MAX];

	if ((cdb[1] & 0x11) != 0x10) { /* pages as in the standard, not saved */
		scsi_fail_field(request);
		return;
	}
	if (size == 0) {
		scsi_done(request);
		return;
	}
	if (size > sizeof(list) || !scsi_fetch(request, 0, list, size)) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_PARAMETER_LENGTH);
		return;
	}
	begin = find_pages(list, size, is_short);
	if (begin > size) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_PARAMETER_LENGTH);
		return;
	}
	if (!take_pages(disk, list + begin, size - begin)) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
		return;
	}
	request->transferred = size;
	if (had_cache && !disk->has_write_cache)
		flush(disk, request);
	else
		scsi_done(request);
}
