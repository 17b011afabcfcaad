/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a picture as PNG (ISO/IEC 15948): 8-bit RGB, compressed only where a pixel repeats; no library
 * needed. Threads: any.
 */
#ifndef UI_PNG_H
#define UI_PNG_H

#include <stdint.h>

/* pixels: 0x00RRGGBB, width * height. Negative errno of writing; -EINVAL for a picture of no size. */
int png_write(int fd, const uint32_t *pixels, uint32_t width, uint32_t height);

#endif
