/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile_test [--seed S] [--count N]: VPs with random memory, registers and modes, translated and
 * interpreted, every other one enlightened and with messages and events sent to it. Whatever the guest does, hv_vp_run() comes
 * back with an intercept or can be cancelled, and the process lives. Prints the seed; a crash is repeated with --seed S --count 1.
 */
#include "hv/synic.h"

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

/* mov $msr, %ecx; wrmsr or rdmsr; and mov $control, %ecx; vmcall: with whatever the other registers hold. */
static void sprinkle_hyperv(uint8_t *memory)
{
	static const uint16_t calls[] = { 0x02, 0x03, 0x0b, 0x13, 0x14, 0x15, 0x5c, 0x5d, 0x8001, 0x8003 };
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t *at = memory + below(MEMORY - 16);
		uint32_t value = 0x40000000 | below(below(2) ? 0x120 : 0xb8);
		if (below(3) == 0) {
			value = calls[below(10)] | (below(2) ? 1 << 16 : 0) | below(3) << 17;
			memcpy(at + 5, (const uint8_t[]){ 0x0f, 0x01, 0xc1 }, 3);
		} else {
			memcpy(at + 5, (const uint8_t[]){ 0x0f, below(4) ? 0x30 : 0x32 }, 2);
		}
		*at = 0xb9;
		memcpy(at + 1, &value, 4);
	}
}

/*
 * Page tables at 0x1000..: sometimes sound, so that code runs for a while; sometimes as random as the rest.
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
	if (state & 2)
		sprinkle_hyperv(memory);
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
static struct hv_partition *running_partition;
static volatile uint64_t round_number;

/* --- a guest that lives longer: nothing but synthetic MSRs and hypercalls with random arguments -------------- */

enum {
	DIRECTED_IDT = 0x5000,
	HANDLER_GP = 0x6000,
	HANDLER_UD = 0x6010,
	HANDLER = 0x6020,
	DIRECTED_STACK = 0x8000,
	DIRECTED_CODE = 0x10000
};

static uint8_t *emit(uint8_t *at, const uint8_t *bytes, unsigned size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *emit_load(uint8_t *at, uint8_t reg, uint64_t value) /* movabs: 0 rax, 1 rcx, 2 rdx; 8 r8 */
{
	*at++ = reg & 8 ? 0x49 : 0x48;
	*at++ = 0xb8 | (reg & 7);
	return emit(at, (const uint8_t *)&value, 8);
}

static uint64_t any_address(void)
{
	switch (below(4)) {
	case 0: return random64();
	case 1: return below(MEMORY) & ~7u;
	default: return (below(MEMORY) & ~0xfffu) | below(2);
	}
}

static uint8_t *emit_msr(uint8_t *at)
{
	uint64_t value = any_address();
	at = emit_load(at, 1, 0x40000000 | below(below(2) ? 0x120 : 0xb8));
	at = emit_load(at, 0, value & 0xffffffff);
	at = emit_load(at, 2, value >> 32);
	return emit(at, (const uint8_t[]){ 0x0f, below(4) ? 0x30 : 0x32 }, 2);
}

static uint8_t *emit_call(uint8_t *at)
{
	static const uint16_t calls[] = {
		0x02, 0x03, 0x08, 0x0b, 0x13, 0x14, 0x15, 0x5c, 0x5d, 0x8001, 0x8003
	};
	uint64_t control =
	    calls[below(11)] | (uint64_t)below(2) << 16 | (uint64_t)below(3) << 17 | (uint64_t)below(5) << 32;
	at = emit_load(at, 1, control);
	at = emit_load(at, 2, any_address());
	at = emit_load(at, 8, any_address());
	return emit(at, (const uint8_t[]){ 0x0f, 0x01, 0xc1 }, 3);
}

/* Each fault goes on behind the instruction: #GP comes from the MSRs, #UD from VMCALL while there are no hypercalls. */
static void make_idt(uint8_t *memory)
{
	static const uint8_t gp[] = { 0x48, 0x83, 0xc4, 8, 0x48, 0x83, 0x04, 0x24, 2, 0x48, 0xcf };
	static const uint8_t ud[] = { 0x48, 0x83, 0x04, 0x24, 3, 0x48, 0xcf }, other[] = { 0x48, 0xcf };
	memcpy(memory + HANDLER_GP, gp, sizeof(gp));
	memcpy(memory + HANDLER_UD, ud, sizeof(ud));
	memcpy(memory + HANDLER, other, sizeof(other));
	for (unsigned i = 0; i < 256; i++) {
		uint64_t handler = i == 13 ? HANDLER_GP : i == 6 ? HANDLER_UD : HANDLER;
		uint64_t *gate = (uint64_t *)(memory + DIRECTED_IDT + 16 * i);
		gate[0] = handler | 8 << 16 | 0x8e00ull << 32;
		gate[1] = 0;
	}
	/* the code segment of the gates, and a stack segment for IRET */
	*(uint64_t *)(memory + 0x7008) = 0x00af9a000000ffff;
	*(uint64_t *)(memory + 0x7010) = 0x00cf92000000ffff;
}

static void make_directed(uint8_t *memory, struct hv_vp *vp)
{
	uint8_t *at = memory + DIRECTED_CODE;
	memset(memory, 0, DIRECTED_CODE);
	*(uint64_t *)(memory + 0x1000) = 0x2003;
	*(uint64_t *)(memory + 0x2000) = 0x83;
	make_idt(memory);
	while (at < memory + DIRECTED_CODE + 0x8000)
		at = below(3) ? emit_msr(at) : emit_call(at);
	memcpy(at, (const uint8_t[]){ 0xeb, 0xfe }, 2);
	set(vp, HV_REG_CR3, 0x1000);
	set(vp, HV_REG_CR4, 0x620);
	set(vp, HV_REG_EFER, 0xd01);
	set(vp, HV_REG_CR0, 0x80000033);
	set_data_segments(vp, 0, true);
	set_segment(vp, HV_REG_CS, 0, 0xffffffff, 8, 0xa09b);
	set_segment(vp, HV_REG_SS, 0, 0xffffffff, 16, 0xc093);
	set_segment(vp, HV_REG_IDTR, DIRECTED_IDT, 0xfff, 0, 0);
	set_segment(vp, HV_REG_GDTR, 0x7000, 0xff, 0, 0);
	set(vp, HV_REG_RIP, DIRECTED_CODE);
	set(vp, HV_REG_RSP, DIRECTED_STACK);
	set(vp, HV_REG_RFLAGS, 2 | (below(2) ? 0x200 : 0));
}

static void set_running(struct hv_vp *vp, struct hv_partition *partition)
{
	pthread_mutex_lock(&running_lock);
	running = vp;
	running_partition = partition;
	pthread_mutex_unlock(&running_lock);
}

/* What the worker's device threads do meanwhile; in a partition that is not enlightened it is refused. */
static void disturb(struct hv_partition *partition)
{
	static uint8_t extra[4096] __attribute__((aligned(4096)));
	for (unsigned i = 0; i < 200; i++) {
		hv_post_message(partition, 0, i % HV_SINTS, 1, extra, i);
		hv_signal_event(partition, 0, i % HV_SINTS, i * 10);
	}
	if (hv_map(partition, MEMORY, extra, sizeof(extra), HV_MAP_WRITE) == 0)
		hv_unmap(partition, MEMORY, sizeof(extra));
}

static enum hv_status on_message(void *opaque, unsigned vp, uint32_t type, const void *payload, size_t size)
{
	hv_post_message(opaque, vp, type % HV_SINTS, type, payload, size);
	return HV_STATUS_SUCCESS;
}

static void on_crash(void *opaque, unsigned vp, const struct hv_crash *crash)
{
}

static void on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	if (size > MEMORY + 4096 || gpa > MEMORY + 4096 - size) { /* disturb() maps one page more */
		printf("FAILED: discard of %llx bytes at %llx\n", (unsigned long long)size,
		       (unsigned long long)gpa);
		_exit(1);
	}
}

static void connect_guest(struct hv_partition *partition)
{
	static const struct hv_guest_ops ops = { .crash = on_crash, .discard = on_discard };
	hv_set_guest_ops(partition, &ops, NULL);
	for (uint32_t i = 0; i < 256; i++)
		hv_connect_messages(partition, i, on_message, partition);
}

static void enlighten(struct hv_vp *vp)
{
	hv_vp_set_msr(vp, 0x40000000, 1);
	hv_vp_set_msr(vp, 0x40000001, (below(MEMORY) & ~0xfffu) | 1);
	hv_vp_set_msr(vp, 0x40000080, 1);
	hv_vp_set_msr(vp, 0x40000082, (below(MEMORY) & ~0xfffu) | 1);
	hv_vp_set_msr(vp, 0x40000083, (below(MEMORY) & ~0xfffu) | 1);
	for (uint32_t i = 0; i < HV_SINTS; i++)
		hv_vp_set_msr(vp, 0x40000090 + i, below(256) | below(2) << 17);
}

/* Cancels whatever runs every few milliseconds; a round that does not end at all is the failure that this
 * test looks for. */
static void *cancel_loop(void *unused)
{
	uint64_t last = 0;
	for (unsigned since_ms = 0; since_ms < STUCK_MS; since_ms += ROUND_MS) {
		usleep(ROUND_MS * 1000);
		pthread_mutex_lock(&running_lock);
		if (running) {
			disturb(running_partition);
			hv_vp_cancel(running);
		}
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
	uint64_t value = random64();
	if (exit->reason == HV_EXIT_MMIO && !exit->mmio.is_write)
		memcpy(exit->mmio.data, &value, sizeof(value));
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
					      .is_enlightened = seed & 1,
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
	if (config.is_enlightened) {
		connect_guest(partition);
		if (seed & 2)
			make_directed(memory, vp);
		enlighten(vp);
	}
	set_running(vp, partition);
	bool passed = run_guest(vp);
	set_running(NULL, NULL);
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
