/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages and events: slots, queues, EOM, what keeps them back, pages that are not there or go away, several
 * senders at once. */
#include "hyperv_guest.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { SINT = 2, VECTOR = 0xf3 };

static unsigned rooms, room_vp, room_sint;

static void on_room(void *opaque, unsigned vp, unsigned sint)
{
	rooms++;
	room_vp = vp;
	room_sint = sint;
}

static const struct hv_guest_ops guest_ops = { .message_room = on_room };

static int post(struct hyperv_guest *guest, unsigned vp, uint32_t number)
{
	return hv_post_message(guest->partition, vp, SINT, 1, &number, sizeof(number));
}

/* The guest's handler: takes the message, and writes EOM if told so. Returns its number, or -1. */
static int64_t take(struct hyperv_guest *guest, unsigned vp)
{
	struct hyperv_message *slot = guest_slot(vp, SINT);
	uint32_t number;
	bool is_pending;

	if (!__atomic_load_n(&slot->type, __ATOMIC_SEQ_CST))
		return -1;
	memcpy(&number, slot->payload, sizeof(number));
	__atomic_store_n(&slot->type, 0, __ATOMIC_SEQ_CST);
	is_pending = __atomic_load_n(&slot->flags, __ATOMIC_SEQ_CST) & 1;
	if (is_pending)
		guest_wrmsr(guest, vp, HYPERV_EOM, 0);
	return number;
}

static void test_one_message(void)
{
	struct hyperv_message *slot = guest_slot(1, SINT);
	uint8_t payload[HV_MESSAGE_PAYLOAD_MAX];
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	guest_synic_on(&guest, 1, SINT, VECTOR);
	memset(payload, 0xa5, sizeof(payload));
	CHECK(hv_post_message(guest.partition, 1, SINT, 7, payload, sizeof(payload)) == 0, "post");
	CHECK(slot->type == 7 && slot->size == 240 && slot->flags == 0 && slot->reserved == 0 &&
		  !memcmp(slot->payload, payload, 240),
	      "slot: type %u, size %u, flags %u", slot->type, slot->size, slot->flags);
	CHECK(fake.posted[1][VECTOR] == 1 && fake.posted[0][VECTOR] == 0, "interrupt");
	CHECK(slot[1].type == 0 && slot[-1].type == 0, "other slots");
	slot->type = 0;
	CHECK(hv_post_message(guest.partition, 1, SINT, 8, NULL, 0) == 0 && slot->size == 0 &&
		  !slot->payload[0],
	      "an empty one carries nothing of the last");
	guest_free(&guest);
}

static void test_arguments(void)
{
	struct hyperv_guest guest;
	uint8_t payload[256] = { 0 };

	guest_new(&guest, 2);
	CHECK(hv_post_message(guest.partition, 2, 0, 1, payload, 1) == -EINVAL &&
		  hv_post_message(guest.partition, 0, 16, 1, payload, 1) == -EINVAL &&
		  hv_post_message(guest.partition, 0, 0, 0, payload, 1) == -EINVAL &&
		  hv_post_message(guest.partition, 0, 0, 1, payload, 241) == -EINVAL &&
		  hv_signal_event(guest.partition, 2, 0, 0) == -EINVAL &&
		  hv_signal_event(guest.partition, 0, 16, 0) == -EINVAL &&
		  hv_signal_event(guest.partition, 0, 0, HV_EVENT_FLAGS) == -EINVAL,
	      "out of range");
	hv_drop_messages(guest.partition, 2, 0);
	hv_drop_messages(guest.partition, 0, 16);
	guest_free(&guest);
}

/* In order, each with one interrupt, EOM only when it says so. */
static void test_queue(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	for (uint32_t i = 0; i < 100; i++)
		CHECK(post(&guest, 0, i) == 0, "post %u", i);
	CHECK(fake.posted[0][VECTOR] == 1, "%u interrupts", fake.posted[0][VECTOR]);
	for (uint32_t i = 0; i < 100; i++) {
		int64_t got = take(&guest, 0);

		CHECK(got == i, "message %u: %ld", i, got);
	}
	CHECK(take(&guest, 0) == -1 && fake.posted[0][VECTOR] == 100, "%u interrupts",
	      fake.posted[0][VECTOR]);
	guest_free(&guest);
}

/* The guest empties the slot without an EOM because none was pending: the next post must not wait. */
static void test_no_eom(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	post(&guest, 0, 1);
	guest_slot(0, SINT)->type = 0;
	post(&guest, 0, 2);
	CHECK(take(&guest, 0) == 2, "second");
	guest_free(&guest);
}

static void test_full(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	hv_set_guest_ops(guest.partition, &guest_ops, NULL);
	rooms = 0;
	for (uint32_t i = 0; i < HV_MESSAGE_QUEUE_MAX; i++)
		CHECK(post(&guest, 0, i) == 0, "post %u without a page", i);
	CHECK(post(&guest, 0, 0) == -EAGAIN, "full");
	CHECK(hv_post_message(guest.partition, 0, SINT + 1, 1, "", 1) == 0, "another SINT");
	guest_synic_on(&guest, 0, SINT, VECTOR);
	for (uint32_t i = 0; i < HV_MESSAGE_QUEUE_MAX; i++)
		CHECK(take(&guest, 0) == i, "message %u", i);
	CHECK(rooms == 1 && room_vp == 0 && room_sint == SINT, "told of room %u times", rooms);
	hv_drop_messages(guest.partition, 0, SINT + 1);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SINT0 + SINT + 1, 0x40), "SINT 3");
	guest_free(&guest);
}

/* What must be there for a message to arrive, taken away one by one; nothing is lost. */
static void test_held_back(void)
{
	static const struct {
		uint32_t msr;
		uint64_t off, on;
	} cases[] = {
		{ HYPERV_SCONTROL, 0, 1 },
		{ HYPERV_SIMP, 0, SIMP_AT | 1 },
		{ HYPERV_SIMP, ROM_AT | 1, SIMP_AT | 1 },
		{ HYPERV_SIMP, HOLE_AT | 1, SIMP_AT | 1 },
		{ HYPERV_SINT0 + SINT, SINT_PROXY | VECTOR, VECTOR },
	};
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake.posted[0][VECTOR] = 0;
		CHECK(guest_wrmsr(&guest, 0, cases[i].msr, cases[i].off), "off %zu", i);
		CHECK(post(&guest, 0, 5) == 0, "post");
		CHECK(guest_slot(0, SINT)->type == 0 && fake.posted[0][VECTOR] == 0, "case %zu: came", i);
		CHECK(guest_wrmsr(&guest, 0, cases[i].msr, cases[i].on), "on %zu", i);
		CHECK(fake.posted[0][VECTOR] == 1 && take(&guest, 0) == 5, "case %zu: lost", i);
	}
	for (size_t i = 0; i < ROM_BYTES; i++)
		CHECK(guest_rom[i] == 0xee, "ROM at %zu", i);
	guest_free(&guest);
}

static void test_masked_and_polled(void)
{
	static const uint64_t values[] = { SINT_MASKED | VECTOR, SINT_POLLING | VECTOR, SINT_POLLING };
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	for (size_t i = 0; i < 3; i++) {
		guest_synic_on(&guest, 0, SINT, values[i]);
		post(&guest, 0, 9);
		CHECK(take(&guest, 0) == 9, "the slot is filled all the same");
		CHECK(hv_signal_event(guest.partition, 0, SINT, 100 + (unsigned)i) == 0, "event");
		CHECK(fake.posted[0][VECTOR] == 0 && fake.posted[0][0] == 0, "an interrupt");
	}
	guest_free(&guest);
}

static void test_auto_eoi(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SINT0 + 4, SINT_AUTO_EOI | 0x93), "SINT");
	CHECK(fake.auto_eoi[2] == 1ull << 0x13, "vector 0x93");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SINT0 + 4, SINT_AUTO_EOI | SINT_MASKED | 0x93) &&
		  fake.auto_eoi[2] == 0,
	      "masked");
	guest_free(&guest);
}

static void test_events(void)
{
	uint64_t *flags = (uint64_t *)(guest_ram + SIEFP_AT);
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	CHECK(hv_signal_event(guest.partition, 0, SINT, 1) == -ENXIO, "no page");
	guest_synic_on(&guest, 0, SINT, VECTOR);
	for (unsigned flag = 0; flag < HV_EVENT_FLAGS; flag += 73) {
		fake.posted[0][VECTOR] = 0;
		CHECK(hv_signal_event(guest.partition, 0, SINT, flag) == 0, "signal %u", flag);
		CHECK(flags[(SINT * 2048 + flag) / 64] >> flag % 64 & 1, "flag %u", flag);
		CHECK(hv_signal_event(guest.partition, 0, SINT, flag) == 0 && fake.posted[0][VECTOR] == 1,
		      "flag %u: %u interrupts", flag, fake.posted[0][VECTOR]);
	}
	for (unsigned i = 0; i < 32; i++)
		CHECK(flags[i] == 0 && flags[3 * 32 + i] == 0, "flags of other SINTs");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SCONTROL, 0) &&
		  hv_signal_event(guest.partition, 0, SINT, 3) == -ENXIO,
	      "SynIC off");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SCONTROL, 1) &&
		  guest_wrmsr(&guest, 0, HYPERV_SIEFP, HOLE_AT | 1) &&
		  hv_signal_event(guest.partition, 0, SINT, 3) == -ENXIO,
	      "a page that is no memory");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SIEFP, (RAM_BYTES - PAGE) | 1) &&
		  hv_signal_event(guest.partition, 0, 15, HV_EVENT_FLAGS - 1) == 0 &&
		  guest_ram[RAM_BYTES - 1] == 0x80 && guest_rom[0] == 0xee,
	      "the last page");
	guest_free(&guest);
}

/* Memory that goes away under the pages, and comes back. */
static void test_unmap(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	guest_synic_on(&guest, 0, SINT, VECTOR);
	CHECK(hv_unmap(guest.partition, 0, RAM_BYTES) == 0, "unmap");
	CHECK(post(&guest, 0, 1) == 0 && hv_signal_event(guest.partition, 0, SINT, 3) == -ENXIO,
	      "nothing there");
	CHECK(guest_slot(0, SINT)->type == 0, "written after unmap");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_SIEFP, 0), "overlay of memory that is gone");
	CHECK(hv_map(guest.partition, 0, guest_ram, RAM_BYTES, HV_MAP_WRITE) == 0, "map");
	CHECK(guest_wrmsr(&guest, 0, HYPERV_EOM, 0) && take(&guest, 0) == 1, "lost");
	guest_free(&guest);
}

static void test_vp_reset(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 2);
	for (unsigned vp = 0; vp < 2; vp++) {
		guest_synic_on(&guest, vp, SINT, SINT_AUTO_EOI | VECTOR);
		guest_wrmsr(&guest, vp, HYPERV_STIMER0_CONFIG + 1, 1000);
		guest_wrmsr(&guest, vp, HYPERV_VP_ASSIST_PAGE, 0x3001 + vp * 0x1000);
		post(&guest, vp, 1);
		post(&guest, vp, 2);
	}
	guest_wrmsr(&guest, 1, HYPERV_GUEST_OS_ID, 5);
	memset(guest_ram + 0x4000, 1, PAGE);
	hyperv_vp_reset(guest.vps[1]);
	for (uint32_t msr = HYPERV_VP_ASSIST_PAGE; msr <= HYPERV_STIMER3_COUNT; msr++) {
		bool is_sint = msr >= HYPERV_SINT0 && msr <= HYPERV_SINT15;

		if (msr != HYPERV_SVERSION && guest_has_msr(&guest, 1, msr))
			CHECK(guest_rdmsr(&guest, 1, msr) == (is_sint ? SINT_MASKED : 0), "%x: %lx", msr,
			      guest_rdmsr(&guest, 1, msr));
	}
	CHECK(guest_slot(1, SINT)->type == 0 && guest_ram[0x4000] == 0, "pages are restored");
	CHECK(fake.timer[1] == UINT64_MAX && fake.auto_eoi[3] == 0, "timers, EOI");
	CHECK(guest_rdmsr(&guest, 1, HYPERV_GUEST_OS_ID) == 5, "what belongs to the partition stays");
	CHECK(take(&guest, 0) == 1 && take(&guest, 0) == 2, "the other VP");
	guest_synic_on(&guest, 1, SINT, VECTOR);
	CHECK(take(&guest, 1) == -1, "old messages");
	guest_free(&guest);
}

/* --- several threads --------------------------------------------------------------------------------- */

enum { SENDERS = 3, EACH = 20000 };
static struct hyperv_guest crowd;
static _Atomic bool is_over;

static void *send(void *opaque)
{
	for (uint32_t i = 0; i < EACH;) {
		hv_signal_event(crowd.partition, 0, SINT, i % HV_EVENT_FLAGS);
		if (post(&crowd, 0, (uint32_t)(uintptr_t)opaque << 24 | i) == 0)
			i++;
		else
			sched_yield();
	}
	return NULL;
}

/* Unmaps and maps again what no page of the SynIC lies in. */
static void *remap(void *opaque)
{
	while (!is_over) {
		CHECK(hv_unmap(crowd.partition, ROM_AT, ROM_BYTES) == 0, "unmap");
		CHECK(hv_map(crowd.partition, ROM_AT, guest_rom, ROM_BYTES, 0) == 0, "map");
		sched_yield();
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t senders[SENDERS], mapper;
	uint32_t next[SENDERS] = { 0 };
	unsigned total = 0;

	guest_new(&crowd, 1);
	is_over = false;
	guest_synic_on(&crowd, 0, SINT, VECTOR);
	for (uintptr_t i = 0; i < SENDERS; i++)
		pthread_create(&senders[i], NULL, send, (void *)i);
	pthread_create(&mapper, NULL, remap, NULL);
	while (total < SENDERS * EACH) {
		int64_t got = take(&crowd, 0);

		if (got < 0) {
			sched_yield();
			continue;
		}
		CHECK((got & 0xffffff) == next[got >> 24], "sender %ld: %ld after %u", got >> 24,
		      got & 0xffffff, next[got >> 24]);
		next[got >> 24] = (uint32_t)(got & 0xffffff) + 1;
		total++;
	}
	is_over = true;
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(senders[i], NULL);
	pthread_join(mapper, NULL);
	guest_free(&crowd);
}

int main(void)
{
	test_one_message();
	test_arguments();
	test_queue();
	test_no_eom();
	test_full();
	test_held_back();
	test_masked_and_polled();
	test_auto_eoi();
	test_events();
	test_unmap();
	test_vp_reset();
	test_threads();
	printf("%u failures\n", failures);
	return failures != 0;
}
