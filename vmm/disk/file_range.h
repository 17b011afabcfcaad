/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of one file: where it is sparse, and moving content inside it. For jobs: lseek() and waiting may
 * take time. */
#ifndef DISK_FILE_RANGE_H
#define DISK_FILE_RANGE_H

#include "disk/io.h"

/*
 * How far from `offset` on (at most `length`) the file is all hole or all data, as far as the file system
 * tells; whole multiples of `grain`. What is half hole is data.
 */
uint64_t file_run(int fd, uint64_t offset, uint64_t length, uint32_t grain, bool *ret_is_hole);
/* Copies a range to another place that reads as zeros and does not overlap; zeros stay holes. 0 or -errno. */
int file_copy_range(struct disk_io *io, int fd, uint64_t from, uint64_t to, uint64_t length);
/*
 * The next run of bytes in [*at, length) that are not zeros, in grains of 64 KiB; *at moves behind it. False
 * when only zeros are left.
 */
bool next_data(const uint8_t *bytes, uint64_t length, uint64_t *at, uint64_t *ret_start,
	       uint64_t *ret_length);
bool is_all_zero(const void *bytes, size_t length);

#endif
