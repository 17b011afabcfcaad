/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Synthetic timers in all modes, on a clock that the test moves. */
#include "hyperv_guest.h"

#include <string.h>

enum { SINT = 2, VECTOR = 0xf3, DIRECT_VECTOR = 0xed };
enum { CONFIG = HYPERV_STIMER0_CONFIG, COUNT = HYPERV_STIMER0_CONFIG + 1 };
#define LINUX_DIRECT  (STIMER_ENABLE | STIMER_AUTOENABLE | STIMER_DIRECT | DIRECT_VECTOR << 4)
#define LINUX_MESSAGE (STIMER_ENABLE | STIMER_AUTOENABLE | SINT << 16)

static uint64_t timer_units(unsigned vp)
{
	return fake.timer[vp] == UINT64_MAX ? UINT64_MAX : fake.timer[vp] / FAKE_TICKS;
}

/* Linux: CONFIG once, then COUNT = now + delta for each event; before the SynIC is on. */
static void test_direct(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	CHECK(guest_wrmsr(&guest, 1, CONFIG, LINUX_DIRECT), "CONFIG");
	CHECK(guest_rdmsr(&guest, 1, CONFIG) == LINUX_DIRECT && fake.timer[1] == UINT64_MAX, "nothing runs");
	for (unsigned i = 1; i <= 5; i++) {
		uint64_t now = guest_rdmsr(&guest, 1, HYPERV_TIME_REF_COUNT);

		CHECK(guest_wrmsr(&guest, 1, COUNT, now + 1000), "COUNT");
		CHECK(timer_units(1) >= now + 1000 && timer_units(1) <= now + 1001, "armed for %lu, now %lu",
		      timer_units(1), now);
		CHECK(guest_rdmsr(&guest, 1, CONFIG) == LINUX_DIRECT, "enabled");
		fake_advance(guest.vps[1], 999);
		CHECK(fake.posted[1][DIRECT_VECTOR] == i - 1, "too early");
		hyperv_timer_expired(guest.vps[1]);
		CHECK(fake.posted[1][DIRECT_VECTOR] == i - 1, "told too early");
		fake_advance(guest.vps[1], 2);
		CHECK(fake.posted[1][DIRECT_VECTOR] == i, "expired");
		CHECK(guest_rdmsr(&guest, 1, CONFIG) == (LINUX_DIRECT & ~STIMER_ENABLE) &&
			  fake.timer[1] == UINT64_MAX,
		      "one-shot");
	}
	CHECK(fake.posted[0][DIRECT_VECTOR] == 0, "the other VP");
	guest_free(&guest);
}

static void test_past_and_stop(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	fake.tsc = 1000000ull * FAKE_TICKS;
	guest_wrmsr(&guest, 0, CONFIG, LINUX_DIRECT);
	guest_wrmsr(&guest, 0, COUNT, 1);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 1, "in the past: at once");
	guest_wrmsr(&guest, 0, COUNT, 2000000);
	guest_wrmsr(&guest, 0, COUNT, 0);
	CHECK(fake.timer[0] == UINT64_MAX && !(guest_rdmsr(&guest, 0, CONFIG) & STIMER_ENABLE), "stop");
	guest_wrmsr(&guest, 0, COUNT, 2000000);
	guest_wrmsr(&guest, 0, CONFIG, 0);
	fake_advance(guest.vps[0], 5000000);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 1, "disabled");
	guest_wrmsr(&guest, 0, CONFIG, LINUX_DIRECT & ~STIMER_ENABLE & ~STIMER_AUTOENABLE);
	guest_wrmsr(&guest, 0, COUNT, 1);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 1, "neither enabled nor auto-enabled");
	guest_wrmsr(&guest, 0, CONFIG, LINUX_DIRECT);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 2, "enabled after the count was written");
	for (unsigned i = 0; i < 4; i++) /* the end of time must not be confused with "never", nor wrap */
		guest_wrmsr(&guest, 0, COUNT, UINT64_MAX - i);
	fake_advance(guest.vps[0], 1);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 2, "at the end of time");
	guest_free(&guest);
}

static void test_message(void)
{
	struct hyperv_message *slot = guest_slot(0, SINT);
	struct hyperv_timer_payload payload;
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	guest_wrmsr(&guest, 0, CONFIG + 2 * 3, LINUX_MESSAGE); /* timer 3 */
	guest_wrmsr(&guest, 0, COUNT + 2 * 3, 500);
	fake_advance(guest.vps[0], 600);
	memcpy(&payload, slot->payload, sizeof(payload));
	CHECK(slot->type == 0x80000010 && slot->size == 24 && fake.posted[0][VECTOR] == 1, "message");
	CHECK(payload.index == 3 && payload.reserved == 0 && payload.expiration == 500 &&
		  payload.delivery >= 599 && payload.delivery <= 600,
	      "%u %lu %lu", payload.index, payload.expiration, payload.delivery);
	/* A busy slot: late, not lost, and one message however often it expired. */
	for (unsigned i = 0; i < 3; i++) {
		guest_wrmsr(&guest, 0, COUNT + 2 * 3, 1000 + i);
		fake_advance(guest.vps[0], 1000);
	}
	CHECK(slot->flags & 1, "more wait");
	__atomic_store_n(&slot->type, 0, __ATOMIC_SEQ_CST);
	guest_wrmsr(&guest, 0, HYPERV_EOM, 0);
	memcpy(&payload, slot->payload, sizeof(payload));
	CHECK(slot->type == 0x80000010 && payload.expiration == 1002 && !(slot->flags & 1), "%lu",
	      payload.expiration);
	slot->type = 0;
	guest_wrmsr(&guest, 0, HYPERV_EOM, 0);
	CHECK(slot->type == 0, "a second message");
	/* It waits behind others, and goes with the timer when that is stopped. */
	hv_post_message(guest.partition, 0, SINT, 1, "a", 1);
	guest_wrmsr(&guest, 0, COUNT + 2 * 3, 1);
	guest_wrmsr(&guest, 0, COUNT + 2 * 3, 0);
	slot->type = 0;
	guest_wrmsr(&guest, 0, HYPERV_EOM, 0);
	CHECK(slot->type == 0, "of a timer that was stopped");
	guest_free(&guest);
}

static void test_no_sint(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	fake.tsc = 100 * FAKE_TICKS;
	guest_wrmsr(&guest, 0, CONFIG, STIMER_ENABLE | STIMER_AUTOENABLE);
	CHECK(!(guest_rdmsr(&guest, 0, CONFIG) & STIMER_ENABLE), "SINT 0 without direct mode");
	guest_wrmsr(&guest, 0, COUNT, 1);
	CHECK(!(guest_rdmsr(&guest, 0, CONFIG) & STIMER_ENABLE) && fake.timer[0] == UINT64_MAX,
	      "auto-enabled");
	guest_wrmsr(&guest, 0, CONFIG, LINUX_MESSAGE);
	CHECK(!(guest_rdmsr(&guest, 0, CONFIG) & STIMER_ENABLE), "expired at once");
	CHECK(guest_slot(0, SINT)->type == 0, "no page");
	guest_synic_on(&guest, 0, SINT, VECTOR);
	CHECK(guest_slot(0, SINT)->type == 0x80000010, "it came with the page");
	guest_wrmsr(&guest, 0, CONFIG, STIMER_DIRECT | STIMER_ENABLE | 15 << 4);
	CHECK(fake.posted[0][15] == 0, "an impossible vector");
	guest_free(&guest);
}

static void test_periodic(void)
{
	const uint64_t config = LINUX_DIRECT | STIMER_PERIODIC;
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_wrmsr(&guest, 0, CONFIG, config);
	guest_wrmsr(&guest, 0, COUNT, 10000);
	for (unsigned i = 1; i <= 10; i++) {
		fake_advance(guest.vps[0], 10000);
		fake_advance(guest.vps[0], i == 1 ? 1 : 0);
		CHECK(fake.posted[0][DIRECT_VECTOR] == i, "period %u: %u", i, fake.posted[0][DIRECT_VECTOR]);
	}
	CHECK(guest_rdmsr(&guest, 0, CONFIG) == config && guest_rdmsr(&guest, 0, COUNT) == 10000, "stays");
	fake_advance(guest.vps[0], 75000);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 11, "missed periods are one interrupt");
	fake_advance(guest.vps[0], 4000);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 11, "the beat is kept");
	fake_advance(guest.vps[0], 1100);
	CHECK(fake.posted[0][DIRECT_VECTOR] == 12, "the next one");
	/* A period of 100 ns must not make 10 million wake-ups. */
	guest_wrmsr(&guest, 0, COUNT, 1);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t now = guest_rdmsr(&guest, 0, HYPERV_TIME_REF_COUNT);

		CHECK(timer_units(0) >= now + 1 && timer_units(0) <= now + 502, "%lu at %lu", timer_units(0),
		      now);
		fake_advance(guest.vps[0], timer_units(0) - now + 1);
	}
	CHECK(fake.posted[0][DIRECT_VECTOR] >= 100, "%u", fake.posted[0][DIRECT_VECTOR]);
	CHECK(guest_rdmsr(&guest, 0, HYPERV_TIME_REF_COUNT) > 170000 + 90 * 500, "pace");
	guest_free(&guest);
}

/* Random settings of all four against a simple model of when one must be armed. */
static void test_random(void)
{
	struct hyperv_guest guest;
	uint64_t seed = 0x9e3779b97f4a7c15;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t random = seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		unsigned timer = random >> 60 & 3;
		uint64_t now, earliest = UINT64_MAX;

		if (random >> 59 & 1)
			guest_wrmsr(&guest, 0, CONFIG + 2 * timer, random >> 20 & 0xfffff);
		else
			guest_wrmsr(&guest, 0, COUNT + 2 * timer, random >> 40 & 0x3fff);
		fake_advance(guest.vps[0], random >> 10 & 0x3ff);
		now = guest_rdmsr(&guest, 0, HYPERV_TIME_REF_COUNT);
		for (unsigned t = 0; t < 4; t++) {
			uint64_t config = guest_rdmsr(&guest, 0, CONFIG + 2 * t);
			uint64_t count = guest_rdmsr(&guest, 0, COUNT + 2 * t);

			if (!(config & STIMER_ENABLE) || !count)
				continue;
			CHECK((config & STIMER_DIRECT) || STIMER_SINT(config),
			      "step %u: enabled without a way", i);
			if (!(config & STIMER_PERIODIC) && count < earliest)
				earliest = count;
			CHECK((config & STIMER_PERIODIC) || count > now, "step %u: timer %u was due", i, t);
		}
		CHECK(earliest == UINT64_MAX || timer_units(0) <= earliest + 1,
		      "step %u: armed for %lu, due %lu", i, timer_units(0), earliest);
		guest_slot(0, SINT)->type = 0;
	}
	guest_free(&guest);
}

int main(void)
{
	test_direct();
	test_past_and_stop();
	test_message();
	test_no_sint();
	test_periodic();
	test_random();
	printf("%u failures\n", failures);
	return failures != 0;
}
