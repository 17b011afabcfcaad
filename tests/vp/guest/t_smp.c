/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several processors: atomic operations, also across a page, IPIs, shootdown, and code that another processor changes. */
#include "guest.h"

enum { ROUNDS = 20000 };

static volatile uint64_t counter;
static volatile __attribute__((aligned(16))) uint64_t pair[2];
static uint8_t *const crossing = (uint8_t *)(FREE_BASE + 0x40000 + 4094);

static void add_work(unsigned id)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		__asm__ volatile("lock incq %0" : "+m"(counter) : : "cc");
}

static void cmpxchg_work(unsigned id)
{
	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		uint64_t a = pair[0], d = pair[1];
		uint8_t done;
		do {
			__asm__ volatile("lock cmpxchg16b %3; sete %2"
					 : "+a"(a), "+d"(d), "=q"(done), "+m"(pair)
					 : "b"(a + 1), "c"(d + 2)
					 : "cc", "memory");
		} while (!done);
	}
}

static void crossing_work(unsigned id)
{
	for (unsigned i = 0; i < 500; i++)
		__asm__ volatile("lock addl $1, %0" : "+m"(*(uint32_t *)crossing) : : "cc");
}

static void atomics(void)
{
	counter = 0;
	on_all(add_work);
	CHECK_EQ(counter, (uint64_t)ROUNDS * processors);
	pair[0] = pair[1] = 0;
	on_all(cmpxchg_work);
	CHECK_EQ(pair[0], (uint64_t)(ROUNDS / 4) * processors);
	CHECK_EQ(pair[1], pair[0] * 2);
	*(uint32_t *)crossing = 0;
	on_all(crossing_work);
	CHECK_EQ(*(uint32_t *)crossing, 500 * processors);
}

/* Store buffering needs the fences that x86 gives: with XCHG both processors may not read 0. */
static volatile uint32_t x, y, seen_x, seen_y, phase;

static void ordering_work(unsigned id)
{
	if (id > 1)
		return;
	for (uint32_t i = 1; i < turns(5000); i++) {
		__atomic_fetch_add(&phase, 1, __ATOMIC_SEQ_CST);
		while (phase < 2 * i)
			;
		uint32_t one = i;
		if (id == 0) {
			__asm__ volatile("xchg %0, %1" : "+r"(one), "+m"(x));
			seen_y = y;
		} else {
			__asm__ volatile("xchg %0, %1" : "+r"(one), "+m"(y));
			seen_x = x;
		}
		__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
		while (counter < 2 * i)
			;
		if (seen_x != i && seen_y != i)
			fail(__FILE__, __LINE__, "both processors read the old value", seen_x, i);
		__atomic_fetch_add(&pair[0], 1, __ATOMIC_SEQ_CST);
		while (pair[0] < 2 * i)
			;
	}
}

static void ordering(void)
{
	x = y = phase = 0;
	counter = pair[0] = 0;
	on_all(ordering_work);
}

static volatile unsigned got[8];
static bool on_ipi(struct trap *trap)
{
	if (trap->vector != 0x70)
		return false;
	got[*apic(0x20) >> 24]++;
	*apic(0xb0) = 0;
	return true;
}

static void wait_ipi(unsigned id)
{
	if (id == 0) {
		for (unsigned n = 1; n <= turns(200); n++) {
			*apic(0x300) = 0xc4070; /* all but self */
			for (unsigned i = 1; i < processors; i++)
				while (got[i] < n)
					__asm__ volatile("pause");
		}
		return;
	}
	while (got[id] < turns(200))
		__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void ipis(void)
{
	start_processors(processors);
	trap_hook = on_ipi;
	for (unsigned i = 0; i < 8; i++)
		got[i] = 0;
	on_all(wait_ipi);
	for (unsigned i = 1; i < processors; i++)
		CHECK_EQ(got[i], turns(200));
}

/* Processor 0 rewrites a function, then tells the others, who serialize and call it. */
static uint8_t *const shared = (uint8_t *)(FREE_BASE + 0x60000);
static volatile uint32_t version;

static void serialize(void)
{
	uint32_t a = 0, b, c, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d) : : "memory");
}

static void change_work(unsigned id)
{
	int (*volatile f)(void) = (int (*)(void))shared;
	for (uint32_t i = 1; i <= turns(200); i++) {
		if (id == 0) {
			*(volatile uint32_t *)(shared + 1) = i;
			version = i;
		}
		while (version < i)
			__asm__ volatile("pause");
		serialize();
		int r = f();
		if ((uint32_t)r < i)
			fail(__FILE__, __LINE__, "stale code", (uint64_t)r, i);
		__atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
		while (counter < (uint64_t)i * processors)
			__asm__ volatile("pause");
	}
}

static void cross_modifying(void)
{
	shared[0] = 0xb8;
	shared[5] = 0xc3;
	version = 0;
	counter = 0;
	on_all(change_work);
}

/* Processor 0 maps a page elsewhere and asks the others to flush; they must see the new page after the answer. */
static volatile uint32_t flush_wanted, flush_done;
static const uint64_t va = 0x7100000000;

static void shoot_work(unsigned id)
{
	for (uint32_t i = 1; i <= turns(200); i++) {
		if (id == 0) {
			*(volatile uint64_t *)page_entry(va) =
			    (FREE_BASE + 0x80000 + (i & 1) * 4096) | PG_P | PG_W;
			flush_wanted = i;
			while (flush_done < i * (processors - 1))
				__asm__ volatile("pause");
		} else {
			while (flush_wanted < i)
				__asm__ volatile("pause");
			invlpg(va);
			if (*(volatile uint64_t *)va != (i & 1))
				fail(__FILE__, __LINE__, "stale mapping", *(volatile uint64_t *)va, i & 1);
			__atomic_fetch_add(&flush_done, 1, __ATOMIC_SEQ_CST);
		}
	}
}

static void shootdown(void)
{
	*(volatile uint64_t *)(FREE_BASE + 0x80000) = 0;
	*(volatile uint64_t *)(FREE_BASE + 0x81000) = 1;
	map_page(va, FREE_BASE + 0x80000, PG_P | PG_W);
	flush_wanted = flush_done = 0;
	on_all(shoot_work);
}

const struct named_test tests_smp[] = {
	{ "atomics", atomics },	    { "ordering", ordering },
	{ "ipis", ipis },	    { "cross_modifying", cross_modifying },
	{ "shootdown", shootdown }, { 0 },
};
