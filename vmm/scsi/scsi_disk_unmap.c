/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving space back, and many equal blocks at once (SBC-3, 5.28 UNMAP, 5.42 WRITE SAME). */
#include <string.h>

#include "scsi/scsi_disk.h"

enum {
	LIST_HEAD = 8,
	DESCRIPTOR = 16,
	CDB_ANCHOR = 1 << 4, /* byte 1 */
	CDB_UNMAP = 1 << 3,
	CDB_NO_DATA = 1 << 0,  /* NDOB, of the long form */
	CDB_OLD_BITS = 3 << 1, /* PBDATA, LBDATA */
};

/* --- UNMAP ------------------------------------------------------------------------------------------- */

static void unmap_next(struct scsi_disk *disk, struct scsi_request *request);

static void on_unmapped(struct disk_request *io, int result)
{
	struct scsi_request *request = io->userdata;

	if (result < 0)
		scsi_done_disk(request, result);
	else
		unmap_next(scsi_disk_of(request->state.lun), request);
}

/* One descriptor after the other; each is read from guest memory once, when its time has come. */
static void unmap_next(struct scsi_disk *disk, struct scsi_request *request)
{
	uint8_t descriptor[DESCRIPTOR];
	uint64_t lba;
	uint32_t blocks;

	while (request->state.next_descriptor < request->state.descriptor_count) {
		uint32_t skip = LIST_HEAD + DESCRIPTOR * request->state.next_descriptor++;

		if (!scsi_fetch(request, skip, descriptor, sizeof(descriptor)))
			break; /* the count was checked */
		lba = get_be64(descriptor);
		blocks = get_be32(descriptor + 8);
		if (blocks > SCSI_UNMAP_BLOCKS_MAX) { /* as page b0 says: one step stays short */
			scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
			return;
		}
		if (!scsi_disk_check_extent(disk, request, lba, blocks))
			return;
		if (blocks == 0)
			continue;
		request->state.disk.kind = DISK_UNMAP;
		request->state.disk.flags = 0;
		scsi_disk_submit(disk, request, lba, blocks, on_unmapped);
		return;
	}
	scsi_done(request);
}

void scsi_disk_unmap(struct scsi_disk *disk, struct scsi_request *request)
{
	uint32_t size = get_be16(request->cdb + 7);
	uint8_t head[LIST_HEAD];
	uint32_t listed;

	if (!disk->has_unmap) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_COMMAND);
		return;
	}
	if (request->cdb[1] & 1) { /* ANCHOR */
		scsi_fail_field(request);
		return;
	}
	if (size == 0) {
		scsi_done(request);
		return;
	}
	if (size < LIST_HEAD) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_PARAMETER_LENGTH);
		return;
	}
	if (!scsi_trim(request, SCSI_DATA_OUT, size) || !scsi_fetch(request, 0, head, sizeof(head)))
		return;
	listed = get_be16(head + 2);
	if (listed > size - LIST_HEAD)
		listed = size - LIST_HEAD;
	request->state.next_descriptor = 0;
	request->state.descriptor_count = listed / DESCRIPTOR;
	if (request->state.descriptor_count > SCSI_UNMAP_DESCRIPTORS_MAX) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
		return;
	}
	request->transferred = size;
	unmap_next(disk, request);
}

/* --- WRITE SAME -------------------------------------------------------------------------------------- */

static void on_written(struct disk_request *io, int result)
{
	scsi_done_disk(io->userdata, result);
}

static bool is_zero(const uint8_t *bytes, uint32_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/*
 * Does it write zeros? Anything else would have to go through memory, and no system that we know asks for it.
 */
static bool is_zero_block(struct scsi_disk *disk, struct scsi_request *request)
{
	uint8_t block[SCSI_SECTOR_MAX];

	if (request->cdb[0] == SCSI_WRITE_SAME_16 && request->cdb[1] & CDB_NO_DATA)
		return true;
	if (!scsi_fetch(request, 0, block, disk->block_size)) {
		scsi_fail_overrun(request);
		return false;
	}
	if (!is_zero(block, disk->block_size)) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS);
		return false;
	}
	request->transferred = disk->block_size;
	return true;
}

void scsi_disk_write_same(struct scsi_disk *disk, struct scsi_request *request)
{
	struct scsi_extent extent = scsi_disk_extent(request->cdb);
	bool may_unmap = request->cdb[1] & CDB_UNMAP;

	if (disk->is_read_only) {
		scsi_fail(request, SCSI_KEY_PROTECT, SCSI_CODE_WRITE_PROTECTED);
		return;
	}
	/* that no blocks do not mean all to the end, page b0 says (WSNZ) */
	if (request->cdb[1] & (CDB_ANCHOR | CDB_OLD_BITS) || (may_unmap && !disk->has_unmap) ||
	    extent.blocks == 0 || extent.blocks > SCSI_UNMAP_BLOCKS_MAX) {
		scsi_fail_field(request);
		return;
	}
	if (!scsi_disk_check_extent(disk, request, extent.lba, extent.blocks) ||
	    !is_zero_block(disk, request))
		return;
	request->state.disk.kind = DISK_WRITE_ZEROES;
	request->state.disk.flags = (may_unmap ? DISK_MAY_UNMAP : 0) | (disk->has_write_cache ? 0 : DISK_FUA);
	scsi_disk_submit(disk, request, extent.lba, extent.blocks, on_written);
}
