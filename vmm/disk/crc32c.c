/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>

#include "disk/crc32c.h"
#include "disk/wire.h"

/* One nibble at a time: 16 entries of x^n mod the reflected polynomial 0x82f63b78. */
static const uint32_t nibble_table[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t length)
{
	const uint8_t *byte = data;
	crc = ~crc;
	for (; length; length--, byte++) {
		crc ^= *byte;
		crc = nibble_table[crc & 15] ^ crc >> 4;
		crc = nibble_table[crc & 15] ^ crc >> 4;
	}
	return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const void *data, size_t length)
{
	const uint8_t *byte = data;
	uint64_t state = (uint32_t)~crc;
	for (; length >= 8; length -= 8, byte += 8)
		state = __builtin_ia32_crc32di(state, get_le64(byte));
	for (; length; length--, byte++)
		state = __builtin_ia32_crc32qi((uint32_t)state, *byte);
	return ~(uint32_t)state;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t length)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, data, length);
#endif
	return crc32c_portable(crc, data, length);
}
