/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the pictures that others' viewers write: PNG of 8 bits a channel, RGB or RGBA, not interlaced. */
#ifndef TESTS_PNG_READ_H
#define TESTS_PNG_READ_H

#include <stdint.h>

/* 0x00RRGGBB; the caller frees it. NULL: it cannot be read. */
uint32_t *png_read(const char *path, unsigned *ret_width, unsigned *ret_height);

#endif
