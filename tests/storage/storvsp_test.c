/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic storage against a simulated guest: handshake, requests, resets, closing with requests under way.
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "disk/wire.h"
#include "storvsp_rig.h"

static struct storvsp_rig rig;

enum { BLOCK = 512, PAGE = 4096 };

/* --- handshake ----------------------------------------------------------------------------------------- */

static uint32_t ask(uint32_t operation, uint16_t value)
{
	struct vstor_packet packet = { .operation = operation, .flags = 1 };

	packet.sub_channel_count = value; /* or the version: the same place */
	if (!CHECK(storvsp_rig_ask(&rig, &packet)))
		return UINT32_MAX;
	return packet.status;
}

static void test_handshake(void)
{
	struct vstor_packet packet = { .operation = VSTOR_QUERY_PROPERTIES, .flags = 1 };

	storvsp_rig_init(&rig, false);
	storvsp_rig_open(&rig);
	CHECK(ask(VSTOR_QUERY_PROTOCOL_VERSION, 0x602) == (uint32_t)VSTOR_INVALID_DEVICE_STATE);
	CHECK(ask(VSTOR_END_INITIALIZATION, 0) == (uint32_t)VSTOR_INVALID_DEVICE_STATE);
	CHECK(ask(VSTOR_BEGIN_INITIALIZATION, 0) == 0);
	CHECK(ask(VSTOR_QUERY_PROTOCOL_VERSION, 0x700) == (uint32_t)VSTOR_REVISION_MISMATCH);
	CHECK(ask(VSTOR_QUERY_PROTOCOL_VERSION, 0x402) == (uint32_t)VSTOR_REVISION_MISMATCH);
	CHECK(ask(VSTOR_QUERY_PROTOCOL_VERSION, 0x600) == 0);
	CHECK(storvsp_rig_ask(&rig, &packet) && packet.status == 0);
	CHECK(packet.properties.max_channels == STORVSP_RIG_SUBCHANNELS &&
	      packet.properties.flags == VSTOR_MULTI_CHANNEL && packet.properties.max_transfer == 256 * 1024);
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, 1) == (uint32_t)VSTOR_INVALID_DEVICE_STATE);
	CHECK(ask(VSTOR_END_INITIALIZATION, 0) == 0);
	CHECK(ask(VSTOR_FCHBA_DATA, 0) == (uint32_t)VSTOR_NOT_IMPLEMENTED);
	CHECK(ask(99, 0) == (uint32_t)VSTOR_NOT_IMPLEMENTED);
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, 0) == (uint32_t)VSTOR_INVALID_PARAMETER);
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, STORVSP_RIG_SUBCHANNELS + 1) ==
	      (uint32_t)VSTOR_INVALID_PARAMETER);
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, 2) == 0);
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, 1) == (uint32_t)VSTOR_INVALID_DEVICE_STATE);
	CHECK(ask(VSTOR_BEGIN_INITIALIZATION, 0) == 0); /* starts over */
	CHECK(ask(VSTOR_QUERY_PROTOCOL_VERSION, 0x501) == 0);
	storvsp_rig_deinit(&rig);
}

/* --- requests ------------------------------------------------------------------------------------------ */

#define SRB(lun, direction, length, ...) storvsp_rig_srb(lun, RIG_CDB(__VA_ARGS__), direction, length)

static void test_requests(void)
{
	struct vstor_packet packet;
	uint64_t gpa;
	uint8_t *data;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 66);
	data = guest_memory(rig.guest, gpa);
	packet = SRB(RIG_RAW, VSTOR_DATA_IN, 2 * BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 2, 0);
	CHECK(storvsp_rig_run(&rig, &packet, gpa + 100, 2 * BLOCK));
	CHECK(packet.status == 0 && packet.srb.srb_status == VSTOR_SRB_SUCCESS &&
	      packet.srb.scsi_status == 0);
	CHECK(packet.srb.transfer_length == 2 * BLOCK && data[100] == 9 && data[100 + BLOCK] == 10 &&
	      data[99] == 0);
	CHECK(data[100 + 2 * BLOCK] == 0 && guest_written(rig.guest) == 2 * BLOCK);
	/* over many pages */
	packet = SRB(RIG_RAW, VSTOR_DATA_IN, 256 * 1024, SCSI_READ_10, 0, 0, 0, 0, 0, 0, 2, 0, 0);
	CHECK(storvsp_rig_run(&rig, &packet, gpa + PAGE - 512, 256 * 1024));
	CHECK(packet.srb.transfer_length == 256 * 1024 && data[PAGE] == 1 && data[PAGE + 255 * BLOCK] == 0 &&
	      data[PAGE + 254 * BLOCK] == 255);
	memset(data, 0x3c, BLOCK);
	packet = SRB(RIG_THIN, VSTOR_DATA_OUT, BLOCK, SCSI_WRITE_10, 0, 0, 0, 0, 5, 0, 0, 1, 0);
	CHECK(storvsp_rig_run(&rig, &packet, gpa, BLOCK) && packet.srb.srb_status == VSTOR_SRB_SUCCESS);
	packet = SRB(RIG_THIN, VSTOR_DATA_IN, BLOCK, SCSI_READ_10, 0, 0, 0, 0, 5, 0, 0, 1, 0);
	CHECK(storvsp_rig_run(&rig, &packet, gpa + PAGE, BLOCK) && memcmp(data, data + PAGE, BLOCK) == 0);
	packet = SRB(RIG_RAW, VSTOR_DATA_NONE, 0, SCSI_SYNCHRONIZE_CACHE_10, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	CHECK(storvsp_rig_ask(&rig, &packet) && packet.srb.srb_status == VSTOR_SRB_SUCCESS);
	storvsp_rig_deinit(&rig);
}

static uint8_t srb_status(struct vstor_packet packet, uint64_t gpa, uint32_t size)
{
	CHECK(storvsp_rig_run(&rig, &packet, gpa, size));
	return packet.srb.srb_status;
}

static void test_bad_requests(void)
{
	struct vstor_packet good =
				SRB(RIG_RAW, VSTOR_DATA_IN, BLOCK, SCSI_READ_10, 0, 0, 0, 0, 9, 0, 0, 1, 0),
			    packet;
	uint64_t gpa;

	storvsp_rig_init(&rig, false);
	storvsp_rig_open(&rig);
	gpa = guest_alloc(rig.guest, 2);
	CHECK(srb_status(good, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST); /* before the handshake */
	storvsp_rig_deinit(&rig);
	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 2);
	CHECK(srb_status(good, gpa, BLOCK) == VSTOR_SRB_SUCCESS);
	CHECK(srb_status(good, 0, 0) == VSTOR_SRB_INVALID_REQUEST);		 /* no pages */
	CHECK(srb_status(good, gpa, BLOCK / 2) == VSTOR_SRB_INVALID_REQUEST);	 /* too few */
	CHECK(srb_status(good, 1ull << 40, BLOCK) == VSTOR_SRB_INVALID_REQUEST); /* no memory there */
	CHECK(srb_status(good, GUEST_MEMORY - 256, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.cdb_length = 0;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.cdb_length = 17;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.direction = 3;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.direction = VSTOR_DATA_NONE;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.direction = VSTOR_DATA_OUT;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_DATA_OVERRUN);
	packet = good;
	packet.srb.transfer_length = STORVSP_TRANSFER_MAX + PAGE;
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_INVALID_REQUEST);
	packet = good;
	packet.srb.cdb[8] = 2; /* blocks */
	CHECK(srb_status(packet, gpa, BLOCK) == VSTOR_SRB_DATA_OVERRUN);
	storvsp_rig_deinit(&rig);
}

static void test_sense(void)
{
	struct vstor_packet packet =
	    SRB(RIG_RAW, VSTOR_DATA_IN, BLOCK, SCSI_READ_10, 0, 1, 0, 0, 0, 0, 0, 1, 0);
	uint64_t gpa;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 1);
	CHECK(storvsp_rig_run(&rig, &packet, gpa, BLOCK));
	CHECK(packet.srb.srb_status == (VSTOR_SRB_ERROR | VSTOR_SRB_AUTOSENSE_VALID) &&
	      packet.srb.scsi_status == SCSI_CHECK_CONDITION && packet.srb.sense_length == 18);
	CHECK(packet.srb.sense[0] == 0xf0 && packet.srb.sense[2] == 5 && packet.srb.sense[12] == 0x21);
	storvsp_rig_deinit(&rig);
}

/* Linux scans paths 0-7, targets 0-1, and believes in a unit when INQUIRY is not answered with 7f. */
static void test_absent_units(void)
{
	struct vstor_packet inquiry = SRB(0, VSTOR_DATA_IN, 36, SCSI_INQUIRY, 0, 0, 0, 36, 0), packet;
	struct vstor_packet luns =
	    SRB(0, VSTOR_DATA_IN, 64, SCSI_REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0);
	uint64_t gpa;
	uint8_t *data;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 1);
	data = guest_memory(rig.guest, gpa);
	for (unsigned where = 0; where < 4; where++) {
		packet = inquiry;
		packet.srb.path = where == 1;
		packet.srb.target = where == 2;
		packet.srb.lun = where == 3 ? 200 : 0;
		CHECK(srb_status(packet, gpa, 36) == VSTOR_SRB_SUCCESS && data[0] == (where ? 0x7f : 0));
		packet = luns;
		packet.srb.path = where == 1;
		packet.srb.target = where == 2;
		CHECK(srb_status(packet, gpa, 64) == VSTOR_SRB_SUCCESS);
		CHECK(get_be32(data) == (where == 0 || where == 3 ? 16 : 0));
	}
	packet = SRB(7, VSTOR_DATA_NONE, 0, SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0);
	CHECK(srb_status(packet, 0, 0) == VSTOR_SRB_INVALID_LUN);
	packet = SRB(0, VSTOR_DATA_NONE, 0, SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0);
	packet.srb.target = 1;
	CHECK(srb_status(packet, 0, 0) == VSTOR_SRB_INVALID_LUN);
	storvsp_rig_deinit(&rig);
}

static void test_ide(void)
{
	struct vstor_packet packet = SRB(0, VSTOR_DATA_NONE, 0, SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0);

	storvsp_rig_init(&rig, true);
	CHECK(storvsp_rig_start(&rig));
	CHECK(ask(VSTOR_CREATE_SUB_CHANNELS, 1) == (uint32_t)VSTOR_INVALID_PARAMETER);
	packet.srb.target = 1; /* the guest makes it out of the offer's name */
	CHECK(srb_status(packet, 0, 0) == VSTOR_SRB_SUCCESS);
	storvsp_rig_deinit(&rig);
}

/* --- many at a time ------------------------------------------------------------------------------------ */

static struct vstor_packet read_block(unsigned block)
{
	return SRB(RIG_RAW, VSTOR_DATA_IN, BLOCK, SCSI_READ_10, 0, 0, 0, (uint8_t)(block >> 8),
		   (uint8_t)block, 0, 0, 1, 0);
}

/* More requests than are taken at a time and than the answers' ring holds: each is answered once. */
static void test_flood(void)
{
	enum { FLOOD = 700 };
	static unsigned answers[FLOOD];
	struct vstor_packet packet;
	uint64_t gpa, transaction;
	unsigned sent = 0, received = 0;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 1);
	for (unsigned round = 0; received < FLOOD && round < 10000; round++) {
		int r = 0;

		while (sent < FLOOD && r == 0) { /* nothing is read meanwhile */
			packet = read_block(sent % 1000);
			r = storvsp_rig_send(&rig, rig.channel, sent + 1, &packet, gpa, BLOCK);
			sent += r == 0;
		}
		storvsp_rig_settle(&rig);
		while (storvsp_rig_receive(rig.channel, &transaction, &packet)) {
			if (CHECK(transaction >= 1 && transaction <= FLOOD))
				answers[transaction - 1]++;
			CHECK(packet.srb.srb_status == VSTOR_SRB_SUCCESS);
			received++;
		}
	}
	for (unsigned i = 0; i < FLOOD; i++)
		if (!CHECK(answers[i] == 1))
			printf("request %u was answered %u times\n", i, answers[i]);
	storvsp_rig_deinit(&rig);
}

/* A reset is answered after all that went before it, and nothing that comes after it passes it. */
static void test_reset(void)
{
	struct vstor_packet packet, reset = { .operation = VSTOR_RESET_BUS, .flags = 1 };
	uint64_t gpa, transaction;
	unsigned order[12] = { 0 }, count = 0;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 1);
	rig.is_held = true;
	for (unsigned i = 1; i <= 11; i++) {
		packet = i == 5 ? reset : read_block(i);
		CHECK(storvsp_rig_send(&rig, rig.channel, i, &packet, gpa, i == 5 ? 0 : BLOCK) == 0);
	}
	storvsp_rig_settle(&rig);
	CHECK(!storvsp_rig_receive(rig.channel, &transaction, &packet));
	rig.is_held = false;
	storvsp_rig_settle(&rig);
	while (count < 12 && storvsp_rig_receive(rig.channel, &transaction, &packet)) {
		order[count++] = (unsigned)transaction;
		if (transaction == 6) /* the first command afterwards hears of it */
			CHECK(packet.srb.srb_status == (VSTOR_SRB_ERROR | VSTOR_SRB_AUTOSENSE_VALID) &&
			      packet.srb.sense[12] == 0x29);
		storvsp_rig_settle(&rig);
	}
	CHECK(count == 11);
	for (unsigned i = 0; i < count; i++)
		CHECK(i == 4 ? order[i] == 5 : i < 4 ? order[i] < 5 : order[i] > 5);
	storvsp_rig_deinit(&rig);
}

/* Many resets in a row do not pile up anywhere. */
static void test_resets(void)
{
	struct vstor_packet packet, reset = { .operation = VSTOR_RESET_LUN, .flags = 1 };
	uint64_t transaction;
	unsigned sent = 0, received = 0;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	while (sent < 200 && storvsp_rig_send(&rig, rig.channel, sent + 1, &reset, 0, 0) == 0)
		sent++;
	storvsp_rig_settle(&rig);
	while (storvsp_rig_receive(rig.channel, &transaction, &packet))
		received++;
	CHECK(sent > 50 && received == sent);
	storvsp_rig_deinit(&rig);
}

/* Units that come under the guest's eyes: it is asked to look, and each unit says so. */
static void test_rescan(void)
{
	struct vstor_packet packet;
	uint64_t transaction = 1;

	storvsp_rig_init(&rig, false);
	storvsp_rescan(rig.controller); /* no guest, no rescan */
	CHECK(storvsp_rig_start(&rig));
	storvsp_rescan(rig.controller);
	CHECK(storvsp_rig_receive(rig.channel, &transaction, &packet));
	CHECK(transaction == 0 && packet.operation == VSTOR_ENUMERATE_BUS);
	packet = SRB(0, VSTOR_DATA_NONE, 0, SCSI_TEST_UNIT_READY, 0, 0, 0, 0, 0);
	CHECK(storvsp_rig_ask(&rig, &packet) && packet.srb.sense[12] == 0x3f && packet.srb.sense[13] == 0x0e);
	storvsp_rig_deinit(&rig);
}

/* The guest closes while disks still write into its memory: it is told when they have ended. */
static void test_close_under_way(void)
{
	struct vstor_packet packet;
	uint64_t gpa;

	storvsp_rig_init(&rig, false);
	CHECK(storvsp_rig_start(&rig));
	gpa = guest_alloc(rig.guest, 1);
	rig.is_held = true;
	for (unsigned i = 1; i <= 10; i++) {
		packet = read_block(i);
		CHECK(storvsp_rig_send(&rig, rig.channel, i, &packet, gpa, BLOCK) == 0);
	}
	CHECK(!guest_reset(rig.guest)); /* the bus waits */
	rig.is_held = false;
	storvsp_rig_settle(&rig);
	CHECK(guest_reset(rig.guest));
	CHECK(storvsp_rig_start(&rig));
	packet = read_block(1);
	CHECK(storvsp_rig_send(&rig, rig.channel, 1, &packet, guest_alloc(rig.guest, 1), BLOCK) == 0);
	storvsp_rig_deinit(&rig);
}

int main(void)
{
	test_handshake();
	test_requests();
	test_bad_requests();
	test_sense();
	test_absent_units();
	test_ide();
	test_flood();
	test_reset();
	test_resets();
	test_rescan();
	test_close_under_way();
	return check_result();
}
