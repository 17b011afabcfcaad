/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of image that tests go through. */
#ifndef DISK_TEST_IMAGES_H
#define DISK_TEST_IMAGES_H

#include "disk_test.h"

struct image_shape {
	enum disk_format format;
	enum disk_type type;
	uint64_t size;
	uint32_t block_size, sector;
	bool is_qemu_readable;
	const char *qemu_format;
};

extern const struct image_shape image_shapes[];
extern const size_t image_shape_count;

/* A new image (with an empty parent beside it when differencing), open for reading and writing. */
int image_make(struct disk_io *io, const struct image_shape *shape, char path[256]);

#endif
