/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet commands of a DVD drive that reads data discs: what they do; what they tell is scsi/scsi_mmc.h. */
#include <string.h>

#include "atapi.h"
#include "disk/wire.h"
#include "scsi/scsi_mmc.h"
#include "scsi/scsi_proto.h"

/* What scsi/scsi_mmc.h answers from. */
static struct mmc_drive state_of(const struct ide_drive *drive)
{
	const struct atapi *atapi = &drive->atapi;
	uint64_t sectors = drive->block ? drive->block->size / CD_SECTOR_SIZE : 0;

	return (struct mmc_drive){
		.sectors = sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors,
		.is_atapi = true,
		.is_open = atapi->is_open,
		.is_locked = atapi->is_locked,
		.event = !atapi->has_event ? MMC_EVENT_NONE
			 : drive->block	   ? MMC_EVENT_NEW_MEDIUM
					   : MMC_EVENT_REMOVAL,
	};
}

static uint8_t *clear_buffer(struct ide_drive *drive)
{
	return memset(drive->buffer, 0, CD_SECTOR_SIZE);
}

static void fail_field(struct ide_drive *drive)
{
	atapi_fail(drive, SENSE_ILLEGAL, 0x24, 0); /* invalid field in the packet */
}

static void put_text(uint8_t *bytes, size_t size, const char *text)
{
	size_t length = strlen(text);

	memset(bytes, ' ', size);
	memcpy(bytes, text, length < size ? length : size);
}

static void inquiry(struct ide_drive *drive)
{
	uint8_t *reply = clear_buffer(drive);

	if (drive->atapi.packet[1] & 1) { /* vital product data: none */
		fail_field(drive);
		return;
	}
	reply[0] = 5;	 /* CD/DVD */
	reply[1] = 0x80; /* removable */
	reply[3] = 0x21; /* ATAPI; format 1 */
	reply[4] = 31;
	put_text(reply + 8, 8, "Msft");
	put_text(reply + 16, 16, drive->identity.model);
	put_text(reply + 32, 4, drive->identity.firmware);
	atapi_reply(drive, 36, get_be16(drive->atapi.packet + 3));
}

static void request_sense(struct ide_drive *drive)
{
	struct atapi *atapi = &drive->atapi;
	uint8_t *reply = clear_buffer(drive);

	if (atapi->has_attention) {
		atapi->has_attention = false;
		atapi->sense_key = SENSE_ATTENTION;
		atapi->asc = 0x28;
		atapi->ascq = 0;
	}
	reply[0] = 0x70;
	reply[2] = atapi->sense_key;
	reply[7] = 10;
	if (atapi->sense_key) {
		reply[12] = atapi->asc;
		reply[13] = atapi->ascq;
	}
	atapi->sense_key = SENSE_NONE;
	atapi_reply(drive, 18, atapi->packet[4]);
}

/* Those that only tell something */
static void answer(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;
	struct mmc_drive state = state_of(drive);
	uint8_t *reply = clear_buffer(drive);
	unsigned size = 0;

	switch (packet[0]) {
	case SCSI_READ_CAPACITY_10: size = mmc_read_capacity(&state, reply); break;
	case SCSI_READ_TOC: size = mmc_read_toc(&state, packet, reply); break;
	case SCSI_GET_CONFIGURATION: size = mmc_get_configuration(&state, packet, reply); break;
	case SCSI_GET_EVENT_STATUS: size = mmc_get_event_status(&state, packet, reply); break;
	case SCSI_MODE_SENSE_10: size = mmc_mode_sense(&state, packet, reply); break;
	case SCSI_READ_DISC_INFORMATION: size = mmc_read_disc_information(reply); break;
	case SCSI_READ_TRACK_INFORMATION: size = mmc_read_track_information(&state, reply); break;
	case SCSI_MECHANISM_STATUS: size = mmc_mechanism_status(&state, reply); break;
	}
	drive->atapi.has_event = state.event != MMC_EVENT_NONE;
	if (size)
		atapi_reply(drive, size, mmc_allocated(packet));
	else
		fail_field(drive);
}

static void mode_sense(struct ide_drive *drive)
{
	if (drive->atapi.packet[2] >> 6 == 3)
		atapi_fail(drive, SENSE_ILLEGAL, 0x39, 0); /* saved pages are not supported */
	else
		answer(drive);
}

static void open_tray(struct ide_drive *drive)
{
	struct ide *ide = drive->channel->ide;
	bool had_medium = drive->block;

	if (drive->atapi.is_locked) {
		atapi_fail(drive, SENSE_ILLEGAL, 0x53, 2); /* medium removal prevented */
		return;
	}
	drive->atapi.is_open = true;
	drive->atapi.has_event = true;
	drive->block = NULL;
	atapi_finish(drive);
	if (had_medium && ide->ops->on_eject)
		ide->ops->on_eject(ide->opaque, drive_unit(drive));
}

static void start_stop(struct ide_drive *drive)
{
	switch (drive->atapi.packet[4] & 3) {
	case 2: open_tray(drive); return;
	case 3: drive->atapi.is_open = false; break;
	}
	atapi_finish(drive);
}

/* READ CD: only user data of data sectors. */
static void read_cd(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;
	uint32_t count = (uint32_t)packet[6] << 16 | get_be16(packet + 7);

	if ((packet[9] & 0xf8) == 0)
		atapi_finish(drive); /* nothing is wanted */
	else if ((packet[9] & 0xf8) == 0x10)
		atapi_read(drive, get_be32(packet + 2), count);
	else
		fail_field(drive);
}

static void execute_with_medium(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;

	if (!drive->block) {
		atapi_fail(drive, SENSE_NOT_READY, 0x3a, drive->atapi.is_open ? 2 : 1);
		return;
	}
	switch (packet[0]) {
	case SCSI_READ_10: atapi_read(drive, get_be32(packet + 2), get_be16(packet + 7)); break;
	case SCSI_READ_12: atapi_read(drive, get_be32(packet + 2), get_be32(packet + 6)); break;
	case SCSI_READ_CD: read_cd(drive); break;
	case SCSI_READ_CAPACITY_10:
	case SCSI_READ_TOC:
	case SCSI_READ_DISC_INFORMATION:
	case SCSI_READ_TRACK_INFORMATION: answer(drive); break;
	default: atapi_finish(drive); break; /* TEST UNIT READY, SEEK */
	}
}

void atapi_execute(struct ide_drive *drive)
{
	struct atapi *atapi = &drive->atapi;
	uint8_t command = atapi->packet[0];
	bool is_exempt = command == SCSI_INQUIRY || command == SCSI_REQUEST_SENSE ||
			 command == SCSI_GET_EVENT_STATUS || command == SCSI_GET_CONFIGURATION;

	if (atapi->has_attention && !is_exempt) {
		atapi->has_attention = false;
		atapi_fail(drive, SENSE_ATTENTION, 0x28, 0); /* the medium may have changed */
		return;
	}
	switch (command) {
	case SCSI_INQUIRY: inquiry(drive); break;
	case SCSI_REQUEST_SENSE: request_sense(drive); break;
	case SCSI_GET_EVENT_STATUS:
	case SCSI_GET_CONFIGURATION:
	case SCSI_MECHANISM_STATUS: answer(drive); break;
	case SCSI_MODE_SENSE_10: mode_sense(drive); break;
	case SCSI_START_STOP_UNIT: start_stop(drive); break;
	case SCSI_PREVENT_ALLOW:
		atapi->is_locked = atapi->packet[4] & 1;
		atapi_finish(drive);
		break;
	case SCSI_SET_CD_SPEED:
	case SCSI_SYNCHRONIZE_CACHE_10: atapi_finish(drive); break;
	case SCSI_TEST_UNIT_READY:
	case SCSI_SEEK_10:
	case SCSI_READ_CAPACITY_10:
	case SCSI_READ_10:
	case SCSI_READ_12:
	case SCSI_READ_CD:
	case SCSI_READ_TOC:
	case SCSI_READ_DISC_INFORMATION:
	case SCSI_READ_TRACK_INFORMATION: execute_with_medium(drive); break;
	default: atapi_fail(drive, SENSE_ILLEGAL, 0x20, 0); break; /* no such command */
	}
}
