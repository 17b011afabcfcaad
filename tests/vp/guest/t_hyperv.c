/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V's interface: who may call it, MSRs, time, pages that come and go over code, flushes and IPIs by hypercall. */
#include "guest.h"

enum {
	VP_INDEX = 0x40000002,
	TIME_REF_COUNT = 0x40000020,
	REFERENCE_TSC,
	EOI = 0x40000070,
	ICR,
	TPR,
	VP_ASSIST_PAGE = 0x40000073,
	STIMER0_CONFIG = 0x400000b0,
	STIMER0_COUNT,
	GUEST_IDLE = 0x400000f0,
};
enum { FLUSH_SPACE = 0x02, FLUSH_LIST = 0x03, IPI = 0x0b, SIGNAL_EVENT = 0x5d, FAST = 1 << 16 };
enum {
	HAS_APIC_MSRS = 1 << 4,
	MAY_IDLE = 1 << 10 /* 0x40000003 */,
	SHOULD_FLUSH = 1 << 2,
	SHOULD_USE_APIC_MSRS = 1 << 3 /* 0x40000004 */
};
#define REPS(n) ((uint64_t)(n) << 32)

/* --- who may call ------------------------------------------------------------------------------------- */

/* The page's content is the engine's; a privileged instruction in it faults with #UD (VMCALL) or #GP (a port). */
static unsigned user_faults;
static bool count_user_fault(struct trap *trap)
{
	if ((trap->vector != 6 && trap->vector != 13) || !(trap->cs & 3))
		return false;
	user_faults++;
	trap->rip = trap->rax; /* behind the call */
	return true;
}

/* Where the kernel answers VMCALL itself, it neither faults nor calls anything of ours. */
static void vmcall_faults(void)
{
	unsigned vector = engine_has(ENGINE_VMCALL_FAULTS) ? 6 : 999;

	TRAPPED("mov $-1, %%eax; vmcall", "r"(0));
	if (!engine_has(ENGINE_MOVES))
		CHECK_EQ(trap_vector, vector);
	TRAPPED("mov $-1, %%eax; vmmcall", "r"(0));
	if (!engine_has(ENGINE_MOVES))
		CHECK_EQ(trap_vector, vector);
	TRAPPED("mov $0x40000002, %%ecx; rdmsr", "r"(0));
}

static void no_hyperv(void)
{
	vmcall_faults();
	CHECK_EQ(trap_vector, 13);
}

static void who(void)
{
	/* lea 2(%rip), %rax; jmp *%rdi; int $0x80 */
	static const uint8_t code[] = { 0x48, 0x8d, 0x05, 2, 0, 0, 0, 0xff, 0xe7, 0xcd, 0x80 };
	const uint64_t va = 0x7200000000, page_va = 0x7200001000;

	vmcall_faults(); /* not before they are enabled */
	CHECK_EQ(trap_vector, 999);
	hypercalls_on();
	CHECK_EQ(hypercall(SIGNAL_EVENT | FAST, 0x123456, 0), 0x12);
	map_page(va, FREE_BASE + 0xa0000, PG_P | PG_W | PG_U);
	map_page(page_va, (uint64_t)hypercall_page, PG_P | PG_U);
	copy_bytes((void *)va, code, sizeof(code));
	trap_hook = count_user_fault;
	user_faults = 0;
	user_call((void *)va, page_va);
	CHECK_EQ(user_faults, 1);
	trap_hook = NULL;
	hypercalls_off();
	vmcall_faults();
}

static void registers_kept(void)
{
	uint64_t values[6];
	hypercalls_on();
	__asm__ volatile(
	    "mov $1, %%rbx; mov $2, %%rsi; mov $3, %%rdi; mov $4, %%r12; mov $5, %%r13; mov $6, %%r14\n"
	    "mov $0x1005d, %%ecx; mov $0x123456, %%edx; xor %%r8d, %%r8d; call *%1\n"
	    "mov %%rbx, 0(%0); mov %%rsi, 8(%0); mov %%rdi, 16(%0); mov %%r12, 24(%0); mov %%r13, 32(%0); mov %%r14, 40(%0)"
	    :
	    : "r"(values), "m"(hypercall_page)
	    : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
	      "memory", "cc");
	for (unsigned i = 0; i < 6; i++)
		CHECK_EQ(values[i], i + 1);
	hypercalls_off();
}

/* --- MSRs ----------------------------------------------------------------------------------------------- */

static void index_work(unsigned id)
{
	CHECK_EQ(rdmsr(VP_INDEX), id);
	wrmsr(VP_ASSIST_PAGE, (FREE_BASE + 0x110000 + id * 4096) | 1);
	CHECK_EQ(rdmsr(VP_ASSIST_PAGE), (FREE_BASE + 0x110000 + id * 4096) | 1);
	wrmsr(VP_ASSIST_PAGE, 0);
}

static void msrs(void)
{
	on_all(index_work);
	TRAPPED("mov $0x400001ff, %%ecx; rdmsr", "r"(0));
	CHECK_EQ(trap_vector, 13);
	TRAPPED("mov $0x40000002, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "r"(0));
	CHECK_EQ(trap_vector, 13);
	TRAPPED("mov $0x40000092, %%ecx; mov $5, %%eax; xor %%edx, %%edx; wrmsr", "r"(0)); /* vector 5 */
	CHECK_EQ(trap_vector, 13);
}

/* --- time ----------------------------------------------------------------------------------------------- */

struct tsc_page {
	volatile uint32_t sequence, reserved;
	volatile uint64_t scale;
	volatile int64_t offset;
};
static struct tsc_page *const tsc_page = (struct tsc_page *)(FREE_BASE + 0x120000);
static volatile uint64_t latest;

static uint64_t page_time(void)
{
	__asm__ volatile("lfence" : : : "memory"); /* RDTSC may run ahead of earlier loads */
	uint64_t tsc = rdtsc(), high, low = tsc_page->scale;
	__asm__("mulq %2" : "+a"(low), "=d"(high) : "r"(tsc) : "cc");
	return high + (uint64_t)tsc_page->offset;
}

/* The processors take turns: time never goes back from one to the next. */
static void time_work(unsigned id)
{
	for (unsigned i = 0; i < turns(500); i++) {
		uint64_t before = rdmsr(TIME_REF_COUNT), between = page_time(), after = rdmsr(TIME_REF_COUNT);
		CHECK(before <= between && between <= after);
		uint64_t seen = latest, now = page_time();
		CHECK(now >= seen);
		latest = now;
	}
}

static void reference_time(void)
{
	wrmsr(REFERENCE_TSC, (uint64_t)tsc_page | 1);
	CHECK(tsc_page->sequence != 0);
	latest = 0;
	on_all(time_work);
	wrmsr(REFERENCE_TSC, 0);
	CHECK_EQ(tsc_page->scale, 0);
}

static volatile unsigned ticks;
static bool on_tick(struct trap *trap)
{
	if (trap->vector != 0xed)
		return false;
	ticks++;
	*apic(0xb0) = 0;
	return true;
}

static void after_us(uint64_t us)
{
	wrmsr(STIMER0_COUNT, rdmsr(TIME_REF_COUNT) + us * 10);
}

static void direct_timer(void)
{
	trap_hook = on_tick;
	ticks = 0;
	*apic(0xf0) = 0x1ff;
	wrmsr(STIMER0_CONFIG, 0x1ed9);
	for (unsigned i = 1; i <= 20; i++) { /* halted */
		uint64_t start = rdmsr(TIME_REF_COUNT);
		after_us(500);
		while (ticks < i)
			__asm__ volatile("sti; hlt; cli" : : : "memory");
		CHECK(rdmsr(TIME_REF_COUNT) - start >= 5000);
	}
	after_us(500);
	__asm__ volatile("sti");
	while (ticks < 21) /* spinning */
		;
	__asm__ volatile("cli");
	wrmsr(STIMER0_CONFIG, 0x1edb); /* periodic, every ms */
	wrmsr(STIMER0_COUNT, 10000);
	while (ticks < 30)
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	wrmsr(STIMER0_COUNT, 0);
	wrmsr(STIMER0_CONFIG, 0);
}

/* RDMSR waits for an interrupt that cannot be taken, and does not wait for one that is there already. */
static void guest_idle(void)
{
	CHECK(hyperv_leaf(0x40000003) & MAY_IDLE);
	trap_hook = on_tick;
	ticks = 0;
	wrmsr(STIMER0_CONFIG, 0x1ed9);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t start = rdmsr(TIME_REF_COUNT);
		after_us(300);
		rdmsr(GUEST_IDLE);
		CHECK(rdmsr(TIME_REF_COUNT) - start >= 3000);
		CHECK_EQ(ticks, i);
		rdmsr(GUEST_IDLE); /* still pending: at once */
		__asm__ volatile("sti; nop; nop; cli" : : : "memory");
		CHECK_EQ(ticks, i + 1);
	}
	wrmsr(STIMER0_CONFIG, 0);
}

/* --- the local APIC by MSRs -------------------------------------------------------------------------------- */

static volatile unsigned by_msr;
static bool on_msr_interrupt(struct trap *trap)
{
	if (trap->vector != 0x74 && trap->vector != 0x84)
		return false;
	by_msr++;
	wrmsr(EOI, 0);
	return true;
}

/* An IPI to itself, kept back by the priority and let through, ended: none but by MSRs. */
static void apic_msrs(void)
{
	if (!(hyperv_leaf(0x40000003) & HAS_APIC_MSRS))
		return;
	trap_hook = on_msr_interrupt;
	by_msr = 0;
	*apic(0xf0) = 0x1ff;
	for (unsigned i = 0; i < 20; i++) {
		wrmsr(ICR, 0x44074);
		CHECK_EQ(rdmsr(ICR) & 0xff, 0x74);
		__asm__ volatile("sti; nop; nop; cli" : : : "memory");
		CHECK_EQ(by_msr, 2 * i + 1);
		wrmsr(TPR, 0x80);
		CHECK_EQ(rdmsr(TPR), 0x80);
		CHECK_EQ(READ_CR(8), 8);
		wrmsr(ICR, (uint64_t)*apic(0x20) << 32 | 0x4084); /* to its own number */
		__asm__ volatile("sti; nop; nop; cli" : : : "memory");
		CHECK_EQ(by_msr, 2 * i + 1);
		wrmsr(TPR, 0);
		__asm__ volatile("sti; nop; nop; cli" : : : "memory");
		CHECK_EQ(by_msr, 2 * i + 2);
	}
}

/* --- the end of interrupts by the assist page, where the engine has it ------------------------------------- */

static volatile unsigned ends, free_ends;

/* The flag is set while nothing else waits; who clears it needs no EOI (TLFS 10.3.5). */
static bool on_assisted(struct trap *trap)
{
	volatile uint32_t *assist = (uint32_t *)(FREE_BASE + 0x110000);
	if (trap->vector != 0x72)
		return false;
	ends++;
	if (trap->rax == 1) /* in the middle of it, an exit */
		rdmsr(TIME_REF_COUNT);
	if (__atomic_exchange_n(assist, 0, __ATOMIC_SEQ_CST) & 1)
		free_ends++;
	else
		wrmsr(EOI, 0);
	return true;
}

static void eoi_assist(void)
{
	if (!(hyperv_leaf(0x40000004) & SHOULD_USE_APIC_MSRS))
		return;
	trap_hook = on_assisted;
	ends = free_ends = 0;
	*apic(0xf0) = 0x1ff;
	wrmsr(VP_ASSIST_PAGE, (FREE_BASE + 0x110000) | 1);
	for (uint64_t i = 0; i < 20; i++) {
		*apic(0x300) = 0x40072;
		__asm__ volatile("sti; nop; nop; cli" : : "a"(i & 1) : "memory");
		CHECK_EQ(ends, i + 1); /* the one before has ended, or this would wait */
	}
	CHECK(free_ends >= 10); /* an interrupt of the host's takes it back */
	unsigned before = free_ends;
	wrmsr(VP_ASSIST_PAGE, 0);
	*apic(0x300) = 0x40072;
	__asm__ volatile("sti; nop; nop; cli" : : "a"(0) : "memory");
	CHECK_EQ(ends, 21);
	CHECK_EQ(free_ends, before);
}

/* --- pages over code ------------------------------------------------------------------------------------ */

/* A page with a function; the hypercall page over it; the function again. */
static void over_code(void)
{
	static const uint8_t answer[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* mov $42, %eax; ret */
	uint8_t *code = (uint8_t *)(FREE_BASE + 0x100000);
	uint64_t (*volatile f)(void) = (uint64_t(*)(void))code;

	copy_bytes(code, answer, sizeof(answer));
	for (unsigned i = 0; i < 50; i++) {
		CHECK_EQ(f(), 42);
		hypercalls_on();
		CHECK_EQ(hypercall(SIGNAL_EVENT | FAST, 0x123456, 0), 0x12);
		hypercalls_off();
	}
	CHECK_EQ(f(), 42);
}

/* --- other processors ----------------------------------------------------------------------------------- */

static volatile unsigned got[8];
static bool on_ipi(struct trap *trap)
{
	if (trap->vector != 0x71)
		return false;
	got[*apic(0x20) >> 24]++;
	*apic(0xb0) = 0;
	return true;
}

static void ipi_work(unsigned id)
{
	uint64_t others = ((1ull << processors) - 1) & ~1ull;
	for (unsigned n = 1; id == 0 && n <= turns(200); n++) {
		CHECK_EQ(hypercall(IPI | FAST, 0x71, others), 0);
		for (unsigned i = 1; i < processors; i++)
			while (got[i] < n)
				__asm__ volatile("pause");
	}
	while (id && got[id] < turns(200))
		__asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void ipi_call(void)
{
	hypercalls_on();
	trap_hook = on_ipi;
	for (unsigned i = 0; i < 8; i++)
		got[i] = 0;
	on_all(ipi_work);
	hypercalls_off();
}

/*
 * Processor 0 maps a page of data and one of code elsewhere and flushes by hypercall; the others only read and call. After the hypercall none
 * sees the old pages.
 */
static const uint64_t va = 0x7300000000, code_va = 0x7300001000;
static volatile uint32_t flushed, served;

static void flush(uint32_t round)
{
	uint64_t *input = (uint64_t *)(FREE_BASE + 0x130000);
	bool has_list = round % 3;
	input[0] = 0;
	input[1] = 2;
	input[2] = (1ull << processors) - 1;
	input[3] = round % 3 == 1 ? va : va | 1; /* two pages in one element, or one in each */
	input[4] = code_va;
	uint64_t result = hypercall(has_list ? FLUSH_LIST | REPS(2) : FLUSH_SPACE, (uint64_t)input, 0);
	CHECK_EQ(result, has_list ? REPS(2) : 0);
}

static uint64_t call_code(void)
{
	uint64_t (*volatile f)(void) = (uint64_t(*)(void))code_va;
	return f();
}

static void map_round(uint32_t round)
{
	*(volatile uint64_t *)page_entry(va) = (FREE_BASE + 0x80000 + (round & 1) * 4096) | PG_P | PG_W;
	*(volatile uint64_t *)page_entry(code_va) = (FREE_BASE + 0x82000 + (round & 1) * 4096) | PG_P | PG_W;
}

static void flush_work(unsigned id)
{
	for (uint32_t i = 1; i <= turns(300); i++) {
		if (id == 0) {
			map_round(i);
			flush(i);
			flushed = i;
		}
		while (flushed < i)
			CHECK(*(volatile uint64_t *)va <= 1 && call_code() <= 1);
		CHECK_EQ(call_code(), i & 1);
		if (*(volatile uint64_t *)va != (i & 1))
			fail(__FILE__, __LINE__, "stale mapping", *(volatile uint64_t *)va, i & 1);
		__atomic_fetch_add(&served, 1, __ATOMIC_SEQ_CST);
		while (served < i * processors)
			__asm__ volatile("pause");
	}
}

static void flush_call(void)
{
	if (!(hyperv_leaf(0x40000004) & SHOULD_FLUSH)) {
		hypercalls_on();
		uint64_t status = hypercall(FLUSH_SPACE, FREE_BASE + 0x130000, 0);
		hypercalls_off();
		CHECK(status == 0 || status == 6); /* access denied */
		if (status || engine_has(ENGINE_MOVES))
			return;
	}
	*(volatile uint64_t *)(FREE_BASE + 0x80000) = 0;
	*(volatile uint64_t *)(FREE_BASE + 0x81000) = 1;
	copy_bytes((void *)(FREE_BASE + 0x82000), "\xb8\0\0\0\0\xc3", 6); /* mov $0, %eax; ret */
	copy_bytes((void *)(FREE_BASE + 0x83000), "\xb8\1\0\0\0\xc3", 6);
	map_page(va, FREE_BASE + 0x80000, PG_P | PG_W);
	map_page(code_va, FREE_BASE + 0x82000, PG_P | PG_W);
	flushed = served = 0;
	hypercalls_on();
	on_all(flush_work);
	hypercalls_off();
}

const struct named_test tests_no_hyperv[] = { { "no_hyperv", no_hyperv }, { 0 } };
const struct named_test tests_hyperv[] = {
	{ "hypercall_rights", who },	    { "hypercall_registers", registers_kept },
	{ "synthetic_msrs", msrs },	    { "reference_time", reference_time },
	{ "direct_timer", direct_timer },   { "guest_idle", guest_idle },
	{ "apic_msrs", apic_msrs },	    { "eoi_assist", eoi_assist },
	{ "overlay_over_code", over_code }, { "ipi_call", ipi_call },
	{ "flush_call", flush_call },	    { 0 },
};
