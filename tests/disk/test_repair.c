/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check and check with repair on damaged images: what can be repaired has its content and both of its copies
 * again, so that the other one may be lost next; what cannot be repaired is refused with its reason and left
 * as it was.
 */
#include "disk_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "hostile.h"

enum { VHDX, VHDX_UNCLOSED, VHDX_CHILD, VHDX_FIXED, VHD, VHD_CHILD, VHD_FIXED };

static struct disk_io *io;

struct damage {
	const char *what;
	unsigned base;
	int64_t offset; /* below zero: from the end */
	uint64_t length;
	int64_t other;	    /* the copy that is destroyed after the repair; 0: none */
	const char *reason; /* it cannot be repaired: a word of the sentence */
};

static const struct damage damages[] = {
	{ "the first header", VHDX, 64 << 10, 4096, 128 << 10, NULL },
	{ "the second header", VHDX, 128 << 10, 4096, 64 << 10, NULL },
	{ "the first region table", VHDX, 192 << 10, 4096, 256 << 10, NULL },
	{ "the second region table", VHDX, 256 << 10, 4096, 192 << 10, NULL },
	{ "a fixed disk's first header", VHDX_FIXED, 64 << 10, 4096, 128 << 10, NULL },
	{ "nothing, but it was not closed", VHDX_UNCLOSED, 0, 0, 0, NULL },
	{ "both headers", VHDX, 64 << 10, 128 << 10, 0, "header" },
	{ "both region tables", VHDX, 192 << 10, 128 << 10, 0, "region" },
	{ "the metadata", VHDX, 2 << 20, 4096, 0, "metadata" },
	{ "the log of one that was not closed", VHDX_UNCLOSED, 1 << 20, 1 << 20, 0, "log" },
	{ "the footer", VHD, -512, 512, 0, NULL },
	{ "the footer's copy", VHD, 0, 512, -512, NULL },
	{ "the footer of a child", VHD_CHILD, -512, 512, 0, NULL },
	{ "the dynamic header", VHD, 512, 1024, 0, "header" },
	{ "the only footer", VHD_FIXED, -512, 512, 0, "" },
};

static void write_file(const char *path, const uint8_t *bytes, uint64_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	CHECK(write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static void destroy(const char *path, int64_t offset, uint64_t length)
{
	uint8_t *garbage = malloc(length + 1);
	struct stat st;
	CHECK_OK(stat(path, &st));
	memset(garbage, 0x5a, length);
	int fd = open(path, O_WRONLY);
	CHECK(pwrite(fd, garbage, length, offset < 0 ? st.st_size + offset : offset) == (ssize_t)length);
	close(fd);
	free(garbage);
}

static uint8_t *content(const char *path, enum disk_format format, uint64_t *ret_size)
{
	struct disk_open_options options = { .format = format, .no_parent = true };
	struct disk_error error = { "" };
	struct disk_info info;
	struct disk *disk;
	if (disk_open_path(io, path, &options, &disk, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return NULL;
	}
	disk_get_info(disk, &info);
	uint8_t *bytes = calloc(1, info.size);
	for (uint64_t at = 0; at < info.size; at += 65536) /* a child alone has holes that nobody can read */
		disk_read(disk, at, bytes + at, info.size - at < 65536 ? info.size - at : 65536);
	*ret_size = info.size;
	disk_close(disk);
	return bytes;
}

static void check_same(const struct damage *damage, const char *path, enum disk_format format,
		       const uint8_t *expected, uint64_t expected_size, const char *when)
{
	uint64_t size = 0;
	uint8_t *bytes = content(path, format, &size);
	bool is_same = bytes && size == expected_size && !memcmp(bytes, expected, size);
	if (!is_same)
		fprintf(stderr, "%s: lost %s, %s\n", base_images[damage->base].name, damage->what, when);
	CHECK(is_same);
	free(bytes);
}

static void test_damage(const struct damage *damage)
{
	const struct base_image *base = &base_images[damage->base];
	struct disk_check check;
	char path[300];
	uint64_t size = 0;
	snprintf(path, sizeof(path), "%s/repair", test_directory());
	write_file(path, base->bytes, base->size);
	uint8_t *expected = content(path, base->format, &size);
	destroy(path, damage->offset, damage->length);
	CHECK_OK(disk_check_path(io, path, base->format, false, &check));
	if (damage->reason) {
		CHECK(!check.is_openable && strstr(check.error.text, damage->reason));
		CHECK_OK(disk_check_path(io, path, base->format, true, &check));
		if (check.is_openable || !strstr(check.error.text, damage->reason))
			fprintf(stderr, "%s: lost %s: \"%s\"\n", base->name, damage->what, check.error.text);
		CHECK(!check.is_openable && strstr(check.error.text, damage->reason));
		free(expected);
		return;
	}
	if (!check.is_openable || check.needs_replay != (damage->base == VHDX_UNCLOSED))
		fprintf(stderr, "%s: lost %s: replay %d \"%s\"\n", base->name, damage->what,
			check.needs_replay, check.error.text);
	CHECK(check.is_openable && check.needs_replay == (damage->base == VHDX_UNCLOSED));
	check_same(damage, path, base->format, expected, size, "before the repair");
	CHECK_OK(disk_check_path(io, path, base->format, true, &check));
	CHECK(check.is_openable && !check.needs_replay);
	check_same(damage, path, base->format, expected, size, "after it");
	if (damage->other) {
		destroy(path, damage->other, 512);
		check_same(damage, path, base->format, expected, size, "after it, without the other copy");
	}
	free(expected);
	unlink(path);
}

/* Space at the end that nothing names goes with a repair. */
static void test_leaked(void)
{
	struct disk_check check;
	char path[300];
	uint64_t size = 0;
	snprintf(path, sizeof(path), "%s/leaked", test_directory());
	write_file(path, base_images[VHDX].bytes, base_images[VHDX].size);
	uint8_t *expected = content(path, DISK_FORMAT_VHDX, &size);
	CHECK_OK(truncate(path, (off_t)(base_images[VHDX].size + 5 * DISK_MIB)));
	CHECK_OK(disk_check_path(io, path, DISK_FORMAT_VHDX, false, &check));
	CHECK(check.is_openable && check.leaked_bytes >= 5 * DISK_MIB);
	CHECK_OK(disk_check_path(io, path, DISK_FORMAT_VHDX, true, &check));
	CHECK(check.is_openable && check.leaked_bytes < 5 * DISK_MIB);
	check_same(&damages[0], path, DISK_FORMAT_VHDX, expected, size, "leaked space");
	free(expected);
	unlink(path);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	CHECK_OK(disk_io_new(DISK_IO_AUTO, &io));
	hostile_init(io);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
		test_damage(&damages[i]);
	test_leaked();
	hostile_deinit();
	disk_io_free(io);
	return test_end();
}
