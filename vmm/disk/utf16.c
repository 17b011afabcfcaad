/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "disk/utf16.h"
#include "disk/wire.h"

static uint32_t get_unit(const uint8_t *from, enum utf16_order order)
{
	return order == UTF16_LE ? get_le16(from) : get_be16(from);
}

static size_t put_utf8(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = 0x80 | (c >> 6 & 0x3f);
		out[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = 0x80 | (c >> 12 & 0x3f);
	out[2] = 0x80 | (c >> 6 & 0x3f);
	out[3] = 0x80 | (c & 0x3f);
	return 4;
}

int utf16_to_utf8(const uint8_t *from, size_t bytes, enum utf16_order order, char *text, size_t size)
{
	size_t used = 0;
	if (bytes % 2)
		return -EILSEQ;
	for (size_t at = 0; at < bytes; at += 2) {
		uint32_t c = get_unit(from + at, order);
		uint8_t out[4];
		if (c >= 0xd800 && c < 0xdc00 && at + 2 < bytes) {
			uint32_t low = get_unit(from + at + 2, order);
			if (low < 0xdc00 || low > 0xdfff)
				return -EILSEQ;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			at += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			return -EILSEQ;
		}
		if (!c)
			return -EILSEQ;
		size_t length = put_utf8(c, out);
		if (used + length >= size)
			return -ENAMETOOLONG;
		memcpy(text + used, out, length);
		used += length;
	}
	if (!size)
		return -ENAMETOOLONG;
	text[used] = 0;
	return 0;
}

/* One character of UTF-8, strictly; its length, or 0. */
static size_t get_utf8(const uint8_t *from, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = from[0] < 0x80	     ? 1
			: from[0] >> 5 == 6  ? 2
			: from[0] >> 4 == 14 ? 3
			: from[0] >> 3 == 30 ? 4
					     : 0;
	if (!length)
		return 0;
	uint32_t c = length == 1 ? from[0] : from[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (from[i] >> 6 != 2)
			return 0;
		c = c << 6 | (from[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_c = c;
	return length;
}

static void put_unit(uint8_t *to, enum utf16_order order, uint32_t unit)
{
	if (order == UTF16_LE)
		put_le16(to, (uint16_t)unit);
	else
		put_be16(to, (uint16_t)unit);
}

int utf8_to_utf16(const char *text, enum utf16_order order, uint8_t *to, size_t size, size_t *ret_bytes)
{
	size_t used = 0;
	for (const uint8_t *from = (const uint8_t *)text; *from;) {
		uint32_t c;
		size_t length = get_utf8(from, &c);
		size_t units = length && c >= 0x10000 ? 2 : 1;
		if (!length)
			return -EILSEQ;
		if (used + 2 * units > size)
			return -ENAMETOOLONG;
		if (units == 2) {
			put_unit(to + used, order, 0xd800 + ((c - 0x10000) >> 10));
			put_unit(to + used + 2, order, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			put_unit(to + used, order, c);
		}
		used += 2 * units;
		from += length;
	}
	*ret_bytes = used;
	return 0;
}
