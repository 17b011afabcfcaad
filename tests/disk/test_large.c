/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The largest disks there are, and ISO images: their limits, their ends, and that time and memory stay small.
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/io.h"

static struct disk_io *io;

static struct disk *open_disk(const char *path, enum disk_format format, bool is_writable)
{
	struct disk_open_options options = { .writable = is_writable, .format = format };
	struct disk_error error = { "" };
	struct disk *disk = NULL;
	CHECK_OK(disk_open_path(io, path, &options, &disk, &error));
	if (!disk)
		fprintf(stderr, "%s\n", error.text);
	return disk;
}

/* Writes at the places that matter, and reads all of them back. */
static void check_places(struct disk *disk, uint64_t size, unsigned generation, bool writes)
{
	uint64_t places[] = { 0, DISK_MIB - 4096, size / 2 & ~(uint64_t)4095, size - DISK_MIB, size - 65536 };
	uint8_t *bytes = malloc(65536), *expected = malloc(65536);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		test_fill(expected, places[i], 65536, generation);
		if (writes)
			CHECK_OK(disk_write(disk, places[i], expected, 65536));
		CHECK_OK(disk_read(disk, places[i], bytes, 65536));
		CHECK(!memcmp(bytes, expected, 65536));
	}
	CHECK(disk_read(disk, size, bytes, 4096) == -ERANGE);
	CHECK(disk_write(disk, size - 4096, bytes, 8192) == -ERANGE);
	/* Where nothing was written. */
	CHECK_OK(disk_read(disk, size / 4 * 3 & ~(uint64_t)4095, bytes, 65536));
	memset(expected, 0, 65536);
	CHECK(!memcmp(bytes, expected, 65536));
	free(bytes);
	free(expected);
}

static void check_file(const char *path, uint64_t most_allocated)
{
	struct stat st;
	CHECK_OK(stat(path, &st));
	if ((uint64_t)st.st_blocks * 512 > most_allocated)
		fprintf(stderr, "%s takes %llu bytes\n", path, (unsigned long long)st.st_blocks * 512);
	CHECK((uint64_t)st.st_blocks * 512 <= most_allocated);
}

/* Processor time of this process: other work on the host does not count. */
static uint64_t used_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Half the size, then all of it while it is open; closed, opened, read, made smaller again. */
static void test_largest(enum disk_format format, uint64_t size, uint32_t block_size, uint32_t sector)
{
	char path[256];
	struct disk_create_options options = { .format = format,
					       .type = DISK_TYPE_DYNAMIC,
					       .size = size / 2,
					       .block_size = block_size,
					       .logical_sector = sector };
	struct disk_error error = { "" };
	uint64_t begin = used_ns();
	snprintf(path, sizeof(path), "%s/large", test_directory());
	unlink(path);
	CHECK_OK(disk_create_path(io, path, &options, NULL, NULL, &error));
	struct disk *disk = open_disk(path, format, true);
	if (!disk)
		return;
	check_places(disk, size / 2, 1, true);
	CHECK_OK(disk_grow(disk, size, &error));
	check_places(disk, size, 2, true);
	CHECK(disk_grow(disk, size + DISK_GIB, &error) == -EINVAL);
	CHECK_OK(disk_close(disk));
	disk = open_disk(path, format, true);
	if (!disk)
		return;
	check_places(disk, size, 2, false);
	CHECK(disk_resize(disk, size / 2, false, NULL, &error) == -ENOTEMPTY);
	struct disk_layout layout;
	CHECK_OK(disk_get_layout(disk, &layout));
	CHECK(layout.data_bytes + layout.zero_bytes == size && layout.data_bytes &&
	      layout.data_bytes <= 8ull * block_size);
	CHECK(layout.fragments && layout.fragments <= 8);
	CHECK_OK(disk_compact(disk, NULL, &error));
	check_places(disk, size, 2, false);
	CHECK_OK(disk_unmap(disk, size - DISK_MIB, DISK_MIB));
	CHECK_OK(disk_write_zeroes(disk, size - DISK_MIB, DISK_MIB, DISK_MAY_UNMAP));
	CHECK_OK(disk_close(disk));
	uint64_t took = used_ns() - begin;
	if (took > 20000000000u)
		fprintf(stderr, "%s of %llu TiB, blocks of %u: %llu ms\n", disk_format_name(format),
			(unsigned long long)(size / DISK_TIB), block_size,
			(unsigned long long)took / 1000000);
	CHECK(took < 20000000000u);
	check_file(path, 64 * DISK_MIB);
	options.size = size + DISK_GIB;
	unlink(path);
	CHECK(disk_create_path(io, path, &options, NULL, NULL, &error) == -EINVAL);
}

static void test_iso(void)
{
	char path[256];
	uint8_t bytes[2048 * 8], expected[2048 * 8] = { 0 };
	struct disk_open_options writable = { .writable = true, .format = DISK_FORMAT_ISO };
	struct disk_error error = { "" };
	struct disk_info info;
	struct disk *disk = NULL;
	snprintf(path, sizeof(path), "%s/cd.iso", test_directory());
	test_fill(expected, 0, 2048 * 7, 3);
	memset(expected + 2048 * 6 + 700, 0, 2048 - 700); /* the last sector is cut off in the file */
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK(write(fd, expected, 2048 * 6 + 700) == 2048 * 6 + 700);
	close(fd);
	CHECK(disk_open_path(io, path, &writable, &disk, &error) == -EROFS);
	CHECK(strstr(error.text, "read only"));
	disk = open_disk(path, DISK_FORMAT_ISO, false);
	if (!disk)
		return;
	disk_get_info(disk, &info);
	CHECK(info.format == DISK_FORMAT_ISO && info.logical_sector == 2048 && info.size == 2048 * 7);
	CHECK(!info.is_writable && !info.has_unmap);
	CHECK_OK(disk_read(disk, 0, bytes, 2048 * 7));
	CHECK(!memcmp(bytes, expected, 2048 * 7));
	CHECK(disk_read(disk, 512, bytes, 512) == -EINVAL);
	CHECK(disk_read(disk, 2048 * 7, bytes, 2048) == -ERANGE);
	CHECK(disk_write(disk, 0, bytes, 2048) == -EROFS);
	CHECK(disk_unmap(disk, 0, 2048) == -EROFS);
	CHECK(disk_grow(disk, 2048 * 8, &error) == -EROFS);
	CHECK_OK(disk_flush(disk)); /* guests flush what they cannot write */
	/* Two machines may have the same disc in. */
	struct disk *second = open_disk(path, DISK_FORMAT_ISO, false);
	CHECK_OK(disk_close(second));
	CHECK_OK(disk_close(disk));
	unlink(path);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	CHECK_OK(disk_io_new(DISK_IO_AUTO, &io));
	test_iso();
	test_largest(DISK_FORMAT_VHDX, 64 * DISK_TIB, 256 << 20, 4096);
	test_largest(DISK_FORMAT_VHDX, 64 * DISK_TIB, 32 << 20, 512);
	test_largest(DISK_FORMAT_VHDX, 64 * DISK_TIB, 1 << 20, 512);
	test_largest(DISK_FORMAT_VHD, 2040 * DISK_GIB, 2 << 20, 512);
	disk_io_free(io);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("at most %ld MiB of memory\n", usage.ru_maxrss / 1024);
	return test_end();
}
