/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's time-stamp counter. */
#ifndef HV_CORE_TSC_H
#define HV_CORE_TSC_H

#include <stdint.h>

/* Ticks per second; the first call may take TSC_CALIBRATION_MS. Any thread. */
uint64_t tsc_host_hz(void);

/* Starts the measurement, if one will be needed: what passes until tsc_host_hz() need not be waited for. */
void tsc_host_begin(void);

enum { TSC_CALIBRATION_MS = 8 };

static inline uint64_t tsc_host_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
