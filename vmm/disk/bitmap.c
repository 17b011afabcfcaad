/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/bitmap.h"

static uint8_t mask_of(uint32_t bit, enum bit_order order)
{
	return (uint8_t)(order == BITS_LOW_FIRST ? 1u << (bit & 7) : 0x80u >> (bit & 7));
}

bool bitmap_test(const uint8_t *bits, uint32_t bit, enum bit_order order)
{
	return bits[bit / 8] & mask_of(bit, order);
}

bool bitmap_set(uint8_t *bits, uint32_t first, uint32_t count, enum bit_order order)
{
	bool has_changed = false;
	for (uint32_t bit = first; bit < first + count;) {
		if (!(bit & 7) && first + count - bit >= 8) {
			has_changed |= bits[bit / 8] != 0xff;
			bits[bit / 8] = 0xff;
			bit += 8;
			continue;
		}
		has_changed |= !bitmap_test(bits, bit, order);
		bits[bit / 8] |= mask_of(bit, order);
		bit++;
	}
	return has_changed;
}

uint32_t bitmap_run(const uint8_t *bits, uint32_t first, uint32_t count, enum bit_order order)
{
	bool value = bitmap_test(bits, first, order);
	uint8_t same = value ? 0xff : 0;
	uint32_t bit = first + 1;
	while (bit < first + count) {
		if (!(bit & 7) && first + count - bit >= 8 && bits[bit / 8] == same) {
			bit += 8;
			continue;
		}
		if (bitmap_test(bits, bit, order) != value)
			break;
		bit++;
	}
	return bit - first;
}
