/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x87, SSE and AVX in the guest: results, exceptions, state that survives traps and the XSAVE family. */
#include "guest.h"

static uint8_t area[1024] __attribute__((aligned(64)));

static void sse(void)
{
	static const double in[2] __attribute__((aligned(16))) = { 1.5, -2.25 };
	double out[2];
	__asm__ volatile("movapd %1, %%xmm3; mulpd %%xmm3, %%xmm3; addsd %%xmm3, %%xmm3; movupd %%xmm3, %0"
			 : "=m"(out)
			 : "m"(in));
	const uint64_t *bits = (const uint64_t *)out;
	CHECK_EQ(bits[0], 0x4012000000000000); /* 4.5 */
	CHECK_EQ(bits[1], 0x4014400000000000); /* 5.0625 */
	uint64_t r10;
	__asm__ volatile(
	    "mov $0x123456789, %%r10; movq %%r10, %%xmm9; pshufd $0x44, %%xmm9, %%xmm8; movq %%xmm8, %%r11; pextrq $1, %%xmm8, %%r10; sub %%r11, %%r10; mov %%r10, %0"
	    : "=r"(r10)
	    :
	    : "r10", "r11", "cc");
	CHECK_EQ(r10, 0);
}

static void misaligned(void)
{
	TRAPPED("movaps 4(%0), %%xmm0", "r"(area));
	CHECK_EQ(trap_vector, 13);
	TRAPPED("movups 4(%0), %%xmm0; movaps 16(%0), %%xmm0", "r"(area));
	CHECK_EQ(trap_count, 0);
	TRAPPED("cmpxchg16b 8(%0)", "r"(area));
	CHECK_EQ(trap_vector, 13);
}

static void simd_exception(void)
{
	uint32_t csr = 0x1f80 & ~0x200u, back = 0x1f80; /* divide by zero unmasked */
	static const float values[4] __attribute__((aligned(16))) = { 1, 0, 0, 0 };
	if (engine_has(ENGINE_QEMU_FAULTS))
		return;
	TRAPPED("ldmxcsr %0; movss (%1), %%xmm0; xorps %%xmm1, %%xmm1; divss %%xmm1, %%xmm0", "m"(csr),
		"r"(values));
	CHECK_EQ(trap_vector, 19);
	__asm__ volatile("ldmxcsr %0" : : "m"(back));
	csr = 0xffffffff;
	TRAPPED("ldmxcsr %0", "m"(csr));
	CHECK_EQ(trap_vector, 13);
}

static void x87(void)
{
	uint64_t bits;
	double d;
	__asm__ volatile("fninit; fld1; fldpi; faddp; fstpl %0" : "=m"(d));
	copy_bytes(&bits, &d, 8);
	CHECK_EQ(bits, 0x401090fdaa22168c);
	uint16_t control = 0x37f & ~4, normal = 0x37f; /* zero divide unmasked */
	TRAPPED("fninit; fldcw %0; fld1; fldz; fdivrp; fwait", "m"(control));
	CHECK_EQ(trap_vector, 16);
	__asm__ volatile("fninit; fldcw %0" : : "m"(normal));
}

static void enable_avx(void)
{
	uint32_t a, b, c, d;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
	if (!(c >> 26 & 1))
		return;
	WRITE_CR(4, READ_CR(4) | 1 << 18);
	__asm__ volatile("xsetbv" : : "a"(c >> 28 & 1 ? 7 : 3), "d"(0), "c"(0));
	if (!(c >> 28 & 1))
		return;
	static uint64_t in[4] = { 1, 2, 3, 4 }, out[4];
	__asm__ volatile(
	    "vmovdqu %1, %%ymm2; vpaddq %%ymm2, %%ymm2, %%ymm12; vperm2i128 $1, %%ymm12, %%ymm12, %%ymm12; vmovdqu %%ymm12, %0"
	    : "=m"(out)
	    : "m"(in));
	CHECK_EQ(out[0], 6);
	CHECK_EQ(out[3], 4);
	__asm__ volatile("mov $7, %%eax; xor %%edx, %%edx; xsave %0; vzeroall; xrstor %0; vmovdqu %%ymm12, %1"
			 : "+m"(area), "=m"(out)
			 :
			 : "rax", "rdx", "memory");
	CHECK_EQ(out[1], 8);
	CHECK_EQ(*(uint64_t *)(area + 512) & 6, 6);
	*(uint64_t *)(area + 512) = 1ull << 40;
	TRAPPED("mov $7, %%eax; xor %%edx, %%edx; xrstor %0", "m"(area));
	CHECK_EQ(trap_vector, 13);
	TRAPPED("xsave 8(%0)", "r"(area));
	CHECK_EQ(trap_vector, 13);
	TRAPPED("mov $2, %%eax; xor %%edx, %%edx; xor %%ecx, %%ecx; xsetbv", "r"(0));
	CHECK_EQ(trap_vector, 13);
	__asm__ volatile("xsetbv" : : "a"(3), "d"(0), "c"(0));
	TRAPPED("vaddps %%ymm0, %%ymm0, %%ymm0", "r"(0));
	CHECK_EQ(trap_vector, 6);
	__asm__ volatile("xsetbv" : : "a"(7), "d"(0), "c"(0));
	TRAPPED("vaddps %%ymm0, %%ymm0, %%ymm0", "r"(0));
	CHECK_EQ(trap_count, 0);
}

static void not_available(void)
{
	WRITE_CR(0, READ_CR(0) | 8);
	TRAPPED("addps %%xmm0, %%xmm0", "r"(0));
	CHECK_EQ(trap_vector, 7);
	TRAPPED("fld1", "r"(0));
	CHECK_EQ(trap_vector, 7);
	__asm__ volatile("clts");
	TRAPPED("addps %%xmm0, %%xmm0", "r"(0));
	CHECK_EQ(trap_count, 0);
}

/* Traps and port exits leave vector registers alone. */
static void survives(void)
{
	uint64_t out;
	__asm__ volatile(
	    "mov $0x55aa55aa12345678, %%rax; movq %%rax, %%xmm15; mov $0xe9, %%edx; mov $0xf6, %%dx; in %%dx, %%al; mov $0xb, %%eax; cpuid; movq %%xmm15, %0"
	    : "=r"(out)
	    :
	    : "rax", "rbx", "rcx", "rdx");
	CHECK_EQ(out, 0x55aa55aa12345678);
}

const struct named_test tests_vector[] = {
	{ "sse", sse },
	{ "misaligned", misaligned },
	{ "simd_exception", simd_exception },
	{ "x87", x87 },
	{ "avx_xsave", enable_avx },
	{ "device_not_available", not_available },
	{ "survives", survives },
	{ 0 },
};
