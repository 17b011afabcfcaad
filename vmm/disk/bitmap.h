/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits in bytes: VHDX sector bitmaps start with the lowest bit of a byte (MS-VHDX 2.4), VHD with the highest. */
#ifndef DISK_BITMAP_H
#define DISK_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

enum bit_order { BITS_LOW_FIRST, BITS_HIGH_FIRST };

bool bitmap_test(const uint8_t *bits, uint32_t bit, enum bit_order order);
/* True when at least one bit was clear before. */
bool bitmap_set(uint8_t *bits, uint32_t first, uint32_t count, enum bit_order order);
/* How many bits from `first` on (at most `count`) equal the one at `first`. */
uint32_t bitmap_run(const uint8_t *bits, uint32_t first, uint32_t count, enum bit_order order);

#endif
