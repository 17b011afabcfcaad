/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/wire.h"

enum { GUARD = 64, GUARD_BYTE = 0xa5, PIECES = 3 };

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	printf("the rig cannot %s\n", what);
	abort();
}

static void fill_blocks(int fd, uint64_t size, unsigned block)
{
	uint8_t *bytes = malloc(size);

	must(bytes, "get memory");
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i / block);
	must(pwrite(fd, bytes, size, 0) == (ssize_t)size, "fill an image");
	free(bytes);
}

static struct disk *open_disk(struct rig *rig, int fd, enum disk_format format, bool is_writable)
{
	struct disk_open_options options = {
		.format = format, .allow_raw = true, .writable = is_writable, .no_lock = true
	};
	struct disk_error error = { "" };
	struct disk *disk = NULL;

	if (disk_open(rig->io, fd, &options, &disk, &error) < 0)
		printf("%s\n", error.text);
	must(disk, "open an image");
	return disk;
}

struct disk *rig_open_raw(struct rig *rig, uint64_t size, bool is_iso)
{
	int fd = memfd_create("raw", MFD_CLOEXEC);

	must(fd >= 0, "make a memory file");
	fill_blocks(fd, size, is_iso ? 2048 : 512);
	return open_disk(rig, fd, is_iso ? DISK_FORMAT_ISO : DISK_FORMAT_RAW, !is_iso);
}

static struct disk *open_thin(struct rig *rig)
{
	struct disk_create_options options = { .format = DISK_FORMAT_VHDX,
					       .type = DISK_TYPE_DYNAMIC,
					       .size = RIG_DISK_SIZE,
					       .block_size = 1 << 20 };
	struct disk_error error = { "" };
	struct disk_job job = { 0 };
	int fd = memfd_create("thin", MFD_CLOEXEC);

	must(fd >= 0 && disk_create(rig->io, dup(fd), &options, &job, &error) == 0, "make a VHDX");
	return open_disk(rig, fd, DISK_FORMAT_VHDX, true);
}

static void add_disk(struct rig *rig, unsigned number, struct disk *disk, bool is_read_only)
{
	struct scsi_disk_config config = { .disk = disk, .is_read_only = is_read_only };
	struct scsi_lun *lun = NULL;

	for (unsigned i = 0; i < 16; i++)
		config.id.bytes[i] = (uint8_t)(number * 16 + i);
	must(scsi_disk_new(&config, &lun) == 0 && scsi_target_add(rig->target, number, lun) == 0,
	     "add a disk");
}

void rig_init(struct rig *rig)
{
	struct scsi_dvd_config dvd = { .id = { { 0xdd } } };
	struct scsi_lun *lun = NULL;

	*rig = (struct rig){ 0 };
	must(disk_io_new(DISK_IO_THREADS, &rig->io) == 0, "make a queue");
	must(scsi_target_new(&rig->target) == 0, "make a target");
	rig->disk = rig_open_raw(rig, RIG_DISK_SIZE, false);
	rig->thin = open_thin(rig);
	rig->read_only = rig_open_raw(rig, RIG_DISK_SIZE, false);
	rig->medium = dvd.medium = rig_open_raw(rig, RIG_DVD_SIZE, true);
	add_disk(rig, RIG_RAW, rig->disk, false);
	add_disk(rig, RIG_THIN, rig->thin, false);
	add_disk(rig, RIG_READ_ONLY, rig->read_only, true);
	must(scsi_dvd_new(&dvd, &lun) == 0 && scsi_target_add(rig->target, RIG_DVD, lun) == 0, "add a drive");
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		rig_clear_attentions(rig, i);
}

static void free_lun(void *opaque, struct scsi_lun *lun)
{
	scsi_lun_free(lun);
}

void rig_deinit(struct rig *rig)
{
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		if (scsi_target_find(rig->target, i))
			scsi_target_remove(rig->target, i, free_lun, NULL);
	scsi_target_free(rig->target);
	disk_close(rig->disk);
	disk_close(rig->thin);
	disk_close(rig->read_only);
	disk_close(rig->medium);
	disk_io_free(rig->io);
}

/* --- commands ---------------------------------------------------------------------------------------- */

static void on_done(struct scsi_request *request)
{
	++*(unsigned *)request->userdata;
}

static void read_sense(const struct scsi_request *request, struct rig_result *result)
{
	const uint8_t *sense = request->sense;

	if (request->sense_size == 0)
		return;
	if ((sense[0] & 0x7f) == 0x72) {
		result->key = sense[1] & 15;
		result->code = get_be16(sense + 2);
		result->information = sense[7] ? get_be64(sense + 12) : 0;
	} else {
		result->key = sense[2] & 15;
		result->code = get_be16(sense + 12);
		result->information = sense[0] & 0x80 ? get_be32(sense + 3) : 0;
	}
}

static bool is_guard(const uint8_t *bytes)
{
	for (unsigned i = 0; i < GUARD; i++)
		if (bytes[i] != GUARD_BYTE)
			return false;
	return true;
}

/* Piece i of n bytes begins at cut(i, n). */
static uint32_t cut(unsigned piece, uint32_t length)
{
	return piece == 0	 ? 0
	       : piece == PIECES ? length
	       : piece == 1	 ? length / 7
				 : length / 7 * 3 + length % 7;
}

struct rig_result rig_run(struct rig *rig, unsigned lun, const uint8_t *cdb, unsigned cdb_size,
			  enum scsi_direction direction, void *data, uint32_t length)
{
	uint8_t *memory[PIECES];
	struct iovec iov[PIECES];
	struct rig_result result = { 0 };
	struct scsi_request request = { .direction = length ? direction : SCSI_DATA_NONE,
					.iov = iov,
					.iov_count = length ? PIECES : 0,
					.length = length,
					.on_done = on_done,
					.userdata = &result.done };

	memcpy(request.cdb, cdb, cdb_size);
	for (unsigned i = 0; i < PIECES; i++) {
		uint32_t size = cut(i + 1, length) - cut(i, length);

		memory[i] = malloc(size + 2 * GUARD);
		must(memory[i], "get memory");
		memset(memory[i], GUARD_BYTE, size + 2 * GUARD);
		iov[i] = (struct iovec){ memory[i] + GUARD, size };
		if (data)
			memcpy(memory[i] + GUARD, (uint8_t *)data + cut(i, length), size);
	}
	scsi_execute(rig->target, lun, &request);
	while (result.done == 0)
		disk_io_poll(rig->io, -1);
	disk_io_poll(rig->io, 0);
	for (unsigned i = 0; i < PIECES; i++) {
		uint32_t size = cut(i + 1, length) - cut(i, length);

		must(is_guard(memory[i]) && is_guard(memory[i] + GUARD + size),
		     "bear what was written beyond");
		if (data && direction == SCSI_DATA_IN)
			memcpy((uint8_t *)data + cut(i, length), memory[i] + GUARD, size);
		free(memory[i]);
	}
	must(request.transferred <= length, "believe that more was moved than there was");
	result.status = request.status;
	result.transferred = request.transferred;
	result.is_overrun = request.is_overrun;
	read_sense(&request, &result);
	return result;
}

void rig_clear_attentions(struct rig *rig, unsigned lun)
{
	while (rig_run(rig, lun, RIG_CDB(SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0), SCSI_DATA_NONE, NULL, 0).key ==
	       SCSI_KEY_ATTENTION)
		;
}
