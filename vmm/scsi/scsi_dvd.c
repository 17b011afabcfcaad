/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DVD drive (MMC-6) with a medium that comes and goes. */
#include <errno.h>
#include <stdlib.h>

#include "scsi/scsi_mmc.h"
#include "scsi/scsi_priv.h"

#include "state/state.h"

struct scsi_dvd {
	struct scsi_lun lun;
	struct disk *medium;  /* NULL: none */
	struct disk *leaving; /* taken out, but something still reads from it */
	unsigned reads;	      /* of `leaving`, or else of `medium` */
	bool is_leaving_by_eject;
	struct mmc_drive drive;
	void (*on_released)(void *opaque, struct disk *medium, bool is_eject);
	void *opaque;
};

static struct scsi_dvd *dvd_of(struct scsi_lun *lun)
{
	return (struct scsi_dvd *)lun; /* the first member */
}

/* --- media ------------------------------------------------------------------------------------------- */

static void release_medium(struct scsi_dvd *dvd)
{
	struct disk *medium = dvd->leaving;

	if (!medium || dvd->reads)
		return;
	dvd->leaving = NULL;
	if (dvd->on_released)
		dvd->on_released(dvd->opaque, medium, dvd->is_leaving_by_eject);
}

static void take_out(struct scsi_dvd *dvd, bool is_eject)
{
	dvd->leaving = dvd->medium;
	dvd->is_leaving_by_eject = is_eject;
	dvd->medium = NULL;
	dvd->drive.sectors = 0;
}

static uint32_t medium_sectors(struct disk *medium)
{
	struct disk_info info;

	disk_get_info(medium, &info);
	return info.size / MMC_SECTOR > UINT32_MAX ? UINT32_MAX : (uint32_t)(info.size / MMC_SECTOR);
}

static void put_in(struct scsi_dvd *dvd, struct disk *medium)
{
	dvd->medium = medium;
	dvd->drive.sectors = medium_sectors(medium);
	dvd->drive.is_open = false;
}

int scsi_dvd_set_medium(struct scsi_lun *lun, struct disk *medium)
{
	struct scsi_dvd *dvd = dvd_of(lun);

	if (dvd->leaving)
		return -EBUSY;
	if (medium && medium_sectors(medium) == 0)
		return -EINVAL;
	take_out(dvd, false);
	if (medium) {
		put_in(dvd, medium);
		scsi_lun_attention(lun, SCSI_ATTENTION_MEDIUM_CHANGED);
	}
	dvd->drive.event = medium ? MMC_EVENT_NEW_MEDIUM : MMC_EVENT_REMOVAL;
	release_medium(dvd);
	return 0;
}

void scsi_dvd_press_eject(struct scsi_lun *lun)
{
	struct scsi_dvd *dvd = dvd_of(lun);

	if (dvd->drive.is_locked)
		dvd->drive.event = MMC_EVENT_EJECT_REQUEST;
	else
		scsi_dvd_set_medium(lun, NULL);
}

bool scsi_dvd_is_locked(const struct scsi_lun *lun)
{
	return ((const struct scsi_dvd *)lun)->drive.is_locked;
}

/* --- commands ---------------------------------------------------------------------------------------- */

static void on_read(struct disk_request *io, int result)
{
	struct scsi_request *request = io->userdata;
	struct scsi_dvd *dvd = dvd_of(request->state.lun);

	dvd->reads--;
	if (result == 0)
		request->transferred = request->length;
	release_medium(dvd); /* before the request ends and the drive with it, perhaps */
	scsi_done_disk(request, result);
}

static void read_sectors(struct scsi_dvd *dvd, struct scsi_request *request, uint32_t lba, uint32_t count)
{
	struct disk_request *io = &request->state.disk;

	if (lba > dvd->drive.sectors || count > dvd->drive.sectors - lba) {
		scsi_fail_at(request, SCSI_KEY_ILLEGAL, SCSI_CODE_ADDRESS_RANGE, lba);
		return;
	}
	if (!scsi_trim(request, SCSI_DATA_IN, (uint64_t)count * MMC_SECTOR))
		return;
	if (count == 0) {
		scsi_done(request);
		return;
	}
	if (dvd->leaving) { /* reads are counted for one medium at a time: a moment later it works */
		scsi_fail(request, SCSI_KEY_NOT_READY, SCSI_CODE_BECOMING_READY);
		return;
	}
	dvd->reads++;
	request->state.lba = lba;
	io->kind = DISK_READ;
	io->flags = 0;
	io->offset = (uint64_t)lba * MMC_SECTOR;
	io->length = request->length;
	io->iov = request->iov;
	io->iov_count = request->iov_count;
	io->on_done = on_read;
	io->userdata = request;
	disk_submit(dvd->medium, io);
}

/* Only the user data of data sectors (MMC-6, 6.20). */
static void read_cd(struct scsi_dvd *dvd, struct scsi_request *request)
{
	const uint8_t *cdb = request->cdb;
	unsigned parts = cdb[9] & 0xf8;

	if (parts == 0)
		scsi_done(request); /* nothing is wanted */
	else if (parts == 0x10)
		read_sectors(dvd, request, get_be32(cdb + 2), get_be32(cdb + 5) & 0xffffff);
	else
		scsi_fail_field(request);
}

static void start_stop(struct scsi_dvd *dvd, struct scsi_request *request)
{
	unsigned action = request->cdb[4] & 3; /* LOEJ, START */

	if (action == 2 && dvd->drive.is_locked) {
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_REMOVAL_PREVENTED);
		return;
	}
	if (action == 2 && dvd->leaving) {
		scsi_fail(request, SCSI_KEY_NOT_READY, SCSI_CODE_BECOMING_READY);
		return;
	}
	if (action == 2) {
		take_out(dvd, true);
		dvd->drive.is_open = true;
		dvd->drive.event = MMC_EVENT_REMOVAL;
		release_medium(dvd);
	} else if (action == 3) {
		dvd->drive.is_open = false;
	}
	scsi_done(request);
}

static void execute_with_medium(struct scsi_dvd *dvd, struct scsi_request *request)
{
	const uint8_t *cdb = request->cdb;
	uint8_t reply[MMC_REPLY_MAX] = { 0 };
	unsigned size = 0;

	if (!dvd->medium) {
		scsi_fail(request, SCSI_KEY_NOT_READY,
			  dvd->drive.is_open ? SCSI_CODE_NO_MEDIUM_OPEN : SCSI_CODE_NO_MEDIUM_CLOSED);
		return;
	}
	switch (cdb[0]) {
	case SCSI_TEST_UNIT_READY:
	case SCSI_SEEK_10:
	case SCSI_VERIFY_10: scsi_done(request); return;
	case SCSI_READ_10: read_sectors(dvd, request, get_be32(cdb + 2), get_be16(cdb + 7)); return;
	case SCSI_READ_12: read_sectors(dvd, request, get_be32(cdb + 2), get_be32(cdb + 6)); return;
	case SCSI_READ_CD: read_cd(dvd, request); return;
	case SCSI_READ_CAPACITY_10: size = mmc_read_capacity(&dvd->drive, reply); break;
	case SCSI_READ_TOC: size = mmc_read_toc(&dvd->drive, cdb, reply); break;
	case SCSI_READ_DISC_INFORMATION: size = mmc_read_disc_information(reply); break;
	case SCSI_READ_TRACK_INFORMATION: size = mmc_read_track_information(&dvd->drive, reply); break;
	}
	if (size)
		scsi_reply(request, reply, size, mmc_allocated(cdb));
	else
		scsi_fail_field(request);
}

static void execute(struct scsi_lun *lun, struct scsi_request *request)
{
	struct scsi_dvd *dvd = dvd_of(lun);
	const uint8_t *cdb = request->cdb;
	uint8_t reply[MMC_REPLY_MAX] = { 0 };
	unsigned size = 0;

	switch (cdb[0]) {
	case SCSI_GET_EVENT_STATUS: size = mmc_get_event_status(&dvd->drive, cdb, reply); break;
	case SCSI_GET_CONFIGURATION: size = mmc_get_configuration(&dvd->drive, cdb, reply); break;
	case SCSI_MODE_SENSE_6:
	case SCSI_MODE_SENSE_10: size = mmc_mode_sense(&dvd->drive, cdb, reply); break;
	case SCSI_MECHANISM_STATUS: size = mmc_mechanism_status(&dvd->drive, reply); break;
	case SCSI_START_STOP_UNIT: start_stop(dvd, request); return;
	case SCSI_PREVENT_ALLOW: dvd->drive.is_locked = cdb[4] & 1; /* fall through */
	case SCSI_SET_CD_SPEED:
	case SCSI_SYNCHRONIZE_CACHE_10: scsi_done(request); return;
	case SCSI_TEST_UNIT_READY:
	case SCSI_READ_CAPACITY_10:
	case SCSI_READ_10:
	case SCSI_READ_12:
	case SCSI_READ_CD:
	case SCSI_READ_TOC:
	case SCSI_READ_DISC_INFORMATION:
	case SCSI_READ_TRACK_INFORMATION:
	case SCSI_SEEK_10:
	case SCSI_VERIFY_10: execute_with_medium(dvd, request); return;
	default: scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_COMMAND); return;
	}
	if (size)
		scsi_reply(request, reply, size, mmc_allocated(cdb));
	else
		scsi_fail_field(request);
}

static void inquiry(struct scsi_lun *lun, struct scsi_request *request)
{
	static const uint8_t pages[] = { SCSI_VPD_SUPPORTED, SCSI_VPD_SERIAL, SCSI_VPD_IDENTIFICATION };
	uint8_t reply[128] = { 0 };
	unsigned size = 36;

	if (!(request->cdb[1] & 1) && request->cdb[2] == 0) {
		scsi_fill_inquiry(reply, SCSI_TYPE_DVD, "Virtual DVD-ROM");
	} else if (request->cdb[1] & 1 && request->cdb[2] == SCSI_VPD_SUPPORTED) {
		size = 4 + sizeof(pages);
		for (unsigned i = 0; i < sizeof(pages); i++)
			reply[4 + i] = pages[i];
		scsi_fill_page_head(reply, SCSI_TYPE_DVD, SCSI_VPD_SUPPORTED, size);
	} else if (request->cdb[1] & 1 && request->cdb[2] == SCSI_VPD_SERIAL) {
		size = scsi_fill_serial(lun, reply);
	} else if (request->cdb[1] & 1 && request->cdb[2] == SCSI_VPD_IDENTIFICATION) {
		size = scsi_fill_identification(lun, reply);
	} else {
		scsi_fail_field(request);
		return;
	}
	scsi_reply(request, reply, size, get_be16(request->cdb + 3));
}

/* --- life -------------------------------------------------------------------------------------------- */

static void reset(struct scsi_lun *lun)
{
	dvd_of(lun)->drive.is_locked = false;
}

/* The medium itself is the caller's; another one than before is told as such. */
static void dvd_state(struct scsi_lun *lun, struct state *state)
{
	struct scsi_dvd *dvd = dvd_of(lun);
	uint32_t sectors = dvd->drive.sectors;

	state_bool(state, &dvd->drive.is_open);
	state_bool(state, &dvd->drive.is_locked);
	state_enum_max(state, &dvd->drive.event, MMC_EVENT_REMOVAL);
	state_u32(state, &sectors);
	if (!state_is_reading(state) || sectors == dvd->drive.sectors)
		return;
	scsi_lun_attention(lun, SCSI_ATTENTION_MEDIUM_CHANGED);
	dvd->drive.event = dvd->medium ? MMC_EVENT_NEW_MEDIUM : MMC_EVENT_REMOVAL;
}

static void free_dvd(struct scsi_lun *lun)
{
	free(dvd_of(lun));
}

static const struct scsi_lun_ops dvd_ops = {
	.type = SCSI_TYPE_DVD,
	.execute = execute,
	.inquiry = inquiry,
	.reset = reset,
	.state = dvd_state,
	.free = free_dvd,
};

int scsi_dvd_new(const struct scsi_dvd_config *config, struct scsi_lun **ret_lun)
{
	struct scsi_dvd *dvd;

	if (config->medium && medium_sectors(config->medium) == 0)
		return -EINVAL;
	dvd = calloc(1, sizeof(*dvd));
	if (!dvd)
		return -ENOMEM;
	scsi_lun_init(&dvd->lun, &dvd_ops, &config->id);
	dvd->on_released = config->on_released;
	dvd->opaque = config->opaque;
	if (config->medium)
		put_in(dvd, config->medium);
	*ret_lun = &dvd->lun;
	return 0;
}
