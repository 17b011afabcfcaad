/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/crc32c.h"
#include "disk/disk_limits.h"
#include "disk/vhd.h"
#include "images.h"

struct base_image base_images[BASE_COUNT];

int hostile_file(const uint8_t *bytes, uint64_t size)
{
	static const uint8_t zeros[4096];
	int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		abort();
	for (uint64_t at = 0; at < size; at += sizeof(zeros)) {
		size_t length = size - at < sizeof(zeros) ? size - at : sizeof(zeros);
		if (memcmp(bytes + at, zeros, length) &&
		    pwrite(fd, bytes + at, length, (off_t)at) != (ssize_t)length)
			abort();
	}
	return fd;
}

static void load(struct base_image *base, const char *name, enum disk_format format, bool has_parent,
		 const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	*base = (struct base_image){ .name = name,
				     .size = (uint64_t)st.st_size,
				     .format = format,
				     .has_parent = has_parent,
				     .bytes = malloc((size_t)st.st_size) };
	if (pread(fd, base->bytes, base->size, 0) != st.st_size)
		abort();
	close(fd);
}

static void make_base(struct disk_io *io, struct base_image *base, const char *name,
		      const struct image_shape *shape, bool is_left_open)
{
	struct disk_open_options options = { .writable = true, .no_parent = true };
	struct disk *disk;
	char path[256];
	uint8_t bytes[8192];
	close(image_make(io, shape, path));
	CHECK_OK(disk_open_path(io, path, &options, &disk, NULL));
	for (uint64_t at = 0; at + sizeof(bytes) <= shape->size; at += 700 * 1024 / 4096 * 4096) {
		test_fill(bytes, at, sizeof(bytes), 5);
		CHECK_OK(disk_write(disk, at, bytes, sizeof(bytes)));
	}
	CHECK_OK(disk_flush(disk));
	if (is_left_open)
		load(base, name, shape->format, shape->type == DISK_TYPE_DIFFERENCING, path);
	CHECK_OK(disk_close(disk));
	if (!is_left_open)
		load(base, name, shape->format, shape->type == DISK_TYPE_DIFFERENCING, path);
	unlink(path);
}

void hostile_init(struct disk_io *io)
{
	static const struct image_shape dynamic = { DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 3 * DISK_MIB,
						    DISK_MIB, 512 };
	static const struct image_shape child = { DISK_FORMAT_VHDX, DISK_TYPE_DIFFERENCING, 3 * DISK_MIB,
						  DISK_MIB, 512 };
	static const struct image_shape fixed = { DISK_FORMAT_VHDX, DISK_TYPE_FIXED, 2 * DISK_MIB, DISK_MIB,
						  4096 };
	static const struct image_shape vhd = { DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 2 * DISK_MIB,
						DISK_MIB / 2, 512 };
	static const struct image_shape vhd_child = { DISK_FORMAT_VHD, DISK_TYPE_DIFFERENCING, 2 * DISK_MIB,
						      DISK_MIB / 2, 512 };
	static const struct image_shape vhd_fixed = { DISK_FORMAT_VHD, DISK_TYPE_FIXED, DISK_MIB, 0, 512 };
	make_base(io, &base_images[0], "vhdx-dynamic", &dynamic, false);
	make_base(io, &base_images[1], "vhdx-unclosed", &dynamic, true);
	make_base(io, &base_images[2], "vhdx-differencing", &child, true);
	make_base(io, &base_images[3], "vhdx-fixed", &fixed, false);
	make_base(io, &base_images[4], "vhd-dynamic", &vhd, false);
	make_base(io, &base_images[5], "vhd-differencing", &vhd_child, false);
	make_base(io, &base_images[6], "vhd-fixed", &vhd_fixed, false);
}

void hostile_deinit(void)
{
	for (unsigned i = 0; i < BASE_COUNT; i++)
		free(base_images[i].bytes);
}

static void seal_crc(uint8_t *bytes, uint64_t size, uint64_t at, uint64_t length, const char *signature)
{
	if (at > size || length > size - at || memcmp(bytes + at, signature, 4))
		return;
	put_le32(bytes + at + 4, 0);
	put_le32(bytes + at + 4, crc32c(0, bytes + at, length));
}

static void seal_vhdx(uint8_t *bytes, uint64_t size)
{
	for (unsigned i = 0; i < 2; i++) {
		seal_crc(bytes, size, VHDX_HEADER_OFFSET(i), VHDX_HEADER_SIZE, "head");
		seal_crc(bytes, size, VHDX_REGION_TABLE_OFFSET(i), VHDX_TABLE_SIZE, "regi");
	}
	for (uint64_t at = DISK_MIB; at + 64 <= size && at < 2 * DISK_MIB; at += 4096) {
		uint32_t length = get_le32(bytes + at + 8);
		if (length >= 64 && length <= DISK_MIB)
			seal_crc(bytes, size, at, length, "loge");
	}
}

static void seal_vhd(uint8_t *bytes, uint64_t size)
{
	if (size >= 2048) {
		vhd_seal_footer((struct vhd_footer *)bytes);
		vhd_seal_header((struct vhd_header *)(bytes + 512));
	}
	if (size >= 512)
		vhd_seal_footer((struct vhd_footer *)(bytes + size - 512));
}

void hostile_seal(uint8_t *bytes, uint64_t size, enum disk_format format)
{
	if (format == DISK_FORMAT_VHDX)
		seal_vhdx(bytes, size);
	else if (!memcmp(bytes, "conectix", 8) || (size >= 512 && !memcmp(bytes + size - 512, "conectix", 8)))
		seal_vhd(bytes, size);
}

/* Any parent that is asked for is the first base image, or its VHD sibling. */
static int open_parent(void *userdata, const struct disk_parent_link *link, unsigned depth, int *ret_fd)
{
	const struct base_image *base = &base_images[link->format == DISK_FORMAT_VHD ? 4 : 0];
	if (depth > 3)
		return -ENOENT;
	*ret_fd = hostile_file(base->bytes, base->size);
	return 0;
}

static void touch(struct disk *disk, bool is_writable)
{
	enum { PIECE = 65536 };
	uint8_t *buffer = malloc(PIECE);
	struct disk_info info;
	struct disk_layout layout;
	disk_get_info(disk, &info);
	if (info.size < DISK_GIB)
		disk_get_layout(disk, &layout);
	uint64_t last = info.size / PIECE * PIECE;
	for (unsigned i = 0; i < 24; i++) {
		uint64_t at = i == 0   ? 0
			      : i == 1 ? (last >= PIECE ? last - PIECE : 0)
				       : (info.size / 24 * i) / PIECE * PIECE;
		uint64_t length = info.size - at < PIECE ? info.size - at : PIECE;
		disk_read(disk, at, buffer, length);
		if (is_writable && i % 3 == 0)
			disk_write(disk, at, buffer, length);
		if (is_writable && i % 5 == 0)
			disk_unmap(disk, at, length);
	}
	if (is_writable) {
		disk_unmap(disk, 0, info.size < 64 * DISK_MIB ? info.size : 64 * DISK_MIB);
		disk_write(disk, 0, buffer, info.logical_sector);
		disk_flush(disk);
	}
	free(buffer);
}

int hostile_use(struct disk_io *io, const uint8_t *bytes, uint64_t size, bool is_writable, char reason[512])
{
	struct disk_open_options options = { .writable = is_writable, .open_parent = open_parent };
	struct disk_error error = { "" };
	struct disk *disk;
	int fd = hostile_file(bytes, size), again = dup(fd);
	int result = disk_open(io, fd, &options, &disk, &error);
	if (result == -ESTALE || result == -ENOENT) { /* use what can be used alone */
		options.no_parent = true;
		result = disk_open(io, dup(again), &options, &disk, &error);
	}
	memcpy(reason, error.text, 512);
	if (result) {
		CHECK(error.text[0]);
		close(again);
		return result;
	}
	touch(disk, is_writable);
	int close_error = disk_close(disk);
	/* What we closed without an error opens again. */
	options.writable = false;
	int second = disk_open(io, again, &options, &disk, &error);
	if (is_writable && !close_error && second && second != -ESTALE) {
		fprintf(stderr, "after our own closing: %s\n", error.text);
		CHECK(!second);
	}
	if (!second)
		disk_close(disk);
	return 0;
}
