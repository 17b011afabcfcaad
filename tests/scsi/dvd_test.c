/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each command of a DVD drive, and media that come and go. */
#include <string.h>

#include "check.h"
#include "disk/wire.h"
#include "rig.h"

static struct rig rig;
static struct scsi_lun *dvd;
static unsigned released, ejected;

#define IN(data, length, ...) rig_run(&rig, 7, RIG_CDB(__VA_ARGS__), SCSI_DATA_IN, data, length)
#define NONE(...)	      rig_run(&rig, 7, RIG_CDB(__VA_ARGS__), SCSI_DATA_NONE, NULL, 0)
#define TEST_READY	      NONE(SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0)

static bool has_failed(struct rig_result r, enum scsi_sense_key key, enum scsi_code code)
{
	return r.done == 1 && r.status == SCSI_CHECK_CONDITION && r.key == key && r.code == code;
}

static void on_released(void *opaque, struct disk *medium, bool is_eject)
{
	released++;
	ejected += is_eject;
}

static void test_identity(void)
{
	uint8_t data[255];

	CHECK(IN(data, 96, SCSI_INQUIRY, 0, 0, 0, 96, 0).transferred == 36);
	CHECK(data[0] == SCSI_TYPE_DVD && data[1] == 0x80);
	CHECK(memcmp(data + 8, "Msft    Virtual DVD-ROM 1.0 ", 28) == 0);
	CHECK(IN(data, 255, SCSI_INQUIRY, 1, SCSI_VPD_IDENTIFICATION, 0, 255, 0).status == SCSI_GOOD);
	CHECK(has_failed(IN(data, 255, SCSI_INQUIRY, 1, SCSI_VPD_LIMITS, 0, 255, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_FIELD_IN_CDB));
	CHECK(has_failed(NONE(SCSI_WRITE_10), SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_COMMAND));
}

static void test_data(void)
{
	static uint8_t data[4 * 2048];
	uint32_t sectors = RIG_DVD_SIZE / 2048;

	CHECK(IN(data, 8, SCSI_READ_CAPACITY_10).transferred == 8);
	CHECK(get_be32(data) == sectors - 1 && get_be32(data + 4) == 2048);
	CHECK(IN(data, 4 * 2048, SCSI_READ_10, 0, 0, 0, 0, 5, 0, 0, 2, 0).transferred == 2 * 2048);
	CHECK(data[0] == 5 && data[2048] == 6);
	CHECK(IN(data, 2048, SCSI_READ_12, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0).transferred == 2048 &&
	      data[9] == 9);
	CHECK(IN(data, 2048, SCSI_READ_CD, 0, 0, 0, 0, 10, 0, 0, 1, 0x10, 0, 0).transferred == 2048 &&
	      data[9] == 10);
	CHECK(has_failed(IN(data, 2048, SCSI_READ_CD, 0, 0, 0, 0, 10, 0, 0, 1, 0xf8, 0, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_FIELD_IN_CDB));
	CHECK(has_failed(IN(data, 2048, SCSI_READ_10, 0, 0, 0, 2, 0, 0, 0, 1, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_ADDRESS_RANGE));
	CHECK(IN(data, 2048, SCSI_READ_10, 0, 0, 0, 0, 0, 0, 0, 2, 0).is_overrun);
}

static void test_toc(void)
{
	uint8_t data[255];

	CHECK(IN(data, 255, SCSI_READ_TOC, 0, 0, 0, 0, 0, 0, 0, 255, 0).transferred == 20);
	CHECK(get_be16(data) == 18 && data[6] == 1 && data[14] == 0xaa &&
	      get_be32(data + 16) == RIG_DVD_SIZE / 2048);
	CHECK(IN(data, 255, SCSI_READ_TOC, 2, 0, 0, 0, 0, 1, 0, 255, 0).transferred == 20 && data[10] == 2);
	CHECK(IN(data, 255, SCSI_READ_TOC, 0, 1, 0, 0, 0, 0, 0, 255, 0).transferred == 12);
	CHECK(IN(data, 255, SCSI_READ_TOC, 0, 2, 0, 0, 0, 0, 0, 255, 0).transferred == 4 + 4 * 11);
	CHECK(has_failed(IN(data, 255, SCSI_READ_TOC, 0, 0, 0, 0, 0, 3, 0, 255, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_FIELD_IN_CDB));
}

static void test_configuration(void)
{
	uint8_t data[255];
	struct rig_result r = IN(data, 255, SCSI_GET_CONFIGURATION, 0, 0, 0, 0, 0, 0, 0, 255, 0);

	CHECK(r.transferred == 4 + get_be32(data) && get_be16(data + 6) == 8); /* a small disc is a CD */
	for (unsigned at = 8; at < r.transferred; at += 4u + data[at + 3])
		CHECK(data[at + 3] % 4 == 0 && at + 4u + data[at + 3] <= r.transferred);
	CHECK(IN(data, 255, SCSI_GET_CONFIGURATION, 2, 0, 3, 0, 0, 0, 0, 255, 0).transferred == 16);
	CHECK(IN(data, 255, SCSI_GET_CONFIGURATION, 2, 0, 0x99, 0, 0, 0, 0, 255, 0).transferred == 8);
	CHECK(IN(data, 255, SCSI_MODE_SENSE_10, 0, 0x2a, 0, 0, 0, 0, 0, 255, 0).transferred == 28);
	CHECK(IN(data, 255, SCSI_MODE_SENSE_6, 0, 0x2a, 0, 255, 0).transferred == 24 && data[0] == 23);
	CHECK(IN(data, 255, SCSI_READ_DISC_INFORMATION, 0, 0, 0, 0, 0, 0, 0, 255, 0).transferred == 34);
	CHECK(IN(data, 255, SCSI_READ_TRACK_INFORMATION, 1, 0, 0, 0, 1, 0, 0, 255, 0).transferred == 36);
	CHECK(IN(data, 255, SCSI_MECHANISM_STATUS, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0).transferred == 8);
	CHECK(NONE(SCSI_SET_CD_SPEED).status == SCSI_GOOD);
}

static unsigned media_event(void)
{
	uint8_t data[8];

	CHECK(IN(data, 8, SCSI_GET_EVENT_STATUS, 1, 0, 0, 0x10, 0, 0, 0, 8, 0).transferred == 8);
	return data[4] | (unsigned)data[5] << 8;
}

static void test_media(void)
{
	struct disk *other = rig_open_raw(&rig, RIG_DVD_SIZE / 2, true);
	uint8_t data[8];

	CHECK(media_event() == 0x200);
	/* the guest holds it, and somebody presses the button */
	CHECK(NONE(SCSI_PREVENT_ALLOW, 0, 0, 0, 1, 0).status == SCSI_GOOD && scsi_dvd_is_locked(dvd));
	CHECK(has_failed(NONE(SCSI_START_STOP_UNIT, 0, 0, 0, 2, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_REMOVAL_PREVENTED));
	scsi_dvd_press_eject(dvd);
	CHECK(released == 0 && media_event() == 0x201 && media_event() == 0x200);
	CHECK(NONE(SCSI_PREVENT_ALLOW, 0, 0, 0, 0, 0).status == SCSI_GOOD);
	CHECK(NONE(SCSI_START_STOP_UNIT, 0, 0, 0, 2, 0).status == SCSI_GOOD);
	CHECK(released == 1 && ejected == 1 && media_event() == 0x103);
	CHECK(has_failed(TEST_READY, SCSI_KEY_NOT_READY, SCSI_CODE_NO_MEDIUM_OPEN));
	CHECK(NONE(SCSI_START_STOP_UNIT, 0, 0, 0, 3, 0).status == SCSI_GOOD);
	CHECK(has_failed(TEST_READY, SCSI_KEY_NOT_READY, SCSI_CODE_NO_MEDIUM_CLOSED));
	CHECK(scsi_dvd_set_medium(dvd, other) == 0 && released == 1);
	CHECK(media_event() == 0x202);
	CHECK(has_failed(TEST_READY, SCSI_KEY_ATTENTION, SCSI_CODE_MEDIUM_CHANGED));
	CHECK(TEST_READY.status == SCSI_GOOD);
	IN(data, 8, SCSI_READ_CAPACITY_10);
	CHECK(get_be32(data) == RIG_DVD_SIZE / 2 / 2048 - 1);
	CHECK(NONE(SCSI_PREVENT_ALLOW, 0, 0, 0, 1, 0).status == SCSI_GOOD && scsi_dvd_is_locked(dvd));
	scsi_target_power_on(rig.target); /* another guest has locked nothing, and hears of nothing */
	CHECK(!scsi_dvd_is_locked(dvd) && TEST_READY.status == SCSI_GOOD);
	scsi_dvd_press_eject(dvd);
	CHECK(released == 2 && ejected == 1 && media_event() == 0x003);
	disk_close(other);
}

static void free_lun(void *opaque, struct scsi_lun *lun)
{
	scsi_lun_free(lun);
}

int main(void)
{
	struct scsi_dvd_config config = { .on_released = on_released };

	rig_init(&rig);
	config.medium = rig.medium;
	CHECK(scsi_dvd_new(&config, &dvd) == 0 && scsi_target_add(rig.target, 7, dvd) == 0);
	test_identity();
	test_data();
	test_toc();
	test_configuration();
	test_media();
	scsi_target_remove(rig.target, 7, free_lun, NULL);
	rig_deinit(&rig);
	return check_result();
}
