/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "disk/guid.h"

/* Where each byte of the file form stands in the text: the first three fields are little-endian. */
static const uint8_t text_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

void guid_make(struct disk_guid *ret_guid)
{
	while (getrandom(ret_guid->bytes, sizeof(ret_guid->bytes), 0) != sizeof(ret_guid->bytes))
		;
	ret_guid->bytes[7] = (ret_guid->bytes[7] & 0x0f) | 0x40;
	ret_guid->bytes[8] = (ret_guid->bytes[8] & 0x3f) | 0x80;
}

bool guid_is_zero(const struct disk_guid *guid)
{
	static const struct disk_guid zero;
	return guid_equal(guid, &zero);
}

bool guid_equal(const struct disk_guid *a, const struct disk_guid *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

void guid_format(const struct disk_guid *guid, char text[DISK_GUID_TEXT])
{
	char *out = text;
	*out++ = '{';
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += sprintf(out, "%02x", guid->bytes[text_order[i]]);
	}
	*out++ = '}';
	*out = 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

int guid_parse(const char *text, struct disk_guid *ret_guid)
{
	struct disk_guid guid;
	bool has_braces = *text == '{';
	if (has_braces)
		text++;
	for (unsigned i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EINVAL;
		int high = hex_value(text[0]);
		int low = high < 0 ? -1 : hex_value(text[1]);
		if (low < 0)
			return -EINVAL;
		guid.bytes[text_order[i]] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (has_braces && *text++ != '}')
		return -EINVAL;
	if (*text)
		return -EINVAL;
	*ret_guid = guid;
	return 0;
}
