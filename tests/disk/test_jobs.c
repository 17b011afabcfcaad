/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jobs against a reference in memory: create, convert, chains, merge, reconnect, compact, resize, check, cancel. */
#include "disk_test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"

static struct disk_io *io;

struct kind {
	enum disk_format format;
	enum disk_type type;
	uint32_t block_size, sector;
};

static const struct kind kinds[] = {
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB, 512 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 0, 512 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_FIXED, 2 * DISK_MIB, 512 },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 0, 512 },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB, 512 },
	{ DISK_FORMAT_VHD, DISK_TYPE_FIXED, 0, 512 },
	{ DISK_FORMAT_RAW, DISK_TYPE_FIXED, 0, 512 },
	{ DISK_FORMAT_RAW, DISK_TYPE_DYNAMIC, 0, 512 },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void new_path(char path[256], const char *name)
{
	static unsigned count;
	snprintf(path, 256, "%s/%s-%u", test_directory(), name, count++);
}

static struct disk *open_disk(const char *path, bool is_writable, enum disk_format format)
{
	struct disk_open_options options = { .writable = is_writable, .format = format };
	struct disk_error error;
	struct disk *disk = NULL;
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "%s\n", error.text);
	CHECK_OK(result);
	return disk;
}

static enum disk_format open_format(const struct kind *kind)
{
	return kind->format == DISK_FORMAT_RAW ? DISK_FORMAT_RAW : DISK_FORMAT_AUTO;
}

static void create(const char *path, const struct kind *kind, uint64_t size, const char *parent)
{
	struct disk_create_options options = { .format = kind->format,
					       .type = kind->type,
					       .size = size,
					       .block_size = kind->block_size,
					       .logical_sector = kind->sector };
	struct disk_error error;
	int result = disk_create_path(io, path, &options, parent, NULL, &error);
	if (result)
		fprintf(stderr, "%s\n", error.text);
	CHECK_OK(result);
}

static void scribble(struct test_model *model, const char *path, enum disk_format format, unsigned count)
{
	struct disk *disk = open_disk(path, true, format);
	for (unsigned i = 0; disk && i < count; i++)
		test_model_step(model, disk, 2 * DISK_MIB);
	CHECK_OK(disk_close(disk));
}

static void compare(const struct test_model *model, const char *path, enum disk_format format)
{
	struct disk *disk = open_disk(path, false, format);
	CHECK(disk && test_model_compare(model, disk));
	disk_close(disk);
}

static void test_convert(void)
{
	static const uint64_t size = 13 * DISK_MIB + 512;
	for (unsigned from = 0; from < KINDS; from++) {
		char from_path[256], to_path[256];
		struct test_model model;
		new_path(from_path, "from");
		create(from_path, &kinds[from], size, NULL);
		CHECK_OK(test_model_init(&model, size, 512));
		scribble(&model, from_path, open_format(&kinds[from]), 25);
		for (unsigned to = 0; to < KINDS; to++) {
			struct disk_create_options options = { .format = kinds[to].format,
							       .type = kinds[to].type,
							       .block_size = kinds[to].block_size };
			struct disk_error error;
			new_path(to_path, "to");
			CHECK_OK(disk_convert_path(io, from_path, open_format(&kinds[from]), to_path,
						   &options, NULL, &error));
			compare(&model, to_path, open_format(&kinds[to]));
			unlink(to_path);
		}
		unlink(from_path);
		test_model_deinit(&model);
	}
}

/* Three images, a merge of the last into the middle, a move of the base, a reconnection. */
static void test_chain(const struct kind *base_kind)
{
	static const uint64_t size = 9 * DISK_MIB;
	struct kind child_kind = *base_kind;
	char base[256], middle[256], top[256], moved[256], flat[256];
	struct test_model model, middle_model;
	struct disk_error error;
	struct disk_info info;
	child_kind.type = DISK_TYPE_DIFFERENCING;
	if (child_kind.format == DISK_FORMAT_VHD)
		child_kind.block_size = 0;
	new_path(base, "base");
	new_path(middle, "middle");
	new_path(top, "top");
	new_path(moved, "moved");
	new_path(flat, "flat");
	CHECK_OK(test_model_init(&model, size, base_kind->sector));
	CHECK_OK(test_model_init(&middle_model, size, base_kind->sector));
	create(base, base_kind, size, NULL);
	scribble(&model, base, DISK_FORMAT_AUTO, 30);
	create(middle, &child_kind, 0, base);
	scribble(&model, middle, DISK_FORMAT_AUTO, 30);
	memcpy(middle_model.bytes, model.bytes, size);
	create(top, &child_kind, 0, middle);
	compare(&model, top, DISK_FORMAT_AUTO);
	scribble(&model, top, DISK_FORMAT_AUTO, 30);
	compare(&model, top, DISK_FORMAT_AUTO);
	compare(&middle_model, middle, DISK_FORMAT_AUTO);

	struct disk *disk = open_disk(top, false, DISK_FORMAT_AUTO);
	disk_get_info(disk, &info);
	CHECK(info.chain_length == 3 && info.type == DISK_TYPE_DIFFERENCING && info.size == size);
	disk_close(disk);

	struct disk_create_options options = { .format = DISK_FORMAT_RAW, .type = DISK_TYPE_DYNAMIC };
	CHECK_OK(disk_convert_path(io, top, DISK_FORMAT_AUTO, flat, &options, NULL, &error));
	compare(&model, flat, DISK_FORMAT_RAW);

	CHECK_OK(disk_merge_path(io, top, NULL, &error));
	compare(&model, middle, DISK_FORMAT_AUTO);
	compare(&model, top, DISK_FORMAT_AUTO); /* still valid, with nothing of its own to say */

	CHECK(!rename(base, moved));
	struct disk_open_options open_options = { 0 };
	CHECK(disk_open_path(io, middle, &open_options, &disk, &error) == -ENOENT);
	CHECK_OK(disk_reconnect_path(io, middle, moved, false, &error));
	compare(&model, middle, DISK_FORMAT_AUTO);
	CHECK(disk_reconnect_path(io, middle, top, false, &error) != 0);
	CHECK(disk_reconnect_path(io, middle, middle, false, &error) != 0);

	/* A parent that was changed behind its child's back: VHDX knows, VHD cannot. */
	if (base_kind->format == DISK_FORMAT_VHDX) {
		scribble(&middle_model, moved, DISK_FORMAT_AUTO, 0);
		compare(&model, middle, DISK_FORMAT_AUTO);
		disk = open_disk(moved, true, DISK_FORMAT_AUTO);
		CHECK_OK(disk_write(disk, 0, model.bytes, base_kind->sector));
		CHECK_OK(disk_close(disk));
		CHECK(disk_open_path(io, middle, &open_options, &disk, &error) == -ESTALE);
		CHECK_OK(disk_reconnect_path(io, middle, moved, true, &error));
	}
	test_model_deinit(&model);
	test_model_deinit(&middle_model);
}

static uint64_t file_size(const char *path)
{
	struct stat st;
	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

static void test_compact(const struct kind *kind, uint64_t expected_size)
{
	static const uint64_t size = 40 * DISK_MIB;
	char path[256];
	struct test_model model;
	struct disk_error error;
	struct disk_layout layout;
	new_path(path, "compact");
	create(path, kind, size, NULL);
	CHECK_OK(test_model_init(&model, size, 512));
	struct disk *disk = open_disk(path, true, DISK_FORMAT_AUTO);
	test_fill(model.bytes, 0, size, 7);
	for (uint64_t at = 0; at < size; at += DISK_MIB) { /* in an order that leaves gaps of all kinds */
		uint64_t block = at / DISK_MIB * 7 % 40;
		CHECK_OK(disk_write(disk, block * DISK_MIB, model.bytes + block * DISK_MIB, DISK_MIB));
	}
	memset(model.bytes + 5 * DISK_MIB, 0, 20 * DISK_MIB);
	CHECK_OK(disk_write(disk, 5 * DISK_MIB, model.bytes + 5 * DISK_MIB, 10 * DISK_MIB));
	CHECK_OK(disk_unmap(disk, 15 * DISK_MIB, 10 * DISK_MIB));
	struct disk_info before, after;
	disk_get_info(disk, &before);
	CHECK_OK(disk_compact(disk, NULL, &error));
	CHECK(test_model_compare(&model, disk));
	CHECK_OK(disk_get_layout(disk, &layout));
	CHECK(layout.data_bytes == 20 * DISK_MIB && layout.zero_bytes == 20 * DISK_MIB &&
	      !layout.parent_bytes);
	disk_get_info(disk, &after);
	CHECK(!memcmp(&before.data_id, &after.data_id, sizeof(before.data_id)));
	CHECK_OK(disk_close(disk));
	CHECK(file_size(path) <= expected_size && file_size(path) > 20 * DISK_MIB);
	compare(&model, path, DISK_FORMAT_AUTO);
	scribble(&model, path, DISK_FORMAT_AUTO, 30);
	compare(&model, path, DISK_FORMAT_AUTO);
	struct disk_check check;
	CHECK_OK(disk_check_path(io, path, DISK_FORMAT_AUTO, false, &check));
	CHECK(check.is_openable && !check.needs_replay);
	test_model_deinit(&model);
}

static void check_zero(struct disk *disk, uint64_t offset, uint64_t length)
{
	uint8_t *bytes = malloc(length);
	uint64_t i = 0;
	CHECK_OK(disk_read(disk, offset, bytes, length));
	while (i < length && !bytes[i])
		i++;
	CHECK(i == length);
	free(bytes);
}

static void test_resize(const struct kind *kind)
{
	static const uint64_t small = 6 * DISK_MIB, large = 11 * DISK_MIB + 512;
	char path[256];
	struct test_model model;
	struct disk_error error;
	new_path(path, "resize");
	create(path, kind, small, NULL);
	CHECK_OK(test_model_init(&model, large, 512));
	model.size = small;
	scribble(&model, path, open_format(kind), 30);
	struct disk *disk = open_disk(path, true, open_format(kind));
	CHECK_OK(disk_resize(disk, large, false, NULL, &error));
	check_zero(disk, small, large - small);
	model.size = large;
	for (unsigned i = 0; i < 30; i++)
		test_model_step(&model, disk, DISK_MIB);
	CHECK(test_model_compare(&model, disk));
	CHECK_OK(disk_close(disk));
	compare(&model, path, open_format(kind));

	disk = open_disk(path, true, open_format(kind));
	test_fill(model.bytes + large - 512, large - 512, 512, 9);
	CHECK_OK(disk_write(disk, large - 512, model.bytes + large - 512, 512));
	CHECK(disk_resize(disk, small, false, NULL, &error) == -ENOTEMPTY);
	CHECK_OK(disk_resize(disk, small, true, NULL, &error));
	model.size = small;
	CHECK(test_model_compare(&model, disk));
	CHECK_OK(disk_close(disk));
	compare(&model, path, open_format(kind));
	disk = open_disk(path, true, open_format(kind));
	CHECK_OK(disk_resize(disk, large, false, NULL, &error));
	check_zero(disk, small, large - small);
	CHECK_OK(disk_close(disk));
	test_model_deinit(&model);
}

/* So much larger that the block table has to move. */
static void test_large(void)
{
	static const struct kind large_kinds[] = { { DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB, 512 },
						   { DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB,
						     512 } };
	static const uint64_t size = 8 * DISK_MIB, large = 1000 * DISK_GIB;
	for (unsigned i = 0; i < 2; i++) {
		char path[256];
		uint8_t *bytes = malloc(DISK_MIB), *again = malloc(DISK_MIB);
		struct disk_error error;
		new_path(path, "large");
		create(path, &large_kinds[i], size, NULL);
		struct disk *disk = open_disk(path, true, DISK_FORMAT_AUTO);
		test_fill(bytes, 0, DISK_MIB, 3);
		CHECK_OK(disk_write(disk, 3 * DISK_MIB, bytes, DISK_MIB));
		CHECK_OK(disk_grow(disk, large, &error));
		CHECK_OK(disk_write(disk, large - DISK_MIB, bytes, DISK_MIB));
		CHECK_OK(disk_write(disk, large / 2, bytes, DISK_MIB));
		CHECK_OK(disk_close(disk));
		disk = open_disk(path, false, DISK_FORMAT_AUTO);
		for (unsigned place = 0; place < 3; place++) {
			uint64_t at = place == 0 ? 3 * DISK_MIB : place == 1 ? large / 2 : large - DISK_MIB;
			CHECK_OK(disk_read(disk, at, again, DISK_MIB));
			CHECK(!memcmp(bytes, again, DISK_MIB));
		}
		check_zero(disk, 600 * DISK_GIB, DISK_MIB);
		check_zero(disk, 0, 3 * DISK_MIB);
		disk_close(disk);
		free(bytes);
		free(again);
	}
}

static bool cancel_soon(void *userdata, uint64_t done, uint64_t total)
{
	unsigned *left = userdata;
	CHECK(done <= total);
	return *left > 0 && (*left)--;
}

static void test_cancel(void)
{
	char from[256], to[256];
	struct test_model model;
	struct disk_error error;
	unsigned left = 3;
	struct disk_job job = { cancel_soon, &left };
	struct disk_create_options options = { .format = DISK_FORMAT_VHD, .type = DISK_TYPE_DYNAMIC };
	new_path(from, "from");
	new_path(to, "to");
	create(from, &kinds[0], 12 * DISK_MIB, NULL);
	CHECK_OK(test_model_init(&model, 12 * DISK_MIB, 512));
	scribble(&model, from, DISK_FORMAT_AUTO, 30);
	CHECK(disk_convert_path(io, from, DISK_FORMAT_AUTO, to, &options, &job, &error) == -ECANCELED);
	CHECK(access(to, F_OK) < 0);
	/* A file that is there is never touched. */
	CHECK(disk_convert_path(io, from, DISK_FORMAT_AUTO, from, &options, NULL, &error) == -EEXIST);
	CHECK(strstr(error.text, "exists"));
	compare(&model, from, DISK_FORMAT_AUTO);
	test_model_deinit(&model);
}

int main(int argc, char **argv)
{
	static const struct kind wide = { DISK_FORMAT_VHDX, DISK_TYPE_FIXED, 2 * DISK_MIB, 4096 };
	test_seed_from(argc, argv);
	CHECK_OK(disk_io_new(DISK_IO_AUTO, &io));
	test_convert();
	test_chain(&kinds[0]);
	test_chain(&kinds[4]);
	test_chain(&kinds[5]);
	test_chain(&wide);
	test_compact(&kinds[0], 24 * DISK_MIB);
	test_compact(&kinds[4], 21 * DISK_MIB);
	for (unsigned i = 0; i < KINDS; i++)
		test_resize(&kinds[i]);
	test_large();
	test_cancel();
	disk_io_free(io);
	return test_end();
}
