/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each command of a disk, good and bad. */
#include <string.h>

#include "check.h"
#include "disk/wire.h"
#include "rig.h"

static struct rig rig;

/* --- short ways to say it ------------------------------------------------------------------------------ */

static bool is_good(struct rig_result r, uint32_t transferred)
{
	return r.done == 1 && r.status == SCSI_GOOD && r.transferred == transferred;
}

static bool has_failed(struct rig_result r, enum scsi_sense_key key, enum scsi_code code)
{
	bool is_right = r.done == 1 && r.status == SCSI_CHECK_CONDITION && r.key == key && r.code == code;

	if (!is_right)
		printf("status %x, sense %x/%04x\n", r.status, r.key, r.code);
	return is_right;
}

#define IN(lun, data, length, ...)  rig_run(&rig, lun, RIG_CDB(__VA_ARGS__), SCSI_DATA_IN, data, length)
#define OUT(lun, data, length, ...) rig_run(&rig, lun, RIG_CDB(__VA_ARGS__), SCSI_DATA_OUT, data, length)
#define NONE(lun, ...)		    rig_run(&rig, lun, RIG_CDB(__VA_ARGS__), SCSI_DATA_NONE, NULL, 0)
#define ILLEGAL_FIELD		    SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_CDB
#define OUT_OF_RANGE		    SCSI_KEY_ILLEGAL, SCSI_CODE_ADDRESS_RANGE
#define NO_COMMAND		    SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_COMMAND
#define PROTECTED		    SCSI_KEY_PROTECT, SCSI_CODE_WRITE_PROTECTED

enum { BLOCK = 512, BLOCKS = RIG_DISK_SIZE / BLOCK };

static bool is_all(const uint8_t *bytes, uint8_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* --- who it is ----------------------------------------------------------------------------------------- */

static void test_inquiry(void)
{
	uint8_t data[255];

	memset(data, 0xee, sizeof(data));
	CHECK(is_good(IN(RIG_RAW, data, 96, SCSI_INQUIRY, 0, 0, 0, 96, 0), 36));
	CHECK(data[0] == SCSI_TYPE_DISK && data[2] == 5 && data[3] == 2 && data[4] == 31);
	CHECK(memcmp(data + 8, "Msft    Virtual Disk    1.0 ", 28) == 0);
	CHECK(data[36] == 0xee);
	/* no more than allocated, and than there is room for */
	CHECK(is_good(IN(RIG_RAW, data, 96, SCSI_INQUIRY, 0, 0, 0, 5, 0), 5));
	CHECK(is_good(IN(RIG_RAW, data, 8, SCSI_INQUIRY, 0, 0, 0, 96, 0), 8));
	CHECK(is_good(IN(RIG_RAW, data, 96, SCSI_INQUIRY, 0, 0, 0, 0, 0), 0));
	CHECK(has_failed(IN(RIG_RAW, data, 96, SCSI_INQUIRY, 0, 1, 0, 96, 0), ILLEGAL_FIELD));
	CHECK(has_failed(IN(RIG_RAW, data, 96, SCSI_INQUIRY, 1, 0xc0, 0, 96, 0), ILLEGAL_FIELD));
	CHECK(is_good(IN(RIG_ABSENT, data, 96, SCSI_INQUIRY, 0, 0, 0, 96, 0), 36));
	CHECK(data[0] == 0x7f);
	CHECK(has_failed(NONE(RIG_ABSENT, SCSI_TEST_UNIT_READY), SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_UNIT));
}

static void test_vital_product_data(void)
{
	uint8_t data[255], again[255];
	unsigned count;

	CHECK(IN(RIG_THIN, data, 255, SCSI_INQUIRY, 1, 0, 0, 255, 0).status == SCSI_GOOD);
	count = get_be16(data + 2);
	CHECK(count == 6);
	for (unsigned i = 0; i < count; i++) { /* each listed page is there, says its name and its size */
		struct rig_result r = IN(RIG_THIN, again, 255, SCSI_INQUIRY, 1, data[4 + i], 0, 255, 0);

		CHECK(r.status == SCSI_GOOD && again[1] == data[4 + i] &&
		      r.transferred == 4u + get_be16(again + 2));
	}
	IN(RIG_RAW, data, 255, SCSI_INQUIRY, 1, SCSI_VPD_IDENTIFICATION, 0, 255, 0);
	CHECK(data[48] == 1 && data[49] == 3 && data[51] == 16 && get_be32(data + 52) == 0x60022480);
	IN(RIG_THIN, again, 255, SCSI_INQUIRY, 1, SCSI_VPD_IDENTIFICATION, 0, 255, 0);
	CHECK(memcmp(data + 56, again + 56, 12) != 0);
	IN(RIG_THIN, data, 255, SCSI_INQUIRY, 1, SCSI_VPD_LIMITS, 0, 255, 0);
	CHECK(get_be32(data + 20) > 0 && get_be32(data + 24) > 0 && get_be32(data + 28) == (1 << 20) / BLOCK);
	IN(RIG_READ_ONLY, data, 255, SCSI_INQUIRY, 1, SCSI_VPD_LIMITS, 0, 255, 0);
	CHECK(get_be32(data + 20) == 0);
	IN(RIG_THIN, data, 255, SCSI_INQUIRY, 1, SCSI_VPD_PROVISIONING, 0, 255, 0);
	CHECK(data[5] == 0xe0 && data[6] == 2);
	IN(RIG_RAW, data, 255, SCSI_INQUIRY, 1, SCSI_VPD_CHARACTERISTICS, 0, 255, 0);
	CHECK(get_be16(data + 4) == 1);
}

static void test_report_luns(void)
{
	uint8_t data[64];

	memset(data, 0, sizeof(data));
	CHECK(is_good(IN(RIG_RAW, data, 64, SCSI_REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0), 8 + 4 * 8));
	CHECK(get_be32(data) == 4 * 8 && data[9] == RIG_RAW && data[17] == RIG_THIN && data[33] == RIG_DVD);
	CHECK(
	    is_good(IN(RIG_ABSENT, data, 64, SCSI_REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0), 8 + 4 * 8));
	CHECK(is_good(IN(RIG_RAW, data, 64, SCSI_REPORT_LUNS, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0, 0), 8));
	CHECK(has_failed(IN(RIG_RAW, data, 64, SCSI_REPORT_LUNS, 0, 3, 0, 0, 0, 0, 0, 0, 64, 0, 0),
			 ILLEGAL_FIELD));
}

static void test_capacity(void)
{
	uint8_t data[32];

	CHECK(is_good(IN(RIG_RAW, data, 8, SCSI_READ_CAPACITY_10, 0, 0, 0, 0, 0, 0, 0, 0, 0), 8));
	CHECK(get_be32(data) == BLOCKS - 1 && get_be32(data + 4) == BLOCK);
	CHECK(is_good(IN(RIG_THIN, data, 32, SCSI_SERVICE_ACTION_IN_16, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			 32, 0, 0),
		      32));
	CHECK(get_be64(data) == BLOCKS - 1 && get_be32(data + 8) == BLOCK && data[13] == 3 &&
	      data[14] == 0x80);
	CHECK(has_failed(
	    IN(RIG_RAW, data, 32, SCSI_SERVICE_ACTION_IN_16, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0),
	    ILLEGAL_FIELD));
}

/* --- data ---------------------------------------------------------------------------------------------- */

static void test_read(void)
{
	static uint8_t data[256 * BLOCK];

	CHECK(is_good(IN(RIG_RAW, data, BLOCK, SCSI_READ_6, 0, 0, 7, 1, 0), BLOCK) && is_all(data, 7, BLOCK));
	CHECK(is_good(IN(RIG_RAW, data, 256 * BLOCK, SCSI_READ_6, 0, 0, 0, 0, 0), 256 * BLOCK));
	CHECK(is_all(data, 0, BLOCK) && is_all(data + 255 * BLOCK, 255, BLOCK));
	CHECK(is_good(IN(RIG_RAW, data, 2 * BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 2, 0), 2 * BLOCK));
	CHECK(is_all(data, 9, BLOCK) && is_all(data + BLOCK, 10, BLOCK));
	CHECK(is_good(IN(RIG_RAW, data, BLOCK, SCSI_READ_12, 0, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0), BLOCK));
	CHECK(is_all(data, 11, BLOCK));
	CHECK(is_good(IN(RIG_RAW, data, BLOCK, SCSI_READ_16, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0),
		      BLOCK));
	CHECK(is_all(data, 12, BLOCK));
	/* more room than wanted is no fault, less is */
	CHECK(is_good(IN(RIG_RAW, data, 4 * BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 2, 0), 2 * BLOCK));
	CHECK(IN(RIG_RAW, data, BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 2, 0).is_overrun);
	CHECK(OUT(RIG_RAW, data, 2 * BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 2, 0).is_overrun);
	CHECK(is_good(NONE(RIG_RAW, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 0, 0), 0));
}

static void test_bounds(void)
{
	static uint8_t data[2 * BLOCK];
	struct rig_result r;

	CHECK(is_good(IN(RIG_RAW, data, BLOCK, SCSI_READ_10, 0, 0, 0, 0x3f, 0xff, 0, 0, 1, 0), BLOCK));
	r = IN(RIG_RAW, data, 2 * BLOCK, SCSI_READ_10, 0, 0, 0, 0x3f, 0xff, 0, 0, 2, 0);
	CHECK(has_failed(r, OUT_OF_RANGE) && r.information == BLOCKS - 1);
	CHECK(has_failed(IN(RIG_RAW, data, BLOCK, SCSI_READ_16, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0,
			    0, 0, 1, 0, 0),
			 OUT_OF_RANGE));
	CHECK(has_failed(
	    IN(RIG_RAW, data, BLOCK, SCSI_READ_16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0),
	    OUT_OF_RANGE));
	CHECK(
	    has_failed(NONE(RIG_RAW, SCSI_SYNCHRONIZE_CACHE_10, 0, 255, 0, 0, 0, 0, 0, 0, 0), OUT_OF_RANGE));
	CHECK(has_failed(NONE(RIG_RAW, SCSI_VERIFY_10, 0, 255, 0, 0, 0, 0, 0, 1, 0), OUT_OF_RANGE));
}

static void test_write(void)
{
	uint8_t data[2 * BLOCK], back[2 * BLOCK];

	memset(data, 0x5a, sizeof(data));
	CHECK(is_good(OUT(RIG_THIN, data, 2 * BLOCK, SCSI_WRITE_10, 8, 0, 0, 1, 0, 0, 0, 2, 0), 2 * BLOCK));
	CHECK(is_good(IN(RIG_THIN, back, 2 * BLOCK, SCSI_READ_10, 0, 0, 0, 1, 0, 0, 0, 2, 0), 2 * BLOCK));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	CHECK(is_good(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_6, 0, 3, 0, 1, 0), BLOCK));
	CHECK(is_good(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_12, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0, 0), BLOCK));
	CHECK(is_good(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_16, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1, 0, 0),
		      BLOCK));
	CHECK(is_good(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_VERIFY_10, 0, 0, 0, 6, 0, 0, 0, 1, 0), BLOCK));
	CHECK(has_failed(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_VERIFY_10, 2, 0, 0, 6, 0, 0, 0, 1, 0),
			 ILLEGAL_FIELD));
	CHECK(is_good(NONE(RIG_THIN, SCSI_SYNCHRONIZE_CACHE_10, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0));
	CHECK(is_good(NONE(RIG_THIN, SCSI_SYNCHRONIZE_CACHE_16), 0));
	for (unsigned i = 3; i <= 6; i++) {
		IN(RIG_THIN, back, BLOCK, SCSI_READ_10, 0, 0, 0, (uint8_t)i, 0, 0, 0, 1, 0);
		CHECK(memcmp(data, back, BLOCK) == 0);
	}
	CHECK(
	    has_failed(OUT(RIG_READ_ONLY, data, BLOCK, SCSI_WRITE_10, 0, 0, 0, 1, 0, 0, 0, 1, 0), PROTECTED));
	CHECK(has_failed(OUT(RIG_READ_ONLY, data, BLOCK, SCSI_WRITE_SAME_10, 0, 0, 0, 1, 0, 0, 0, 1, 0),
			 PROTECTED));
}

static void test_write_same(void)
{
	uint8_t data[BLOCK], back[BLOCK];

	memset(data, 0x77, sizeof(data));
	OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_10, 0, 0, 0, 0x10, 5, 0, 0, 1, 0);
	CHECK(has_failed(
	    OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_SAME_16, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 16, 0, 0),
	    SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS));
	memset(data, 0, sizeof(data));
	CHECK(is_good(
	    OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_SAME_16, 8, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 16, 0, 0),
	    BLOCK));
	IN(RIG_THIN, back, BLOCK, SCSI_READ_10, 0, 0, 0, 0x10, 5, 0, 0, 1, 0);
	CHECK(is_all(back, 0, BLOCK));
	/* no data at all: NDOB */
	CHECK(is_good(NONE(RIG_RAW, SCSI_WRITE_SAME_16, 1, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 16, 0, 0), 0));
	IN(RIG_RAW, back, BLOCK, SCSI_READ_10, 0, 0, 0, 0x10, 15, 0, 0, 1, 0);
	CHECK(is_all(back, 0, BLOCK));
	IN(RIG_RAW, back, BLOCK, SCSI_READ_10, 0, 0, 0, 0x10, 16, 0, 0, 1, 0);
	CHECK(is_all(back, 16, BLOCK));
	CHECK(has_failed(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_SAME_10, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			 ILLEGAL_FIELD));
	CHECK(has_failed(OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_SAME_10, 0, 0, 255, 0, 0, 0, 0, 1, 0),
			 OUT_OF_RANGE));
	CHECK(OUT(RIG_THIN, data, BLOCK / 2, SCSI_WRITE_SAME_10, 0, 0, 0, 0, 0, 0, 0, 1, 0).is_overrun);
}

static void put_descriptor(uint8_t *list, unsigned i, uint64_t lba, uint32_t blocks)
{
	put_be64(list + 8 + 16 * i, lba);
	put_be32(list + 16 + 16 * i, blocks);
}

static void test_unmap(void)
{
	uint8_t list[8 + 3 * 16] = { 0 }, data[BLOCK], back[BLOCK];
	struct disk_info info;
	uint64_t before;

	memset(data, 1, sizeof(data));
	OUT(RIG_THIN, data, BLOCK, SCSI_WRITE_10, 8, 0, 0, 0x20, 0, 0, 0, 1, 0); /* 4 MiB */
	disk_get_info(rig.thin, &info);
	before = info.file_allocated;
	put_be16(list, sizeof(list) - 2);
	put_be16(list + 2, 3 * 16);
	put_descriptor(list, 0, 0x2000, 2048);
	put_descriptor(list, 1, 0, 0);
	put_descriptor(list, 2, 0x2800, 2048);
	CHECK(is_good(OUT(RIG_THIN, list, sizeof(list), SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, sizeof(list), 0),
		      sizeof(list)));
	CHECK(is_good(NONE(RIG_THIN, SCSI_SYNCHRONIZE_CACHE_10), 0));
	IN(RIG_THIN, back, BLOCK, SCSI_READ_10, 0, 0, 0, 0x20, 0, 0, 0, 1, 0);
	CHECK(is_all(back, 0, BLOCK));
	/* space goes back to the host a little later */
	for (unsigned i = 0; i < 500 && info.file_allocated >= before; i++) {
		disk_io_poll(rig.io, 10);
		disk_get_info(rig.thin, &info);
	}
	CHECK(info.file_allocated < before);
	/* what was before the bad one was done, the rest not */
	put_descriptor(list, 1, BLOCKS - 1, 2);
	CHECK(has_failed(OUT(RIG_THIN, list, sizeof(list), SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, sizeof(list), 0),
			 OUT_OF_RANGE));
	put_descriptor(list, 1, 0, SCSI_UNMAP_BLOCKS_MAX + 1);
	CHECK(has_failed(OUT(RIG_THIN, list, sizeof(list), SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, sizeof(list), 0),
			 SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS));
	CHECK(has_failed(OUT(RIG_THIN, list, 4, SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, 4, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_PARAMETER_LENGTH));
	CHECK(OUT(RIG_THIN, list, 24, SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, 56, 0).is_overrun);
	CHECK(is_good(NONE(RIG_THIN, SCSI_UNMAP), 0));
	CHECK(has_failed(NONE(RIG_THIN, SCSI_UNMAP, 1), ILLEGAL_FIELD));
	CHECK(has_failed(OUT(RIG_READ_ONLY, list, 24, SCSI_UNMAP, 0, 0, 0, 0, 0, 0, 0, 24, 0), NO_COMMAND));
}

/* --- modes --------------------------------------------------------------------------------------------- */

static void test_mode_sense(void)
{
	uint8_t data[255], again[255];

	CHECK(is_good(IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, SCSI_MODE_CACHING, 0, 255, 0), 24));
	CHECK(data[0] == 23 && data[2] == 0x10 && data[3] == 0 && data[4] == 8 && data[5] == 18 &&
	      data[6] == 4);
	CHECK(is_good(IN(RIG_READ_ONLY, data, 255, SCSI_MODE_SENSE_6, 0, SCSI_MODE_CACHING, 0, 255, 0), 32));
	CHECK(data[2] == 0x90 && data[3] == 8 && get_be32(data + 8) == BLOCK);
	CHECK(is_good(
	    IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_10, 0x18, SCSI_MODE_CACHING, 0, 0, 0, 0, 0, 255, 0), 28));
	CHECK(is_good(
	    IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_10, 0x10, SCSI_MODE_CACHING, 0, 0, 0, 0, 0, 255, 0), 44));
	CHECK(get_be16(data) == 42 && data[4] == 1 && get_be64(data + 8) == BLOCKS);
	CHECK(IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, SCSI_MODE_ALL, 0, 255, 0).transferred ==
	      data[0] + 1u);
	/* what can be changed differs from what is */
	IN(RIG_RAW, again, 255, SCSI_MODE_SENSE_6, 8, 0x40 | SCSI_MODE_CONTROL, 0, 255, 0);
	CHECK(again[4 + 2] == 4 && again[4 + 3] == 0);
	CHECK(has_failed(IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, 0xc8, 0, 255, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_SAVING));
	CHECK(has_failed(IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, 0x19, 0, 255, 0), ILLEGAL_FIELD));
	CHECK(has_failed(IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, SCSI_MODE_CACHING, 7, 255, 0),
			 ILLEGAL_FIELD));
}

/* Reads a page with its head, and sends it back with one byte of it changed. */
static struct rig_result change_mode(unsigned page, unsigned at, uint8_t value)
{
	uint8_t data[255];
	struct rig_result r = IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, (uint8_t)page, 0, 255, 0);

	data[0] = 0;
	data[4 + at] = value;
	return OUT(RIG_RAW, data, r.transferred, SCSI_MODE_SELECT_6, 0x10, 0, 0, (uint8_t)r.transferred, 0);
}

static void test_mode_select(void)
{
	uint8_t data[255], block[BLOCK] = { 0 };
	struct disk_stats stats, later;

	CHECK(change_mode(SCSI_MODE_CACHING, 2, 0).status == SCSI_GOOD);
	IN(RIG_RAW, data, 255, SCSI_MODE_SENSE_6, 8, SCSI_MODE_CACHING, 0, 255, 0);
	CHECK(data[6] == 0);
	/* without a cache each write is durable */
	disk_get_stats(rig.disk, &stats);
	CHECK(OUT(RIG_RAW, block, BLOCK, SCSI_WRITE_10, 0, 0, 0, 1, 0, 0, 0, 1, 0).status == SCSI_GOOD);
	disk_get_stats(rig.disk, &later);
	CHECK(later.writes == stats.writes + 1);
	CHECK(change_mode(SCSI_MODE_CACHING, 2, 4).status == SCSI_GOOD);
	CHECK(change_mode(SCSI_MODE_CONTROL, 2, 4).status == SCSI_GOOD);
	CHECK(has_failed(IN(RIG_RAW, block, BLOCK, SCSI_READ_10, 0, 0, 1, 0, 0, 0, 0, 1, 0), OUT_OF_RANGE));
	CHECK(change_mode(SCSI_MODE_CONTROL, 2, 0).status == SCSI_GOOD);
	CHECK(has_failed(change_mode(SCSI_MODE_CACHING, 3, 1), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_FIELD_IN_PARAMETERS));
	CHECK(has_failed(change_mode(SCSI_MODE_CACHING, 1, 4), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_FIELD_IN_PARAMETERS));
	CHECK(has_failed(OUT(RIG_RAW, data, 3, SCSI_MODE_SELECT_6, 0x10, 0, 0, 3, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_PARAMETER_LENGTH));
	CHECK(has_failed(OUT(RIG_RAW, data, 24, SCSI_MODE_SELECT_6, 0x11, 0, 0, 24, 0), ILLEGAL_FIELD));
	CHECK(is_good(NONE(RIG_RAW, SCSI_MODE_SELECT_6, 0x10), 0));
}

/* --- persistent reservations --------------------------------------------------------------------------- */

static struct rig_result reserve_out(uint8_t action, uint8_t type, uint8_t key, uint8_t new_key)
{
	uint8_t list[24] = { [7] = key, [15] = new_key };

	return OUT(RIG_RAW, list, 24, SCSI_PERSISTENT_RESERVE_OUT, action, type, 0, 0, 0, 0, 0, 24, 0);
}

/* Generation, registered key (0: none), type of the reservation (0: none). */
static bool is_reserved(uint8_t generation, uint8_t key, uint8_t type)
{
	uint8_t keys[64] = { 0 }, reservation[64] = { 0 }, status[64] = { 0 };

	IN(RIG_RAW, keys, 64, SCSI_PERSISTENT_RESERVE_IN, 0, 0, 0, 0, 0, 0, 0, 64, 0);
	IN(RIG_RAW, reservation, 64, SCSI_PERSISTENT_RESERVE_IN, 1, 0, 0, 0, 0, 0, 0, 64, 0);
	IN(RIG_RAW, status, 64, SCSI_PERSISTENT_RESERVE_IN, 3, 0, 0, 0, 0, 0, 0, 64, 0);
	return keys[3] == generation && keys[7] == (key ? 8 : 0) && keys[15] == key &&
	       reservation[3] == generation && reservation[7] == (type ? 16 : 0) && reservation[21] == type &&
	       status[7] == (key ? 48 : 0) && status[15] == key && status[20] == (type != 0) &&
	       status[21] == type;
}

static bool is_conflict(struct rig_result r)
{
	return r.status == SCSI_RESERVATION_CONFLICT && r.done == 1 && r.code == 0;
}

static void test_reservations(void)
{
	enum {
		REGISTER,
		RESERVE,
		RELEASE,
		CLEAR,
		PREEMPT,
		ABORT,
		ANYWAY,
		MOVE,
		EXCLUSIVE = 3,
		WRITE_REGISTRANTS = 5
	};
	uint8_t list[24] = { [20] = 1 }, data[8] = { 0 };

	CHECK(is_reserved(0, 0, 0));
	CHECK(is_good(IN(RIG_RAW, data, 8, SCSI_PERSISTENT_RESERVE_IN, 2, 0, 0, 0, 0, 0, 0, 8, 0), 8) &&
	      data[1] == 8 && data[4] == 0xea && data[5] == 1);
	/* nobody without a key */
	CHECK(is_conflict(reserve_out(RESERVE, EXCLUSIVE, 0, 0)) &&
	      is_conflict(reserve_out(REGISTER, 0, 7, 8)));
	CHECK(is_good(reserve_out(REGISTER, 0, 0, 7), 24) && is_reserved(1, 7, 0));
	CHECK(is_conflict(reserve_out(REGISTER, 0, 0, 8)) && is_conflict(NONE(RIG_RAW, SCSI_RESERVE_6)));
	CHECK(is_good(reserve_out(REGISTER, 0, 7, 8), 24) && is_good(reserve_out(ANYWAY, 0, 1, 9), 24));
	CHECK(is_reserved(3, 9, 0));
	/* one reservation, of one type */
	CHECK(is_good(reserve_out(RESERVE, EXCLUSIVE, 9, 0), 24) &&
	      is_good(reserve_out(RESERVE, EXCLUSIVE, 9, 0), 24));
	CHECK(is_conflict(reserve_out(RESERVE, WRITE_REGISTRANTS, 9, 0)) && is_reserved(3, 9, EXCLUSIVE));
	CHECK(has_failed(reserve_out(RELEASE, WRITE_REGISTRANTS, 9, 0), SCSI_KEY_ILLEGAL,
			 SCSI_CODE_INVALID_RELEASE));
	CHECK(is_conflict(reserve_out(PREEMPT, 1, 9, 5)) &&
	      has_failed(reserve_out(PREEMPT, 1, 9, 0), SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS));
	CHECK(is_good(reserve_out(PREEMPT, WRITE_REGISTRANTS, 9, 9), 24) &&
	      is_reserved(4, 9, WRITE_REGISTRANTS));
	CHECK(is_good(reserve_out(RELEASE, WRITE_REGISTRANTS, 9, 0), 24) &&
	      is_good(reserve_out(RELEASE, 1, 9, 0), 24));
	CHECK(is_reserved(4, 9, 0));
	/* it goes with the key */
	CHECK(is_good(reserve_out(RESERVE, 8, 9, 0), 24) && is_reserved(4, 9, 8) &&
	      is_good(reserve_out(REGISTER, 0, 9, 0), 24));
	CHECK(is_reserved(5, 0, 0) && is_good(NONE(RIG_RAW, SCSI_RESERVE_6), 0));
	CHECK(is_good(reserve_out(ANYWAY, 0, 0, 6), 24) && is_good(reserve_out(CLEAR, 0, 6, 0), 24) &&
	      is_reserved(7, 0, 0));
	/* what makes no sense */
	CHECK(has_failed(reserve_out(MOVE, 0, 0, 1), ILLEGAL_FIELD) &&
	      has_failed(reserve_out(RESERVE, 2, 0, 0), ILLEGAL_FIELD));
	CHECK(has_failed(reserve_out(RESERVE, 0x13, 0, 0), ILLEGAL_FIELD));
	CHECK(has_failed(OUT(RIG_RAW, list, 24, SCSI_PERSISTENT_RESERVE_OUT, 0, 0, 0, 0, 0, 0, 0, 24, 0),
			 SCSI_KEY_ILLEGAL, SCSI_CODE_FIELD_IN_PARAMETERS));
	CHECK(has_failed(OUT(RIG_RAW, list, 24, SCSI_PERSISTENT_RESERVE_OUT, 0, 0, 0, 0, 0, 0, 0, 23, 0),
			 SCSI_KEY_ILLEGAL, SCSI_CODE_PARAMETER_LENGTH));
	CHECK(has_failed(IN(RIG_RAW, data, 8, SCSI_PERSISTENT_RESERVE_IN, 4, 0, 0, 0, 0, 0, 0, 8, 0),
			 ILLEGAL_FIELD));
}

/* --- the rest ------------------------------------------------------------------------------------------ */

static void test_small_commands(void)
{
	uint8_t data[64];

	CHECK(is_good(NONE(RIG_RAW, SCSI_TEST_UNIT_READY), 0));
	CHECK(is_good(NONE(RIG_RAW, SCSI_START_STOP_UNIT, 0, 0, 0, 1), 0));
	CHECK(is_good(NONE(RIG_RAW, SCSI_PREVENT_ALLOW, 0, 0, 0, 1), 0));
	CHECK(is_good(NONE(RIG_RAW, SCSI_SEND_DIAGNOSTIC, 4), 0));
	CHECK(has_failed(NONE(RIG_RAW, SCSI_SEND_DIAGNOSTIC, 0), ILLEGAL_FIELD));
	CHECK(is_good(NONE(RIG_RAW, SCSI_VERIFY_10, 0, 0, 0, 0, 0, 0, 0, 4, 0), 0));
	CHECK(has_failed(NONE(RIG_RAW, SCSI_VERIFY_10, 2, 0, 0, 0, 0, 0, 0, 4, 0), ILLEGAL_FIELD));
	CHECK(has_failed(NONE(RIG_RAW, 0x04), NO_COMMAND));
	CHECK(has_failed(NONE(RIG_RAW, 0xff), NO_COMMAND));
	CHECK(is_good(IN(RIG_RAW, data, 64, SCSI_REQUEST_SENSE, 0, 0, 0, 64, 0), 18) && data[0] == 0x70 &&
	      data[2] == 0);
	CHECK(is_good(IN(RIG_RAW, data, 64, SCSI_REQUEST_SENSE, 1, 0, 0, 64, 0), 8) && data[0] == 0x72);
}

static void count_removed(void *opaque, struct scsi_lun *lun)
{
	++*(unsigned *)opaque;
	scsi_lun_free(lun);
}

static void test_attentions(void)
{
	struct disk *disk = rig_open_raw(&rig, 1 << 20, false);
	struct scsi_disk_config config = { .disk = disk };
	struct disk_error error = { "" };
	struct scsi_lun *lun = NULL;
	unsigned removed = 0;
	uint8_t data[36];

	CHECK(scsi_disk_new(&config, &lun) == 0);
	CHECK(scsi_target_add(rig.target, RIG_RAW, lun) < 0);
	CHECK(scsi_target_add(rig.target, SCSI_LUNS_MAX, lun) < 0);
	CHECK(scsi_target_add(rig.target, 20, lun) == 0 && scsi_target_count(rig.target) == 5);
	CHECK(is_good(NONE(RIG_RAW, SCSI_TEST_UNIT_READY), 0));
	scsi_target_luns_changed(rig.target);
	CHECK(has_failed(NONE(20, SCSI_TEST_UNIT_READY), SCSI_KEY_ATTENTION, SCSI_CODE_LUNS_CHANGED));
	CHECK(is_good(IN(RIG_RAW, data, 36, SCSI_INQUIRY, 0, 0, 0, 36, 0), 36)); /* exempt */
	CHECK(has_failed(NONE(RIG_RAW, SCSI_TEST_UNIT_READY), SCSI_KEY_ATTENTION, SCSI_CODE_LUNS_CHANGED));
	CHECK(is_good(NONE(RIG_RAW, SCSI_TEST_UNIT_READY), 0));
	CHECK(is_good(NONE(20, SCSI_TEST_UNIT_READY), 0));
	CHECK(disk_grow(disk, 2 << 20, &error) == 0);
	scsi_disk_size_changed(lun);
	CHECK(has_failed(NONE(20, SCSI_TEST_UNIT_READY), SCSI_KEY_ATTENTION, SCSI_CODE_CAPACITY_CHANGED));
	IN(20, data, 8, SCSI_READ_CAPACITY_10);
	CHECK(get_be32(data) == (2 << 20) / BLOCK - 1);
	CHECK(scsi_target_remove(rig.target, 20, count_removed, &removed) == 0 && removed == 1);
	CHECK(scsi_target_remove(rig.target, 20, count_removed, &removed) < 0);
	CHECK(has_failed(NONE(20, SCSI_TEST_UNIT_READY), SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_UNIT));
	scsi_target_reset(rig.target);
	CHECK(has_failed(NONE(RIG_THIN, SCSI_TEST_UNIT_READY), SCSI_KEY_ATTENTION, SCSI_CODE_RESET));
	CHECK(is_good(IN(RIG_THIN, data, 18, SCSI_REQUEST_SENSE, 0, 0, 0, 18, 0), 18));
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		rig_clear_attentions(&rig, i);
	disk_close(disk);
}

static void on_late_done(struct scsi_request *request)
{
	*(bool *)request->userdata = true;
}

/* A unit that is removed while a command is under way goes when that is done. */
static void test_removal_waits(void)
{
	struct disk *disk = rig_open_raw(&rig, 1 << 20, false);
	struct scsi_disk_config config = { .disk = disk };
	uint8_t data[BLOCK];
	struct iovec iov = { data, sizeof(data) };
	bool is_done = false;
	struct scsi_request request = { .cdb = { SCSI_READ_10, 0, 0, 0, 0, 3, 0, 0, 1 },
					.direction = SCSI_DATA_IN,
					.iov = &iov,
					.iov_count = 1,
					.length = BLOCK,
					.on_done = on_late_done,
					.userdata = &is_done };
	struct scsi_lun *lun = NULL;
	unsigned removed = 0;

	CHECK(scsi_disk_new(&config, &lun) == 0 && scsi_target_add(rig.target, 20, lun) == 0);
	scsi_execute(rig.target, 20, &request);
	CHECK(!is_done && scsi_target_remove(rig.target, 20, count_removed, &removed) == 0 && removed == 0);
	CHECK(!scsi_target_find(rig.target, 20) && scsi_target_add(rig.target, 20, lun) < 0);
	while (!is_done)
		disk_io_poll(rig.io, -1);
	CHECK(removed == 1 && request.status == SCSI_GOOD && is_all(data, 3, BLOCK));
	for (unsigned i = 0; i < SCSI_LUNS_MAX; i++)
		rig_clear_attentions(&rig, i);
	disk_close(disk);
}

int main(void)
{
	rig_init(&rig);
	test_inquiry();
	test_vital_product_data();
	test_report_luns();
	test_capacity();
	test_read();
	test_bounds();
	test_write();
	test_write_same();
	test_unmap();
	test_mode_sense();
	test_mode_select();
	test_reservations();
	test_small_commands();
	test_attentions();
	test_removal_waits();
	rig_deinit(&rig);
	return check_result();
}
