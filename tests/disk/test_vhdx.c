/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VHDX against a reference in memory: random requests, closing and opening in between, on both engines. */
#include "disk_test.h"

#include <errno.h>
#include <unistd.h>

#include "disk/disk_limits.h"

struct shape {
	enum disk_type type;
	uint64_t size;
	uint32_t block_size, sector;
};

static struct disk *open_again(struct disk_io *io, const char *path, bool is_writable)
{
	struct disk_error error;
	struct disk *disk = NULL;
	struct disk_open_options options = { .writable = is_writable };
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "open: %d %s\n", result, error.text);
	CHECK(!result);
	return disk;
}

static void make(struct disk_io *io, const struct shape *shape, char path[256])
{
	struct vhdx_create create = { .size = shape->size,
				      .block_size = shape->block_size,
				      .logical_sector = shape->sector,
				      .physical_sector = 4096,
				      .type = shape->type };
	struct disk_error error = { "" };
	int fd = test_file(path);
	CHECK_OK(vhdx_create(io, fd, &create, &error));
	close(fd);
}

static void test_shape(struct disk_io *io, const struct shape *shape)
{
	char path[256];
	struct test_model model;
	make(io, shape, path);
	CHECK_OK(test_model_init(&model, shape->size, shape->sector));
	for (unsigned round = 0; round < 4; round++) {
		struct disk *disk = open_again(io, path, true);
		if (!disk)
			break;
		for (unsigned i = 0; i < 80 && !test_failures; i++)
			test_model_step(&model, disk, 3 * DISK_MIB);
		CHECK(test_model_compare(&model, disk));
		CHECK_OK(disk_close(disk));
		disk = open_again(io, path, false);
		if (!disk)
			break;
		struct disk_info info;
		disk_get_info(disk, &info);
		CHECK(info.size == shape->size && info.type == shape->type && !info.log_replayed);
		CHECK(test_model_compare(&model, disk));
		CHECK(disk_write(disk, 0, model.bytes, shape->sector) == -EROFS);
		CHECK_OK(disk_close(disk));
	}
	test_model_deinit(&model);
}

static void test_bad_requests(struct disk_io *io)
{
	static const struct shape shape = { DISK_TYPE_DYNAMIC, 8 * DISK_MIB, DISK_MIB, 512 };
	char path[256];
	uint8_t buffer[4096] = { 0 };
	make(io, &shape, path);
	struct disk *disk = open_again(io, path, true);
	CHECK(disk_read(disk, 1, buffer, 512) == -EINVAL);
	CHECK(disk_read(disk, 0, buffer, 511) == -EINVAL);
	CHECK(disk_read(disk, 8 * DISK_MIB, buffer, 512) == -ERANGE);
	CHECK(disk_write(disk, 8 * DISK_MIB - 512, buffer, 1024) == -ERANGE);
	CHECK(disk_write(disk, UINT64_MAX - 511, buffer, 512) == -ERANGE);
	CHECK(disk_unmap(disk, 512, UINT64_MAX - 1023) == -ERANGE);
	CHECK_OK(disk_read(disk, 0, buffer, 0));
	CHECK_OK(disk_read(disk, 8 * DISK_MIB, buffer, 0));
	struct disk *second;
	struct disk_error error;
	struct disk_open_options options = { .writable = true };
	CHECK(disk_open_path(io, path, &options, &second, &error) == -EBUSY);
	CHECK(strstr(error.text, "in use"));
	CHECK_OK(disk_close(disk));
}

static void test_engine(enum disk_io_kind kind)
{
	static const struct shape shapes[] = {
		{ DISK_TYPE_DYNAMIC, 40 * DISK_MIB, DISK_MIB, 512 },
		{ DISK_TYPE_DYNAMIC, 33 * DISK_MIB + 512, 2 * DISK_MIB, 512 },
		{ DISK_TYPE_DYNAMIC, 20 * DISK_MIB + 4096, 32 * DISK_MIB, 4096 },
		{ DISK_TYPE_FIXED, 17 * DISK_MIB, 4 * DISK_MIB, 512 },
		{ DISK_TYPE_FIXED, 9 * DISK_MIB, 256 * DISK_MIB, 4096 },
	};
	struct disk_io *io;
	int error = disk_io_new(kind, &io);
	if (error == -ENOSYS || error == -EPERM) {
		fprintf(stderr, "no io_uring here: skipped\n");
		return;
	}
	CHECK_OK(error);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		test_shape(io, &shapes[i]);
	test_bad_requests(io);
	disk_io_free(io);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	test_engine(DISK_IO_URING);
	test_engine(DISK_IO_THREADS);
	return test_end();
}
