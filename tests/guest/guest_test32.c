/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A freestanding 32-bit program for the sample guest: compatibility mode, int 0x80, 32-bit addressing,
 * segment limits, and the instructions that 64-bit mode lacks (pusha, daa, aaa, into, bound, push of
 * segments). No libc: exit status 0 when all is right, else the number of the failed check.
 */
#include <stdint.h>

static inline int32_t call3(int32_t nr, int32_t a, int32_t b, int32_t c)
{
	int32_t ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

enum { NR_exit = 1, NR_write = 4, NR_getpid = 20 };

static uint32_t fibonacci(unsigned n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/* 2^n mod 1000003 with 64-bit arithmetic made of adc, mul and div on 32-bit registers */
static uint32_t power_of_two_mod(unsigned n)
{
	uint32_t value = 1;

	while (n--) {
		uint32_t low, high;

		__asm__("mull %3" : "=a"(low), "=d"(high) : "0"(value), "r"(2));
		__asm__("divl %2" : "+a"(low), "+d"(high) : "r"(1000003));
		value = high;
	}
	return value;
}

static int check_pusha(void)
{
	static uint32_t sum, stored_esp;
	uint32_t before, after;

	/* pusha: eax ecx edx ebx esp ebp esi edi from the top down; popa leaves the stored esp alone */
	__asm__ volatile("mov %%esp, %0\n\t"
			 "mov $1, %%ecx\n\tmov $2, %%edx\n\t"
			 "pushal\n\t"
			 "mov 24(%%esp), %%eax\n\tadd 20(%%esp), %%eax\n\tmov %%eax, %2\n\t"
			 "mov 12(%%esp), %%eax\n\tmov %%eax, %3\n\t"
			 "popal\n\tmov %%esp, %1"
			 : "=&S"(before), "=&D"(after), "=m"(sum), "=m"(stored_esp)
			 :
			 : "eax", "ecx", "edx", "memory", "cc");
	return before == after && sum == 3 && stored_esp == before;
}

static int check_bcd(void)
{
	uint8_t al = 0x79;
	uint16_t ax = 0x000a;

	__asm__("addb $0x35, %0\n\tdaa" : "+a"(al) : : "cc"); /* 79 + 35 = 114: 14, carry */
	if (al != 0x14)
		return 0;
	__asm__("aaa" : "+a"(ax) : : "cc"); /* 0a becomes 01 00 */
	if (ax != 0x0100)
		return 0;
	ax = 63;
	__asm__("aam" : "+a"(ax) : : "cc");
	if (ax != 0x0603)
		return 0;
	__asm__("aad" : "+a"(ax) : : "cc");
	return ax == 63;
}

static int check_segments(void)
{
	uint32_t ds, es;
	uint32_t value = 0x12345678;

	__asm__ volatile("push %%ds\n\tpop %0\n\tpush %%es\n\tpop %1" : "=r"(ds), "=r"(es));
	if ((uint16_t)ds != (uint16_t)es)
		return 0;
	__asm__ volatile("push %%ds\n\tpop %%es\n\tmovl %%es:(%1), %0" : "=r"(ds) : "r"(&value) : "memory");
	return ds == value;
}

static int check_string(void)
{
	static char from[256], to[256];
	const void *s = from;
	void *d = to;
	uint32_t n = sizeof(from);

	for (unsigned i = 0; i < sizeof(from); i++)
		from[i] = (char)(i * 7);
	__asm__ volatile("cld\n\trep movsb" : "+S"(s), "+D"(d), "+c"(n) : : "memory");
	for (unsigned i = 0; i < sizeof(to); i++)
		if (to[i] != (char)(i * 7))
			return 0;
	return n == 0;
}

static int check_wrap(void)
{
	uint32_t value = 0x55aa1234, got;
	uint32_t base = (uint32_t)&value + 0x80000000u;

	/* an address wraps at 4 GiB: base + 2^31 is the variable again */
	__asm__ volatile("movl 0x80000000(%1), %0" : "=r"(got) : "r"(base) : "memory");
	return got == value;
}

static int check_x87(void)
{
	double value = 2.0, root;

	__asm__("fldl %1\n\tfsqrt\n\tfstpl %0" : "=m"(root) : "m"(value));
	return root > 1.41421356237309 && root < 1.41421356237310;
}

static int run(void)
{
	static const char text[] = "guest_test32: 32-bit code runs\n";

	if (fibonacci(20) != 6765)
		return 1;
	if (power_of_two_mod(100) != 253109)
		return 2;
	if (!check_pusha())
		return 3;
	if (!check_bcd())
		return 4;
	if (!check_segments())
		return 5;
	if (!check_string())
		return 6;
	if (!check_wrap())
		return 7;
	if (!check_x87())
		return 8;
	if (call3(NR_getpid, 0, 0, 0) <= 0)
		return 9;
	if (call3(NR_write, 1, (int32_t)text, sizeof(text) - 1) != sizeof(text) - 1)
		return 10;
	if (call3(NR_write, -1, (int32_t)text, 1) != -9)
		return 11;
	return 0;
}

__attribute__((used)) static void start(void)
{
	call3(NR_exit, run(), 0, 0);
	for (;;)
		;
}

__asm__(".globl _start\n_start:\n\tand $-16, %esp\n\tcall start\n");
