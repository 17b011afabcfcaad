/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile_test [--seed S] [--count N]: VPs with random memory, registers and modes, translated and
 * interpreted. Whatever the guest does, hv_vp_run() comes back with an intercept or can be cancelled, and the
 * process lives. Prints the seed; a crash is repeated with --seed S --count 1.
 */
#include "hv/hv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 1 << 20, RUNS = 40, ROUND_MS = 4, STUCK_MS = 20000 };

static uint64_t state;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned below(unsigned limit)
{
	return (unsigned)(random64() % limit);
}

/* --- a guest ------------------------------------------------------------------------------------------- */

/* Prefixes, escapes and system opcodes that plain random bytes seldom form. */
static void sprinkle(uint8_t *memory)
{
	static const uint8_t likely[][4] = {
		{ 0x0f, 0x22, 0xd8 },
		{ 0x0f, 0x22, 0xc0 },
		{ 0x0f, 0x30 },
		{ 0x0f, 0x01, 0x10 },
		{ 0x0f, 0x01, 0x18 },
		{ 0xcf },
		{ 0x48, 0xcf },
		{ 0x0f, 0x05 },
		{ 0x0f, 0x07 },
		{ 0xfb },
		{ 0x9d },
		{ 0xf3, 0xa4 },
		{ 0xf2, 0xae },
		{ 0xc5, 0xfc },
		{ 0xc4, 0xe2 },
		{ 0x0f, 0x38 },
		{ 0x0f, 0x3a },
		{ 0xdd },
		{ 0xdb },
		{ 0xf0, 0x0f, 0xb1 },
		{ 0x8e, 0xd0 },
		{ 0x0f, 0x00 },
		{ 0x0f, 0xae },
		{ 0xeb, 0xfe },
		{ 0xe9 },
		{ 0xc3 },
		{ 0x0f, 0x01, 0xf8 },
		{ 0x0f, 0xc7 },
		{ 0x0f, 0x23 },
		{ 0xea },
		{ 0xff, 0x2c },
		{ 0x0f, 0xa2 },
		{ 0xf4 },
	};
	for (unsigned i = 0; i < 4000; i++)
		memcpy(memory + below(MEMORY - 4), likely[below(sizeof(likely) / sizeof(likely[0]))], 4);
}

/* Page tables at 0x1000..: sometimes sound, so that code runs for a while; sometimes as random as the rest.
 */
static void make_tables(uint8_t *memory)
{
	uint64_t *pml4 = (uint64_t *)(memory + 0x1000), *pdpt = (uint64_t *)(memory + 0x2000),
		 *pd = (uint64_t *)(memory + 0x3000);
	if (below(8) == 0)
		return;
	memset(pml4, 0, 4096);
	pml4[0] = 0x2007;
	pdpt[0] = 0x3007;
	pd[0] = below(2) ? 0x87 : 0x4007;
	for (unsigned i = 0; i < 512; i++)
		((uint64_t *)(memory + 0x4000))[i] =
		    (i * 4096ull % MEMORY) | 7 | (below(16) ? 0 : random64() & 0x8000000000000fffull);
}

static void fill(uint8_t *memory)
{
	for (unsigned i = 0; i < MEMORY; i += 8)
		*(uint64_t *)(memory + i) = random64();
	sprinkle(memory);
	make_tables(memory);
}

static void set(struct hv_vp *vp, enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };
	hv_vp_set_regs(vp, &name, 1, &v);
}

static void set_segment(struct hv_vp *vp, enum hv_reg name, uint64_t base, uint32_t limit, uint16_t selector,
			uint16_t attr)
{
	union hv_value v = { .segment = { base, limit, selector, attr } };
	hv_vp_set_regs(vp, &name, 1, &v);
}

static void set_data_segments(struct hv_vp *vp, unsigned dpl, bool flat)
{
	for (enum hv_reg name = HV_REG_ES; name <= HV_REG_GS; name++)
		if (name != HV_REG_CS)
			set_segment(vp, name, flat ? 0 : below(MEMORY), flat ? 0xffffffff : 0xffff,
				    (uint16_t)random64(), (uint16_t)(0xc093 | dpl << 5));
}

static void set_mode(struct hv_vp *vp)
{
	unsigned mode = below(4), dpl = below(3) ? 0 : 3;
	set(vp, HV_REG_CR3, 0x1000);
	set_data_segments(vp, mode ? dpl : 0, mode >= 2 || below(2));
	if (mode == 0) {
		set_segment(vp, HV_REG_CS, below(MEMORY) & ~15u, 0xffff, 0, 0x9b);
		return;
	}
	set(vp, HV_REG_CR4, 0x620 | (random64() & 0x3300a4));
	if (mode == 3) {
		set(vp, HV_REG_EFER, 0xd01);
		set(vp, HV_REG_CR0, 0x80000033 | (random64() & 0x5000c));
		set_segment(vp, HV_REG_CS, 0, 0xffffffff, (uint16_t)(8 | dpl), (uint16_t)(0xa09b | dpl << 5));
	} else {
		set(vp, HV_REG_CR0, 0x33);
		set_segment(vp, HV_REG_CS, mode == 2 ? 0 : below(MEMORY), 0xffffffff, (uint16_t)(8 | dpl),
			    (uint16_t)(0xc09b | dpl << 5));
	}
}

static void set_registers(struct hv_vp *vp)
{
	for (enum hv_reg name = HV_REG_RAX; name <= HV_REG_R15; name++)
		set(vp, name, below(4) ? below(MEMORY) : random64());
	set(vp, HV_REG_RIP, below(below(2) ? 0x10000 : MEMORY));
	set(vp, HV_REG_RFLAGS, 2 | (random64() & (below(4) ? 0x8d5 : 0x47fd5)));
	set_segment(vp, HV_REG_IDTR, below(MEMORY), 0xfff, 0, 0);
	set_segment(vp, HV_REG_GDTR, below(MEMORY), 0xffff, 0, 0);
	set_segment(vp, HV_REG_TR, below(MEMORY), 0x67, 0x28, 0x8b);
}

/* --- running ------------------------------------------------------------------------------------------- */

static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hv_vp *running;
static volatile uint64_t round_number;

static void set_running(struct hv_vp *vp)
{
	pthread_mutex_lock(&running_lock);
	running = vp;
	pthread_mutex_unlock(&running_lock);
}

/* Cancels whatever runs every few milliseconds; a round that does not end at all is the failure that this
 * test looks for. */
static void *cancel_loop(void *unused)
{
	uint64_t last = 0;
	for (unsigned since_ms = 0; since_ms < STUCK_MS; since_ms += ROUND_MS) {
		usleep(ROUND_MS * 1000);
		pthread_mutex_lock(&running_lock);
		if (running)
			hv_vp_cancel(running);
		pthread_mutex_unlock(&running_lock);
		if (round_number != last)
			since_ms = 0;
		last = round_number;
	}
	printf("FAILED: hv_vp_run() does not come back\n");
	fflush(stdout);
	_exit(1);
}

static void answer(struct hv_exit *exit)
{
	if (exit->reason == HV_EXIT_PORT && !exit->port.is_write)
		exit->port.data = (uint32_t)random64();
	if (exit->reason == HV_EXIT_MMIO && !exit->mmio.is_write)
		*(uint64_t *)exit->mmio.data = random64();
}

static bool run_guest(struct hv_vp *vp)
{
	struct hv_exit exit = { 0 };
	for (unsigned i = 0; i < RUNS; i++) {
		int r = hv_vp_run(vp, &exit);
		if (r < 0 || exit.reason == HV_EXIT_FAILURE || exit.reason == HV_EXIT_NONE) {
			printf("FAILED: hv_vp_run(): %d, reason %d\n", r, exit.reason);
			return false;
		}
		if (exit.reason == HV_EXIT_SHUTDOWN || exit.reason == HV_EXIT_CANCELED)
			return true;
		answer(&exit);
	}
	return true;
}

static bool one_round(uint64_t seed, bool interpret)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = 1,
					      .interpret_only = interpret,
					      .code_cache_bytes = 1 << 20 };
	static uint8_t *memory;
	struct hv_partition *partition;
	struct hv_vp *vp;
	state = seed * 0x9e3779b97f4a7c15ull | 1;
	if (!memory)
		memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill(memory);
	if (hv_partition_new(&config, &partition) < 0 ||
	    hv_map(partition, 0, memory, MEMORY, HV_MAP_WRITE) < 0 || hv_vp_new(partition, 0, &vp) < 0) {
		printf("FAILED: no partition\n");
		return false;
	}
	set_mode(vp);
	set_registers(vp);
	set_running(vp);
	bool passed = run_guest(vp);
	set_running(NULL);
	round_number++;
	hv_vp_free(vp);
	hv_partition_free(partition);
	return passed;
}

int main(int argc, char **argv)
{
	uint64_t seed = (uint64_t)time(NULL), count = 400;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--count"))
			count = strtoull(argv[i + 1], NULL, 0);
	}
	printf("hostile_test --seed %llu --count %llu\n", (unsigned long long)seed,
	       (unsigned long long)count);
	fflush(stdout);
	pthread_t canceller;
	pthread_create(&canceller, NULL, cancel_loop, NULL);
	for (uint64_t i = 0; i < count; i++) {
		if (!one_round(seed + i, false) || !one_round(seed + i, true)) {
			printf("at --seed %llu\n", (unsigned long long)(seed + i));
			return 1;
		}
	}
	return 0;
}
