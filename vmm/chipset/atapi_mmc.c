/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet commands of a DVD drive that reads data discs (SPC-3, MMC-3). */
#include <string.h>

#include "atapi.h"

enum {
	LEAD_OUT = 0xaa,
	PROFILE_DVD_ROM = 0x10,
	PROFILE_CD_ROM = 0x08,
	CD_SECTORS_MAX = 360000, /* 80 minutes: what is larger is a DVD */
};

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value >> 16);
	put16(bytes + 2, value);
}

static uint8_t *clear_buffer(struct ide_drive *drive)
{
	return memset(drive->buffer, 0, CD_SECTOR_SIZE);
}

static uint32_t medium_sectors(const struct ide_drive *drive)
{
	uint64_t sectors = drive->block ? drive->block->size / CD_SECTOR_SIZE : 0;

	return sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors;
}

static bool is_dvd(const struct ide_drive *drive)
{
	return medium_sectors(drive) > CD_SECTORS_MAX;
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
	atapi_reply(drive, 36, get16(drive->atapi.packet + 3));
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

static void read_capacity(struct ide_drive *drive)
{
	uint8_t *reply = clear_buffer(drive);

	put32(reply, medium_sectors(drive) ? medium_sectors(drive) - 1 : 0);
	put32(reply + 4, CD_SECTOR_SIZE);
	atapi_reply(drive, 8, 8);
}

/* Minutes, seconds and frames of an address: 150 frames of lead-in, 75 a second. */
static void put_address(uint8_t *bytes, uint32_t lba, bool is_msf)
{
	uint32_t frames = lba + 150;

	if (!is_msf) {
		put32(bytes, lba);
		return;
	}
	bytes[0] = 0;
	bytes[1] = frames / 75 / 60 > 255 ? 255 : (uint8_t)(frames / 75 / 60);
	bytes[2] = (uint8_t)(frames / 75 % 60);
	bytes[3] = (uint8_t)(frames % 75);
}

static uint8_t *put_track(uint8_t *bytes, uint8_t number, uint32_t lba, bool is_msf)
{
	bytes[1] = 0x14; /* data track */
	bytes[2] = number;
	put_address(bytes + 4, lba, is_msf);
	return bytes + 8;
}

/* An entry of the raw TOC: what point it is about, and minute, second, frame or numbers. */
static uint8_t *put_raw_entry(uint8_t *bytes, uint8_t point, const uint8_t *address)
{
	bytes[0] = 1; /* session */
	bytes[1] = 0x14;
	bytes[3] = point;
	memcpy(bytes + 8, address, 3);
	return bytes + 11;
}

/* First track, last track, lead-out, the one track. */
static uint8_t *put_raw_toc(uint8_t *bytes, uint32_t sectors)
{
	static const uint8_t track_one[3] = { 1, 0, 0 };
	uint8_t begin[4], end[4];

	put_address(begin, 0, true);
	put_address(end, sectors, true);
	bytes = put_raw_entry(bytes, 0xa0, track_one);
	bytes = put_raw_entry(bytes, 0xa1, track_one);
	bytes = put_raw_entry(bytes, 0xa2, end + 1);
	return put_raw_entry(bytes, 1, begin + 1);
}

static void read_toc(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;
	uint8_t *reply = clear_buffer(drive), *end = reply + 4;
	bool is_msf = packet[1] & 2;
	uint8_t format = packet[2] & 15 ? packet[2] & 15 : packet[9] >> 6;

	reply[2] = reply[3] = 1; /* first and last track or session */
	switch (format) {
	case 0:
		if (packet[6] > 1 && packet[6] != LEAD_OUT) {
			fail_field(drive);
			return;
		}
		if (packet[6] <= 1)
			end = put_track(end, 1, 0, is_msf);
		end = put_track(end, LEAD_OUT, medium_sectors(drive), is_msf);
		break;
	case 1: end = put_track(end, 1, 0, is_msf); break;
	case 2: end = put_raw_toc(end, medium_sectors(drive)); break;
	default: fail_field(drive); return;
	}
	put16(reply, (uint32_t)(end - reply) - 2);
	atapi_reply(drive, (uint32_t)(end - reply), get16(packet + 7));
}

static uint8_t *put_feature(uint8_t *bytes, uint16_t code, uint8_t flags, uint8_t length)
{
	put16(bytes, code);
	bytes[2] = flags; /* version, persistent, current */
	bytes[3] = length;
	return bytes + 4;
}

static void get_configuration(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;
	uint8_t *reply = clear_buffer(drive), *end = reply + 8;
	uint16_t profile = !drive->block ? 0 : is_dvd(drive) ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
	uint16_t from = get16(packet + 2);
	bool only_one = (packet[1] & 3) == 2;

	put16(reply + 6, profile);
	if (from == 0) { /* profile list */
		end = put_feature(end, 0, 3, 8);
		put16(end, PROFILE_DVD_ROM);
		end[2] = profile == PROFILE_DVD_ROM;
		put16(end + 4, PROFILE_CD_ROM);
		end[6] = profile == PROFILE_CD_ROM;
		end += 8;
	}
	if (from == 1 || (from < 1 && !only_one)) { /* core: ATAPI */
		end = put_feature(end, 1, 0x0b, 8);
		put32(end, 2);
		end[4] = 1;
		end += 8;
	}
	if (from == 3 || (from < 3 && !only_one)) { /* removable medium: tray, eject, lock */
		end = put_feature(end, 3, 3, 4);
		end[0] = 0x29;
		end += 4;
	}
	put32(reply, (uint32_t)(end - reply) - 4);
	atapi_reply(drive, (uint32_t)(end - reply), get16(packet + 7));
}

static void get_event_status(struct ide_drive *drive)
{
	struct atapi *atapi = &drive->atapi;
	uint8_t *reply = clear_buffer(drive);
	bool wants_media = atapi->packet[4] & 1 << 4;

	if (!(atapi->packet[1] & 1)) { /* asynchronous: not here */
		fail_field(drive);
		return;
	}
	reply[3] = 1 << 4; /* only media events */
	if (!wants_media) {
		reply[2] = 0x80;
		put16(reply, 2);
		atapi_reply(drive, 4, get16(atapi->packet + 7));
		return;
	}
	put16(reply, 6);
	reply[2] = 4;
	if (atapi->has_event)
		reply[4] = drive->block ? 2 : 3; /* new medium, removed */
	reply[5] = (uint8_t)((drive->block ? 2 : 0) | atapi->is_open);
	atapi->has_event = false;
	atapi_reply(drive, 8, get16(atapi->packet + 7));
}

static uint8_t *put_page(uint8_t *end, uint8_t code, uint8_t length)
{
	end[0] = code;
	end[1] = length;
	return end + 2 + length;
}

static void mode_sense(struct ide_drive *drive)
{
	const uint8_t *packet = drive->atapi.packet;
	uint8_t *reply = clear_buffer(drive), *end = reply + 8, *page;
	uint8_t code = packet[2] & 0x3f;

	if (packet[2] >> 6 == 3) {
		atapi_fail(drive, SENSE_ILLEGAL, 0x39, 0); /* saved pages are not supported */
		return;
	}
	if (code == 0x01 || code == 0x3f) /* read error recovery */
		end = put_page(end, 0x01, 6);
	if (code == 0x0e || code == 0x3f) /* audio control */
		end = put_page(end, 0x0e, 14);
	if (code == 0x2a || code == 0x3f) { /* capabilities */
		page = end;
		end = put_page(end, 0x2a, 18);
		page[2] = 0x3b; /* reads CD-R, CD-RW, DVD-ROM, DVD-R, DVD-RAM */
		page[4] = 0x70; /* mode 2 forms, multisession */
		page[6] = (uint8_t)(0x29 | drive->atapi.is_locked << 1); /* tray, eject, lock */
		put16(page + 8, 7040);					 /* 40 times a CD's speed, kB/s */
		put16(page + 12, 512);
		put16(page + 14, 7040);
	}
	if (end == reply + 8) {
		fail_field(drive);
		return;
	}
	put16(reply, (uint32_t)(end - reply) - 2);
	atapi_reply(drive, (uint32_t)(end - reply), get16(packet + 7));
}

static void read_disc_information(struct ide_drive *drive)
{
	uint8_t *reply = clear_buffer(drive);

	put16(reply, 32);
	reply[2] = 0x0e; /* complete disc, complete session */
	reply[3] = reply[4] = reply[5] = reply[6] = 1;
	reply[7] = 0x20; /* unrestricted use */
	atapi_reply(drive, 34, get16(drive->atapi.packet + 7));
}

static void read_track_information(struct ide_drive *drive)
{
	uint8_t *reply = clear_buffer(drive);

	put16(reply, 34);
	reply[2] = reply[3] = 1; /* track, session */
	reply[5] = 4;		 /* data */
	reply[6] = 1;
	put32(reply + 24, medium_sectors(drive));
	atapi_reply(drive, 36, get16(drive->atapi.packet + 7));
}

static void mechanism_status(struct ide_drive *drive)
{
	uint8_t *reply = clear_buffer(drive);

	reply[1] = drive->atapi.is_open ? 0x10 : 0;
	reply[5] = 1;
	atapi_reply(drive, 8, get16(drive->atapi.packet + 8));
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
	uint32_t count = (uint32_t)packet[6] << 16 | get16(packet + 7);

	if ((packet[9] & 0xf8) == 0)
		atapi_finish(drive); /* nothing is wanted */
	else if ((packet[9] & 0xf8) == 0x10)
		atapi_read(drive, get32(packet + 2), count);
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
	case 0x25: read_capacity(drive); break;
	case 0x28: atapi_read(drive, get32(packet + 2), get16(packet + 7)); break;
	case 0xa8: atapi_read(drive, get32(packet + 2), get32(packet + 6)); break;
	case 0xbe: read_cd(drive); break;
	case 0x43: read_toc(drive); break;
	case 0x51: read_disc_information(drive); break;
	case 0x52: read_track_information(drive); break;
	default: atapi_finish(drive); break; /* TEST UNIT READY, SEEK */
	}
}

void atapi_execute(struct ide_drive *drive)
{
	struct atapi *atapi = &drive->atapi;
	uint8_t command = atapi->packet[0];
	bool is_exempt = command == 0x12 || command == 0x03 || command == 0x4a || command == 0x46;

	if (atapi->has_attention && !is_exempt) {
		atapi->has_attention = false;
		atapi_fail(drive, SENSE_ATTENTION, 0x28, 0); /* the medium may have changed */
		return;
	}
	switch (command) {
	case 0x12: inquiry(drive); break;
	case 0x03: request_sense(drive); break;
	case 0x4a: get_event_status(drive); break;
	case 0x46: get_configuration(drive); break;
	case 0x5a: mode_sense(drive); break;
	case 0xbd: mechanism_status(drive); break;
	case 0x1b: start_stop(drive); break;
	case 0x1e:
		atapi->is_locked = atapi->packet[4] & 1;
		atapi_finish(drive);
		break;
	case 0xbb: /* SET CD SPEED, SYNCHRONIZE CACHE */
	case 0x35: atapi_finish(drive); break;
	case 0x00:
	case 0x25:
	case 0x28:
	case 0x2b:
	case 0x43:
	case 0x51:
	case 0x52:
	case 0xa8:
	case 0xbe: execute_with_medium(drive); break;
	default: atapi_fail(drive, SENSE_ILLEGAL, 0x20, 0); break; /* no such command */
	}
}
