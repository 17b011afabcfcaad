/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

bool (*trap_hook)(struct trap *trap);
volatile unsigned trap_count, trap_vector;
volatile uint64_t trap_error, trap_rip, trap_cr2, trap_resume, trap_rsp;
void (*volatile ap_work)(unsigned id);
volatile unsigned ap_done;
uint64_t tss_ist[7];
unsigned processors, engine_traits;

extern uint64_t page_tables[][512];
extern char stubs[], ap_start[], ap_end[];
extern volatile unsigned ap_count;
static unsigned failures, tables_used = 6;
static const char *test_name;

void print(const char *text)
{
	while (*text)
		out8(0xe9, (uint8_t)*text++);
}

void print_number(uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		out8(0xe9, (uint8_t) "0123456789abcdef"[value >> shift & 15]);
}

void fail(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (failures++ > 20)
		return;
	char digits[8] = { 0 };
	for (int i = 5, n = line; i >= 0; i--, n /= 10)
		digits[i] = (char)('0' + n % 10);
	print("FAILED ");
	print(test_name);
	print(" ");
	print(file);
	print(":");
	print(digits);
	print(": ");
	print(what);
	print(": got ");
	print_number(got);
	print(", want ");
	print_number(want);
	print("\n");
}

void *copy_bytes(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t size)
{
	void *start = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}

/* --- tables ------------------------------------------------------------------------------------------- */

static uint64_t gdt[9], idt[512], tss[14];
static char double_fault_stack[4096], user_stack[8192], kernel_stack[8192];

static void load_table(bool is_idt, const void *base, unsigned size)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} r = { (uint16_t)(size - 1), (uint64_t)base };
	if (is_idt)
		__asm__ volatile("lidt %0" : : "m"(r));
	else
		__asm__ volatile("lgdt %0" : : "m"(r));
}

void idt_set(unsigned vector, void *handler, unsigned ist, unsigned dpl)
{
	uint64_t h = (uint64_t)handler;
	idt[vector * 2] = (h & 0xffff) | 8 << 16 | (uint64_t)ist << 32 | (0x8e00ull | dpl << 13) << 32 |
			  (h >> 16 & 0xffff) << 48;
	idt[vector * 2 + 1] = h >> 32;
}

static void load_segments(void)
{
	gdt[1] = 0x00af9a000000ffff; /* 8: kernel code */
	gdt[2] = 0x00cf92000000ffff; /* 16: kernel data */
	gdt[3] = 0x00cffa000000ffff; /* 24: user code, 32 bit */
	gdt[4] = 0x00cff2000000ffff; /* 32: user data */
	gdt[5] = 0x00affa000000ffff; /* 40: user code */
	uint64_t base = (uint64_t)tss;
	gdt[6] = 103 | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56; /* 48: TSS */
	gdt[7] = base >> 32;
	load_table(false, gdt, sizeof(gdt));
	__asm__ volatile(
	    "push $8; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: mov %0, %%ds; mov %0, %%es; mov %0, %%ss"
	    :
	    : "r"(16)
	    : "rax", "memory");
	__asm__ volatile("mov %0, %%fs; mov %0, %%gs" : : "r"(0));
	__asm__ volatile("ltr %w0" : : "r"(48));
}

static void set_tss(void)
{
	uint32_t *t = (uint32_t *)tss;
	uint64_t rsp0 = (uint64_t)kernel_stack + sizeof(kernel_stack);
	tss_ist[0] = (uint64_t)double_fault_stack + sizeof(double_fault_stack);
	t[1] = (uint32_t)rsp0;
	t[2] = (uint32_t)(rsp0 >> 32);
	for (unsigned i = 0; i < 7; i++) {
		t[9 + 2 * i] = (uint32_t)tss_ist[i];
		t[10 + 2 * i] = (uint32_t)(tss_ist[i] >> 32);
	}
	t[25] = 104 << 16;
}

static void set_idt(void)
{
	for (unsigned i = 0; i < 256; i++)
		idt_set(i, stubs + 16 * i, i == 8 ? 1 : 0, i == 3 || i == 0x80 ? 3 : 0);
	load_table(true, idt, sizeof(idt));
}

/* --- paging -------------------------------------------------------------------------------------------- */

static uint64_t *new_table(void)
{
	return page_tables[tables_used++];
}

static void set_paging(void)
{
	uint64_t(*t)[512] = page_tables;
	t[0][0] = (uint64_t)t[1] | PG_P | PG_W | PG_U;
	t[1][0] = (uint64_t)t[2] | PG_P | PG_W | PG_U;
	t[1][3] = (uint64_t)t[3] | PG_P | PG_W;
	for (unsigned i = 0; i < 512; i++)
		t[3][i] = (0xc0000000 + i * 0x200000ull) | PG_P | PG_W | PG_PS;
	for (unsigned i = 0; i < 32; i++)
		t[2][i] = i * 0x200000ull | PG_P | PG_W | PG_PS;
	WRITE_CR(3, page_tables);
}

uint64_t *page_entry(uint64_t va)
{
	uint64_t *table = page_tables[0];
	for (int level = 3; level > 0; level--) {
		uint64_t *entry = &table[va >> (12 + 9 * level) & 511];
		if (!(*entry & PG_P))
			*entry = (uint64_t)new_table() | PG_P | PG_W | PG_U;
		table = (uint64_t *)(*entry & 0xffffffffff000);
	}
	return &table[va >> 12 & 511];
}

void map_page(uint64_t va, uint64_t pa, uint64_t flags)
{
	*(volatile uint64_t *)page_entry(va) = pa | flags;
	invlpg(va);
}

/* --- traps ---------------------------------------------------------------------------------------------- */

void guest_trap(struct trap *trap);
void guest_trap(struct trap *trap)
{
	if (trap->vector == 14)
		trap_cr2 = READ_CR(2);
	/* An interrupt between STI and HLT: there nothing would end the HLT. */
	if (trap->vector >= 32 && engine_has(ENGINE_QEMU_FAULTS) && *(uint8_t *)trap->rip == 0xf4)
		trap->rip++;
	if (trap_hook && trap_hook(trap))
		return;
	trap_count++;
	trap_vector = (unsigned)trap->vector;
	trap_error = trap->error;
	trap_rip = trap->rip;
	if (trap_resume) {
		trap->rip = trap_resume;
		return;
	}
	print("FAILED ");
	print(test_name);
	print(": unexpected trap ");
	print_number(trap->vector);
	print(" error ");
	print_number(trap->error);
	print(" at ");
	print_number(trap->rip);
	print(" cr2 ");
	print_number(READ_CR(2));
	print("\n");
	out32(0xf4, 1);
}

/* --- user mode -------------------------------------------------------------------------------------------- */

static uint64_t user_result;

uint64_t user_call(void *code, uint64_t argument)
{
	extern char user_return[];
	idt_set(0x80, user_return, 0, 3);
	uint64_t user_rsp = (uint64_t)user_stack + sizeof(user_stack);
	__asm__ volatile("push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15\n"
			 "mov %%rsp, saved_rsp(%%rip)\n"
			 "push $35; push %1; push $0x202; push $43; push %0\n"
			 "mov %2, %%rdi\n"
			 "iretq\n"
			 ".globl user_return\nuser_return:\n"
			 "mov saved_rsp(%%rip), %%rsp\n"
			 "mov %%rax, user_result_out(%%rip)\n"
			 "pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx\n"
			 :
			 : "r"(code), "r"(user_rsp), "r"(argument)
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	extern uint64_t user_result_out;
	user_result = user_result_out;
	return user_result;
}
__asm__(".bss\nsaved_rsp: .quad 0\nuser_result_out: .quad 0\n.text");

/* --- processors -------------------------------------------------------------------------------------------- */

static void pause_us(unsigned us)
{
	uint64_t end = rdtsc() + us * 2000ull;
	while (rdtsc() < end)
		__asm__ volatile("pause");
}

void ap_main(unsigned id);
void ap_main(unsigned id)
{
	load_table(false, gdt, sizeof(gdt));
	load_table(true, idt, sizeof(idt));
	__asm__ volatile(
	    "push $8; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: mov %0, %%ds; mov %0, %%es; mov %0, %%ss"
	    :
	    : "r"(16)
	    : "rax", "memory");
	*apic(0xf0) = 0x1ff;
	for (;;) {
		void (*work)(unsigned) = ap_work;
		if (work) {
			work(id);
			__atomic_fetch_add(&ap_done, 1, __ATOMIC_SEQ_CST);
			while (ap_work == work)
				__asm__ volatile("pause");
		}
		__asm__ volatile("pause");
	}
}

void start_processors(unsigned count)
{
	if (ap_count >= count - 1)
		return;
	copy_bytes((void *)0x8000, ap_start, (size_t)(ap_end - ap_start));
	*apic(0xf0) = 0x1ff;
	*apic(0x300) = 0xc4500;
	pause_us(200);
	*apic(0x300) = 0xc4608;
	for (unsigned i = 0; i < 100000 && ap_count < count - 1; i++)
		pause_us(20);
	CHECK_EQ(ap_count, count - 1);
}

void on_all(void (*work)(unsigned))
{
	start_processors(processors);
	ap_done = 0;
	ap_work = work;
	work(0);
	while (ap_done < processors - 1)
		__asm__ volatile("pause");
	ap_work = NULL;
}

/* --- main ---------------------------------------------------------------------------------------------------- */

/* The only test to run, from the test program; empty: all. */
static char only[32];

static void ask_only(void)
{
	for (unsigned i = 0; i < sizeof(only) - 1 && (only[i] = (char)in8(0xf2)); i++)
		;
}

static bool is_wanted(const char *name)
{
	const char *wanted = only;

	while (*name && *name == *wanted)
		name++, wanted++;
	return !*only || *name == *wanted;
}

static void run_all(const struct named_test *tests)
{
	for (; tests->name; tests++) {
		unsigned before = failures;
		if (!is_wanted(tests->name))
			continue;
		test_name = tests->name;
		trap_hook = NULL;
		trap_resume = 0;
		tests->run();
		print(failures == before ? "ok " : "not ok ");
		print(test_name);
		print("\n");
	}
}

int guest_main(void);
int guest_main(void)
{
	processors = in32(0xf5 + 3); /* 0xf8 */
	engine_traits = in8(0xf7);
	ask_only();
	set_paging();
	set_tss();
	load_segments();
	set_idt();
	test_name = "start";
	if (engine_has(ENGINE_TELLS)) {
		tell_view();
		return 0;
	}
	run_all(tests_flags);
	run_all(tests_fault);
	run_all(tests_paging);
	run_all(tests_code);
	run_all(tests_vector);
	run_all(tests_io);
	run_all(tests_interrupt);
	if (processors > 1)
		run_all(tests_smp);
	run_all(is_enlightened() ? tests_hyperv : tests_no_hyperv);
	if (is_enlightened())
		run_all(tests_synic);
	return failures ? 1 : 0;
}
