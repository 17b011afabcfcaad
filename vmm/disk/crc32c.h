/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-32C (Castagnoli, reflected, as in iSCSI and MS-VHDX 2.2): start with 0, feed pieces in order. */
#ifndef DISK_CRC32C_H
#define DISK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *data, size_t length);
/* The same in portable C: the other's oracle. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t length);

#endif
