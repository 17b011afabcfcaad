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

enum { IMAGE_PARENT_GENERATION = 0x700000 };

/* True where the parent of a differencing image has data (test_fill with the generation above), else zeros. */
bool image_parent_has(const struct image_shape *shape, uint64_t offset);
/* A new image (with a parent beside it when differencing), open for reading and writing. */
int image_make(struct disk_io *io, const struct image_shape *shape, char path[256]);

#endif
