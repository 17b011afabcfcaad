/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Not a test: tells all that CPUID says, and the MSRs that can be read with their values, so that engines can be compared. Numbers go as a whole by
 * port 0xf0, since each access costs a real exit; any write to 0xf1 ends the line.
 */
#include "guest.h"

enum { GUEST_IDLE = 0x400000f0 /* would wait */, RECORD_CPUID = 0xc, RECORD_MSR = 0xe };

static void tell_leaf(uint32_t leaf, uint32_t subleaf)
{
	uint32_t a = leaf, b, c = subleaf, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(a | b | c | d))
		return;
	out32(0xf0, RECORD_CPUID);
	out32(0xf0, leaf);
	out32(0xf0, subleaf);
	out32(0xf0, a);
	out32(0xf0, b);
	out32(0xf0, c);
	out32(0xf0, d);
	out8(0xf1, 0);
}

static void tell_leaves(uint32_t first, uint32_t last)
{
	for (uint32_t leaf = first; leaf <= last; leaf++)
		for (uint32_t subleaf = 0;
		     subleaf < (leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd ? 4 : 1); subleaf++)
			tell_leaf(leaf, subleaf);
}

/* The TSC, the time that the VP has run, the reference time. */
static bool is_moving(uint32_t index)
{
	return index == 0x10 || index == 0x40000010 || index == 0x40000020;
}

static void tell_msrs(uint32_t first, uint32_t end)
{
	for (uint32_t index = first; index < end; index++) {
		if (index == GUEST_IDLE)
			continue;
		TRAPPED("mov %0, %%ecx; rdmsr", "r"(index));
		if (trap_vector == 13)
			continue;
		out32(0xf0, RECORD_MSR);
		out32(0xf0, index);
		if (!is_moving(index)) {
			uint64_t value = rdmsr(index);

			out32(0xf0, (uint32_t)value);
			out32(0xf0, (uint32_t)(value >> 32));
		}
		out8(0xf1, 0);
	}
}

void tell_view(void)
{
	tell_leaves(0, 0x20);
	tell_leaves(0x40000000, 0x40000010);
	tell_leaves(0x40000100, 0x40000101);
	tell_leaves(0x80000000, 0x80000021);
	tell_msrs(0, 0x800);
	tell_msrs(0x40000000, 0x40000200);
	tell_msrs(0x4b564d00, 0x4b564d10);
	tell_msrs(0xc0000080, 0xc0000108);
	tell_msrs(0xc0010000, 0xc0010200);
	tell_msrs(0xc0011000, 0xc0011040);
}
