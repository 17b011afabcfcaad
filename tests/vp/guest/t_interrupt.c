/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts through the local APIC: self IPIs, priorities, shadows, HLT, the timer in its modes, NMI. */
#include "guest.h"

static volatile unsigned taken[256], order[16], order_count;

static bool is_x2apic;

static void end_of_interrupt(void)
{
	if (is_x2apic)
		wrmsr(0x80b, 0);
	else
		*apic(0xb0) = 0;
}

static bool count_interrupt(struct trap *trap)
{
	if (trap->vector < 32 && trap->vector != 2)
		return false;
	taken[trap->vector]++;
	if (order_count < 16)
		order[order_count++] = (unsigned)trap->vector;
	if (trap->vector != 2)
		end_of_interrupt();
	return true;
}

static void begin(void)
{
	trap_hook = count_interrupt;
	order_count = 0;
	for (unsigned i = 0; i < 256; i++)
		taken[i] = 0;
	*apic(0xf0) = 0x1ff;
}

static void self_ipi(unsigned vector)
{
	*apic(0x300) = 0x40000 | vector;
}

static void self(void)
{
	begin();
	self_ipi(0x40);
	CHECK_EQ(taken[0x40], 0);
	__asm__ volatile("sti; nop; nop; cli");
	CHECK_EQ(taken[0x40], 1);
	/* priorities: the higher vector first */
	self_ipi(0x41);
	self_ipi(0x91);
	order_count = 0;
	__asm__ volatile("sti; nop; nop; nop; cli");
	CHECK_EQ(order[0], 0x91);
	CHECK_EQ(order[1], 0x41);
	/* TPR holds back */
	__asm__ volatile("mov %0, %%cr8" : : "r"(5ull));
	self_ipi(0x42);
	__asm__ volatile("sti; nop; nop; cli");
	CHECK_EQ(taken[0x42], 0);
	__asm__ volatile("sti");
	__asm__ volatile("mov %0, %%cr8; nop" : : "r"(0ull));
	CHECK_EQ(taken[0x42], 1);
	__asm__ volatile("cli");
}

static uint64_t where;
static bool note_rip(struct trap *trap)
{
	where = trap->rip;
	return count_interrupt(trap);
}

static void sti_shadow(void)
{
	begin();
	trap_hook = note_rip;
	self_ipi(0x43);
	uint64_t label;
	__asm__ volatile("sti; mov $1, %%ecx; 1: nop; cli; lea 1b(%%rip), %0" : "=r"(label) : : "rcx");
	CHECK_EQ(taken[0x43], 1);
	if (engine_has(ENGINE_QEMU_FAULTS))
		return;
	CHECK_EQ(where, label);
	/* sti; cli never opens */
	self_ipi(0x44);
	__asm__ volatile("sti; cli; nop");
	CHECK_EQ(taken[0x44], 0);
	__asm__ volatile("sti; hlt; cli"); /* taken before or at the HLT */
	CHECK_EQ(taken[0x44], 1);
	/* popf opens at once */
	self_ipi(0x45);
	__asm__ volatile("pushfq; orq $0x200, (%%rsp); popfq; nop; cli" : : : "memory", "cc");
	CHECK_EQ(taken[0x45], 1);
}

static void nmi(void)
{
	begin();
	*apic(0x310) = 0;
	*apic(0x300) = 0x400;
	for (volatile int i = 0; i < 100; i++)
		;
	CHECK_EQ(taken[2], 1);
}

static void wait_for(unsigned vector, unsigned count)
{
	uint64_t end = rdtsc() + 10000000000ull;
	while (taken[vector] < count && rdtsc() < end)
		__asm__ volatile("sti; hlt; cli");
	CHECK(taken[vector] >= count);
}

static void timer(void)
{
	begin();
	*apic(0x3e0) = 0xb; /* divide by 1 */
	*apic(0x320) = 0x50;
	*apic(0x380) = 200000; /* 1 ms */
	wait_for(0x50, 1);
	CHECK_EQ(*apic(0x390), 0);
	*apic(0x320) = 0x20051;
	*apic(0x380) = 100000;
	wait_for(0x51, 5);
	*apic(0x320) = 0x10000;
	*apic(0x380) = 0;
	/* deadline */
	*apic(0x320) = 0x40052;
	wrmsr(0x6e0, rdtsc() + 2000000);
	wait_for(0x52, 1);
	CHECK_EQ(rdmsr(0x6e0), 0);
	/* while the guest spins and never halts */
	wrmsr(0x6e0, rdtsc() + 4000000);
	__asm__ volatile("sti");
	uint64_t end = rdtsc() + 20000000000ull;
	while (taken[0x52] < 2 && rdtsc() < end)
		;
	__asm__ volatile("cli");
	CHECK_EQ(taken[0x52], 2);
	wrmsr(0x6e0, 1); /* in the past: at once */
	__asm__ volatile("sti; nop; nop; nop; cli");
	CHECK_EQ(taken[0x52], 3);
	*apic(0x320) = 0x10000;
}

static void x2apic(void)
{
	begin();
	uint32_t a, b, c = 0, d;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "+c"(c), "=d"(d) : "0"(1));
	CHECK(c >> 21 & 1);
	uint64_t base = rdmsr(0x1b);
	wrmsr(0x1b, base | 0x400);
	is_x2apic = true;
	CHECK_EQ(rdmsr(0x802), 0);
	wrmsr(0x830, 0x40060);
	/* pending in the IRR, it might outlive the switching off below */
	__asm__ volatile("sti; nop; nop; cli");
	CHECK_EQ(taken[0x60], 1);
	trap_hook = NULL;
	trap_count = 0;
	TRAPPED("mov $0x802, %%ecx; mov $1, %%eax; xor %%edx, %%edx; wrmsr", "r"(0)); /* read-only id */
	CHECK_EQ(trap_vector, 13);
	is_x2apic = false;
	wrmsr(0x1b, base & ~0xc00ull);
	wrmsr(0x1b, base);
	*apic(0xf0) = 0x1ff;
}

const struct named_test tests_interrupt[] = {
	{ "self_ipi", self },	 { "sti_shadow", sti_shadow }, { "nmi", nmi },
	{ "apic_timer", timer }, { "x2apic", x2apic },	       { 0 },
};
