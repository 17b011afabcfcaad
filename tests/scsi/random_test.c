/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random commands: each ends once, with a status that fits its sense data, and touches no memory but its own
 * (the rig checks). Mostly commands that exist, with fields that are mostly small. random_test [SEED [COUNT]]
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "rig.h"

enum { DATA_MAX = 128 * 1024, COUNT = 4000 };

static uint64_t state;

static uint32_t random_below(uint32_t limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % limit;
}

static const uint8_t opcodes[] = { 0x00, 0x03, 0x08, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x1d, 0x1e,
				   0x25, 0x28, 0x2a, 0x2e, 0x2f, 0x34, 0x35, 0x41, 0x42, 0x43,
				   0x46, 0x4a, 0x51, 0x52, 0x55, 0x5a, 0x88, 0x8a, 0x8e, 0x8f,
				   0x91, 0x93, 0x9e, 0xa0, 0xa8, 0xaa, 0xae, 0xbb, 0xbd, 0xbe };

static uint8_t random_byte(void)
{
	switch (random_below(4)) {
	case 0: return (uint8_t)random_below(256);
	case 1: return (uint8_t)random_below(8);
	default: return 0;
	}
}

static void fill_cdb(uint8_t cdb[16])
{
	cdb[0] = random_below(8) ? opcodes[random_below(sizeof(opcodes))] : (uint8_t)random_below(256);
	for (unsigned i = 1; i < 16; i++)
		cdb[i] = random_byte();
}

static bool is_consistent(const struct rig_result *r)
{
	if (r->done != 1)
		return false;
	switch (r->status) {
	case SCSI_GOOD: return r->key == 0 && !r->is_overrun;
	case SCSI_CHECK_CONDITION: return r->key != 0 && r->transferred == 0;
	default: return false; /* there is memory enough: never busy */
	}
}

static void step(struct rig *rig, unsigned number, uint8_t *data)
{
	static const unsigned luns[] = { RIG_RAW, RIG_THIN, RIG_READ_ONLY, RIG_DVD, RIG_ABSENT, 200 };
	unsigned lun = luns[random_below(sizeof(luns) / sizeof(luns[0]))];
	uint32_t length = random_below(3) ? random_below(8) * 512 : random_below(DATA_MAX);
	enum scsi_direction direction = random_below(2) ? SCSI_DATA_IN : SCSI_DATA_OUT;
	struct rig_result r;
	uint8_t cdb[16];

	fill_cdb(cdb);
	for (uint32_t i = 0; i < 64 && i < length; i++)
		data[i] = random_byte();
	r = rig_run(rig, lun, cdb, sizeof(cdb), direction, data, length);
	if (CHECK(is_consistent(&r)))
		return;
	printf("command %u, LUN %u, length %u, direction %u:", number, lun, length, direction);
	for (unsigned i = 0; i < 16; i++)
		printf(" %02x", cdb[i]);
	printf(": status %x, key %x, code %04x, moved %u\n", r.status, r.key, r.code, r.transferred);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : COUNT;
	uint8_t *data = calloc(1, DATA_MAX);
	struct rig rig;

	printf("seed %llu\n", (unsigned long long)seed);
	state = seed;
	rig_init(&rig);
	for (unsigned i = 0; i < count; i++) {
		if (random_below(100) == 0)
			scsi_target_reset(rig.target);
		if (random_below(50) == 0) /* the guest may have thrown it out */
			scsi_dvd_set_medium(scsi_target_find(rig.target, RIG_DVD), rig.medium);
		step(&rig, i, data);
	}
	rig_deinit(&rig);
	free(data);
	return check_result();
}
