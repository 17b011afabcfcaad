/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUID policy on this host: what must be hidden, what must be there, and the leaves that depend on the
 * partition.
 */
#include "core/apic.h"
#include "core/cpuid.h"
#include "core/tsc.h"

#include "check.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

unsigned failures;
static struct cpuid_policy policy;

static struct cpuid_regs query(uint32_t leaf, uint32_t subleaf, uint32_t apic_id, uint32_t vp_count)
{
	struct cpuid_context context = {
		.apic_id = apic_id, .vp_count = vp_count, .cr4_osxsave = true, .apic_enabled = true, .xcr0 = 7
	};
	struct cpuid_regs regs;

	cpuid_query(&policy, &context, leaf, subleaf, &regs);
	return regs;
}

enum word { EAX, EBX, ECX, EDX };

static uint32_t word_of(const struct cpuid_regs *regs, enum word word)
{
	const uint32_t words[4] = { regs->eax, regs->ebx, regs->ecx, regs->edx };

	return words[word];
}

struct bit {
	uint32_t leaf, subleaf;
	enum word word;
	unsigned bit;
	const char *name;
};

static const struct bit hidden[] = {
	{ 1, 0, ECX, 2, "DTES64" },
	{ 1, 0, ECX, 3, "MONITOR" },
	{ 1, 0, ECX, 4, "DS-CPL" },
	{ 1, 0, ECX, 5, "VMX" },
	{ 1, 0, ECX, 6, "SMX" },
	{ 1, 0, ECX, 7, "EST" },
	{ 1, 0, ECX, 8, "TM2" },
	{ 1, 0, ECX, 11, "SDBG" },
	{ 1, 0, ECX, 14, "xTPR" },
	{ 1, 0, ECX, 15, "PDCM" },
	{ 1, 0, ECX, 18, "DCA" },
	{ 1, 0, EDX, 1, "VME" },
	{ 1, 0, EDX, 18, "PSN" },
	{ 1, 0, EDX, 21, "DS" },
	{ 1, 0, EDX, 22, "ACPI" },
	{ 1, 0, EDX, 29, "TM" },
	{ 1, 0, EDX, 31, "PBE" },
	{ 7, 0, EBX, 2, "SGX" },
	{ 7, 0, EBX, 4, "HLE" },
	{ 7, 0, EBX, 11, "RTM" },
	{ 7, 0, EBX, 12, "PQM" },
	{ 7, 0, EBX, 14, "MPX" },
	{ 7, 0, EBX, 15, "PQE" },
	{ 7, 0, EBX, 16, "AVX512F" },
	{ 7, 0, EBX, 17, "AVX512DQ" },
	{ 7, 0, EBX, 21, "AVX512IFMA" },
	{ 7, 0, EBX, 22, "PCOMMIT" },
	{ 7, 0, EBX, 25, "PT" },
	{ 7, 0, EBX, 26, "AVX512PF" },
	{ 7, 0, EBX, 27, "AVX512ER" },
	{ 7, 0, EBX, 28, "AVX512CD" },
	{ 7, 0, EBX, 30, "AVX512BW" },
	{ 7, 0, EBX, 31, "AVX512VL" },
	{ 7, 0, ECX, 1, "AVX512VBMI" },
	{ 7, 0, ECX, 3, "PKU" },
	{ 7, 0, ECX, 4, "OSPKE" },
	{ 7, 0, ECX, 5, "WAITPKG" },
	{ 7, 0, ECX, 6, "AVX512VBMI2" },
	{ 7, 0, ECX, 7, "CET-SS" },
	{ 7, 0, ECX, 8, "GFNI" },
	{ 7, 0, ECX, 9, "VAES" },
	{ 7, 0, ECX, 10, "VPCLMULQDQ" },
	{ 7, 0, ECX, 11, "AVX512VNNI" },
	{ 7, 0, ECX, 12, "AVX512BITALG" },
	{ 7, 0, ECX, 13, "TME" },
	{ 7, 0, ECX, 14, "AVX512VPOPCNTDQ" },
	{ 7, 0, ECX, 16, "LA57" },
	{ 7, 0, ECX, 23, "KL" },
	{ 7, 0, ECX, 24, "bus lock" },
	{ 7, 0, ECX, 27, "MOVDIRI" },
	{ 7, 0, ECX, 28, "MOVDIR64B" },
	{ 7, 0, ECX, 29, "ENQCMD" },
	{ 7, 0, ECX, 30, "SGX-LC" },
	{ 7, 0, ECX, 31, "PKS" },
	{ 7, 0, EDX, 2, "AVX512_4VNNIW" },
	{ 7, 0, EDX, 3, "AVX512_4FMAPS" },
	{ 7, 0, EDX, 5, "UINTR" },
	{ 7, 0, EDX, 8, "VP2INTERSECT" },
	{ 7, 0, EDX, 13, "TSX force abort" },
	{ 7, 0, EDX, 14, "SERIALIZE" },
	{ 7, 0, EDX, 15, "hybrid" },
	{ 7, 0, EDX, 16, "TSXLDTRK" },
	{ 7, 0, EDX, 18, "PCONFIG" },
	{ 7, 0, EDX, 20, "CET-IBT" },
	{ 7, 0, EDX, 22, "AMX-BF16" },
	{ 7, 0, EDX, 23, "AVX512-FP16" },
	{ 7, 0, EDX, 24, "AMX-TILE" },
	{ 7, 0, EDX, 25, "AMX-INT8" },
	{ 7, 1, EAX, 4, "AVX-VNNI" },
	{ 7, 1, EAX, 5, "AVX512-BF16" },
	{ 7, 1, EAX, 23, "AVX-IFMA" },
	{ 7, 1, EAX, 26, "LAM" },
	{ 0xd, 1, EAX, 3, "XSAVES" },
	{ 0xd, 1, EAX, 4, "XFD" },
	{ 0x80000001, 0, ECX, 2, "SVM" },
	{ 0x80000001, 0, ECX, 6, "SSE4A" },
	{ 0x80000001, 0, ECX, 11, "XOP" },
	{ 0x80000001, 0, ECX, 16, "FMA4" },
	{ 0x80000001, 0, ECX, 21, "TBM" },
	{ 0x80000001, 0, ECX, 22, "TOPOEXT" },
	{ 0x80000001, 0, EDX, 31, "3DNOW" },
};

/* Ours, whatever the host. */
static const struct bit present[] = {
	{ 1, 0, ECX, 17, "PCID" },
	{ 1, 0, ECX, 21, "x2APIC" },
	{ 1, 0, ECX, 24, "TSC deadline" },
	{ 1, 0, ECX, 31, "hypervisor" },
	{ 1, 0, ECX, 27, "OSXSAVE" },
	{ 1, 0, EDX, 9, "APIC" },
	{ 1, 0, EDX, 4, "TSC" },
	{ 1, 0, EDX, 6, "PAE" },
	{ 1, 0, EDX, 26, "SSE2" },
	{ 7, 0, EBX, 0, "FSGSBASE" },
	{ 7, 0, EBX, 7, "SMEP" },
	{ 7, 0, EBX, 10, "INVPCID" },
	{ 7, 0, EBX, 20, "SMAP" },
	{ 7, 0, ECX, 2, "UMIP" },
	{ 7, 0, ECX, 22, "RDPID" },
	{ 7, 0, EDX, 26, "IBRS" },
	{ 7, 0, EDX, 29, "ARCH_CAPABILITIES" },
	{ 7, 2, EDX, 4, "BHI_CTRL" },
	{ 6, 0, EAX, 2, "ARAT" },
	{ 0x80000001, 0, EDX, 11, "SYSCALL" },
	{ 0x80000001, 0, EDX, 20, "NX" },
	{ 0x80000001, 0, EDX, 26, "1 GiB pages" },
	{ 0x80000001, 0, EDX, 27, "RDTSCP" },
	{ 0x80000001, 0, EDX, 29, "long mode" },
};

/* Exactly as the host has them. */
static const struct bit native[] = {
	{ 1, 0, ECX, 0, "SSE3" },	    { 1, 0, ECX, 1, "PCLMULQDQ" },
	{ 1, 0, ECX, 9, "SSSE3" },	    { 1, 0, ECX, 12, "FMA" },
	{ 1, 0, ECX, 13, "CX16" },	    { 1, 0, ECX, 20, "SSE4.2" },
	{ 1, 0, ECX, 22, "MOVBE" },	    { 1, 0, ECX, 23, "POPCNT" },
	{ 1, 0, ECX, 25, "AES" },	    { 1, 0, ECX, 28, "AVX" },
	{ 1, 0, ECX, 29, "F16C" },	    { 1, 0, ECX, 30, "RDRAND" },
	{ 7, 0, EBX, 3, "BMI1" },	    { 7, 0, EBX, 5, "AVX2" },
	{ 7, 0, EBX, 8, "BMI2" },	    { 7, 0, EBX, 9, "ERMS" },
	{ 7, 0, EBX, 18, "RDSEED" },	    { 7, 0, EBX, 19, "ADX" },
	{ 7, 0, EBX, 23, "CLFLUSHOPT" },    { 7, 0, EBX, 24, "CLWB" },
	{ 7, 0, EBX, 29, "SHA" },	    { 7, 0, EDX, 4, "FSRM" },
	{ 0x80000001, 0, ECX, 5, "LZCNT" }, { 0x80000007, 0, EDX, 8, "invariant TSC" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool has(const struct bit *bit)
{
	struct cpuid_regs regs = query(bit->leaf, bit->subleaf, 0, 4);

	return word_of(&regs, bit->word) >> bit->bit & 1;
}

static bool host_has(const struct bit *bit)
{
	struct cpuid_regs regs;

	__cpuid_count(bit->leaf, bit->subleaf, regs.eax, regs.ebx, regs.ecx, regs.edx);
	return word_of(&regs, bit->word) >> bit->bit & 1;
}

static void test_bits(void)
{
	for (unsigned i = 0; i < COUNT(hidden); i++)
		CHECK(!has(&hidden[i]), "%s is offered", hidden[i].name);
	for (unsigned i = 0; i < COUNT(present); i++)
		CHECK(has(&present[i]), "%s is missing", present[i].name);
	for (unsigned i = 0; i < COUNT(native); i++)
		CHECK(has(&native[i]) == host_has(&native[i]), "%s", native[i].name);
}

static void test_hidden_leaves(void)
{
	static const uint32_t leaves[] = { 3,	       5,	   8,	       9,	   0xa,
					   0xc,	       0xe,	   0xf,	       0x10,	   0x11,
					   0x12,       0x13,	   0x14,       0x17,	   0x18,
					   0x19,       0x1a,	   0x1d,       0x1e,	   0x1f,
					   0x20,       0x24,	   0x40000000, 0x40000001, 0x40000100,
					   0x7fffffff, 0x8000000a, 0x8000001f, 0xffffffff };

	for (unsigned i = 0; i < COUNT(leaves); i++)
		for (uint32_t subleaf = 0; subleaf < 3; subleaf++) {
			struct cpuid_regs regs = query(leaves[i], subleaf, 1, 4);

			CHECK(!(regs.eax | regs.ebx | regs.ecx | regs.edx), "leaf %x", leaves[i]);
		}
	CHECK(!query(7, 3, 0, 1).edx && !query(7, 0xffffffff, 0, 1).ebx && !query(0xd, 3, 0, 1).eax &&
		  !query(0xd, 62, 0, 1).eax && !query(4, 4, 0, 1).eax && !query(4, 0xffffffff, 0, 64).eax,
	      "subleaves beyond the last");
}

static void test_identity(void)
{
	struct cpuid_regs regs = query(0, 0, 0, 1), host;
	char vendor[13] = { 0 };

	memcpy(vendor, &regs.ebx, 4);
	memcpy(vendor + 4, &regs.edx, 4);
	memcpy(vendor + 8, &regs.ecx, 4);
	CHECK(!strcmp(vendor, "GenuineIntel") && regs.eax == 0x16, "%s %x", vendor, regs.eax);
	CHECK(query(0x80000000, 0, 0, 1).eax == 0x80000008, "extended");
	__cpuid(0x80000002, host.eax, host.ebx, host.ecx, host.edx);
	regs = query(0x80000002, 0, 0, 1);
	CHECK(!memcmp(&regs, &host, sizeof(regs)), "brand");
	CHECK((query(0x80000008, 0, 0, 1).eax & 0xffff) == (48 << 8 | 40) && policy.physical_bits == 40,
	      "address sizes");
}

static void test_xsave(void)
{
	struct cpuid_context context = { .vp_count = 1 };
	struct cpuid_regs regs;

	for (uint64_t xcr0 = 1; xcr0 <= 7; xcr0 += 2) {
		uint32_t size = xcr0 & 4 ? 832 : 576;

		context.xcr0 = xcr0;
		cpuid_query(&policy, &context, 0xd, 0, &regs);
		if (!policy.leafd[0].eax)
			continue;
		CHECK(regs.ebx == size, "XCR0 %lx: %u", xcr0, regs.ebx);
		CHECK(regs.ecx == (policy.xcr0_allowed & 4 ? 832 : 576) && regs.eax == policy.xcr0_allowed &&
			  !regs.edx,
		      "%u %x", regs.ecx, regs.eax);
		cpuid_query(&policy, &context, 0xd, 1, &regs);
		CHECK(!(regs.eax & 2) || regs.ebx == size, "compact %u", regs.ebx);
	}
	CHECK(!(policy.xcr0_allowed & ~7ull) && (policy.xcr0_allowed & 1), "%lx", policy.xcr0_allowed);
	if (policy.xcr0_allowed & 4) {
		regs = query(0xd, 2, 0, 1);
		CHECK(regs.eax == 256 && regs.ebx == 576 && !regs.ecx, "AVX state %u at %u", regs.eax,
		      regs.ebx);
	}
}

static void test_dynamic_bits(void)
{
	struct cpuid_context context = { .vp_count = 1 };
	struct cpuid_regs regs;

	cpuid_query(&policy, &context, 1, 0, &regs);
	CHECK(!(regs.ecx >> 27 & 1) && !(regs.edx >> 9 & 1) && !(regs.edx >> 28 & 1), "%x %x", regs.ecx,
	      regs.edx);
	context.cr4_osxsave = true;
	cpuid_query(&policy, &context, 1, 0, &regs);
	CHECK((regs.ecx >> 27 & 1) && !(regs.edx >> 9 & 1), "%x %x", regs.ecx, regs.edx);
}

/* One socket; a core a VP: leaves 1, 4 and 0xb agree. */
static void test_topology(void)
{
	for (uint32_t count = 1; count <= 64; count++) {
		uint32_t bits = 0, id = count - 1;

		while (1u << bits < count)
			bits++;
		CHECK(query(1, 0, id, count).ebx >> 24 == id, "%u VPs: id", count);
		CHECK((query(1, 0, id, count).edx >> 28 & 1) == (count > 1), "%u VPs: HTT", count);
		CHECK(count == 1 || (query(1, 0, id, count).ebx >> 16 & 0xff) == 1u << bits, "%u VPs: ids",
		      count);
		CHECK(query(0xb, 0, id, count).eax == 0 && query(0xb, 0, id, count).ebx == 1 &&
			  query(0xb, 0, id, count).ecx == 0x100,
		      "threads");
		CHECK(query(0xb, 1, id, count).eax == bits && query(0xb, 1, id, count).ebx == count &&
			  query(0xb, 1, id, count).ecx == 0x201,
		      "%u VPs: cores", count);
		CHECK(query(0xb, 2, id, count).ebx == 0 && query(0xb, 2, id, count).ecx == 2 &&
			  query(0xb, 2, id, count).edx == id,
		      "end");
		for (uint32_t i = 0; query(4, i, id, count).eax & 0x1f; i++) {
			uint32_t eax = query(4, i, id, count).eax;

			CHECK(eax >> 26 == (1u << bits) - 1, "%u VPs: cache %u: %x", count, i, eax);
			CHECK((eax >> 14 & 0xfff) == ((eax >> 5 & 7) == 3 ? (1u << bits) - 1 : 0),
			      "%u VPs: cache %u: %x", count, i, eax);
		}
	}
}

/* As Linux computes it (native_calibrate_tsc(): kHz, 32-bit product). */
static void test_frequencies(void)
{
	static const uint64_t hz[] = { 2600000000, 1000000000, 2592003000, 3999999999, 2194842713,
				       800000000,  5700000000, 2112005120, 1996249000 };

	for (unsigned i = 0; i < COUNT(hz); i++) {
		struct cpuid_regs regs;
		uint32_t khz;
		double error;

		cpuid_policy_init_translator(&policy, hz[i]);
		regs = query(0x15, 0, 0, 1);
		CHECK(regs.ecx == APIC_BUS_HZ && regs.eax && regs.ebx, "leaf 0x15");
		CHECK((uint64_t)(regs.ecx / 1000) * regs.ebx <= UINT32_MAX, "%lu: overflow in the guest",
		      hz[i]);
		khz = regs.ecx / 1000 * regs.ebx / regs.eax;
		error = ((double)khz * 1000 - (double)hz[i]) / (double)hz[i] * 1e6;
		CHECK(error > -2 && error < 2, "%lu: the guest computes %u kHz, %f ppm", hz[i], khz, error);
		CHECK(query(0x16, 0, 0, 1).eax == hz[i] / 1000000, "leaf 0x16");
	}
}

static void test_cpuid_has(void)
{
	CHECK(cpuid_has(&policy, CPUID_PCID) && cpuid_has(&policy, CPUID_SMAP) &&
		  cpuid_has(&policy, CPUID_UMIP) && cpuid_has(&policy, CPUID_NX) &&
		  cpuid_has(&policy, CPUID_PDPE1GB) && cpuid_has(&policy, CPUID_LM) &&
		  cpuid_has(&policy, CPUID_RDPID),
	      "has");
	CHECK(!cpuid_has(&policy, (enum cpuid_feature)5) &&
		  !cpuid_has(&policy, (enum cpuid_feature)(64 + 16)) &&
		  !cpuid_has(&policy, (enum cpuid_feature)1000),
	      "has not");
	CHECK(policy.arch_capabilities >> 62 & 1, "ITS_NO");
	CHECK((policy.arch_capabilities & 0x70f) == 0x10b, "%lx", policy.arch_capabilities);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Both clocks at one moment, as nearly as 100 tries give it: on a loaded machine anything may come between two readings. */
static void sample(uint64_t *ret_tsc, double *ret_now)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < 100; i++) {
		uint64_t before = tsc_host_read();
		double time = now();
		uint64_t after = tsc_host_read();

		if (after - before < best) {
			best = after - before;
			*ret_tsc = before;
			*ret_now = time;
		}
	}
}

static void test_tsc(void)
{
	struct timespec pause = { .tv_nsec = 50000000 };
	uint64_t hz = tsc_host_hz(), tsc = 0, end_tsc = 0;
	double start = 0, end = 0, measured;

	CHECK(tsc_host_hz() == hz, "not cached");
	sample(&tsc, &start);
	nanosleep(&pause, NULL);
	sample(&end_tsc, &end);
	measured = (double)(end_tsc - tsc) / (end - start);
	CHECK(measured / (double)hz > 0.995 && measured / (double)hz < 1.005, "%lu, but %f", hz, measured);
}

int main(void)
{
	cpuid_policy_init_translator(&policy, 2600000000);
	test_bits();
	test_hidden_leaves();
	test_identity();
	test_xsave();
	test_dynamic_bits();
	test_topology();
	test_cpuid_has();
	test_frequencies();
	test_tsc();
	printf("%u failures\n", failures);
	return failures != 0;
}
