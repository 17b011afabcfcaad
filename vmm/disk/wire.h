/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unaligned little- and big-endian numbers, and GUIDs as they lie on disk. Images are read through these, never
 * by casting a pointer.
 */
#ifndef DISK_WIRE_H
#define DISK_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DISK_WIRE_TYPE(bits, order, ORDER)                                                                   \
	static inline uint##bits##_t get_##order##bits(const void *from)                                     \
	{                                                                                                    \
		uint##bits##_t value;                                                                        \
		memcpy(&value, from, sizeof(value));                                                         \
		return order##bits##toh(value);                                                              \
	}                                                                                                    \
	static inline void put_##order##bits(void *to, uint##bits##_t value)                                 \
	{                                                                                                    \
		value = hto##order##bits(value);                                                             \
		memcpy(to, &value, sizeof(value));                                                           \
	}

DISK_WIRE_TYPE(16, le, LE)
DISK_WIRE_TYPE(32, le, LE)
DISK_WIRE_TYPE(64, le, LE)
DISK_WIRE_TYPE(16, be, BE)
DISK_WIRE_TYPE(32, be, BE)
DISK_WIRE_TYPE(64, be, BE)
#undef DISK_WIRE_TYPE

static inline uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static inline uint64_t div_up(uint64_t value, uint64_t by)
{
	return value / by + (value % by != 0);
}

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

#endif
