/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition reference time (TLFS 12.5): 100 ns units since the partition began, from the partition's TSC by the very formula
 * that a guest uses on the reference TSC page, so that both always agree.
 */
#ifndef HV_CORE_REFERENCE_TIME_H
#define HV_CORE_REFERENCE_TIME_H

#include <stdint.h>

struct reference_clock {
	uint64_t tsc_hz;
	uint64_t scale; /* 2^64 * 10,000,000 / tsc_hz */
};

enum { REFERENCE_HZ = 10000000 };

/* tsc_hz > REFERENCE_HZ */
void reference_clock_init(struct reference_clock *clock, uint64_t tsc_hz);
uint64_t reference_time_of(const struct reference_clock *clock, uint64_t tsc);
/* A TSC value at which that time has come, at most one tick late; UINT64_MAX when it is beyond all. */
uint64_t reference_time_to_tsc(const struct reference_clock *clock, uint64_t time);

#endif
