/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frequency of the host's TSC: from the processor or the hypervisor below us where they say it exactly,
 * else measured against CLOCK_MONOTONIC_RAW (the kernel makes that clock from the TSC, so a short interval is
 * enough: what is left is the jitter of two readings).
 */
#include "core/tsc.h"

#include <cpuid.h>
#include <pthread.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t host_hz;

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The pair of readings that were closest together. */
static void sample(uint64_t *ret_tsc, uint64_t *ret_ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 64; i++) {
		uint64_t before = tsc_host_read(), ns = clock_ns(), after = tsc_host_read();

		if (after - before < best) {
			best = after - before;
			*ret_tsc = before + best / 2;
			*ret_ns = ns;
		}
	}
}

/* Nominal frequencies are whole MHz: within the error of the measurement, take them as meant. */
static uint64_t round_to_mhz(uint64_t hz)
{
	uint64_t nearest = (hz + 500000) / 1000000 * 1000000;
	uint64_t distance = hz > nearest ? hz - nearest : nearest - hz;

	return distance <= nearest / 100000 ? nearest : hz;
}

static pthread_once_t begun = PTHREAD_ONCE_INIT;
static uint64_t tsc0, ns0;

static void begin(void)
{
	sample(&tsc0, &ns0);
}

void tsc_host_begin(void)
{
	pthread_once(&begun, begin);
}

/* Of the interval only what has not passed since tsc_host_begin() is slept. */
static uint64_t measure(void)
{
	const uint64_t interval_ns = TSC_CALIBRATION_MS * 1000000ull;
	uint64_t tsc1 = 0, ns1 = 0;

	tsc_host_begin();
	sample(&tsc1, &ns1);
	while (ns1 - ns0 < interval_ns) {
		struct timespec pause = { .tv_nsec = (long)(interval_ns - (ns1 - ns0)) };

		nanosleep(&pause, NULL);
		sample(&tsc1, &ns1);
	}
	return round_to_mhz((uint64_t)((unsigned __int128)(tsc1 - tsc0) * 1000000000u / (ns1 - ns0)));
}

/* The "timing" leaf that VMware defined and others took over: kHz in EAX. */
static uint64_t from_hypervisor(void)
{
	unsigned eax, ebx, ecx, edx;

	__cpuid(0x40000000, eax, ebx, ecx, edx);
	if (eax < 0x40000010 || eax > 0x4000ffff)
		return 0;
	if (ebx == 0x7263694d) /* "Micr": Hyper-V means something else by this leaf */
		return 0;
	__cpuid(0x40000010, eax, ebx, ecx, edx);
	return (uint64_t)eax * 1000;
}

/* SDM 2, CPUID leaf 15H; only with the crystal's frequency (leaf 16H is nominal, not exact). */
static uint64_t from_processor(void)
{
	unsigned eax, ebx, ecx, edx;

	if (__get_cpuid_max(0, NULL) < 0x15)
		return 0;
	__cpuid(0x15, eax, ebx, ecx, edx);
	return eax && ebx && ecx ? (uint64_t)ecx * ebx / eax : 0;
}

static void find_hz(void)
{
	unsigned eax, ebx, ecx, edx;
	uint64_t hz;

	__cpuid(1, eax, ebx, ecx, edx);
	/* In a VM leaf 15H may be that of a machine with another frequency. */
	hz = ecx >> 31 ? from_hypervisor() : from_processor();
	if (hz < 100000000)
		hz = measure();
	host_hz = hz;
}

uint64_t tsc_host_hz(void)
{
	pthread_once(&once, find_hz);
	return host_hz;
}
