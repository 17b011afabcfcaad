/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integer instructions and flags, as a program sees them; see guest_test.c. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "guest_test.h"

static uint32_t crc32_table_free(const uint8_t *data, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static int test_integer(void)
{
	uint64_t low, high, quotient, remainder, x = 0x123456789abcdef0;
	uint32_t crc = crc32_table_free((const uint8_t *)"123456789", 9);

	if (crc != 0xcbf43926)
		return fail("crc32 %08x", crc);
	__asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(x), "r"(0xfedcba9876543210) : "cc");
	if (low != 0x236d88fe5618cf00 || high != 0x121fa00ad77d7422)
		return fail("mul %#lx:%#lx", high, low);
	__asm__("divq %4"
		: "=a"(quotient), "=d"(remainder)
		: "0"(low), "1"(high), "r"(0xfedcba9876543210)
		: "cc");
	if (quotient != x || remainder)
		return fail("div %#lx rem %#lx", quotient, remainder);
	return PASS;
}

static int test_flags(void)
{
	/* every 8-bit addition against the definition of each flag (SDM volume 1, 3.4.3.1) */
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			uint8_t sum = (uint8_t)a;
			uint64_t flags, expected;

			__asm__("addb %2, %0\n\tpushfq\n\tpopq %1"
				: "+q"(sum), "=r"(flags)
				: "q"((uint8_t)b)
				: "cc");
			expected = (uint64_t)(a + b > 255) | (__builtin_parity(sum) ? 0 : 4u) |
				   ((a ^ b ^ sum) & 0x10) | (sum ? 0 : 0x40u) | (sum & 0x80) |
				   ((~(a ^ b) & (a ^ sum) & 0x80) ? 0x800u : 0);
			if ((flags & 0x8d5) != expected || sum != (uint8_t)(a + b))
				return fail("%02x + %02x = %02x flags %03lx, expected %03lx", a, b, sum,
					    flags & 0x8d5, expected);
		}
	}
	return PASS;
}

static int test_shifts(void)
{
	for (unsigned count = 0; count < 64; count++) {
		uint64_t x = 0x8123456789abcdefull, left = x, right = x, arithmetic = x, rotated = x,
			 doubled = x;

		__asm__("shlq %%cl, %0" : "+r"(left) : "c"(count) : "cc");
		__asm__("shrq %%cl, %0" : "+r"(right) : "c"(count) : "cc");
		__asm__("sarq %%cl, %0" : "+r"(arithmetic) : "c"(count) : "cc");
		__asm__("rolq %%cl, %0" : "+r"(rotated) : "c"(count) : "cc");
		__asm__("shldq %%cl, %1, %0" : "+r"(doubled) : "r"(~x), "c"(count) : "cc");
		uint64_t bits = count ? ~x >> (64 - count) : 0;
		uint64_t out = count ? x >> (64 - count) : 0;

		if (left != x << count || right != x >> count ||
		    arithmetic != (uint64_t)((int64_t)x >> count) || rotated != (left | out) ||
		    doubled != (left | bits))
			return fail("count %u", count);
	}
	return PASS;
}

static int test_strings(void)
{
	static uint8_t from[5000], to[5000];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 131 >> 3);
	for (size_t size = 0; size < 200; size += 7) {
		const void *s = from + 1;
		void *d = to + 3;
		size_t n = size;

		memset(to, 0xee, sizeof(to));
		__asm__ volatile("rep movsb" : "+S"(s), "+D"(d), "+c"(n) : : "memory");
		if (memcmp(to + 3, from + 1, size) || to[3 + size] != 0xee || to[2] != 0xee || n ||
		    d != to + 3 + size)
			return fail("rep movsb of %zu bytes", size);
	}
	/* overlapping forward copy by one byte repeats the first byte; backwards it does not */
	memcpy(to, from, 300);
	__asm__ volatile("rep movsb" : : "S"(to), "D"(to + 1), "c"(200) : "memory");
	for (int i = 0; i <= 200; i++)
		if (to[i] != from[0])
			return fail("overlapping copy, byte %d is %02x", i, to[i]);
	memcpy(to, from, 300);
	__asm__ volatile("std\n\trep movsb\n\tcld" : : "S"(to + 199), "D"(to + 200), "c"(200) : "memory");
	if (memcmp(to + 1, from, 200))
		return fail("backward copy");
	return PASS;
}

static int test_cmpxchg16b(void)
{
	_Alignas(16) uint64_t pair[2] = { 1, 2 };
	uint64_t low = 1, high = 2;
	bool done;

	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(done), "+m"(pair), "+a"(low), "+d"(high)
			 : "b"(3ull), "c"(4ull));
	if (!done || pair[0] != 3 || pair[1] != 4)
		return fail("match: %d %lu %lu", done, pair[0], pair[1]);
	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(done), "+m"(pair), "+a"(low), "+d"(high)
			 : "b"(9ull), "c"(9ull));
	if (done || low != 3 || high != 4 || pair[0] != 3)
		return fail("mismatch: %d %lu %lu", done, low, high);
	return PASS;
}

const struct guest_test integer_tests[] = {
	{ "integer", test_integer }, { "flags", test_flags },		{ "shifts", test_shifts },
	{ "strings", test_strings }, { "cmpxchg16b", test_cmpxchg16b }, { NULL, NULL },
};
