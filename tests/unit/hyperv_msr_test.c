/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic MSRs one by one: what they hold after reset, what they accept, what they refuse, what they
 * do. */
#include "hyperv_guest.h"

#include "core/reference_time.h"

#include <errno.h>
#include <string.h>

static void test_not_enlightened(void)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR, .vp_count = 1 };
	struct hv_partition *partition = NULL;
	struct hv_vp *vp = NULL;
	uint64_t value;

	fake_reset();
	CHECK(hv_partition_new(&config, &partition) == 0 && hv_vp_new(partition, 0, &vp) == 0, "new");
	CHECK(hv_vp_get_msr(vp, HYPERV_VP_INDEX, &value) == -ENOENT, "an MSR of ours");
	CHECK(hv_post_message(partition, 0, 2, 1, "", 1) == -EOPNOTSUPP &&
		  hv_signal_event(partition, 0, 2, 1) == -EOPNOTSUPP &&
		  hv_connect_messages(partition, 1, NULL, NULL) == -EOPNOTSUPP &&
		  hv_connect_events(partition, 1, NULL, NULL) == -EOPNOTSUPP,
	      "the SynIC");
	hv_disconnect(partition, 1);
	hv_drop_messages(partition, 0, 2);
	hv_set_guest_ops(partition, NULL, NULL);
	CHECK(hv_reference_time(partition) == 0, "time");
	hv_vp_free(vp);
	hv_partition_free(partition);
}

/* TLFS, appendix C: MSR, value after reset, may be written. All others are #GP. */
static const struct known {
	uint32_t first, last;
	uint64_t reset;
	bool is_writable;
} known[] = {
	{ HYPERV_GUEST_OS_ID, HYPERV_GUEST_OS_ID, 0, true },
	{ HYPERV_HYPERCALL, HYPERV_HYPERCALL, 0, true },
	{ HYPERV_VP_INDEX, HYPERV_VP_INDEX, 1, false },
	{ HYPERV_RESET, HYPERV_RESET, 0, true },
	{ HYPERV_VP_RUNTIME, HYPERV_VP_RUNTIME, UINT64_MAX, false },
	{ HYPERV_TIME_REF_COUNT, HYPERV_TIME_REF_COUNT, 0, false },
	{ HYPERV_REFERENCE_TSC, HYPERV_REFERENCE_TSC, 0, true },
	{ HYPERV_TSC_FREQUENCY, HYPERV_TSC_FREQUENCY, FAKE_TSC_HZ, false },
	{ HYPERV_APIC_FREQUENCY, HYPERV_APIC_FREQUENCY, 200000000, false },
	{ HYPERV_VP_ASSIST_PAGE, HYPERV_VP_ASSIST_PAGE, 0, true },
	{ HYPERV_SCONTROL, HYPERV_SCONTROL, 0, true },
	{ HYPERV_SVERSION, HYPERV_SVERSION, 1, false },
	{ HYPERV_SIEFP, HYPERV_SIMP, 0, true },
	{ HYPERV_EOM, HYPERV_EOM, 0, true },
	{ HYPERV_SINT0, HYPERV_SINT15, SINT_MASKED, true },
	{ HYPERV_STIMER0_CONFIG, HYPERV_STIMER3_COUNT, 0, true },
	{ HYPERV_CRASH_P0, HYPERV_CRASH_P4, 0, true },
	{ HYPERV_CRASH_CTL, HYPERV_CRASH_CTL, CRASH_CTL_NOTIFY | CRASH_CTL_MESSAGE, true },
	{ HYPERV_TSC_INVARIANT_CONTROL, HYPERV_TSC_INVARIANT_CONTROL, 0, true },
};

static const struct known *find_known(uint32_t index)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (index >= known[i].first && index <= known[i].last)
			return &known[i];
	return NULL;
}

static void test_all(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	for (uint32_t index = HYPERV_MSR_FIRST; index < HYPERV_MSR_END; index++) {
		const struct known *want = find_known(index);

		CHECK(guest_has_msr(&guest, 1, index) == !!want, "read %x", index);
		if (want && want->reset != UINT64_MAX)
			CHECK(guest_rdmsr(&guest, 1, index) == want->reset, "%x: %lx", index,
			      guest_rdmsr(&guest, 1, index));
		if (index != HYPERV_SCONTROL) /* vector 0 in an unmasked SINT is refused */
			CHECK(
			    guest_wrmsr(&guest, 1, index,
					index >= HYPERV_SINT0 && index <= HYPERV_SINT15 ? SINT_MASKED : 0) ==
				(want && want->is_writable),
			    "write %x", index);
	}
	CHECK(!guest_has_msr(&guest, 0, 0x3fffffff) && !guest_has_msr(&guest, 0, 0x40000200), "beside");
	guest_free(&guest);
}

static void test_hypercall_page(void)
{
	static const uint8_t code[] = { 0x0f, 0x01, 0xc1, 0xc3 };
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	memset(guest_ram + 0x8000, 0x55, 2 * PAGE);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_HYPERCALL, 0x8001), "without an identity");
	CHECK(guest_rdmsr(&guest, 0, HYPERV_HYPERCALL) == 0x8000 && guest_ram[0x8000] == 0x55 &&
		  !hyperv_has_calls(guest.partition),
	      "enabled");
	guest_calls_on(&guest);
	CHECK(guest_rdmsr(&guest, 0, HYPERV_HYPERCALL) == 0x8001 && hyperv_has_calls(guest.partition), "on");
	CHECK(!memcmp(guest_ram + 0x8000, code, sizeof(code)) && guest_ram[0x9000] == 0x55, "content");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_HYPERCALL, 0x9001), "move");
	CHECK(!memcmp(guest_ram + 0x9000, code, sizeof(code)) && guest_ram[0x8000] == 0x55 &&
		  guest_ram[0x8fff] == 0x55,
	      "moved");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_GUEST_OS_ID, 0), "identity gone");
	CHECK(guest_rdmsr(&guest, 0, HYPERV_HYPERCALL) == 0x9000 && guest_ram[0x9000] == 0x55 &&
		  !hyperv_has_calls(guest.partition),
	      "off");
	CHECK(!guest_wrmsr(&guest, 0, HYPERV_HYPERCALL, 1ull << HV_GPA_BITS | 1), "outside");
	guest_calls_on(&guest);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_HYPERCALL, 0x8003), "lock");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_HYPERCALL, 0x9001) &&
		  guest_rdmsr(&guest, 0, HYPERV_HYPERCALL) == 0x8003,
	      "locked");
	guest_free(&guest);
}

static uint64_t page_time(uint64_t tsc)
{
	const struct hyperv_tsc_page *page = (const struct hyperv_tsc_page *)(guest_ram + 0x5000);

	return (uint64_t)((unsigned __int128)tsc * page->scale >> 64) + (uint64_t)page->offset;
}

static void test_reference_time(void)
{
	const struct hyperv_tsc_page *page = (const struct hyperv_tsc_page *)(guest_ram + 0x5000);
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	CHECK(guest_wrmsr(&guest, 1, HYPERV_REFERENCE_TSC, 0x5001), "before the identity");
	CHECK(page->sequence != 0 && page->sequence != UINT32_MAX, "sequence %u", page->sequence);
	for (unsigned i = 0; i < 2000; i++) {
		fake.tsc = i < 1000 ? i * 37 : (uint64_t)i * i * 1234567891;
		CHECK(guest_rdmsr(&guest, i % 2, HYPERV_TIME_REF_COUNT) == page_time(fake.tsc) &&
			  hv_reference_time(guest.partition) == page_time(fake.tsc),
		      "tsc %lu", fake.tsc);
	}
	fake.tsc = 3600ull * FAKE_TSC_HZ;
	CHECK(3600ull * 10000000 - page_time(fake.tsc) <= 1, "an hour: %lu", page_time(fake.tsc));
	hyperv_tsc_written(guest.vps[0]);
	CHECK(page->sequence == 0, "after the guest moved its TSC");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_REFERENCE_TSC, 0x5000) && guest_ram[0x5008] == 0, "off");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_REFERENCE_TSC, 0x5001) && page->sequence == 0, "again");
	CHECK(!guest_wrmsr(&guest, 0, HYPERV_REFERENCE_TSC, 1ull << 63 | 1), "outside");
	guest_free(&guest);
}

static void test_clock_inverse(void)
{
	struct reference_clock clock;
	static const uint64_t hz[] = { 100000000, 999999999, 2600000000, 2593992000, 4999999999 };

	for (size_t h = 0; h < sizeof(hz) / sizeof(hz[0]); h++) {
		reference_clock_init(&clock, hz[h]);
		for (uint64_t time = 1; time < 1ull << 55; time = time * 3 + 1) {
			uint64_t tsc = reference_time_to_tsc(&clock, time);

			CHECK(tsc == UINT64_MAX || (reference_time_of(&clock, tsc) >= time &&
						    reference_time_of(&clock, tsc - 1) < time),
			      "%lu Hz, time %lu: %lu", hz[h], time, tsc);
		}
		CHECK(reference_time_to_tsc(&clock, UINT64_MAX - 1) == UINT64_MAX, "the end of time");
	}
}

static void test_words(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	CHECK(guest_rdmsr(&guest, 0, HYPERV_VP_INDEX) == 0 && guest_rdmsr(&guest, 1, HYPERV_VP_INDEX) == 1,
	      "VP_INDEX");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_TSC_INVARIANT_CONTROL, 1) &&
		  guest_rdmsr(&guest, 1, HYPERV_TSC_INVARIANT_CONTROL) == 1 &&
		  !guest_wrmsr(&guest, 0, HYPERV_TSC_INVARIANT_CONTROL, 2),
	      "TSC_INVARIANT");
	CHECK(guest_wrmsr(&guest, 1, HYPERV_VP_ASSIST_PAGE, 0x3001) &&
		  guest_rdmsr(&guest, 1, HYPERV_VP_ASSIST_PAGE) == 0x3001 &&
		  guest_rdmsr(&guest, 0, HYPERV_VP_ASSIST_PAGE) == 0,
	      "VP_ASSIST_PAGE");
	CHECK(guest_wrmsr(&guest, 1, HYPERV_SINT0 + 3, 0x12345678000f00f3) &&
		  guest_rdmsr(&guest, 1, HYPERV_SINT0 + 3) == 0x12345678000f00f3,
	      "a SINT reads back whole");
	CHECK(!guest_wrmsr(&guest, 1, HYPERV_SINT0 + 3, 15) && guest_wrmsr(&guest, 1, HYPERV_SINT0 + 3, 16) &&
		  guest_wrmsr(&guest, 1, HYPERV_SINT0 + 3, SINT_MASKED | 15),
	      "vectors");
	guest_free(&guest);
}

static struct {
	unsigned resets, crashes, vp;
	struct hv_crash crash;
} told;

static void on_reset(void *opaque)
{
	told.resets++;
}

static void on_crash(void *opaque, unsigned vp, const struct hv_crash *crash)
{
	told.crashes++;
	told.vp = vp;
	told.crash = *crash;
}

static const struct hv_guest_ops guest_ops = { .reset = on_reset, .crash = on_crash };

static void test_reset(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_RESET, 1) && fake.stopped == 1, "nobody listens");
	hv_set_guest_ops(guest.partition, &guest_ops, NULL);
	memset(&told, 0, sizeof(told));
	CHECK(guest_wrmsr(&guest, 0, HYPERV_RESET, 0) && told.resets == 0, "0");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_RESET, 1) && told.resets == 1 && fake.stopped == 2, "reset");
	guest_free(&guest);
}

static void crash(struct hyperv_guest *guest, uint64_t gpa, uint64_t size, uint64_t control)
{
	memset(&told, 0, sizeof(told));
	for (unsigned i = 0; i < 5; i++)
		guest_wrmsr(guest, 1, HYPERV_CRASH_P0 + i, 0x100 + i);
	guest_wrmsr(guest, 1, HYPERV_CRASH_P0 + 3, gpa);
	guest_wrmsr(guest, 1, HYPERV_CRASH_P4, size);
	CHECK(guest_wrmsr(guest, 1, HYPERV_CRASH_CTL, control), "CTL");
}

static void test_crash(void)
{
	static const struct {
		uint64_t gpa, size;
		uint32_t got;
	} cases[] = {
		{ 0x2000, 0, 0 },
		{ 0x2000, 9, 9 },
		{ 0x2ff0, 100, 100 },
		{ 0x2001, 1 << 20, HV_CRASH_TEXT_MAX },
		{ RAM_BYTES - 16, 100, 100 }, /* into the ROM */
		{ ROM_AT + ROM_BYTES - 16, 100, 16 },
		{ HOLE_AT, 100, 0 },
		{ UINT64_MAX - 15, 100, 0 },
		{ UINT64_MAX, UINT64_MAX, 0 },
	};
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	crash(&guest, 0, 0, CRASH_CTL_NOTIFY);
	hv_set_guest_ops(guest.partition, &guest_ops, NULL);
	memset(guest_ram + 0x2000, 'x', 0x4000);
	crash(&guest, 0x2000, 5, 0);
	CHECK(told.crashes == 0, "without NOTIFY");
	crash(&guest, 0x2000, 5, CRASH_CTL_NOTIFY);
	CHECK(told.crashes == 1 && told.vp == 1 && told.crash.text_size == 0 &&
		  told.crash.parameters[0] == 0x100 && told.crash.parameters[3] == 0x2000,
	      "numbers");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		crash(&guest, cases[i].gpa, cases[i].size, CRASH_CTL_NOTIFY | CRASH_CTL_MESSAGE);
		CHECK(told.crashes == 1 && told.crash.text_size == cases[i].got &&
			  told.crash.text[cases[i].got] == 0,
		      "case %zu: %u bytes", i, told.crash.text_size);
	}
	guest_free(&guest);
}

int main(void)
{
	test_not_enlightened();
	test_all();
	test_hypercall_page();
	test_reference_time();
	test_clock_inverse();
	test_words();
	test_reset();
	test_crash();
	printf("%u failures\n", failures);
	return failures != 0;
}
