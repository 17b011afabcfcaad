/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detection and the hypercall page. */
#include "guest.h"

enum { GUEST_OS_ID = 0x40000000, HYPERCALL };

uint8_t *const hypercall_page = (uint8_t *)(FREE_BASE + 0x100000);

bool is_enlightened(void)
{
	uint32_t a = 0x40000000, b, c = 0, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b == 0x7263694d && c == 0x666f736f && d == 0x76482074;
}

uint32_t hyperv_leaf(uint32_t leaf)
{
	uint32_t a = leaf, b, c = 0, d;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return a;
}

void hypercalls_on(void)
{
	wrmsr(GUEST_OS_ID, 0x8100000000000001);
	wrmsr(HYPERCALL, (uint64_t)hypercall_page | 1);
}

void hypercalls_off(void)
{
	wrmsr(HYPERCALL, 0);
	wrmsr(GUEST_OS_ID, 0);
}

uint64_t hypercall(uint64_t control, uint64_t input, uint64_t output)
{
	register uint64_t r8 __asm__("r8") = output;
	uint64_t result;
	__asm__ volatile("call *%4"
			 : "=a"(result), "+c"(control), "+d"(input), "+r"(r8)
			 : "r"(hypercall_page)
			 : "r9", "r10", "r11", "memory", "cc");
	return result;
}
