/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine that executes nothing: it records what core asks of it, and its clock stands still until a test
 * moves it. Linked instead of the translator (it is hv_translator_ops).
 */
#ifndef TESTS_UNIT_FAKE_ENGINE_H
#define TESTS_UNIT_FAKE_ENGINE_H

#include "check.h"

#include "engine/engine.h"

enum { FAKE_TSC_HZ = 2000000000, FAKE_TICKS = FAKE_TSC_HZ / 10000000 /* a unit of reference time */ };

struct fake_engine {
	int probe_error, next_error; /* of the next call that can fail */
	int partitions, vps;
	unsigned set_slots, sync_dirty, runs;
	unsigned written;
	uint64_t written_gpa[8], written_size[8];
	uint64_t interrupt_address;
	uint32_t interrupt_data;
	int extint[HV_MAX_VPS];
	struct hv_slots published;
	uint64_t tsc;
	uint64_t timer[HV_MAX_VPS]; /* the last ops->set_timer() */
	unsigned timers_set;
	unsigned posted[HV_MAX_VPS][256]; /* vectors */
	unsigned stopped;
	uint64_t auto_eoi[4];
	unsigned flushes, flush_count;
	uint64_t flush_vps, flush_pages[512];
};
extern struct fake_engine fake;

void fake_reset(void);
/* Time goes on, and the VP's timer expires if it is due. */
void fake_advance(struct hv_vp *vp, uint64_t reference_units);

#endif
