/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flags that live across memory accesses, blocks and branches; conditions; high bytes and the registers that the translator spills. */
#include "guest.h"

#define FLAGS_AFTER(text, ...)                                                                               \
	({                                                                                                   \
		uint64_t f_;                                                                                 \
		__asm__ volatile(text "\npushfq; pop %0"                                                     \
				 : "=r"(f_)                                                                  \
				 : __VA_ARGS__                                                               \
				 : "cc", "memory", "rax", "rcx", "rdx");                                     \
		f_ & 0x8d5;                                                                                  \
	})

static volatile uint64_t word;

static void all_conditions(void)
{
	for (unsigned bits = 0; bits < 32; bits++) {
		uint64_t flags =
		    (bits & 1) | (bits & 2) << 1 | (bits & 4) << 4 | (bits & 8) << 4 | (bits & 16) << 7 | 2;
		bool cf = bits & 1, pf = bits & 2, zf = bits & 4, sf = bits & 8, of = bits & 16;
		bool want[16] = { of, !of, cf, !cf, zf,	      !zf,	cf | zf,	 !(cf | zf),
				  sf, !sf, pf, !pf, sf != of, sf == of, zf | (sf != of), !(zf | (sf != of)) };
		uint32_t set = 0, jumped = 0, moved = 0;
#define ONE(cc, n)                                                                                           \
	__asm__ volatile("push %1; popfq; set" cc " %b0" : "=q"(jumped) : "r"(flags) : "cc");                \
	set |= (jumped & 1) << n;                                                                            \
	__asm__ volatile("xor %0, %0; push %1; popfq; mov %2, %%rcx; mov %%rcx, %2; j" cc                    \
			 " 1f; jmp 2f; 1: mov $1, %0; 2:"                                                    \
			 : "=&r"(jumped)                                                                     \
			 : "r"(flags), "m"(word)                                                             \
			 : "cc", "rcx");                                                                     \
	CHECK_EQ(jumped & 1, want[n]);                                                                       \
	__asm__ volatile("xor %0, %0; mov $1, %%ecx; push %1; popfq; cmov" cc " %%ecx, %0"                   \
			 : "=&r"(moved)                                                                      \
			 : "r"(flags)                                                                        \
			 : "cc", "rcx");                                                                     \
	CHECK_EQ(moved & 1, want[n]);
		/* clang-format off */
		ONE("o", 0) ONE("no", 1) ONE("b", 2) ONE("ae", 3) ONE("e", 4) ONE("ne", 5) ONE("be", 6) ONE("a", 7)
		ONE("s", 8) ONE("ns", 9) ONE("p", 10) ONE("np", 11) ONE("l", 12) ONE("ge", 13) ONE("le", 14) ONE("g", 15)
		    /* clang-format on */
		    for (unsigned n = 0; n < 16; n++) CHECK_EQ(set >> n & 1, want[n]);
	}
}

/* CF must survive inc, memory accesses and a loop's back edge. */
static void carry_chain(void)
{
	static uint64_t a[8], b[8], sum[8];
	for (unsigned i = 0; i < 8; i++) {
		a[i] = ~0ull;
		b[i] = i == 0;
	}
	uint64_t carry;
	__asm__ volatile(
	    "xor %%ecx, %%ecx; clc\n"
	    "1: mov (%1,%%rcx,8), %%rax; adc (%2,%%rcx,8), %%rax; mov %%rax, (%3,%%rcx,8)\n"
	    "lea 1(%%rcx), %%rcx; mov %%rcx, %%rdx; lea -8(%%rdx), %%rdx; push %%rcx; mov %%rdx, %%rcx; jrcxz 2f\n"
	    "pop %%rcx; jmp 1b\n"
	    "2: pop %%rcx; mov $0, %0; adc $0, %0"
	    : "=&r"(carry)
	    : "r"(a), "r"(b), "r"(sum)
	    : "rax", "rcx", "rdx", "memory", "cc");
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(sum[i], 0);
	CHECK_EQ(carry, 1);
}

static void partial_writers(void)
{
	CHECK_EQ(FLAGS_AFTER("stc; mov $1, %%eax; inc %%eax", "r"(0)) & 1, 1);
	CHECK_EQ(FLAGS_AFTER("clc; mov $1, %%eax; dec %%eax", "r"(0)) & 0x41, 0x40);
	CHECK_EQ(FLAGS_AFTER("stc; mov $0, %%ecx; mov $5, %%eax; shl %%cl, %%eax", "r"(0)) & 1, 1);
	CHECK_EQ(FLAGS_AFTER("xor %%eax, %%eax; mov %1, %%rcx; mov %%rcx, %1; bt $3, %%ecx", "m"(word)) &
		     0x40,
		 0x40);
	word = 0xff;
	CHECK_EQ(FLAGS_AFTER("stc; mov %1, %%rax; mov %%rax, %1; adcb $0, %1", "m"(word)) & 0x41, 0x41);
	CHECK_EQ(word, 0);
	CHECK_EQ(FLAGS_AFTER("xor %%eax, %%eax; cmc; mov %1, %%rcx; lahf; sahf", "m"(word)) & 0x41, 0x41);
}

__attribute__((noinline)) static uint64_t flags_through_call(uint64_t x)
{
	uint64_t r;
	__asm__ volatile("cmp $5, %1; call 1f; jmp 2f; 1: setb %b0; ret; 2: movzbl %b0, %k0"
			 : "=&q"(r)
			 : "r"(x)
			 : "cc", "memory");
	return r;
}

static void across_calls(void)
{
	CHECK_EQ(flags_through_call(4), 1);
	CHECK_EQ(flags_through_call(5), 0);
}

static void high_bytes(void)
{
	uint64_t r;
	static volatile uint8_t m[4] = { 1, 2, 3, 4 };
	__asm__ volatile("mov $0x1234, %%eax; add %1, %%ah; mov %%ah, %2; mov %%rax, %0"
			 : "=r"(r), "+m"(m[1]), "=m"(m[2])
			 :
			 : "rax", "cc");
	CHECK_EQ(r, 0x1434);
	CHECK_EQ(m[2], 0x14);
	__asm__ volatile("mov $0xff00, %%ecx; cmp %%ch, %1; sete %b0; movzbl %b0, %k0"
			 : "=q"(r), "+m"(m[3])
			 :
			 : "rcx", "cc");
	CHECK_EQ(r, 0);
	__asm__ volatile("mov $0x0500, %%ebx; xchg %%bh, %1; movzbl %%bh, %k0"
			 : "=Q"(r), "+m"(m[3])
			 :
			 : "rbx");
	CHECK_EQ(r, 4);
	CHECK_EQ(m[3], 5);
}

static void spilled_registers(void)
{
	uint64_t r, s;
	static volatile uint64_t m[4] = { 10, 20, 30, 40 };
	__asm__ volatile(
	    "mov $1, %%r10; mov %2, %%r11; mov 8(%%r11,%%r10,8), %%r10; lea 5(%%r10,%%r11), %0; sub %%r11, %0; mov %%r10, %1"
	    : "=&r"(r), "=r"(s)
	    : "r"(m)
	    : "r10", "r11", "cc", "memory");
	CHECK_EQ(r, 35);
	CHECK_EQ(s, 30);
	__asm__ volatile(
	    "mov %1, %%r10; mov $7, %%r11d; add %%r11, (%%r10); xchg %%r11, 8(%%r10); mov %%r11, %0; push %%r10; pop %%r11; sub %%r10, %%r11; add %%r11, %0"
	    : "=r"(r)
	    : "r"(m)
	    : "r10", "r11", "cc", "memory");
	CHECK_EQ(r, 20);
	CHECK_EQ(m[0], 17);
	CHECK_EQ(m[1], 7);
	__asm__ volatile(
	    "mov $0x80000000ffffffff, %%r10; mov %%r10d, %%r11d; mov $3, %%r10w; mov %%r11, %0; mov %%r10, %1; movzbl %%r10b, %%r10d; add %%r10, %0"
	    : "=r"(r), "=&r"(s)
	    :
	    : "r10", "r11", "cc");
	CHECK_EQ(r, 0x100000002);
	CHECK_EQ(s, 0x80000000ffff0003);
}

static void bit_strings(void)
{
	static uint64_t bits[16];
	int64_t at[] = { 0, 63, 64, 129, 700, -1 + 512 };
	for (unsigned i = 0; i < 6; i++) {
		uint8_t was, now;
		__asm__ volatile("lock btsq %3, %2; setc %0; btq %3, %2; setc %1"
				 : "=&q"(was), "=&q"(now), "+m"(bits)
				 : "r"(at[i])
				 : "cc", "memory");
		CHECK_EQ(was, 0);
		CHECK_EQ(now, 1);
		CHECK(bits[at[i] / 64] >> (at[i] & 63) & 1);
	}
	uint8_t was;
	int32_t minus = -1;
	bits[7] = 1ull << 63;
	__asm__ volatile("btrl %2, %1; setc %0" : "=&q"(was), "+m"(bits[8]) : "r"(minus) : "cc", "memory");
	CHECK_EQ(was, 1);
	CHECK_EQ(bits[7], 0);
}

static void rsp_arithmetic(void)
{
	uint64_t r;
	__asm__ volatile(
	    "mov %%rsp, %%rbx; sub $64, %%rsp; and $-32, %%rsp; movq $77, 8(%%rsp); push 8(%%rsp); pop 16(%%rsp); mov 16(%%rsp), %0; mov %%rsp, %%rax; push %%rsp; pop %%rcx; sub %%rcx, %%rax; add %%rax, %0; mov %%rbx, %%rsp"
	    : "=&r"(r)
	    :
	    : "rax", "rbx", "rcx", "memory", "cc");
	CHECK_EQ(r, 77);
	__asm__ volatile(
	    "mov %%rsp, %%rbx; enter $16, $0; movq $5, -8(%%rbp); mov -8(%%rbp), %0; leave; sub %%rsp, %%rbx; add %%rbx, %0"
	    : "=&r"(r)
	    :
	    : "rbx", "memory", "cc");
	CHECK_EQ(r, 5);
}

static void strings(void)
{
	static char from[64], to[64];
	for (int i = 0; i < 64; i++)
		from[i] = (char)i;
	uint64_t si = (uint64_t)from, di = (uint64_t)to, c = 3;
	__asm__ volatile("movsb; movsw; movsl; movsq; rep movsb" : "+S"(si), "+D"(di), "+c"(c) : : "memory");
	CHECK_EQ(si - (uint64_t)from, 18);
	CHECK_EQ(di - (uint64_t)to, 18);
	for (int i = 0; i < 18; i++)
		CHECK_EQ(to[i], from[i]);
	si = (uint64_t)from + 63, di = (uint64_t)to + 63, c = 64;
	__asm__ volatile("std; rep movsb; cld" : "+S"(si), "+D"(di), "+c"(c) : : "memory");
	for (int i = 0; i < 64; i++)
		CHECK_EQ(to[i], from[i]);
	di = (uint64_t)to, c = 64;
	uint8_t equal;
	__asm__ volatile("repne scasb; sete %2" : "+D"(di), "+c"(c), "=q"(equal) : "a"(20) : "cc", "memory");
	CHECK_EQ(equal, 1);
	CHECK_EQ(c, 43);
	to[40] = 99;
	si = (uint64_t)from, di = (uint64_t)to, c = 64;
	__asm__ volatile("repe cmpsb; sete %3" : "+S"(si), "+D"(di), "+c"(c), "=q"(equal) : : "cc", "memory");
	CHECK_EQ(equal, 0);
	CHECK_EQ(c, 23);
}

const struct named_test tests_flags[] = {
	{ "conditions", all_conditions },
	{ "carry_chain", carry_chain },
	{ "partial_writers", partial_writers },
	{ "flags_across_calls", across_calls },
	{ "high_bytes", high_bytes },
	{ "spilled_registers", spilled_registers },
	{ "bit_strings", bit_strings },
	{ "rsp_arithmetic", rsp_arithmetic },
	{ "strings", strings },
	{ 0 },
};
