/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls: the control word, where parameters may lie, each call's arguments and effects, random ones. */
#include "hyperv_guest.h"

#include "core/hypercall.h"

#include <errno.h>
#include <string.h>

enum { INPUT_AT = 0x20000 };
#define FAST		     (1ull << 16)
#define REPS(n)		     ((uint64_t)(n) << 32)
#define REP(n)		     ((uint64_t)(n) << 48)
#define HEADER(n)	     ((uint64_t)(n) << 17)
#define STATUS(r)	     ((unsigned)(r)&0xffff)
#define RESULT(status, reps) ((uint64_t)(status) | REPS(reps))

static struct {
	unsigned messages, events, vp;
	uint32_t type;
	size_t size;
	uint8_t payload[256];
	uint16_t flag;
	enum hv_status answer;
	unsigned ranges;
	uint64_t gpa[4], bytes[4];
} told;

static enum hv_status on_message(void *opaque, unsigned vp, uint32_t type, const void *payload, size_t size)
{
	told.messages++;
	told.vp = vp;
	told.type = type;
	told.size = size;
	memcpy(told.payload, payload, size);
	return told.answer;
}

static void on_event(void *opaque, uint16_t flag)
{
	told.events++;
	told.flag = flag;
}

static void on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	if (told.ranges < 4) {
		told.gpa[told.ranges] = gpa;
		told.bytes[told.ranges] = size;
	}
	told.ranges++;
}

static const struct hv_guest_ops guest_ops = { .discard = on_discard };

static void begin(struct hyperv_guest *guest, unsigned vp_count)
{
	guest_new(guest, vp_count);
	guest_calls_on(guest);
	memset(&told, 0, sizeof(told));
}

static void input_words(const uint64_t *words, unsigned count)
{
	memcpy(guest_ram + INPUT_AT, words, count * sizeof(*words));
}

static void post_input(uint32_t connection, uint32_t type, uint32_t size)
{
	uint32_t head[4] = { connection, 0, type, size };

	memcpy(guest_ram + INPUT_AT, head, sizeof(head));
	memset(guest_ram + INPUT_AT + 16, 0x5a, 240);
}

static void test_control_word(void)
{
	static const struct {
		uint64_t control;
		unsigned status;
	} cases[] = {
		{ 0x0000, STATUS_INVALID_CODE },
		{ 0x7fff, STATUS_INVALID_CODE },
		{ 0xffff, STATUS_INVALID_CODE },
		{ 0x0040, HV_STATUS_ACCESS_DENIED }, /* create partition */
		{ 0x0046, HV_STATUS_ACCESS_DENIED }, /* get partition id */
		{ 0x0050, HV_STATUS_ACCESS_DENIED }, /* get VP registers */
		{ 0x007e, HV_STATUS_ACCESS_DENIED }, /* retarget device interrupt */
		{ 0x0011, HV_STATUS_ACCESS_DENIED }, /* VTL call */
		{ CALL_SIGNAL_EVENT | FAST | 1ull << 27, STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | 1ull << 31, STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | 1ull << 44, STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | 1ull << 63, STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | REPS(1), STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | REP(1), STATUS_INVALID_INPUT },
		{ CALL_SIGNAL_EVENT | FAST | HEADER(1), STATUS_INVALID_INPUT },
		{ CALL_POST_MESSAGE | FAST, STATUS_INVALID_INPUT },
		{ CALL_FLUSH_LIST, STATUS_INVALID_INPUT },
		{ CALL_FLUSH_LIST | REPS(5) | REP(5), STATUS_INVALID_INPUT },
		{ CALL_FLUSH_LIST | REPS(1) | FAST, STATUS_INVALID_INPUT },
		{ CALL_FLUSH_LIST | REPS(4095), STATUS_INVALID_ALIGNMENT }, /* longer than a page */
		{ CALL_FLUSH_SPACE_EX | HEADER(1023), STATUS_INVALID_ALIGNMENT },
		{ CALL_SIGNAL_EVENT | FAST, HV_STATUS_INVALID_CONNECTION_ID },
	};
	struct hyperv_guest guest;

	begin(&guest, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t result = guest_call(&guest, 0, cases[i].control, INPUT_AT, 0);

		CHECK(result == cases[i].status, "control %lx: %lx", cases[i].control, result);
	}
	guest_free(&guest);
}

static void test_placement(void)
{
	static const struct {
		uint64_t gpa;
		unsigned status;
	} cases[] = {
		{ INPUT_AT, 0 },
		{ INPUT_AT + PAGE - 256, 0 },
		{ INPUT_AT + 4, STATUS_INVALID_ALIGNMENT },
		{ INPUT_AT + 1, STATUS_INVALID_ALIGNMENT },
		{ INPUT_AT + PAGE - 248, STATUS_INVALID_ALIGNMENT },
		{ UINT64_MAX - 255, STATUS_INVALID_ALIGNMENT },
		{ 1ull << HV_GPA_BITS, STATUS_INVALID_ALIGNMENT },
		{ HOLE_AT, HV_STATUS_INVALID_PARAMETER },
		{ ROM_AT, HV_STATUS_INVALID_PARAMETER }, /* it reads as a size of 0xeeeeeeee */
	};
	struct hyperv_guest guest;

	begin(&guest, 1);
	CHECK(hv_connect_messages(guest.partition, 9, on_message, NULL) == 0, "connect");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t result;

		post_input(9, 1, 10);
		memcpy(guest_ram + INPUT_AT + PAGE - 256, guest_ram + INPUT_AT, 256);
		result = guest_call(&guest, 0, CALL_POST_MESSAGE, cases[i].gpa, 0);
		CHECK(result == cases[i].status, "input at %lx: %lx", cases[i].gpa, result);
	}
	guest_free(&guest);
}

static void test_post_message(void)
{
	struct hyperv_guest guest;

	begin(&guest, 2);
	CHECK(hv_connect_messages(guest.partition, 4, on_message, NULL) == 0, "connect");
	post_input(4, 1, 240);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == 0, "post");
	CHECK(told.messages == 1 && told.vp == 1 && told.type == 1 && told.size == 240 &&
		  told.payload[0] == 0x5a && told.payload[239] == 0x5a,
	      "payload");
	post_input(4, 1, 0);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == 0 && told.size == 0, "empty");
	post_input(4, 1, 241);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == HV_STATUS_INVALID_PARAMETER,
	      "too long");
	post_input(4, 0x80000001, 1);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == HV_STATUS_INVALID_PARAMETER,
	      "the hypervisor's own type");
	post_input(5, 1, 1);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == HV_STATUS_INVALID_CONNECTION_ID,
	      "nobody there");
	told.answer = HV_STATUS_INSUFFICIENT_BUFFERS;
	post_input(4, 1, 1);
	CHECK(guest_call(&guest, 1, CALL_POST_MESSAGE, INPUT_AT, 0) == HV_STATUS_INSUFFICIENT_BUFFERS,
	      "the listener's answer");
	CHECK(guest_call(&guest, 1, CALL_SIGNAL_EVENT | FAST, 4, 0) == HV_STATUS_INVALID_CONNECTION_ID,
	      "an event to a connection for messages");
	CHECK(told.messages == 3, "%u messages", told.messages);
	guest_free(&guest);
}

static void test_signal_event(void)
{
	struct hyperv_guest guest;
	uint64_t words[1] = { 0x10001 | 77ull << 32 };

	begin(&guest, 1);
	CHECK(hv_connect_events(guest.partition, 0x10001, on_event, NULL) == 0, "connect");
	CHECK(guest_call(&guest, 0, CALL_SIGNAL_EVENT | FAST, 0x10001, 0) == 0 && told.events == 1 &&
		  told.flag == 0,
	      "fast");
	input_words(words, 1);
	CHECK(guest_call(&guest, 0, CALL_SIGNAL_EVENT, INPUT_AT, 0) == 0 && told.events == 2 &&
		  told.flag == 77,
	      "in memory");
	CHECK(guest_call(&guest, 0, CALL_SIGNAL_EVENT | FAST, 0x10001 | 2048ull << 32, 0) ==
		  HV_STATUS_INVALID_PARAMETER,
	      "flag 2048");
	hv_disconnect(guest.partition, 0x10001);
	CHECK(guest_call(&guest, 0, CALL_SIGNAL_EVENT | FAST, 0x10001, 0) == HV_STATUS_INVALID_CONNECTION_ID,
	      "disconnected");
	guest_free(&guest);
}

static void test_ipi(void)
{
	struct hyperv_guest guest;
	uint64_t ex[4] = { 0x40, 0, 1, 0x25 };

	begin(&guest, 6);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI | FAST, 0x30, 0xffffffffffffff0a) == 0, "IPI");
	for (unsigned i = 0; i < 6; i++)
		CHECK(fake.posted[i][0x30] == (i == 1 || i == 3), "VP %u", i);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI | FAST, 0x0f, 1) == HV_STATUS_INVALID_PARAMETER &&
		  guest_call(&guest, 0, CALL_CLUSTER_IPI | FAST, 0x100, 1) == HV_STATUS_INVALID_PARAMETER &&
		  guest_call(&guest, 0, CALL_CLUSTER_IPI | FAST, 0x30 | 1ull << 32, 1) ==
		      HV_STATUS_INVALID_PARAMETER,
	      "vectors, VTL");
	input_words(ex, 4);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI_EX | HEADER(1), INPUT_AT, 0) == 0, "Ex");
	for (unsigned i = 0; i < 6; i++)
		CHECK(fake.posted[i][0x40] == (0x25 >> i & 1), "VP %u", i);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI_EX, INPUT_AT, 0) == STATUS_INVALID_INPUT &&
		  guest_call(&guest, 0, CALL_CLUSTER_IPI_EX | HEADER(2), INPUT_AT, 0) == STATUS_INVALID_INPUT,
	      "banks and header differ");
	ex[2] = 2; /* VPs 64..127: nobody */
	input_words(ex, 4);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI_EX | HEADER(1), INPUT_AT, 0) == 0 &&
		  fake.posted[0][0x40] == 1,
	      "bank 1");
	ex[1] = 1; /* all */
	input_words(ex, 4);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI_EX, INPUT_AT, 0) == 0 && fake.posted[1][0x40] == 1,
	      "all");
	ex[1] = 2;
	input_words(ex, 4);
	CHECK(guest_call(&guest, 0, CALL_CLUSTER_IPI_EX | HEADER(1), INPUT_AT, 0) == STATUS_INVALID_INPUT,
	      "format");
	guest_free(&guest);
}

static void test_flush(void)
{
	static const uint64_t list[] = { 0, 0, 0x5, 0x1000, 0x2003, 0xffff800000000fff };
	static const uint64_t ex[] = { 0, 0, 0, 1, 0x3, 0x7000 };
	struct hyperv_guest guest;

	begin(&guest, 4);
	input_words(list, 6);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_LIST | REPS(3), INPUT_AT, 0) == RESULT(0, 3), "list");
	CHECK(fake.flushes == 1 && fake.flush_vps == 5 && fake.flush_count == 3 &&
		  fake.flush_pages[0] == 0x1000 && fake.flush_pages[2] == 0xffff800000000fff,
	      "vps %lx, %u pages", fake.flush_vps, fake.flush_count);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_LIST | REPS(3) | REP(2), INPUT_AT, 0) == RESULT(0, 3) &&
		  fake.flush_count == 1 && fake.flush_pages[0] == 0xffff800000000fff,
	      "continued");
	CHECK(guest_call(&guest, 0, CALL_FLUSH_SPACE, INPUT_AT, 0) == 0 && fake.flush_count == 0,
	      "all pages");
	CHECK(guest_call(&guest, 0, CALL_FLUSH_LIST | REPS(509), INPUT_AT, 0) == RESULT(0, 509) &&
		  fake.flush_count == 509,
	      "as many as fit");
	CHECK(guest_call(&guest, 0, CALL_FLUSH_LIST | REPS(510), INPUT_AT, 0) == STATUS_INVALID_ALIGNMENT,
	      "one more");
	input_words((const uint64_t[]){ 0, 1, 0 }, 3);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_SPACE, INPUT_AT, 0) == 0 && fake.flush_vps == 0xf, "all VPs");
	input_words((const uint64_t[]){ 0, 0x10, 1 }, 3);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_SPACE, INPUT_AT, 0) == HV_STATUS_INVALID_PARAMETER, "flags");
	input_words(ex, 6);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_LIST_EX | HEADER(1) | REPS(1), INPUT_AT, 0) == RESULT(0, 1) &&
		  fake.flush_vps == 3 && fake.flush_count == 1 && fake.flush_pages[0] == 0x7000,
	      "Ex: vps %lx, page %lx", fake.flush_vps, fake.flush_pages[0]);
	CHECK(guest_call(&guest, 0, CALL_FLUSH_SPACE_EX | HEADER(1), INPUT_AT, 0) == 0 &&
		  fake.flush_vps == 3 && fake.flush_count == 0,
	      "Ex, all pages");
	guest_free(&guest);
}

static void test_extended(void)
{
	static const uint64_t hint[] = { 2, 0x3002, 0x5000, HOLE_AT };
	static const uint64_t large[] = { 2, 0x800 };
	struct hyperv_guest guest;
	uint64_t capabilities;

	begin(&guest, 1);
	CHECK(guest_call(&guest, 0, CALL_EXT_QUERY_CAPABILITIES, 0, INPUT_AT) == 0, "query");
	memcpy(&capabilities, guest_ram + INPUT_AT, 8);
	CHECK(capabilities == 0, "nobody discards");
	input_words(hint, 4);
	CHECK(guest_call(&guest, 0, CALL_EXT_MEMORY_HEAT_HINT | REPS(1), INPUT_AT, 0) ==
		  HV_STATUS_INVALID_PARAMETER,
	      "nobody discards");
	hv_set_guest_ops(guest.partition, &guest_ops, NULL);
	CHECK(guest_call(&guest, 0, CALL_EXT_QUERY_CAPABILITIES, 0, INPUT_AT + 64) == 0, "query");
	memcpy(&capabilities, guest_ram + INPUT_AT + 64, 8);
	CHECK(capabilities == 1 << 8, "%lx", capabilities);
	CHECK(guest_call(&guest, 0, CALL_EXT_QUERY_CAPABILITIES, 0, ROM_AT) == HV_STATUS_INVALID_PARAMETER &&
		  guest_call(&guest, 0, CALL_EXT_QUERY_CAPABILITIES, 0, 4) == STATUS_INVALID_ALIGNMENT,
	      "output");
	CHECK(guest_call(&guest, 0, CALL_EXT_MEMORY_HEAT_HINT | REPS(3), INPUT_AT, 0) ==
		  RESULT(HV_STATUS_INVALID_PARAMETER, 2),
	      "the third is no memory");
	CHECK(told.ranges == 2 && told.gpa[0] == 0x3000 && told.bytes[0] == 3 * PAGE &&
		  told.gpa[1] == 0x5000 && told.bytes[1] == PAGE,
	      "%u ranges", told.ranges);
	input_words(large, 2);
	CHECK(guest_call(&guest, 0, CALL_EXT_MEMORY_HEAT_HINT | REPS(1), INPUT_AT, 0) ==
		  HV_STATUS_INVALID_PARAMETER,
	      "2 MiB reach beyond the 1 MiB of memory");
	guest_free(&guest);
}

static void test_spin_wait(void)
{
	struct hyperv_guest guest;

	begin(&guest, 1);
	CHECK(guest_call(&guest, 0, CALL_LONG_SPIN_WAIT | FAST, 5, 0) == 0, "spin");
	guest_free(&guest);
}

/* Known codes, random everything else: no crash, and nothing but an answer changes outside the effects. */
static void test_random(void)
{
	static const uint16_t codes[] = {
		0x02, 0x03, 0x08, 0x0b, 0x13, 0x14, 0x15, 0x5c, 0x5d, 0x8001, 0x8003
	};
	struct hyperv_guest guest;
	uint64_t seed = 12345;

	begin(&guest, 64);
	hv_set_guest_ops(guest.partition, &guest_ops, NULL);
	hv_connect_messages(guest.partition, 0, on_message, NULL);
	hv_connect_events(guest.partition, 1, on_event, NULL);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t r[3];

		for (unsigned k = 0; k < 3; k++)
			r[k] = seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		uint64_t control = codes[(r[0] >> 33) % 11] | (r[0] >> 40 & FAST) | (r[0] & 3) << 17 |
				   REPS(r[0] >> 50 & (r[0] & 4 ? 0xfff : 7)) | REP(r[0] >> 55 & 3);
		uint64_t input = (r[1] >> 20) % (RAM_BYTES + ROM_BYTES + PAGE) & (r[1] & 1 ? ~7ull : ~0ull);

		memcpy(guest_ram + (input & ~7ull) % (RAM_BYTES - PAGE), &r[2], 8);
		guest_call(&guest, (unsigned)(r[2] >> 58), control, r[1] & 2 ? r[2] : input, r[1] >> 30);
	}
	for (unsigned i = 0; i < ROM_BYTES; i++)
		CHECK(guest_rom[i] == 0xee, "ROM at %u", i);
	guest_free(&guest);
}

int main(void)
{
	test_control_word();
	test_placement();
	test_post_message();
	test_signal_event();
	test_ipi();
	test_flush();
	test_extended();
	test_spin_wait();
	test_random();
	printf("%u failures\n", failures);
	return failures != 0;
}
