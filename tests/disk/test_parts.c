/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small parts: checksum, GUID, UTF-16, bitmaps, lists of files. */
#include "disk_test.h"

#include <errno.h>

#include "disk/bitmap.h"
#include "disk/crc32c.h"
#include "disk/disk_priv.h"
#include "disk/guid.h"
#include "disk/utf16.h"

static void test_crc32c(void)
{
	uint8_t zeros[32] = { 0 }, ones[32], bytes[1000];
	memset(ones, 0xff, sizeof(ones));
	CHECK(crc32c(0, "123456789", 9) == 0xe3069283);
	CHECK(crc32c(0, zeros, 32) == 0x8a9136aa); /* RFC 3720 B.4 */
	CHECK(crc32c(0, ones, 32) == 0x62a8ab43);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)test_random();
	for (unsigned i = 0; i < 200; i++) {
		size_t from = test_random_below(500), length = test_random_below(500);
		size_t split = test_random_below(length + 1);
		uint32_t whole = crc32c(0, bytes + from, length);
		CHECK(whole == crc32c_portable(0, bytes + from, length));
		CHECK(whole == crc32c(crc32c(0, bytes + from, split), bytes + from + split, length - split));
	}
}

static void test_guid(void)
{
	struct disk_guid guid, again;
	char text[DISK_GUID_TEXT];
	CHECK_OK(guid_parse("{2DC27766-F623-4200-9D64-115E9BFD4A08}", &guid));
	CHECK(guid.bytes[0] == 0x66 && guid.bytes[3] == 0x2d && guid.bytes[4] == 0x23 &&
	      guid.bytes[15] == 0x08);
	guid_format(&guid, text);
	CHECK(!strcmp(text, "{2dc27766-f623-4200-9d64-115e9bfd4a08}"));
	CHECK(guid_parse("{2DC27766-F623-4200-9D64-115E9BFD4A08", &guid) == -EINVAL);
	CHECK(guid_parse("2DC27766-F623-4200-9D64-115E9BFD4A08}", &guid) == -EINVAL);
	CHECK(guid_parse("2DC27766F6234200-9D64-115E9BFD4A08", &guid) == -EINVAL);
	CHECK(guid_parse("", &guid) == -EINVAL);
	for (unsigned i = 0; i < 100; i++) {
		guid_make(&guid);
		guid_format(&guid, text);
		CHECK_OK(guid_parse(text, &again));
		CHECK(guid_equal(&guid, &again) && !guid_is_zero(&guid));
	}
}

static void test_utf16(void)
{
	static const char *const good[] = { "", "a", "d:\\x", "\xc3\xa4\xe2\x82\xac", "\xf0\x9f\x92\xbe!" };
	static const char *const bad[] = { "\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80" };
	static const uint8_t lone[] = { 0x00, 0xd8 }, swapped[] = { 0x00, 0xdc, 0x00, 0xd8 },
			     nul[] = { 'a', 0, 0, 0 };
	uint8_t wide[64];
	char text[64];
	size_t length;
	for (unsigned order = UTF16_LE; order <= UTF16_BE; order++) {
		for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			CHECK_OK(utf8_to_utf16(good[i], order, wide, sizeof(wide), &length));
			CHECK_OK(utf16_to_utf8(wide, length, order, text, sizeof(text)));
			CHECK(!strcmp(text, good[i]));
		}
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(utf8_to_utf16(bad[i], UTF16_LE, wide, sizeof(wide), &length) == -EILSEQ);
	CHECK(utf16_to_utf8(lone, 2, UTF16_LE, text, sizeof(text)) == -EILSEQ);
	CHECK(utf16_to_utf8(swapped, 4, UTF16_LE, text, sizeof(text)) == -EILSEQ);
	CHECK(utf16_to_utf8(nul, 4, UTF16_LE, text, sizeof(text)) == -EILSEQ);
	CHECK(utf16_to_utf8(nul, 1, UTF16_LE, text, sizeof(text)) == -EILSEQ);
	CHECK(utf16_to_utf8(nul, 2, UTF16_LE, text, 1) == -ENAMETOOLONG);
	CHECK(utf8_to_utf16("abc", UTF16_LE, wide, 5, &length) == -ENAMETOOLONG);
}

static void test_bitmap(void)
{
	for (unsigned order = BITS_LOW_FIRST; order <= BITS_HIGH_FIRST; order++) {
		uint8_t bits[64] = { 0 };
		bool expected[512] = { false };
		for (unsigned i = 0; i < 2000; i++) {
			uint32_t first = (uint32_t)test_random_below(512);
			uint32_t count = (uint32_t)test_random_below(512 - first < 40 ? 513 - first : 40);
			bool has_new = false;
			if (i % 200 == 199) {
				memset(bits, 0, sizeof(bits));
				memset(expected, 0, sizeof(expected));
			}
			for (uint32_t bit = first; bit < first + count; bit++) {
				has_new |= !expected[bit];
				expected[bit] = true;
			}
			CHECK(bitmap_set(bits, first, count, order) == has_new);
			uint32_t from = (uint32_t)test_random_below(512), run = 1;
			uint32_t most = (uint32_t)(1 + test_random_below(512 - from));
			while (run < most && expected[from + run] == expected[from])
				run++;
			CHECK(bitmap_test(bits, from, order) == expected[from]);
			CHECK(bitmap_run(bits, from, most, order) == run);
		}
	}
	uint8_t one = 0;
	bitmap_set(&one, 0, 1, BITS_LOW_FIRST);
	CHECK(one == 0x01);
	one = 0;
	bitmap_set(&one, 0, 1, BITS_HIGH_FIRST);
	CHECK(one == 0x80);
}

/* Two seconds of one request of `bytes` after the other, each taking `took_ms`, with `pause_ms` between them. */
static bool is_below(const struct disk_qos *limits, uint64_t bytes, unsigned took_ms, unsigned pause_ms)
{
	struct disk_qos_state qos;
	bool below = false;
	uint64_t ms = 1000000;
	qos_init(&qos);
	qos.limits = *limits;
	uint64_t now = qos.window_ns;
	for (unsigned i = 0; i < 2200 / (took_ms + pause_ms); i++) {
		qos_begin(&qos, now);
		now += took_ms * ms;
		qos_count(&qos, bytes, true, now, &below);
		now += pause_ms * ms;
	}
	return below;
}

static void test_minimums(void)
{
	CHECK(!is_below(&(struct disk_qos){ .min_iops = 90 }, 4096, 10, 0));
	CHECK(is_below(&(struct disk_qos){ .min_iops = 110 }, 4096, 10, 0));
	CHECK(!is_below(&(struct disk_qos){ .min_iops = 110 }, 16384, 10, 0)); /* counts two */
	CHECK(!is_below(&(struct disk_qos){ .min_iops = 110 }, 4096, 10, 5));  /* asks for no more */
	CHECK(!is_below(&(struct disk_qos){ .min_bytes_per_second = 400000 }, 4096, 10, 0));
	CHECK(is_below(&(struct disk_qos){ .min_bytes_per_second = 420000 }, 4096, 10, 0));
	CHECK(!is_below(&(struct disk_qos){ 0 }, 512, 900, 0));
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	test_crc32c();
	test_guid();
	test_utf16();
	test_bitmap();
	test_minimums();
	return test_end();
}
