/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page protection, faults and traps, with their signals, codes and addresses; see guest_test.c. */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "guest_test.h"

static int test_mprotect(void)
{
	volatile uint8_t *p = pages(2, PROT_READ | PROT_WRITE);

	p[0] = 1;
	p[4096] = 2;
	mprotect((void *)(p + 4096), 4096, PROT_READ);
	EXPECT_FAULT(p[4097] = 9);
	if (fault_signal != SIGSEGV || fault_address != (uintptr_t)p + 4097 || fault_code != SEGV_ACCERR)
		return fail("write to read-only page: signal %d code %d address %#lx", fault_signal,
			    fault_code, fault_address);
	mprotect((void *)(p + 4096), 4096, PROT_NONE);
	EXPECT_FAULT((void)p[4098]);
	if (fault_signal != SIGSEGV || fault_address != (uintptr_t)p + 4098)
		return fail("read of PROT_NONE: signal %d", fault_signal);
	mprotect((void *)(p + 4096), 4096, PROT_READ | PROT_WRITE);
	p[4097] = 7;
	if (p[4096] != 2 || p[4097] != 7)
		return fail("contents %u %u", p[4096], p[4097]);
	munmap((void *)(p + 4096), 4096);
	EXPECT_FAULT((void)p[4096]);
	return fault_signal == SIGSEGV && fault_code == SEGV_MAPERR
		   ? PASS
		   : fail("unmapped page: signal %d code %d", fault_signal, fault_code);
}

static int test_page_crossing(void)
{
	uint8_t *p = pages(3, PROT_READ | PROT_WRITE);
	volatile uint64_t *at = (void *)(p + 4096 - 3);

	*at = 0x8877665544332211;
	if (memcmp(p + 4093, "\x11\x22\x33\x44\x55\x66\x77\x88", 8) || *at != 0x8877665544332211)
		return fail("value %#lx", *at);
	__asm__ volatile("lock addq $1, %0" : "+m"(*at) : : "cc");
	if (*at != 0x8877665544332212)
		return fail("locked add across pages: %#lx", *at);
	mprotect(p + 4096, 4096, PROT_READ);
	EXPECT_FAULT(*at = ~0ull);
	if (fault_signal != SIGSEGV || fault_address != (uintptr_t)p + 4096)
		return fail("crossing store: signal %d address %#lx, page %p", fault_signal, fault_address,
			    (void *)(p + 4096));
	/* a store that faults on its second page leaves no byte in the first */
	return *at == 0x8877665544332212 ? PASS : fail("half of a faulting store was done: %#lx", *at);
}

static int test_unaligned(void)
{
	_Alignas(16) uint8_t data[64] = { 0 };

	EXPECT_FAULT(__asm__ volatile("movaps %%xmm0, (%0)" : : "r"(data + 1) : "memory"));
	if (fault_signal != SIGSEGV)
		return fail("unaligned movaps: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("movups %%xmm0, (%0)" : : "r"(data + 1) : "memory"));
	if (fault_signal)
		return fail("unaligned movups: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("addps (%0), %%xmm0" : : "r"(data + 4) : "memory", "xmm0"));
	return fault_signal == SIGSEGV ? PASS : fail("unaligned addps operand: signal %d", fault_signal);
}

static int test_non_canonical(void)
{
	EXPECT_FAULT((void)*(volatile int *)0x8000000000001000ul);
	return fault_signal == SIGSEGV ? PASS : fail("signal %d", fault_signal);
}

static int test_divide(void)
{
	EXPECT_FAULT(__asm__ volatile("cltd\n\tidivl %0" : : "r"(0), "a"(1) : "rdx", "cc"));
	if (fault_signal != SIGFPE || fault_code != FPE_INTDIV)
		return fail("1/0: signal %d code %d", fault_signal, fault_code);
	EXPECT_FAULT(__asm__ volatile("cltd\n\tidivl %0" : : "r"(-1), "a"(0x80000000) : "rdx", "cc"));
	return fault_signal == SIGFPE ? PASS : fail("overflow: signal %d", fault_signal);
}

/* #XM (SDM volume 1, 11.5): an unmasked exception of an SSE instruction. QEMU's TCG lacks it. */
static int test_simd_exception(void)
{
	uint32_t unmasked = 0x1f80 & ~0x200u, masked = 0x1f80;

	EXPECT_FAULT(
	    __asm__ volatile("ldmxcsr %0\n\tpxor %%xmm1, %%xmm1\n\tmovd %1, %%xmm0\n\tdivss %%xmm1, %%xmm0"
			     :
			     : "m"(unmasked), "r"(0x3f800000)
			     : "xmm0", "xmm1"));
	__asm__ volatile("ldmxcsr %0" : : "m"(masked));
	return fault_signal == SIGFPE && fault_code == FPE_FLTDIV
		   ? PASS
		   : fail("signal %d code %d", fault_signal, fault_code);
}

static int test_traps(void)
{
	EXPECT_FAULT(__asm__ volatile("int3"));
	if (fault_signal != SIGTRAP)
		return fail("int3: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("ud2"));
	if (fault_signal != SIGILL)
		return fail("ud2: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("hlt"));
	if (fault_signal != SIGSEGV)
		return fail("hlt: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("int $0x21"));
	if (fault_signal != SIGSEGV)
		return fail("int 0x21: signal %d", fault_signal);
	EXPECT_FAULT(__asm__ volatile("pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop"
				      :
				      :
				      : "memory", "cc"));
	__asm__ volatile("pushfq\n\tandl $~0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
	return fault_signal == SIGTRAP ? PASS : fail("trap flag: signal %d", fault_signal);
}

static int test_execute(void)
{
	uint8_t *p = pages(1, PROT_READ | PROT_WRITE);
	int (*code)(void) = (int (*)(void))(uintptr_t)p;

	p[0] = 0xc3;
	EXPECT_FAULT(code());
	if (fault_signal != SIGSEGV || fault_address != (uintptr_t)p)
		return fail("NX page: signal %d address %#lx", fault_signal, fault_address);
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	EXPECT_FAULT(code());
	return fault_signal ? fail("after mprotect: signal %d", fault_signal) : PASS;
}

const struct guest_test fault_tests[] = {
	{ "mprotect", test_mprotect },
	{ "page-crossing", test_page_crossing },
	{ "unaligned", test_unaligned },
	{ "non-canonical", test_non_canonical },
	{ "divide", test_divide },
	{ "simd-exception", test_simd_exception },
	{ "traps", test_traps },
	{ "execute", test_execute },
	{ NULL, NULL },
};
