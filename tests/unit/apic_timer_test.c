/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC's timer in its modes, with a fake clock. */
#include "apic_rig.h"

/* What the engine does: calls when the deadline has come. Returns whether the vector arrived. */
static bool advance(uint64_t ticks)
{
	tsc += ticks;
	if (vps[0].timer <= tsc)
		apic_timer_expired(&apics[0]);
	return take_receivers(0x30) == 1;
}

static void test_one_shot(void)
{
	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	write_reg(0, APIC_DIVIDE, 0xb);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	CHECK(vps[0].timer == tsc + 1000 * TICKS_PER_COUNT, "deadline");
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 1000 && read_reg(0, APIC_INITIAL_COUNT) == 1000, "count");
	CHECK(!advance(400 * TICKS_PER_COUNT) && read_reg(0, APIC_CURRENT_COUNT) == 600, "count %u",
	      read_reg(0, APIC_CURRENT_COUNT));
	CHECK(!advance(600 * TICKS_PER_COUNT - 1), "early");
	apic_timer_expired(&apics[0]); /* a wake-up that comes too soon */
	CHECK(!has_irr(0, 0x30) && vps[0].timer == tsc + 1, "spurious");
	CHECK(advance(1), "late");
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 0, "count");
	CHECK(!advance(1u << 31), "again");
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	write_reg(0, APIC_INITIAL_COUNT, 0);
	CHECK(vps[0].timer == UINT64_MAX && !advance(1u << 31), "stopped");
}

static void test_divide(void)
{
	static const struct {
		uint32_t code, divisor;
	} cases[] = { { 0, 2 }, { 1, 4 }, { 2, 8 }, { 3, 16 }, { 8, 32 }, { 9, 64 }, { 10, 128 }, { 11, 1 } };

	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	for (unsigned i = 0; i < 8; i++) {
		write_reg(0, APIC_DIVIDE, cases[i].code);
		write_reg(0, APIC_INITIAL_COUNT, 0xffffffff);
		CHECK(vps[0].timer == tsc + 0xffffffffull * cases[i].divisor * TICKS_PER_COUNT,
		      "divide by %u", cases[i].divisor);
		CHECK(read_reg(0, APIC_CURRENT_COUNT) == 0xffffffff, "divide by %u", cases[i].divisor);
	}
	/* Changed in the middle: the count goes on from where it is. */
	write_reg(0, APIC_DIVIDE, 11);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	tsc += 500 * TICKS_PER_COUNT;
	write_reg(0, APIC_DIVIDE, 0);
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 500 && vps[0].timer == tsc + 1000 * TICKS_PER_COUNT, "%u",
	      read_reg(0, APIC_CURRENT_COUNT));
}

static void test_periodic(void)
{
	enum { COUNTS = APIC_BUS_HZ / 1000, LATE = 17 }; /* a millisecond */
	const uint64_t period = (uint64_t)COUNTS * TICKS_PER_COUNT;
	uint64_t start;

	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x20030);
	write_reg(0, APIC_DIVIDE, 0xb);
	start = tsc;
	write_reg(0, APIC_INITIAL_COUNT, COUNTS);
	for (unsigned i = 1; i <= 5; i++) {
		CHECK(advance(start + i * period + LATE - tsc), "period %u", i);
		CHECK(vps[0].timer == start + (i + 1) * period, "drifts");
		CHECK(read_reg(0, APIC_CURRENT_COUNT) == COUNTS - LATE / TICKS_PER_COUNT - 1, "%u",
		      read_reg(0, APIC_CURRENT_COUNT));
	}
	CHECK(advance(10 * period), "after a long sleep");
	CHECK(!advance(0) && vps[0].timer == start + 16 * period, "missed ticks are made up for");
	/* Masked, it wakes nobody, but counts on. */
	write_reg(0, APIC_LVT_TIMER, 0x30030);
	CHECK(vps[0].timer == UINT64_MAX, "armed while masked");
	tsc += 7 * period + period / 2;
	CHECK(read_reg(0, APIC_CURRENT_COUNT) > COUNTS / 2 - 1000 &&
		  read_reg(0, APIC_CURRENT_COUNT) < COUNTS / 2 + 1000,
	      "%u", read_reg(0, APIC_CURRENT_COUNT));
	write_reg(0, APIC_LVT_TIMER, 0x20030);
	CHECK(vps[0].timer == start + 23 * period, "not armed again");
	/* A period that is too short to be served. */
	write_reg(0, APIC_INITIAL_COUNT, 1);
	CHECK(vps[0].timer >= tsc + TSC_HZ / 20000, "storm");
	for (unsigned i = 0; i < 10; i++) {
		CHECK(advance(vps[0].timer - tsc), "short period");
		CHECK(vps[0].timer >= tsc + TSC_HZ / 20000, "storm");
	}
}

static void test_deadline(void)
{
	uint64_t value = 1;

	reset(1);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 100) == 0 &&
		  apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0,
	      "in another mode the MSR is 0");
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0 && vps[0].timer == tsc + 1000, "armed");
	CHECK(apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == tsc + 1000, "%lx", value);
	write_reg(0, APIC_INITIAL_COUNT, 5);
	CHECK(read_reg(0, APIC_INITIAL_COUNT) == 0 && read_reg(0, APIC_CURRENT_COUNT) == 0 &&
		  vps[0].timer == tsc + 1000,
	      "counts are ignored");
	CHECK(!advance(999) && advance(1), "fires");
	CHECK(apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0 && !advance(1u << 30), "fired once");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc - 5) == 0 && advance(0), "a deadline in the past");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0 && apic_msr_write(&apics[0], 0x6e0, 0) == 0 &&
		  vps[0].timer == UINT64_MAX,
	      "disarmed");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0, "armed");
	write_reg(0, APIC_LVT_TIMER, 0x30);
	CHECK(vps[0].timer == UINT64_MAX && !advance(2000), "leaving the mode disarms");
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(vps[0].timer == UINT64_MAX && apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0,
	      "entering the mode disarms");
}

static void test_tsc_jump(void)
{
	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	write_reg(0, APIC_DIVIDE, 0xb);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	tsc -= 500000;
	apic_tsc_jumped(&apics[0], (uint64_t)-500000);
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 1000 && vps[0].timer == tsc + 1000 * TICKS_PER_COUNT,
	      "the count jumps");
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0, "armed");
	tsc += 5000;
	apic_tsc_jumped(&apics[0], 5000);
	CHECK(advance(0), "a deadline is a TSC value");
}

int main(void)
{
	test_one_shot();
	test_divide();
	test_periodic();
	test_deadline();
	test_tsc_jump();
	printf("%u failures\n", failures);
	return failures != 0;
}
