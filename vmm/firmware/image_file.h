/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file from which the firmware loads: an open descriptor and a name for messages.
 *
 * Trust      The content is hostile, and may change while it is read: what was checked is what was copied.
 *            Every read is bounds-checked against the size at image_file_init().
 * Errors     Negative errno; -ENODATA where the file ends too early.
 */
#ifndef FIRMWARE_IMAGE_FILE_H
#define FIRMWARE_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

struct image_file {
	int fd;
	const char *name; /* for messages; belongs to the caller */
	uint64_t size;
};

/* Takes the size. -EINVAL for what has none (a pipe, a terminal, a folder). The descriptor stays the
 * caller's. */
int image_file_init(struct image_file *file, int fd, const char *name);
/* Exactly [offset, offset+size). */
int image_file_read(const struct image_file *file, uint64_t offset, void *ret_data, size_t size);

uint16_t image_le16(const uint8_t *p);
uint32_t image_le32(const uint8_t *p);
uint64_t image_le64(const uint8_t *p);

#endif
