/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x87, SSE and AVX results against constants, and whose registers they are; see guest_test.c. */
#include <cpuid.h>
#include <signal.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest_test.h"

static int test_sse(void)
{
	_Alignas(16) float a[4] = { 1.5f, -2.25f, 3e10f, 1e-40f }, b[4] = { 2, 4, 1e30f, 3 }, c[4];
	_Alignas(16) uint8_t x[16], y[16];
	double root;
	int32_t rounded, cut;

	__asm__("movaps %1, %%xmm1\n\tmulps %2, %%xmm1\n\taddps %1, %%xmm1\n\tmovaps %%xmm1, %0"
		: "=m"(c)
		: "m"(a), "m"(b)
		: "xmm1");
	if (c[0] != 4.5f || c[1] != -11.25f || c[2] != __builtin_inff() || c[3] != 4 * a[3])
		return fail("mulps/addps %g %g %g %g", c[0], c[1], c[2], c[3]);
	for (int i = 0; i < 16; i++)
		x[i] = (uint8_t)(i * 17);
	__asm__("movdqa %1, %%xmm1\n\tpaddusb %1, %%xmm1\n\tpshufd $0x1b, %%xmm1, %%xmm2\n\tmovdqa %%xmm2, %0"
		: "=m"(y)
		: "m"(x)
		: "xmm1", "xmm2");
	for (int i = 0; i < 16; i++) {
		unsigned sum = 2u * x[(3 - i / 4) * 4 + i % 4];

		if (y[i] != (sum > 255 ? 255 : sum))
			return fail("paddusb/pshufd byte %d is %u", i, y[i]);
	}
	__asm__("sqrtsd %1, %0" : "=x"(root) : "x"(2.0));
	__asm__("cvtsd2si %1, %0" : "=r"(rounded) : "x"(-2.5));
	__asm__("cvttsd2si %1, %0" : "=r"(cut) : "x"(-2.9));
	if (root != 0x1.6a09e667f3bcdp+0 || rounded != -2 || cut != -2)
		return fail("sqrtsd %a cvtsd2si %d cvttsd2si %d", root, rounded, cut);
	return PASS;
}

static int test_mxcsr(void)
{
	uint32_t saved, all_masked_up = 0x1f80 | 2u << 13, state;
	float third;

	__asm__ volatile("stmxcsr %0" : "=m"(saved));
	__asm__ volatile("ldmxcsr %0" : : "m"(all_masked_up));
	__asm__ volatile("divss %1, %0" : "=x"(third) : "x"(3.0f), "0"(1.0f));
	__asm__ volatile("stmxcsr %0" : "=m"(state));
	__asm__ volatile("ldmxcsr %0" : : "m"(saved));
	if (third != 0x1.555556p-2f)
		return fail("1/3 rounded up is %a", (double)third);
	if (!(state & 0x20))
		return fail("mxcsr %#x lacks the precision flag", state);
	return PASS;
}

static int test_avx(void)
{
	unsigned eax, ebx, ecx, edx;
	uint32_t xcr0 = 0, high;
	_Alignas(32) int32_t a[8] = { 1, -2, 3, -4, 5, -6, 7, -8 }, b[8];
	_Alignas(32) double d[4] = { 1, 2, 3, 4 }, e[4];

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE) || !(ecx & bit_AVX))
		return skip("this processor has no AVX");
	__asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
	if ((xcr0 & 6) != 6)
		return fail("AVX in CPUID, but XCR0 is %#x", xcr0);
	__asm__("vmovapd %1, %%ymm1\n\tvaddpd %%ymm1, %%ymm1, %%ymm2\n\tvmulpd %%ymm1, %%ymm2, %%ymm3\n\t"
		"vmovapd %%ymm3, %0\n\tvzeroupper"
		: "=m"(e)
		: "m"(d)
		: "xmm1", "xmm2", "xmm3");
	for (int i = 0; i < 4; i++)
		if (e[i] != 2 * d[i] * d[i])
			return fail("vmulpd lane %d is %g", i, e[i]);
	__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	if (!(ebx & bit_AVX2))
		return PASS;
	__asm__("vmovdqa %1, %%ymm1\n\tvpabsd %%ymm1, %%ymm2\n\tvpaddd %%ymm2, %%ymm1, %%ymm3\n\t"
		"vpermq $0x4e, %%ymm3, %%ymm3\n\tvmovdqa %%ymm3, %0\n\tvzeroupper"
		: "=m"(b)
		: "m"(a)
		: "xmm1", "xmm2", "xmm3");
	for (int i = 0; i < 8; i++)
		if (b[i] != a[i ^ 4] + abs(a[i ^ 4]))
			return fail("AVX2 lane %d is %d", i, b[i]);
	return PASS;
}

static int test_x87(void)
{
	long double pi, x = 1.0L, y;
	uint16_t status, control = 0x37f, down = 0x77f;
	int64_t integer;

	__asm__ volatile("fninit\n\tfldpi\n\tfstpt %0" : "=m"(pi));
	if (memcmp(&pi, "\x35\xc2\x68\x21\xa2\xda\x0f\xc9\x00\x40", 10))
		return fail("fldpi %La", pi);
	__asm__ volatile("fldt %1\n\tfldt %2\n\tfpatan\n\tfstpt %0" : "=m"(y) : "m"(x), "m"(x) : "st");
	y *= 4;
	if (memcmp(&y, &pi, 10))
		return fail("4 atan 1 = %La", y);
	__asm__ volatile("fldcw %2\n\tfldt %3\n\tfistpll %0\n\tfnstsw %1\n\tfldcw %4"
			 : "=m"(integer), "=a"(status)
			 : "m"(down), "m"(pi), "m"(control));
	if (integer != 3 || !(status & 0x20))
		return fail("fistp %ld status %#x", integer, status);
	__asm__ volatile("fldt %1\n\tfdivs %2\n\tfstpt %0" : "=m"(y) : "m"(x), "m"((float){ 3 }));
	if (memcmp(&y, "\xab\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xfd\x3f", 10))
		return fail("1/3 = %La", y);
	return PASS;
}

/* The vector and x87 registers of two processes and of a signal handler stay apart. */
static void on_alarm_clobber(int signal)
{
	(void)signal;
	__asm__ volatile("pcmpeqd %%xmm5, %%xmm5\n\tfldpi\n\tfstp %%st(0)" : : : "xmm5");
}

static int test_vector_state(void)
{
	struct sigaction action = { .sa_handler = on_alarm_clobber };
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	uint64_t got = 0;
	int status;
	pid_t child = fork();

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	uint64_t pattern = child ? 0x1111222233334444 : 0xaaaabbbbccccdddd;

	for (unsigned round = 0; round < 300 && (!round || got == pattern); round++) {
		__asm__ volatile(
		    "movq %1, %%xmm5\n\tmov $20000, %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\tmovq %%xmm5, %0"
		    : "=r"(got)
		    : "r"(pattern)
		    : "rcx", "xmm5", "cc");
		if (round % 16 == 0)
			sched_yield();
	}
	setitimer(ITIMER_REAL, &never, NULL);
	if (!child)
		_exit(got != pattern);
	waitpid(child, &status, 0);
	return got == pattern && !status ? PASS : fail("xmm5 %#lx, child %#x", got, status);
}

const struct guest_test vector_tests[] = {
	{ "sse", test_sse },
	{ "mxcsr", test_mxcsr },
	{ "avx", test_avx },
	{ "x87", test_x87 },
	{ "vector-state", test_vector_state },
	{ NULL, NULL },
};
