/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: vectors, error codes, precise state, ring 3, IST, single step and breakpoints. */
#include "guest.h"

static void simple_faults(void)
{
	TRAPPED("xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax; div %%ecx", [z] "r"(0));
	CHECK_EQ(trap_vector, 0);
	TRAPPED("mov $0x8000000000000000, %%rax; cqo; mov $-1, %%rcx; idiv %%rcx", [z] "r"(0));
	CHECK_EQ(trap_vector, 0);
	TRAPPED("ud2", "r"(0));
	CHECK_EQ(trap_vector, 6);
	TRAPPED(".byte 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0", "r"(0)); /* EVEX vaddps: hidden */
	CHECK_EQ(trap_vector, 6);
	TRAPPED("mov $0x8000000000000000, %%rax; mov (%%rax), %%rcx", [z] "r"(0));
	CHECK_EQ(trap_vector, 13);
}

/* A fault on the stack pointer needs a stack of its own: #SS through an IST. */
static void stack_fault(void)
{
	extern char stubs[];
	static uint64_t saved;
	if (engine_has(ENGINE_QEMU_FAULTS))
		return;
	idt_set(12, stubs + 16 * 12, 1, 0); /* IST 1 is set up at the start */
	trap_count = 0;
	__asm__ volatile(
	    "lea 1f(%%rip), %%r11; mov %%r11, trap_resume(%%rip); mov %%rsp, %0; mov $0x8000000000000000, %%rsp; push %%rax; 1: mov %0, %%rsp; movq $0, trap_resume(%%rip)"
	    : "+m"(saved)
	    :
	    : "r11", "memory");
	CHECK_EQ(trap_vector, 12);
	idt_set(12, stubs + 16 * 12, 0, 0);
}

static void page_faults(void)
{
	uint64_t va = 0x4000000000;
	TRAPPED("mov (%0), %%rax", "r"(va));
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_error, 0);
	CHECK_EQ(trap_cr2, va);
	TRAPPED("movl $1, 0x123(%0)", "r"(va));
	CHECK_EQ(trap_error, 2);
	CHECK_EQ(trap_cr2, va + 0x123);
	map_page(va, FREE_BASE, PG_P);
	TRAPPED("mov (%0), %%rax", "r"(va));
	CHECK_EQ(trap_count, 0);
	TRAPPED("movl $1, (%0)", "r"(va));
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_error, 3);
	map_page(va, FREE_BASE, PG_P | PG_W | PG_NX);
	TRAPPED("movl $1, (%0)", "r"(va));
	CHECK_EQ(trap_count, 0);
	TRAPPED("call *%0", "r"(va));
	CHECK_EQ(trap_error, 0x11);
	CHECK_EQ(trap_rip, va);
	/* across into an unmapped page: CR2 is the second page's start */
	TRAPPED("mov 0xffc(%0), %%rax", "r"(va));
	CHECK_EQ(trap_cr2, va + 0x1000);
	TRAPPED("movq $-1, 0xffc(%0)", "r"(va));
	CHECK_EQ(trap_cr2, va + 0x1000);
	CHECK_EQ(*(uint32_t *)(va + 0xffc), 0);
	map_page(va, 0, 0);
}

/* Registers at the fault are those before the instruction, also for push, pop, call, xchg and REP. */
static void precise_state(void)
{
	uint64_t va = 0x4000001000, cx, di, si;
	map_page(va, FREE_BASE, PG_P | PG_W);
	static char source[8192];
	trap_count = 0;
	__asm__ volatile(
	    "lea 1f(%%rip), %%r11; mov %%r11, trap_resume(%%rip); rep movsb; 1: movq $0, trap_resume(%%rip)"
	    : "=c"(cx), "=D"(di), "=S"(si)
	    : "0"(8000), "1"(va + 96), "2"(source)
	    : "r11", "memory");
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(cx, 4000);
	CHECK_EQ(di, va + 4096);
	CHECK_EQ(si, (uint64_t)source + 4000);
	uint64_t sp;
	__asm__ volatile(
	    "mov %%rsp, %%rbx; lea 1f(%%rip), %%r11; mov %%r11, trap_resume(%%rip); popq 0x2000(%1); 1: mov %%rsp, %0; mov %%rbx, %%rsp; sub %%rbx, %0; movq $0, trap_resume(%%rip)"
	    : "=&r"(sp)
	    : "r"(va)
	    : "rbx", "r11", "memory", "cc");
	CHECK_EQ(sp, 0);
	CHECK_EQ(trap_vector, 14);
	uint64_t ax = 5;
	__asm__ volatile(
	    "lea 1f(%%rip), %%r11; mov %%r11, trap_resume(%%rip); xchg %0, 0x2000(%1); 1: movq $0, trap_resume(%%rip)"
	    : "+r"(ax)
	    : "r"(va)
	    : "r11", "memory");
	CHECK_EQ(ax, 5);
}

__asm__(
    ".globl user_probe, user_syscall, user_privileged, user_int3\n"
    "user_probe: mov %rdi, %rax; push %rax; pop %rbx; lea 1(%rbx), %rax; mov %cs, %ecx; shl $32, %rcx; or %rcx, %rax; int $0x80\n"
    "user_privileged: cli; int $0x80\n"
    "user_syscall: mov %rdi, %rax; syscall; int $0x80\n"
    "user_read: mov (%rdi), %rax; int $0x80\n");
extern char user_probe[], user_syscall[], user_privileged[], user_read[];

static void open_to_users(void)
{
	extern uint64_t page_tables[][512];
	for (unsigned i = 0; i < 8; i++)
		page_tables[2][i] |= PG_U;
	WRITE_CR(3, READ_CR(3));
}

static uint64_t user_fault_address;
static bool leave_user(struct trap *trap)
{
	extern char user_return[];
	trap_vector = (unsigned)trap->vector;
	trap_error = trap->error;
	user_fault_address = trap->rip;
	trap->rip = (uint64_t)user_return;
	trap->cs = 8;
	trap->ss = 16;
	trap->rflags = 2;
	return true;
}

__asm__("syscall_entry: mov $0x5a5a, %eax; mov $0x30, %r8d; sysretq\n");
extern char syscall_entry[];

static void user_mode(void)
{
	open_to_users();
	CHECK_EQ(user_call(user_probe, 41), 42ull | 43ull << 32);
	trap_hook = leave_user;
	user_call(user_privileged, 0);
	CHECK_EQ(trap_vector, 13);
	CHECK_EQ(trap_error, 0);
	CHECK_EQ(user_fault_address, (uint64_t)user_privileged);
	uint64_t secret = 0x4000003000;
	map_page(secret, FREE_BASE, PG_P | PG_W);
	user_call(user_read, secret);
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_error, 5);
	trap_hook = NULL;
	wrmsr(0xc0000081, 8ull << 32 | 24ull << 48); /* STAR: kernel 8/16, user 24+16 = 40, 24+8 = 32 */
	wrmsr(0xc0000082, (uint64_t)syscall_entry);
	wrmsr(0xc0000084, 0x300);
	CHECK_EQ(user_call(user_syscall, 7), 0x5a5a);
}

static unsigned steps;
static bool count_steps(struct trap *trap)
{
	if (trap->vector == 1)
		steps++;
	return trap->vector == 1;
}

static void single_step(void)
{
	trap_hook = count_steps;
	steps = 0;
	uint64_t r;
	__asm__ volatile(
	    "pushfq; orq $0x100, (%%rsp); popfq; nop; mov $1, %0; add $2, %0; pushfq; andq $~0x100, (%%rsp); popfq; nop"
	    : "=r"(r)
	    :
	    : "cc", "memory");
	CHECK_EQ(r, 3);
	CHECK_EQ(steps, 6);
	trap_hook = NULL;
	TRAPPED("int3", "r"(0));
	CHECK_EQ(trap_vector, 3);
}

static uint64_t dr6_seen;
static bool on_breakpoint(struct trap *trap)
{
	if (trap->vector != 1)
		return false;
	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6_seen));
	steps++;
	trap->rflags |= 1 << 16; /* RF */
	return true;
}

static void breakpoints(void)
{
	static volatile uint32_t watched;
	trap_hook = on_breakpoint;
	steps = 0;
	__asm__ volatile(
	    "lea 1f(%%rip), %%rax; mov %%rax, %%dr0; mov $1, %%eax; mov %%rax, %%dr7; nop; 1: nop; xor %%eax, %%eax; mov %%rax, %%dr7"
	    :
	    :
	    : "rax", "cc", "memory");
	CHECK_EQ(steps, 1);
	CHECK_EQ(dr6_seen & 15, 1);
	__asm__ volatile(
	    "mov %0, %%dr1; mov $0xd00004, %%eax; mov %%rax, %%dr7; movl $5, (%0); mov (%0), %%ecx; xor %%eax, %%eax; mov %%rax, %%dr7"
	    :
	    : "r"(&watched)
	    : "rax", "rcx", "cc", "memory");
	CHECK_EQ(steps, 2);
	trap_hook = NULL;
}

const struct named_test tests_fault[] = {
	{ "simple_faults", simple_faults }, { "stack_fault", stack_fault },
	{ "page_faults", page_faults },	    { "precise_state", precise_state },
	{ "user_mode", user_mode },	    { "single_step", single_step },
	{ "breakpoints", breakpoints },	    { 0 },
};
