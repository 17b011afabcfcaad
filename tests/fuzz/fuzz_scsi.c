/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI targets (tests/scsi/rig.h): commands for a raw disk, a VHDX, a read-only disk, a DVD drive and a unit
 * that is not there; resets; media that change. Each command ends once, with sense data that fit its status;
 * the rig sees to the guest's memory.
 */
#include "fuzz.h"

#include "rig.h"

enum { COMMANDS_MAX = 60, LENGTH_MAX = 16 * 1024 };

static const uint8_t opcodes[] = { 0x00, 0x03, 0x08, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x1d, 0x1e,
				   0x25, 0x28, 0x2a, 0x2e, 0x2f, 0x34, 0x35, 0x41, 0x42, 0x43,
				   0x46, 0x4a, 0x51, 0x52, 0x55, 0x5a, 0x88, 0x8a, 0x8e, 0x8f,
				   0x91, 0x93, 0x9e, 0xa0, 0xa8, 0xaa, 0xae, 0xbb, 0xbd, 0xbe };

static void command(struct rig *rig, struct fuzz_input *input)
{
	static const unsigned luns[] = { RIG_RAW, RIG_THIN, RIG_READ_ONLY, RIG_DVD, RIG_ABSENT };
	static uint8_t data[LENGTH_MAX];
	unsigned lun = luns[fuzz_u8(input) % 5];
	uint8_t how = fuzz_u8(input), cdb[16] = { 0 };
	uint32_t length = fuzz_u16(input) % (LENGTH_MAX + 1);
	struct rig_result result;

	cdb[0] = how & 1 ? fuzz_u8(input) : opcodes[fuzz_u8(input) % sizeof(opcodes)];
	for (unsigned i = 1; i < (how & 2 ? 16u : 10u); i++)
		cdb[i] = fuzz_u8(input);
	for (unsigned i = 0; how & 4 && i < 64; i++)
		data[i] = fuzz_u8(input);
	result = rig_run(rig, lun, cdb, sizeof(cdb), how & 8 ? SCSI_DATA_OUT : SCSI_DATA_IN, data, length);
	CHECK(result.done == 1);
	/* A conflict of reservations comes without sense data (SAM-5, 5.3). */
	CHECK(result.status == SCSI_GOOD || result.status == SCSI_RESERVATION_CONFLICT
		  ? result.key == 0
		  : result.status == SCSI_CHECK_CONDITION && result.key);
	CHECK(result.status == SCSI_GOOD || result.transferred == 0);
}

/* Making images takes long: they stay, with what inputs before wrote to them. All else begins anew. */
static struct rig *begin(void)
{
	static struct rig rig;

	if (!rig.io)
		rig_init(&rig);
	scsi_dvd_set_medium(scsi_target_find(rig.target, RIG_DVD), rig.medium);
	scsi_target_reset(rig.target);
	for (unsigned i = 0; i <= RIG_ABSENT; i++)
		rig_clear_attentions(&rig, i);
	return &rig;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	struct rig *rig = begin();
	struct scsi_lun *dvd = scsi_target_find(rig->target, RIG_DVD);

	for (unsigned i = 0; i < COMMANDS_MAX && fuzz_more(&input); i++)
		switch (fuzz_u8(&input) % 16) {
		case 0: scsi_target_reset(rig->target); break;
		case 1: scsi_dvd_set_medium(dvd, fuzz_u8(&input) & 1 ? rig->medium : NULL); break;
		case 2: scsi_dvd_press_eject(dvd); break;
		case 3: scsi_target_luns_changed(rig->target); break;
		default: command(rig, &input); break;
		}
	return 0;
}
