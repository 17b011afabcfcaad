/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system that fills up under a disk in use: the guest gets -ENOSPC, everything that was flushed is
 * there, the image is consistent, and when there is space again the disk goes on. On a small tmpfs, in a
 * mount namespace of its own.
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"

enum { SPACE_MIB = 40, PIECE = 16384, PIECES = 4000 };

static struct disk_io *io;
static char folder[256];

struct shape {
	enum disk_format format;
	enum disk_type type;
	uint32_t block_size;
};

static const struct shape shapes[] = {
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DIFFERENCING, 2 * DISK_MIB },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB },
	{ DISK_FORMAT_VHD, DISK_TYPE_DIFFERENCING, 2 * DISK_MIB },
	{ DISK_FORMAT_RAW, DISK_TYPE_DYNAMIC, 0 },
};

/* Takes all space but `left_kib`. */
static void fill_up(const char *filler, uint64_t left_kib)
{
	static uint8_t block[65536];
	uint64_t size = 0;
	int fd = open(filler, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ssize_t wrote;
	memset(block, 1, sizeof(block));
	while ((wrote = write(fd, block, sizeof(block))) > 0)
		size += (uint64_t)wrote;
	CHECK(errno == ENOSPC);
	CHECK_OK(ftruncate(fd, size > left_kib * 1024 ? (off_t)(size - left_kib * 1024) : 0));
	close(fd);
}

static struct disk *open_disk(const char *path)
{
	struct disk_open_options options = { .writable = true, .allow_raw = true };
	struct disk_error error = { "" };
	struct disk *disk = NULL;
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "%s\n", error.text);
	CHECK_OK(result);
	return disk;
}

/* Pieces all over the disk, in an order that makes new blocks late as well. */
static uint64_t place(unsigned i)
{
	return (uint64_t)(i * 1237u % PIECES) * PIECE;
}

/* What was flushed must be there; of the others, the piece or zeros (or, where a write failed, any part). */
static void check_content(struct disk *disk, unsigned flushed, const char *when)
{
	uint8_t seen[PIECE], expected[PIECE];
	for (unsigned i = 0; disk && i < flushed; i++) {
		test_fill(expected, place(i), PIECE, 7);
		CHECK_OK(disk_read(disk, place(i), seen, PIECE));
		if (memcmp(seen, expected, PIECE)) {
			fprintf(stderr, "piece %u of %u, %s\n", i, flushed, when);
			CHECK(!"flushed data is there");
			return;
		}
	}
}

/* Writes pieces [from, to) until one fails; flushes every 32. Returns the first that failed. */
static unsigned write_pieces(struct disk *disk, unsigned from, unsigned to, unsigned *flushed, int *ret_error)
{
	uint8_t bytes[PIECE];
	*ret_error = 0;
	for (unsigned i = from; i < to; i++) {
		test_fill(bytes, place(i), PIECE, 7);
		*ret_error = disk_write(disk, place(i), bytes, PIECE);
		if (*ret_error)
			return i;
		if (i % 32 == 31 && !disk_flush(disk))
			*flushed = i + 1;
	}
	return to;
}

static void test_shape(const struct shape *shape, uint64_t left_kib)
{
	struct disk_create_options options = { .format = shape->format,
					       .type = shape->type,
					       .size = (uint64_t)PIECES * PIECE,
					       .block_size = shape->block_size };
	struct disk_create_options parent_options = { .format = shape->format,
						      .type = DISK_TYPE_DYNAMIC,
						      .size = options.size };
	struct disk_error error = { "" };
	struct disk_check check;
	char path[300], parent[300], filler[300];
	bool has_parent = shape->type == DISK_TYPE_DIFFERENCING;
	unsigned flushed = 0;
	int result;
	snprintf(path, sizeof(path), "%s/disk", folder);
	snprintf(parent, sizeof(parent), "%s/parent", folder);
	snprintf(filler, sizeof(filler), "%s/filler", folder);
	if (has_parent)
		CHECK_OK(disk_create_path(io, parent, &parent_options, NULL, NULL, &error));
	CHECK_OK(disk_create_path(io, path, &options, has_parent ? parent : NULL, NULL, &error));
	struct disk *disk = open_disk(path);
	unsigned at = write_pieces(disk, 0, 40, &flushed, &result);
	CHECK_OK(result);
	fill_up(filler, left_kib);
	at = write_pieces(disk, at, PIECES, &flushed, &result);
	CHECK(result == -ENOSPC);
	check_content(disk, flushed, "on the full file system");
	/* As a guest that goes on regardless: more errors, no harm. */
	uint8_t bytes[PIECE];
	memset(bytes, 0xee, PIECE);
	for (unsigned i = 0; i < 30; i++)
		disk_write(disk, place(PIECES - 1 - i), bytes, PIECE);
	CHECK_OK(disk_read(disk, 0, bytes, PIECE));
	CHECK_OK(unlink(filler));
	at = write_pieces(disk, at, at + 300 < PIECES ? at + 300 : PIECES, &flushed, &result);
	CHECK_OK(result);
	CHECK_OK(disk_flush(disk));
	check_content(disk, at, "with space again");
	CHECK_OK(disk_close(disk));
	if (shape->format != DISK_FORMAT_RAW) {
		CHECK_OK(disk_check_path(io, path, shape->format, false, &check));
		CHECK(check.is_openable && !check.needs_replay);
	}
	disk = open_disk(path);
	check_content(disk, at, "opened again");
	CHECK_OK(disk_close(disk));
	unlink(path);
	unlink(parent);
}

/* Root, or a user who may make namespaces. */
static int mount_small(void)
{
	char options[64];
	snprintf(options, sizeof(options), "size=%dm,mode=0700", SPACE_MIB);
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return mount("tmpfs", folder, "tmpfs", 0, options) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	static const enum disk_io_kind kinds[] = { DISK_IO_AUTO, DISK_IO_THREADS };
	test_seed_from(argc, argv);
	snprintf(folder, sizeof(folder), "%s/full", test_directory());
	CHECK_OK(mkdir(folder, 0700));
	int error = mount_small();
	if (error) {
		printf("no small file system can be mounted here (%s): skipped\n", strerror(-error));
		rmdir(folder);
		test_end();
		return 77;
	}
	for (unsigned kind = 0; kind < 2; kind++) {
		CHECK_OK(disk_io_new(kinds[kind], &io));
		for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
			for (uint64_t left_kib = 0; left_kib < 3000; left_kib += 700)
				test_shape(&shapes[i], left_kib);
		}
		disk_io_free(io);
	}
	umount(folder);
	rmdir(folder);
	return test_end();
}
