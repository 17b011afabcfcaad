/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare guest in long mode for tests of the hypervisor: identity-mapped first 64 MiB, no firmware. Port 0xe9 prints, port 0xf4 ends the run with the
 * value written (0 = passed), MMIO at MMIO_BASE reaches a small register bank of the test program.
 */
#ifndef TESTS_VP_GUEST_H
#define TESTS_VP_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MMIO_BASE 0xd0000000ull
#define APIC_BASE 0xfee00000ull
#define FREE_BASE 0x1000000ull /* from 16 MiB on memory is the tests' */

struct trap {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* The present test's handler; returns true when it dealt with the trap (perhaps by changing it). */
extern bool (*trap_hook)(struct trap *trap);
extern volatile unsigned trap_count, trap_vector;
extern volatile uint64_t trap_error, trap_rip, trap_cr2;
/* A fault while this is set goes on at the address, with vector, error and CR2 recorded. */
extern volatile uint64_t trap_resume, trap_rsp;

void print(const char *text);
void print_number(uint64_t value);
void fail(const char *file, int line, const char *what, uint64_t got, uint64_t want);
#define CHECK_EQ(got, want)                                                                                  \
	do {                                                                                                 \
		uint64_t got_ = (uint64_t)(got), want_ = (uint64_t)(want);                                   \
		if (got_ != want_)                                                                           \
			fail(__FILE__, __LINE__, #got " == " #want, got_, want_);                            \
	} while (0)
#define CHECK(condition) CHECK_EQ(!!(condition), 1)

void *copy_bytes(void *to, const void *from, size_t size);

/* 4 KiB mapping in the present tables; flags as in a page-table entry. */
void map_page(uint64_t va, uint64_t pa, uint64_t flags);
uint64_t *page_entry(uint64_t va); /* of a page that map_page() made */
enum { PG_P = 1, PG_W = 2, PG_U = 4, PG_A = 0x20, PG_D = 0x40, PG_PS = 0x80, PG_G = 0x100 };
#define PG_NX (1ull << 63)

void idt_set(unsigned vector, void *handler, unsigned ist, unsigned dpl);
/* Runs `code` in ring 3 until it executes INT 0x80; returns its rax. */
uint64_t user_call(void *code, uint64_t argument);
extern uint64_t tss_ist[7];

void start_processors(unsigned count); /* others run ap_work(id) once it is set */
extern void (*volatile ap_work)(unsigned id);
extern volatile unsigned ap_done;
void on_all(void (*work)(unsigned id)); /* on each processor; returns when all are done */

/* hyperv.c: Hyper-V's interface, as a guest uses it. */
extern uint8_t *const hypercall_page; /* physical and virtual */
bool is_enlightened(void);
uint32_t hyperv_leaf(uint32_t leaf); /* its EAX */
void hypercalls_on(void);
void hypercalls_off(void);
uint64_t hypercall(uint64_t control, uint64_t input, uint64_t output);

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint8_t in8(uint16_t port)
{
	uint8_t v;
	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline uint32_t in32(uint16_t port)
{
	uint32_t v;
	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline uint64_t rdmsr(uint32_t i)
{
	uint32_t a, d;
	__asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(i));
	return a | (uint64_t)d << 32;
}
static inline void wrmsr(uint32_t i, uint64_t v)
{
	__asm__ volatile("wrmsr" : : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(i) : "memory");
}
static inline uint64_t rdtsc(void)
{
	uint32_t a, d;
	__asm__ volatile("rdtsc" : "=a"(a), "=d"(d));
	return a | (uint64_t)d << 32;
}
static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}
#define READ_CR(n)                                                                                           \
	({                                                                                                   \
		uint64_t v_;                                                                                 \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v_));                                           \
		v_;                                                                                          \
	})
#define WRITE_CR(n, v) __asm__ volatile("mov %0, %%cr" #n : : "r"((uint64_t)(v)) : "memory")
static inline volatile uint32_t *apic(unsigned offset)
{
	return (volatile uint32_t *)(APIC_BASE + offset);
}

/* Executes the statement with faults recorded: trap_count counts them, trap_vector says which. */
#define TRAPPED(asm_text, ...)                                                                                   \
	do {                                                                                                     \
		trap_count = 0;                                                                                  \
		trap_vector = 999;                                                                               \
		__asm__ volatile(                                                                                \
		    "lea 1f(%%rip), %%r11; mov %%r11, trap_resume(%%rip); mov %%rsp, trap_rsp(%%rip)\n" asm_text \
		    "\n1: mov trap_rsp(%%rip), %%rsp; movq $0, trap_resume(%%rip)"                               \
		    :                                                                                            \
		    : __VA_ARGS__                                                                                \
		    : "rax", "rcx", "rdx", "r11", "memory", "cc");                                               \
	} while (0)

/*
 * What engines do differently, from the test program's port 0xf7: for differences that no feature bit of CPUID tells.
 */
/* clang-format off */
enum {
	ENGINE_VMCALL_FAULTS = 1, /* VMCALL outside the hypercall page is #UD; on KVM the kernel answers it */
	/* SINTs may end their interrupts by themselves; all guests are told not to want it */
	ENGINE_AUTO_EOI = 2,
	/*
	 * The processor under KVM is QEMU's, which has no #XM, no #SS for an address that is not canonical, no P in reserved faults; and
	 * which forgets the shadow of an STI when an interrupt of the host's ends the guest's run right there (VMRUN does not load it).
	 */
	ENGINE_QEMU_FAULTS = 8,
	/* from one engine to another at any time: what they do differently is not looked at */
	ENGINE_MOVES = 16,
	ENGINE_TELLS = 32,	  /* no test: only tell_view() */
	/* all VPs share one processor: who waits for another loses its turn, milliseconds */
	ENGINE_IN_TURNS = 4,
};
/* clang-format on */
extern unsigned engine_traits;
static inline bool engine_has(unsigned trait)
{
	return engine_traits & trait;
}
/* How often VPs wait for each other. */
static inline unsigned turns(unsigned wanted)
{
	return engine_has(ENGINE_IN_TURNS) ? wanted / 20 : wanted;
}

typedef void guest_test(void);
struct named_test {
	const char *name;
	guest_test *run;
};
extern const struct named_test tests_flags[], tests_fault[], tests_paging[], tests_code[], tests_interrupt[],
    tests_smp[], tests_vector[], tests_io[], tests_hyperv[], tests_no_hyperv[], tests_synic[];
extern unsigned processors;
void tell_view(void);

#endif
