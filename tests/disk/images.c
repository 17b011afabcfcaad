/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images.h"

#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/vhd.h"

const struct image_shape image_shapes[] = {
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 8 * DISK_MIB, DISK_MIB, 512, true, "vhdx" },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 11 * DISK_MIB + 4096, 2 * DISK_MIB, 4096, false, "vhdx" },
	{ DISK_FORMAT_VHDX, DISK_TYPE_FIXED, 5 * DISK_MIB, DISK_MIB, 512, true, "vhdx" },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DIFFERENCING, 8 * DISK_MIB, DISK_MIB, 512, false, "vhdx" },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DIFFERENCING, 9 * DISK_MIB, 2 * DISK_MIB, 4096, false, "vhdx" },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 9 * DISK_MIB + 512, 2 * DISK_MIB, 512, false, "vpc" },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 5 * DISK_MIB, DISK_MIB / 2, 512, false, "vpc" },
	{ DISK_FORMAT_VHD, DISK_TYPE_DIFFERENCING, 8 * DISK_MIB, 2 * DISK_MIB, 512, false, "vpc" },
	{ DISK_FORMAT_VHD, DISK_TYPE_FIXED, 3 * DISK_MIB, 0, 512, false, "vpc" },
	{ DISK_FORMAT_RAW, DISK_TYPE_FIXED, 5 * DISK_MIB, 0, 512, false, "raw" },
};
const size_t image_shape_count = sizeof(image_shapes) / sizeof(image_shapes[0]);

static int make_alone(struct disk_io *io, const struct image_shape *shape,
		      const struct disk_parent_link *parent, char path[256])
{
	struct disk_error error = { "" };
	struct vhd_create vhd = {
		.size = shape->size, .block_size = shape->block_size, .type = shape->type, .parent = parent
	};
	struct vhdx_create create = { .size = shape->size,
				      .block_size = shape->block_size,
				      .logical_sector = shape->sector,
				      .physical_sector = 4096,
				      .type = shape->type,
				      .parent = parent };
	int fd = test_file(path);
	if (shape->format == DISK_FORMAT_VHD)
		CHECK_OK(vhd_create(io, fd, &vhd, &error));
	else
		CHECK_OK(vhdx_create(io, fd, &create, &error));
	return fd;
}

bool image_parent_has(const struct image_shape *shape, uint64_t offset)
{
	return shape->type == DISK_TYPE_DIFFERENCING && offset / DISK_MIB % 3 != 2;
}

static void fill_parent(struct disk *parent, const struct image_shape *shape)
{
	uint8_t *bytes = malloc(DISK_MIB);
	for (uint64_t at = 0; at < shape->size; at += DISK_MIB) {
		uint64_t length = shape->size - at < DISK_MIB ? shape->size - at : DISK_MIB;
		test_fill(bytes, at, length, IMAGE_PARENT_GENERATION);
		if (image_parent_has(shape, at))
			CHECK_OK(disk_write(parent, at, bytes, length));
	}
	free(bytes);
}

static int make_child(struct disk_io *io, const struct image_shape *shape, char path[256])
{
	struct image_shape parent_shape = *shape;
	struct disk_parent_link link = { .format = shape->format };
	struct disk_open_options options = { .writable = true };
	struct disk *parent;
	struct disk_info info;
	char parent_path[256];
	parent_shape.type = DISK_TYPE_DYNAMIC;
	close(make_alone(io, &parent_shape, NULL, parent_path));
	CHECK_OK(disk_open_path(io, parent_path, &options, &parent, NULL));
	fill_parent(parent, shape);
	disk_get_info(parent, &info);
	CHECK_OK(disk_close(parent));
	link.id = info.data_id;
	snprintf(link.relative_path, sizeof(link.relative_path), "./%s", strrchr(parent_path, '/') + 1);
	snprintf(link.absolute_path, sizeof(link.absolute_path), "%s", parent_path);
	return make_alone(io, shape, &link, path);
}

int image_make(struct disk_io *io, const struct image_shape *shape, char path[256])
{
	if (shape->format == DISK_FORMAT_RAW) {
		int fd = test_file(path);
		CHECK(!ftruncate(fd, (off_t)shape->size));
		return fd;
	}
	return shape->type == DISK_TYPE_DIFFERENCING ? make_child(io, shape, path)
						     : make_alone(io, shape, NULL, path);
}
