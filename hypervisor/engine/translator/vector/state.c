/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking the vector registers over from the host and giving them back. The general contract of C calls helps:
 * all vector registers are the callee's to destroy, so only MXCSR's and the x87 unit's control words of the
 * host are kept.
 *
 * Components beyond x87, SSE and AVX (AVX-512, AMX, PKRU) are never loaded or saved: the guest has no
 * instruction that reaches them.
 */
#include "engine/translator/vector/vector_priv.h"

#include <cpuid.h>

struct vector_host vector_host;

static inline void xsave_to(void *area, uint32_t mask)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(mask), "d"(0) : "memory");
}

static inline void xrstor_from(const void *area, uint32_t mask)
{
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(mask), "d"(0) : "memory");
}

static inline void fxsave_to(void *area)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static inline void fxrstor_from(const void *area)
{
	__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* FIP, FDP and FOP tell where the host executed the last x87 instruction: none of the guest's business. */
static void forget_addresses(struct vector_area *area)
{
	area->opcode = 0;
	area->fip = 0;
	area->fdp = 0;
}

void area_save(struct vector_area *area)
{
	words_fill(&area->xstate_bv, 0,
		   8); /* XSAVE merges into XSTATE_BV and leaves the rest of the header alone */
	if (vector_host.has_xsave) {
		xsave_to(area, vector_host.components);
	} else {
		fxsave_to(area);
		area->xstate_bv = VECTOR_X87 | VECTOR_SSE;
	}
	forget_addresses(area);
}

void area_load(const struct vector_area *area)
{
	if (vector_host.has_xsave)
		xrstor_from(area, vector_host.components);
	else
		fxrstor_from(area);
}

void vector_enter(struct vcpu *cpu)
{
	struct vector_area *host = (struct vector_area *)cpu->host_vector_area;
	/* The rest of the host's area is zero: with XSTATE_BV = 0 it asks for the initial state, as FXRSTOR
	 * image for an empty one. */
	__asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(host->cw), "=m"(host->mxcsr));
	area_load((const struct vector_area *)cpu->vector_area);
}

void vector_leave(struct vcpu *cpu)
{
	const struct vector_area *host = (const struct vector_area *)cpu->host_vector_area;
	struct vector_area *guest = (struct vector_area *)cpu->vector_area;
	if (vector_host.has_xsave)
		xsave_to(guest, vector_host.components);
	else
		fxsave_to(guest);
	forget_addresses(guest);
	area_load(host);
	if (host->cw != X87_CW_DEFAULT && vector_host.has_xsave)
		__asm__ volatile("fldcw %0" : : "m"(host->cw));
}

void vector_park(struct vcpu *cpu)
{
	vector_leave(cpu);
}

void vector_unpark(struct vcpu *cpu)
{
	vector_enter(cpu);
}

/* SDM 3, table 9-1: INIT leaves x87, XMM, YMM and MXCSR as they are; RESET gives CW 0040H, all tags
 * zero-valued, MXCSR 1F80H. */
void vector_reset(struct vcpu *cpu, bool init)
{
	struct vector_area *area = (struct vector_area *)cpu->vector_area;
	if (init)
		return;
	bytes_fill(area, 0, sizeof(*area));
	area->cw = 0x40;
	area->tags = 0xff;
	area->mxcsr = MXCSR_DEFAULT;
	area->xstate_bv = VECTOR_X87;
}

static uint64_t host_xcr0(void)
{
	uint32_t low, high;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/* CPUID 0x40000000 of QEMU's TCG */
static bool host_is_emulated(void)
{
	unsigned a, b, c, d;

	__cpuid(1, a, b, c, d);
	if (!(c & 1u << 31))
		return false;
	__cpuid(0x40000000, a, b, c, d);
	return b == 0x54474354 && c == 0x43544743 && d == 0x47435447; /* TCGTCGTCGTCG */
}

void vector_host_init(void)
{
	static struct vector_area area;
	unsigned a, b, c, d;
	fxsave_to(&area);
	vector_host.mxcsr_mask = area.mxcsr_mask ? area.mxcsr_mask : 0xffbf;
	vector_host.components = VECTOR_X87 | VECTOR_SSE;
	vector_host.is_emulated = host_is_emulated();
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return;
	vector_host.has_xsave = true;
	vector_host.components = (uint32_t)(host_xcr0() & VECTOR_ALL);
	if (__get_cpuid_count(0xd, 1, &a, &b, &c, &d))
		vector_host.has_xsavec = a & 2;
}
