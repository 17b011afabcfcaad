/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scsi/scsi_mmc.h"

#include <string.h>

#include "disk/wire.h"
#include "scsi/scsi_proto.h"

enum {
	PROFILE_CD_ROM = 0x08,
	PROFILE_DVD_ROM = 0x10,
	CD_SECTORS_MAX = 360000, /* 80 minutes: what is larger is a DVD */
	LEAD_IN_FRAMES = 150,
	FRAMES_PER_SECOND = 75,
	TRACK_LEAD_OUT = 0xaa,
	DATA_TRACK = 0x14, /* ADR 1: position; control 4: data, no copying */
};

enum mmc_feature { /* MMC-6, 5.3 */
		   FEATURE_PROFILES = 0x0000,
		   FEATURE_CORE = 0x0001,
		   FEATURE_REMOVABLE = 0x0003,
		   FEATURE_RANDOM_READABLE = 0x0010,
		   FEATURE_CD_READ = 0x001e,
		   FEATURE_DVD_READ = 0x001f,
};

static bool has_dvd(const struct mmc_drive *drive)
{
	return drive->sectors > CD_SECTORS_MAX;
}

unsigned mmc_read_capacity(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX])
{
	put_be32(reply, drive->sectors ? drive->sectors - 1 : 0);
	put_be32(reply + 4, MMC_SECTOR);
	return 8;
}

/* --- table of contents (6.25): one data track, one session ------------------------------------------- */

/* As a block number, or as 0, minute, second, frame. */
static void put_address(uint8_t *to, uint32_t lba, bool is_msf)
{
	uint32_t frames = lba + LEAD_IN_FRAMES, minutes = frames / FRAMES_PER_SECOND / 60;

	if (!is_msf) {
		put_be32(to, lba);
		return;
	}
	to[0] = 0;
	to[1] = minutes > UINT8_MAX ? UINT8_MAX : (uint8_t)minutes;
	to[2] = (uint8_t)(frames / FRAMES_PER_SECOND % 60);
	to[3] = (uint8_t)(frames % FRAMES_PER_SECOND);
}

static uint8_t *put_track(uint8_t *to, uint8_t number, uint32_t lba, bool is_msf)
{
	to[1] = DATA_TRACK;
	to[2] = number;
	put_address(to + 4, lba, is_msf);
	return to + 8;
}

/* Of the raw form: what it is about, and three bytes of it. */
static uint8_t *put_point(uint8_t *to, uint8_t point, uint8_t a, uint8_t b, uint8_t c)
{
	to[0] = 1;
	to[1] = DATA_TRACK;
	to[3] = point;
	to[8] = a;
	to[9] = b;
	to[10] = c;
	return to + 11;
}

static uint8_t *put_raw(uint8_t *to, uint32_t sectors)
{
	uint8_t begin[4], end[4];

	put_address(begin, 0, true);
	put_address(end, sectors, true);
	to = put_point(to, 0xa0, 1, 0, 0); /* first track, and 0: CD-ROM */
	to = put_point(to, 0xa1, 1, 0, 0); /* last track */
	to = put_point(to, 0xa2, end[1], end[2], end[3]);
	return put_point(to, 1, begin[1], begin[2], begin[3]);
}

unsigned mmc_read_toc(const struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX])
{
	uint8_t *end = reply + 4, track = cdb[6];
	bool is_msf = cdb[1] & 2;
	/* drives older than MMC have the format in the last byte */
	unsigned format = cdb[2] & 15 ? cdb[2] & 15 : cdb[9] >> 6;

	reply[2] = reply[3] = 1; /* first and last track or session */
	if (format == 0 && (track <= 1 || track == TRACK_LEAD_OUT)) {
		if (track <= 1)
			end = put_track(end, 1, 0, is_msf);
		end = put_track(end, TRACK_LEAD_OUT, drive->sectors, is_msf);
	} else if (format == 1) {
		end = put_track(end, 1, 0, is_msf);
	} else if (format == 2) {
		end = put_raw(end, drive->sectors);
	} else {
		return 0;
	}
	put_be16(reply, (uint16_t)(end - reply - 2));
	return (unsigned)(end - reply);
}

/* --- features (6.6.1) --------------------------------------------------------------------------------- */

struct feature {
	enum mmc_feature code;
	uint8_t version;
	bool is_persistent;
	unsigned profile; /* current only with such a medium; 0: always */
	uint8_t size;
	uint8_t data[8];
};

static const struct feature features[] = {
	{ FEATURE_PROFILES, 0, true, 0, 8, { 0, PROFILE_DVD_ROM, 0, 0, 0, PROFILE_CD_ROM, 0, 0 } },
	{ FEATURE_CORE, 2, true, 0, 8, { 0, 0, 0, 1, 1, 0, 0, 0 } }, /* SCSI; with device busy events */
	{ FEATURE_REMOVABLE, 0, true, 0, 4, { 0x29, 0, 0, 0 } },     /* tray, eject, lock */
	{ FEATURE_RANDOM_READABLE, 0, false, 1, 8, { 0, 0, 8, 0, 0, 1, 0, 0 } },
	{ FEATURE_CD_READ, 2, false, PROFILE_CD_ROM, 4, { 0 } },
	{ FEATURE_DVD_READ, 1, false, PROFILE_DVD_ROM, 4, { 0 } },
};

static bool is_current(const struct feature *feature, unsigned profile)
{
	return feature->profile == 0 || (feature->profile == 1 && profile) || feature->profile == profile;
}

static uint8_t *put_feature(uint8_t *to, const struct feature *feature, const struct mmc_drive *drive,
			    unsigned profile)
{
	enum { INTERFACE_ATAPI = 2 };

	put_be16(to, (uint16_t)feature->code);
	to[2] = (uint8_t)(feature->version << 2 | feature->is_persistent << 1 | is_current(feature, profile));
	to[3] = feature->size;
	memcpy(to + 4, feature->data, feature->size);
	if (feature->code == FEATURE_CORE && drive->is_atapi)
		to[7] = INTERFACE_ATAPI;
	if (feature->code == FEATURE_PROFILES) {
		to[6] = profile == PROFILE_DVD_ROM;
		to[10] = profile == PROFILE_CD_ROM;
	}
	return to + 4 + feature->size;
}

unsigned mmc_get_configuration(const struct mmc_drive *drive, const uint8_t *cdb,
			       uint8_t reply[MMC_REPLY_MAX])
{
	unsigned profile = !drive->sectors ? 0 : has_dvd(drive) ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
	unsigned from = get_be16(cdb + 2), wanted = cdb[1] & 3; /* 0 all, 1 current ones, 2 one */
	uint8_t *end = reply + 8;

	if (wanted == 3)
		return 0;
	for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const struct feature *feature = &features[i];
		bool is_wanted = wanted == 2 ? feature->code == from : feature->code >= from;

		if (is_wanted && (wanted != 1 || is_current(feature, profile)))
			end = put_feature(end, feature, drive, profile);
	}
	put_be32(reply, (uint32_t)(end - reply - 4));
	put_be16(reply + 6, (uint16_t)profile);
	return (unsigned)(end - reply);
}

/* --- events (6.6.2) ----------------------------------------------------------------------------------- */

unsigned mmc_get_event_status(struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX])
{
	enum { CLASS_MEDIA = 4 };
	bool is_polled = cdb[1] & 1, wants_media = cdb[4] & 1 << CLASS_MEDIA;

	if (!is_polled)
		return 0;
	reply[3] = 1 << CLASS_MEDIA; /* all that there is */
	if (!wants_media) {
		reply[2] = 0x80;
		put_be16(reply, 2);
		return 4;
	}
	put_be16(reply, 6);
	reply[2] = CLASS_MEDIA;
	reply[4] = (uint8_t)drive->event;
	reply[5] = (uint8_t)((drive->sectors ? 2 : 0) | drive->is_open);
	/* only what the guest has room for was told */
	if (mmc_allocated(cdb) > 4)
		drive->event = MMC_EVENT_NONE;
	return 8;
}

/* --- the rest ----------------------------------------------------------------------------------------- */

static uint8_t *put_capabilities(const struct mmc_drive *drive, uint8_t *to)
{
	enum { SPEED = 7040 }; /* kB/s: 40 times a CD's */

	to[0] = SCSI_MODE_CAPABILITIES;
	to[1] = 18;
	to[2] = 0x3b;					 /* reads CD-R, CD-RW, DVD-ROM, DVD-R, DVD-RAM */
	to[4] = 0x70;					 /* mode 2 forms, multisession */
	to[6] = (uint8_t)(0x29 | drive->is_locked << 1); /* tray, eject, lock */
	put_be16(to + 8, SPEED);
	put_be16(to + 12, 512); /* KiB of buffer */
	put_be16(to + 14, SPEED);
	return to + 20;
}

/* The long form, and the short one that SCSI drives also get. */
unsigned mmc_mode_sense(const struct mmc_drive *drive, const uint8_t *cdb, uint8_t reply[MMC_REPLY_MAX])
{
	bool is_short = cdb[0] == SCSI_MODE_SENSE_6;
	uint8_t *begin = reply + (is_short ? 4 : 8), *end = begin;
	unsigned code = cdb[2] & 0x3f;

	if (cdb[2] >> 6 == 3) /* saved pages */
		return 0;
	if (code == SCSI_MODE_ERROR_RECOVERY || code == SCSI_MODE_ALL) {
		end[0] = SCSI_MODE_ERROR_RECOVERY;
		end[1] = 6;
		end += 8;
	}
	if (code == SCSI_MODE_AUDIO || code == SCSI_MODE_ALL) {
		end[0] = SCSI_MODE_AUDIO;
		end[1] = 14;
		end += 16;
	}
	if (code == SCSI_MODE_CAPABILITIES || code == SCSI_MODE_ALL)
		end = put_capabilities(drive, end);
	if (end == begin)
		return 0;
	if (is_short)
		reply[0] = (uint8_t)(end - reply - 1);
	else
		put_be16(reply, (uint16_t)(end - reply - 2));
	return (unsigned)(end - reply);
}

unsigned mmc_read_disc_information(uint8_t reply[MMC_REPLY_MAX])
{
	put_be16(reply, 32);
	reply[2] = 0x0e;	 /* complete disc, complete session */
	memset(reply + 3, 1, 4); /* first track, sessions, first and last track of the last one */
	reply[7] = 0x20;	 /* unrestricted use */
	return 34;
}

unsigned mmc_read_track_information(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX])
{
	put_be16(reply, 34);
	reply[2] = reply[3] = 1; /* track, session */
	reply[5] = 4;		 /* data */
	reply[6] = 1;		 /* mode 1 */
	put_be32(reply + 24, drive->sectors);
	return 36;
}

unsigned mmc_mechanism_status(const struct mmc_drive *drive, uint8_t reply[MMC_REPLY_MAX])
{
	reply[1] = drive->is_open ? 0x10 : 0;
	reply[5] = 1;
	return 8;
}

uint32_t mmc_allocated(const uint8_t *cdb)
{
	switch (cdb[0]) {
	case SCSI_READ_CAPACITY_10: return 8;
	case SCSI_MODE_SENSE_6: return cdb[4];
	case SCSI_MECHANISM_STATUS: return get_be16(cdb + 8);
	default: return get_be16(cdb + 7);
	}
}
