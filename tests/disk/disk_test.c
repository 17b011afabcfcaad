/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

unsigned test_failures;
uint64_t test_seed = 1;
static uint64_t random_state = 1;
static char directory[128];
static unsigned file_count;

void test_fail(const char *file, int line, const char *text)
{
	if (test_failures++ < 50)
		fprintf(stderr, "%s:%d: failed: %s (seed %llu)\n", file, line, text,
			(unsigned long long)test_seed);
}

void test_fail_code(const char *file, int line, const char *text, int code)
{
	if (test_failures++ < 50)
		fprintf(stderr, "%s:%d: %s gave %d %s (seed %llu)\n", file, line, text, code,
			strerror(abs(code)), (unsigned long long)test_seed);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

int test_end(void)
{
	if (directory[0])
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (test_failures)
		fprintf(stderr, "%u checks failed\n", test_failures);
	return test_failures ? 1 : 0;
}

/* splitmix64 */
uint64_t test_random(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t test_random_below(uint64_t limit)
{
	return limit ? test_random() % limit : 0;
}

void test_seed_from(int argc, char **argv)
{
	test_seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20240607;
	random_state = test_seed;
}

const char *test_directory(void)
{
	if (!directory[0]) {
		const char *base = getenv("DISK_TEST_DIR");
		snprintf(directory, sizeof(directory), "%s/disk-test-XXXXXX", base ? base : "/tmp");
		if (!mkdtemp(directory)) {
			perror("mkdtemp");
			exit(1);
		}
	}
	return directory;
}

int test_file(char path[256])
{
	snprintf(path, 256, "%s/%u", test_directory(), file_count++);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

void test_fill(uint8_t *bytes, uint64_t offset, size_t length, uint64_t generation)
{
	for (size_t i = 0; i + 8 <= length; i += 8) {
		uint64_t value = ((offset + i) / 8 ^ generation << 40) * 0x9e3779b97f4a7c15u;
		memcpy(bytes + i, &value, 8);
	}
}

int test_model_init(struct test_model *model, uint64_t size, uint32_t sector)
{
	*model = (struct test_model){ .size = size, .sector = sector, .bytes = calloc(1, size) };
	return model->bytes ? 0 : -ENOMEM;
}

void test_model_deinit(struct test_model *model)
{
	free(model->bytes);
}

static void step_write(struct test_model *model, struct disk *disk, uint64_t offset, uint64_t length)
{
	test_fill(model->bytes + offset, offset, length, ++model->generation);
	CHECK_OK(disk_write(disk, offset, model->bytes + offset, length));
}

static void step_read(struct test_model *model, struct disk *disk, uint64_t offset, uint64_t length)
{
	uint8_t *buffer = malloc(length);
	memset(buffer, 0xa5, length);
	CHECK_OK(disk_read(disk, offset, buffer, length));
	CHECK(!memcmp(buffer, model->bytes + offset, length));
	free(buffer);
}

void test_model_step(struct test_model *model, struct disk *disk, uint64_t max_length)
{
	uint64_t sectors = model->size / model->sector;
	uint64_t most = max_length / model->sector;
	uint64_t first = test_random_below(sectors);
	uint64_t count = 1 + test_random_below(test_random_below(4) ? (most < 64 ? most : 64) : most);
	if (count > sectors - first)
		count = sectors - first;
	uint64_t offset = first * model->sector, length = count * model->sector;
	switch (test_random_below(10)) {
	case 0 ... 4: step_write(model, disk, offset, length); break;
	case 5 ... 6: step_read(model, disk, offset, length); break;
	case 7:
		memset(model->bytes + offset, 0, length);
		CHECK_OK(disk_write_zeroes(disk, offset, length, test_random_below(2) ? DISK_MAY_UNMAP : 0));
		break;
	case 8: { /* what unmap makes of the range is the disk's choice: sector by sector old or zero */
		CHECK_OK(disk_unmap(disk, offset, length));
		uint8_t *buffer = malloc(length);
		CHECK_OK(disk_read(disk, offset, buffer, length));
		for (uint64_t at = 0; at < length; at += model->sector) {
			static const uint8_t zeros[4096];
			if (memcmp(buffer + at, model->bytes + offset + at, model->sector))
				CHECK(!memcmp(buffer + at, zeros, model->sector));
		}
		memcpy(model->bytes + offset, buffer, length);
		free(buffer);
		break;
	}
	default: CHECK_OK(disk_flush(disk)); break;
	}
}

bool test_model_compare(const struct test_model *model, struct disk *disk)
{
	enum { PIECE = 1 << 20 };
	uint8_t *buffer = malloc(PIECE);
	bool is_same = true;
	for (uint64_t offset = 0; is_same && offset < model->size; offset += PIECE) {
		uint64_t length = model->size - offset < PIECE ? model->size - offset : PIECE;
		int error = disk_read(disk, offset, buffer, length);
		is_same = !error && !memcmp(buffer, model->bytes + offset, length);
		for (uint64_t at = 0; !error && !is_same && at < length; at++) {
			if (buffer[at] != model->bytes[offset + at]) {
				fprintf(stderr, "first difference at %llu (seed %llu)\n",
					(unsigned long long)(offset + at), (unsigned long long)test_seed);
				break;
			}
		}
	}
	free(buffer);
	return is_same;
}
