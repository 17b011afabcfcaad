/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scan code sets of PC keyboards: what the 8042 makes of set 2, and the way back (Microsoft, "Keyboard Scan
 * Code Specification"). */
#ifndef CHIPSET_SCANCODES_H
#define CHIPSET_SCANCODES_H

#include <stdint.h>

uint8_t scancode_set2_to_set1(uint8_t code);
/* For a make code 1..7Fh; 0 when no key has it. */
uint8_t scancode_set1_to_set2(uint8_t code);

#endif
