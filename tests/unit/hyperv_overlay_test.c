/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overlay pages: what they hide comes back, several on one page, every page that there is, code in them. */
#include "hyperv_guest.h"

#include <string.h>

static bool page_is(uint64_t gpa, uint8_t byte)
{
	for (unsigned i = 0; i < PAGE; i++)
		if (guest_ram[gpa + i] != byte)
			return false;
	return true;
}

static void test_restore(void)
{
	static const uint32_t msrs[] = { HYPERV_SIMP, HYPERV_SIEFP, HYPERV_VP_ASSIST_PAGE };
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		memset(guest_ram + 0x5000, 0x77, 2 * PAGE);
		fake.written = 0;
		CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x5001) && page_is(0x5000, 0), "%x: not empty",
		      msrs[i]);
		CHECK(fake.written == 1 && fake.written_gpa[0] == 0x5000 && fake.written_size[0] == PAGE,
		      "%x: the engine was not told of the write", msrs[i]);
		guest_ram[0x5123] = 9;
		CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x5001) && guest_ram[0x5123] == 9, "%x: again",
		      msrs[i]);
		CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x6001) && page_is(0x5000, 0x77) && page_is(0x6000, 0),
		      "%x: move", msrs[i]);
		CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x6000) && page_is(0x6000, 0x77), "%x: off", msrs[i]);
		CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x7000) && page_is(0x6000, 0x77), "%x: moved while off",
		      msrs[i]);
	}
	guest_free(&guest);
}

/* All orders in which three overlays on one page may come and go. */
static void test_stacked(void)
{
	static const uint32_t msrs[] = { HYPERV_SIMP, HYPERV_SIEFP, HYPERV_VP_ASSIST_PAGE };
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	for (unsigned order = 0; order < 27; order++) {
		unsigned a = order % 3, b = order / 3 % 3, c = order / 9;

		if (a == b || b == c || a == c)
			continue;
		memset(guest_ram + 0x5000, 0x77, PAGE);
		for (unsigned i = 0; i < 3; i++)
			CHECK(guest_wrmsr(&guest, 0, msrs[i], 0x5001), "on");
		CHECK(guest_wrmsr(&guest, 0, msrs[a], 0) && !page_is(0x5000, 0x77) &&
			  guest_wrmsr(&guest, 0, msrs[b], 0) && !page_is(0x5000, 0x77) &&
			  guest_wrmsr(&guest, 0, msrs[c], 0) && page_is(0x5000, 0x77),
		      "order %u %u %u", a, b, c);
	}
	guest_free(&guest);
}

/* The most that can be in use at once: three of each VP, on pages of their own, and the partition's two. */
static void test_all(void)
{
	struct hyperv_guest guest;
	uint64_t page = 0x10000;

	guest_new(&guest, HV_MAX_VPS);
	memset(guest_ram, 0x77, sizeof(guest_ram));
	guest_calls_on(&guest);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_REFERENCE_TSC, 0x9001), "TSC");
	for (unsigned i = 0; i < HV_MAX_VPS; i++, page += 3 * PAGE)
		CHECK(guest_wrmsr(&guest, i, HYPERV_SIMP, page | 1) &&
			  guest_wrmsr(&guest, i, HYPERV_SIEFP, (page + PAGE) | 1) &&
			  guest_wrmsr(&guest, i, HYPERV_VP_ASSIST_PAGE, (page + 2 * PAGE) | 1),
		      "VP %u", i);
	/* Moving needs a place for both for a moment. */
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SIMP, 0xa001) && page_is(0x10000, 0x77), "move with all in use");
	for (unsigned i = 0; i < HV_MAX_VPS; i++) {
		hyperv_vp_reset(guest.vps[i]);
		CHECK(page_is(0x10000 + i * 3ull * PAGE, 0x77), "VP %u", i);
	}
	guest_free(&guest);
}

static void test_nowhere(void)
{
	static const uint64_t places[] = { HOLE_AT, ROM_AT, ROM_AT + ROM_BYTES, 0xfee00000,
					   (1ull << HV_GPA_BITS) - PAGE };
	static const uint32_t msrs[] = { HYPERV_SIMP, HYPERV_SIEFP, HYPERV_VP_ASSIST_PAGE, HYPERV_HYPERCALL,
					 HYPERV_REFERENCE_TSC };
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_calls_on(&guest);
	for (unsigned m = 0; m < 5; m++) {
		for (unsigned i = 0; i < 5; i++)
			CHECK(guest_wrmsr(&guest, 0, msrs[m], places[i] | 1) &&
				  guest_rdmsr(&guest, 0, msrs[m]) == (places[i] | 1),
			      "%x at %lx", msrs[m], places[i]);
		CHECK(!guest_wrmsr(&guest, 0, msrs[m], 1ull << HV_GPA_BITS | 1) &&
			  !guest_wrmsr(&guest, 0, msrs[m], UINT64_MAX) &&
			  guest_rdmsr(&guest, 0, msrs[m]) == (places[4] | 1),
		      "%x beyond the address space", msrs[m]);
		CHECK(guest_wrmsr(&guest, 0, msrs[m], 0), "%x off", msrs[m]);
	}
	for (unsigned i = 0; i < ROM_BYTES; i++)
		CHECK(guest_rom[i] == 0xee, "ROM at %u", i);
	guest_free(&guest);
}

int main(void)
{
	test_restore();
	test_stacked();
	test_all();
	test_nowhere();
	printf("%u failures\n", failures);
	return failures != 0;
}
