/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmbus/vmbus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where the bytes of the text stand on the wire: Data1, Data2, Data3 are little-endian. */
static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int vmbus_guid_parse(const char *text, struct vmbus_guid *ret_guid)
{
	struct vmbus_guid guid;

	if (strlen(text) != 36)
		return -EINVAL;
	for (unsigned i = 0; i < 16; i++) {
		int high, low;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (*text++ != '-')
				return -EINVAL;
		high = digit(text[0]);
		low = digit(text[1]);
		if (high < 0 || low < 0)
			return -EINVAL;
		guid.bytes[order[i]] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	*ret_guid = guid;
	return 0;
}

void vmbus_guid_format(const struct vmbus_guid *guid, char text[37])
{
	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += snprintf(text, 3, "%02x", guid->bytes[order[i]]);
	}
}

bool vmbus_guid_equal(const struct vmbus_guid *a, const struct vmbus_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
