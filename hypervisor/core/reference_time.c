/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/reference_time.h"

typedef unsigned __int128 wide;

void reference_clock_init(struct reference_clock *clock, uint64_t tsc_hz)
{
	clock->tsc_hz = tsc_hz;
	clock->scale = (uint64_t)(((wide)REFERENCE_HZ << 64) / tsc_hz);
}

uint64_t reference_time_of(const struct reference_clock *clock, uint64_t tsc)
{
	return (uint64_t)((wide)tsc * clock->scale >> 64);
}

/* The least tsc with tsc * scale >= time * 2^64. */
uint64_t reference_time_to_tsc(const struct reference_clock *clock, uint64_t time)
{
	wide tsc = (((wide)time << 64) + clock->scale - 1) / clock->scale;

	return tsc > UINT64_MAX ? UINT64_MAX : (uint64_t)tsc;
}
