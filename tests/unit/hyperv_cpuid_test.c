/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The leaves of Hyper-V's interface, and what must never be in them. */
#include "core/cpuid.h"
#include "core/hyperv.h"
#include "fake_engine.h"

#include <string.h>

static const struct cpuid_context context = { .vp_count = 4 };
static struct cpuid_policy policy;

static struct cpuid_regs query(uint32_t leaf)
{
	struct cpuid_regs regs;

	cpuid_query(&policy, &context, leaf, 0, &regs);
	return regs;
}

static bool is_zero(uint32_t leaf)
{
	struct cpuid_regs regs = query(leaf);

	return !(regs.eax | regs.ebx | regs.ecx | regs.edx);
}

static void test_plain(void)
{
	cpuid_policy_init_translator(&policy, 2000000000);
	for (uint32_t leaf = 0x40000000; leaf < 0x40000200; leaf++)
		CHECK(is_zero(leaf), "leaf %x without enlightenments", leaf);
}

static void test_leaves(void)
{
	struct cpuid_regs regs;

	cpuid_policy_init_translator(&policy, 2000000000);
	cpuid_policy_enlighten(&policy, 4);
	regs = query(0x40000000);
	CHECK(regs.eax >= 0x40000005 && regs.eax < 0x4000000a && !memcmp(&regs.ebx, "Microsoft Hv", 12),
	      "signature");
	CHECK(query(1).ecx >> 31, "hypervisor bit");
	CHECK(query(0x40000001).eax == 0x31237648, "Hv#1");
	CHECK(query(0x40000005).eax == HV_MAX_VPS && query(0x40000004).ecx == HV_GPA_BITS, "limits");
	CHECK(query(0x40000004).ebx == UINT32_MAX, "spin count");
	for (uint32_t leaf = 0x40000006; leaf < 0x40001000; leaf++)
		CHECK(is_zero(leaf), "leaf %x", leaf);
	CHECK(is_zero(0x3fffffff), "below");
}

static void test_bits(void)
{
	struct cpuid_regs regs;

	cpuid_policy_init_translator(&policy, 2000000000);
	cpuid_policy_enlighten(&policy, 4);
	regs = query(0x40000003);
	CHECK((regs.eax & 0xe7e) == 0xe7e, "what Linux asks for, the APIC's MSRs, waiting: %x", regs.eax);
	CHECK((regs.ebx & 0x30) == 0x30 && (regs.edx & 0x80500) == 0x80500, "%x %x", regs.ebx, regs.edx);
	/* CreatePartitions, AccessPartitionId, CpuManagement, Isolation; XMM hypercalls. */
	CHECK(!(regs.ebx & (1 << 0 | 1 << 1 | 1 << 12 | 1 << 22)) && !(regs.edx & (1 << 4 | 1 << 15)),
	      "%x %x", regs.ebx, regs.edx);
	CHECK(!(regs.eax & (1 << 13 | 1 << 8)), "%x", regs.eax);
	CHECK((regs.eax >> 15 & 1) == (query(0x80000007).edx >> 8 & 1), "invariant TSC: in both or in none");
	CHECK(query(0x40000004).eax & 1 << 9, "auto EOI is not recommended");
	cpuid_policy_make_compatible(&policy);
	CHECK((query(0x40000003).eax & 0xe7e) == 0xe7e, "privileges do not depend on the processor");
	CHECK(!(query(0x40000004).eax & (1 << 2 | 1 << 3 | 1 << 10)),
	      "no hint of what is faster on one engine");
}

int main(void)
{
	test_plain();
	test_leaves();
	test_bits();
	printf("%u failures\n", failures);
	return failures != 0;
}
