/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading, writing and flushing (SBC-3, 5). */
#include "scsi/scsi_disk.h"

enum {
	CDB_FUA = 1 << 3, /* byte 1 */
	CDB_BYTCHK = 3 << 1,
	READ_6_BLOCKS_OF_ZERO = 256,
};

/* The group code in the opcode says how long the CDB is and so where the numbers are (SPC-4, 4.2.5.1). */
struct scsi_extent scsi_disk_extent(const uint8_t *cdb)
{
	uint32_t blocks;

	switch (cdb[0] >> 5) {
	case 0:
		blocks = cdb[4] ? cdb[4] : READ_6_BLOCKS_OF_ZERO;
		return (struct scsi_extent){ get_be32(cdb) & 0x1fffff, blocks };
	case 4: return (struct scsi_extent){ get_be64(cdb + 2), get_be32(cdb + 10) };
	case 5: return (struct scsi_extent){ get_be32(cdb + 2), get_be32(cdb + 6) };
	default: return (struct scsi_extent){ get_be32(cdb + 2), get_be16(cdb + 7) };
	}
}

bool scsi_disk_check_extent(const struct scsi_disk *disk, struct scsi_request *request, uint64_t lba,
			    uint64_t blocks)
{
	if (lba <= disk->blocks && blocks <= disk->blocks - lba)
		return true;
	scsi_fail_at(request, SCSI_KEY_ILLEGAL, SCSI_CODE_ADDRESS_RANGE, lba);
	return false;
}

void scsi_disk_submit(struct scsi_disk *disk, struct scsi_request *request, uint64_t lba, uint64_t blocks,
		      void (*on_done)(struct disk_request *request, int result))
{
	struct disk_request *io = &request->state.disk;

	request->state.lba = lba;
	io->offset = lba * disk->block_size;
	io->length = blocks * disk->block_size;
	io->iov = request->iov;
	io->iov_count = io->kind == DISK_READ || io->kind == DISK_WRITE ? request->iov_count : 0;
	io->on_done = on_done;
	io->userdata = request;
	disk_submit(disk->disk, io);
}

static void on_io_done(struct disk_request *io, int result)
{
	struct scsi_request *request = io->userdata;

	if (result == 0 && (io->kind == DISK_READ || io->kind == DISK_WRITE))
		request->transferred = request->length;
	scsi_done_disk(request, result);
}

static void transfer(struct scsi_disk *disk, struct scsi_request *request, enum disk_request_kind kind,
		     unsigned flags)
{
	struct scsi_extent extent = scsi_disk_extent(request->cdb);
	enum scsi_direction direction = kind == DISK_READ ? SCSI_DATA_IN : SCSI_DATA_OUT;

	if (!scsi_disk_check_extent(disk, request, extent.lba, extent.blocks) ||
	    !scsi_trim(request, direction, (uint64_t)extent.blocks * disk->block_size))
		return;
	if (extent.blocks == 0) {
		scsi_done(request);
		return;
	}
	request->state.disk.kind = kind;
	request->state.disk.flags = flags;
	scsi_disk_submit(disk, request, extent.lba, extent.blocks, on_io_done);
}

void scsi_disk_read(struct scsi_disk *disk, struct scsi_request *request)
{
	transfer(disk, request, DISK_READ, 0);
}

/* WRITE AND VERIFY, too, whose data are then on stable storage. */
void scsi_disk_write(struct scsi_disk *disk, struct scsi_request *request)
{
	uint8_t opcode = request->cdb[0];
	bool is_verify = (opcode & 0x1f) == 0x0e;
	bool has_fua = opcode >> 5 != 0 && request->cdb[1] & CDB_FUA;

	if (disk->is_read_only)
		scsi_fail(request, SCSI_KEY_PROTECT, SCSI_CODE_WRITE_PROTECTED);
	else if (is_verify && request->cdb[1] & CDB_BYTCHK)
		scsi_fail_field(request);
	else
		transfer(disk, request, DISK_WRITE,
			 is_verify || has_fua || !disk->has_write_cache ? DISK_FUA : 0);
}

/*
 * The image's own checks (checksums of the host's file system and disk) come with each read; a guest that
 * wants more must read itself, and comparing with its data is not offered.
 */
void scsi_disk_verify(struct scsi_disk *disk, struct scsi_request *request)
{
	struct scsi_extent extent = scsi_disk_extent(request->cdb);

	if (request->cdb[1] & CDB_BYTCHK)
		scsi_fail_field(request);
	else if (scsi_disk_check_extent(disk, request, extent.lba, extent.blocks))
		scsi_done(request);
}

/* A hint, and the host's page cache has its own mind. */
void scsi_disk_prefetch(struct scsi_disk *disk, struct scsi_request *request)
{
	struct scsi_extent extent = scsi_disk_extent(request->cdb);

	if (scsi_disk_check_extent(disk, request, extent.lba, extent.blocks))
		scsi_done(request);
}

/* All of the disk, whatever part was asked for; IMMED is answered late, which is allowed. */
void scsi_disk_flush(struct scsi_disk *disk, struct scsi_request *request)
{
	struct scsi_extent extent = scsi_disk_extent(request->cdb);

	if (!scsi_disk_check_extent(disk, request, extent.lba, extent.blocks))
		return;
	request->state.disk.kind = DISK_FLUSH;
	request->state.disk.flags = 0;
	scsi_disk_submit(disk, request, 0, 0, on_io_done);
}
