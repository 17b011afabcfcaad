/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-16 in images, UTF-8 here. */
#ifndef DISK_UTF16_H
#define DISK_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum utf16_order { UTF16_LE, UTF16_BE };

/* `bytes` of UTF-16 to text with a NUL. -EILSEQ for bad surrogates, an odd length or a NUL inside; -ENAMETOOLONG. */
int utf16_to_utf8(const uint8_t *from, size_t bytes, enum utf16_order order, char *text, size_t size);
/* The other way, without a NUL; *ret_bytes says how long it became. */
int utf8_to_utf16(const char *text, enum utf16_order order, uint8_t *to, size_t size, size_t *ret_bytes);

#endif
