/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block layer: many requests at a time with scattered memory, bad requests, QoS, statistics, big commits. */
#include "disk_test.h"

#include <errno.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/io.h"
#include "fault.h"

static struct disk_io *io;

static struct disk *make_disk(struct disk_io *on, char path[256], enum disk_format format,
			      enum disk_type type, uint64_t size, uint32_t block_size, const char *parent)
{
	static unsigned count;
	struct disk_create_options options = {
		.format = format, .type = type, .size = size, .block_size = block_size
	};
	struct disk_open_options open_options = { .writable = true, .format = format };
	struct disk_error error;
	struct disk *disk = NULL;
	snprintf(path, 256, "%s/io-%u", test_directory(), count++);
	CHECK_OK(disk_create_path(io, path, &options, parent, NULL, &error));
	CHECK_OK(disk_open_path(on, path, &open_options, &disk, &error));
	return disk;
}

/* --- many at a time -------------------------------------------------------------------------------- */

enum { MANY = 64, PARTS = 20 };

struct scattered {
	struct disk_request request;
	struct iovec iov[PARTS];
	uint8_t *memory;
	int result;
	bool is_done;
};

static void on_scattered(struct disk_request *request, int result)
{
	struct scattered *scattered = request->userdata;
	CHECK(!scattered->is_done);
	scattered->is_done = true;
	scattered->result = result;
}

/* Cuts the memory into pieces of odd lengths, in reverse order in memory. */
static void scatter(struct scattered *scattered, uint64_t length)
{
	uint64_t left = length;
	uint8_t *end = scattered->memory + length;
	unsigned count = 1 + (unsigned)test_random_below(PARTS);
	for (unsigned i = 0; i < count; i++) {
		uint64_t piece = i == count - 1 ? left : test_random_below(left / (count - i) * 2 + 1);
		end -= piece;
		left -= piece;
		scattered->iov[i] = (struct iovec){ end, piece };
	}
	scattered->request.iov = scattered->iov;
	scattered->request.iov_count = count;
	scattered->request.length = length;
}

static void fill_scattered(struct scattered *scattered, const uint8_t *from)
{
	for (unsigned i = 0; i < scattered->request.iov_count; i++) {
		memcpy(scattered->iov[i].iov_base, from, scattered->iov[i].iov_len);
		from += scattered->iov[i].iov_len;
	}
}

static bool equals_scattered(const struct scattered *scattered, const uint8_t *expected)
{
	for (unsigned i = 0; i < scattered->request.iov_count; i++) {
		if (memcmp(scattered->iov[i].iov_base, expected, scattered->iov[i].iov_len))
			return false;
		expected += scattered->iov[i].iov_len;
	}
	return true;
}

static void test_many(enum disk_format format, enum disk_type type, uint32_t block_size)
{
	enum { EACH = 512 * 300 };
	char path[256];
	struct scattered *all = calloc(MANY, sizeof(*all));
	uint8_t *content = malloc((size_t)MANY * EACH);
	struct disk *disk = make_disk(io, path, format, type, (uint64_t)MANY * EACH, block_size, NULL);
	test_fill(content, 0, (size_t)MANY * EACH, 11);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			struct scattered *one = &all[i];
			if (!one->memory)
				one->memory = malloc(EACH);
			one->request = (struct disk_request){ .kind = round ? DISK_READ : DISK_WRITE,
							      .flags = i % 3 ? 0 : DISK_FUA,
							      .offset = (uint64_t)i * EACH,
							      .on_done = on_scattered,
							      .userdata = one };
			one->is_done = false;
			scatter(one, EACH);
			if (round == 0)
				fill_scattered(one, content + (size_t)i * EACH);
			disk_submit(disk, &one->request);
			CHECK(!one->is_done); /* never from inside disk_submit() */
		}
		struct disk_stats stats;
		disk_get_stats(disk, &stats);
		CHECK(stats.in_flight == MANY);
		for (unsigned i = 0; i < MANY; i++) {
			while (!all[i].is_done)
				disk_io_poll(io, -1);
			CHECK_OK(all[i].result);
			if (round)
				CHECK(equals_scattered(&all[i], content + (size_t)i * EACH));
		}
	}
	struct disk_stats stats;
	disk_get_stats(disk, &stats);
	CHECK(stats.reads == MANY && stats.writes == MANY && !stats.in_flight && !stats.errors);
	CHECK(stats.read_bytes == (uint64_t)MANY * EACH && stats.write_bytes == (uint64_t)MANY * EACH);
	for (unsigned i = 0; i < MANY; i++)
		free(all[i].memory);
	free(all);
	free(content);
	CHECK_OK(disk_close(disk));
}

/* --- bad requests ---------------------------------------------------------------------------------- */

static int submit_one(struct disk *disk, struct disk_request *request)
{
	struct scattered state = { 0 };
	request->on_done = on_scattered;
	request->userdata = &state;
	disk_submit(disk, request);
	CHECK(!state.is_done);
	while (!state.is_done)
		disk_io_poll(disk->io, -1);
	return state.result;
}

static void test_bad_requests(void)
{
	char path[256];
	uint8_t bytes[4096] = { 0 };
	struct iovec iov = { bytes, 4096 };
	struct iovec huge = { bytes, SIZE_MAX - 4095 };
	struct disk *disk =
	    make_disk(io, path, DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 4 * DISK_MIB, DISK_MIB, NULL);
	struct disk_request request = { .kind = DISK_WRITE, .length = 8192, .iov = &iov, .iov_count = 1 };
	CHECK(submit_one(disk, &request) == -EINVAL); /* the list is shorter than the request */
	request.length = 512;
	CHECK(submit_one(disk, &request) == -EINVAL);
	request = (struct disk_request){ .kind = DISK_READ, .length = 4096, .iov = &iov };
	CHECK(submit_one(disk, &request) == -EINVAL); /* an empty list */
	struct iovec both[2] = { huge, iov };
	request = (struct disk_request){ .kind = DISK_READ, .length = 0, .iov = both, .iov_count = 2 };
	CHECK(submit_one(disk, &request) == -EINVAL); /* lengths that overflow to 0 */
	request = (struct disk_request){
		.kind = DISK_WRITE, .offset = 4 * DISK_MIB - 512, .length = 4096, .iov = &iov, .iov_count = 1
	};
	CHECK(submit_one(disk, &request) == -ERANGE);
	request = (struct disk_request){ .kind = DISK_UNMAP, .offset = 4 * DISK_MIB };
	CHECK_OK(submit_one(disk, &request));
	struct disk_stats stats;
	disk_get_stats(disk, &stats);
	CHECK(stats.errors == 5 && stats.in_flight == 0);
	CHECK_OK(disk_close(disk));
}

/* --- QoS ------------------------------------------------------------------------------------------- */

static double time_reads(struct disk *disk, unsigned count, uint64_t length)
{
	uint8_t *bytes = malloc(length);
	uint64_t begin = io_now_ns();
	for (unsigned i = 0; i < count; i++)
		CHECK_OK(disk_read(disk, 0, bytes, length));
	free(bytes);
	return (double)(io_now_ns() - begin) / 1e9;
}

static void test_qos(void)
{
	char path[256];
	struct disk *disk = make_disk(io, path, DISK_FORMAT_RAW, DISK_TYPE_DYNAMIC, 4 * DISK_MIB, 0, NULL);
	struct disk_stats stats;
	CHECK_OK(disk_set_qos(disk, &(struct disk_qos){ .max_iops = 200 }));
	double seconds = time_reads(disk, 80, 4096); /* 20 of them are the burst */
	CHECK(seconds > 0.25);
	seconds = time_reads(disk, 5, 64 * 1024); /* 8 units each */
	CHECK(seconds > 0.1);
	disk_get_stats(disk, &stats);
	CHECK(stats.throttled > 10);
	CHECK_OK(disk_set_qos(disk, &(struct disk_qos){ .max_bytes_per_second = 4 * DISK_MIB }));
	seconds = time_reads(disk, 4, 512 * 1024);
	CHECK(seconds > 0.25);
	CHECK_OK(disk_set_qos(disk, &(struct disk_qos){ 0 }));
	disk_get_stats(disk, &stats);
	uint64_t before = stats.throttled;
	time_reads(disk, 50, 4096);
	disk_get_stats(disk, &stats);
	CHECK(stats.throttled == before);
	CHECK(disk_set_qos(disk, &(struct disk_qos){ .max_iops = 10, .min_iops = 20 }) == -EINVAL);
	CHECK(disk_set_qos(disk, &(struct disk_qos){ .max_iops = UINT64_MAX }) == -EINVAL);
	CHECK(disk_set_qos(disk, &(struct disk_qos){ .max_bytes_per_second = 10,
						     .min_bytes_per_second = 20 }) == -EINVAL);
	CHECK_OK(disk_close(disk));
}

/* --- commits larger than a log entry --------------------------------------------------------------- */

enum { SPREAD = 400 };

/*
 * One sector in each of many table and bitmap pages of a large sparse disk, then a flush in several log entries, cut at every
 * sync: a block never stands in the table before its bitmap block does, and what was flushed before stays.
 */
struct spread {
	struct fault_engine *engine;
	struct disk_io *real;
	uint64_t step;
	unsigned flushed; /* the sectors below are durable */
	unsigned cuts;
	const char *parent;
};

static void on_sync(void *userdata)
{
	struct spread *spread = userdata;
	char path[256];
	uint8_t bytes[512];
	int fd = test_file(path);
	struct disk_open_options options = { .writable = true };
	struct disk_error error;
	struct disk *disk = NULL;
	CHECK_OK(fault_crash_image(spread->engine, fd));
	close(fd);
	int result = disk_open_path(spread->real, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "%s\n", error.text);
	CHECK_OK(result);
	for (unsigned i = 0; disk && i < SPREAD; i++) {
		uint8_t expected[512];
		uint64_t offset = i * spread->step;
		test_fill(expected, offset, 512, 21);
		CHECK_OK(disk_read(disk, offset, bytes, 512));
		bool is_there = !memcmp(bytes, expected, 512);
		if (!is_there) {
			memset(expected, 0, 512);
			CHECK(i >= spread->flushed && !memcmp(bytes, expected, 512));
		}
	}
	disk_close(disk);
	unlink(path);
	spread->cuts++;
}

static void test_large_commit(void)
{
	char base[256], path[256];
	struct spread spread = { .step = 600 * DISK_MIB };
	uint64_t size = SPREAD * spread.step;
	struct disk_io *faulty;
	struct disk_error error;
	CHECK_OK(disk_io_new(DISK_IO_THREADS, &spread.real));
	CHECK_OK(fault_new(&faulty, &spread.engine));
	CHECK_OK(disk_close(make_disk(io, base, DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, size, DISK_MIB, NULL)));
	struct disk *disk = make_disk(io, path, DISK_FORMAT_VHDX, DISK_TYPE_DIFFERENCING, 0, DISK_MIB, base);
	CHECK_OK(disk_close(disk));
	struct disk_open_options options = { .writable = true };
	CHECK_OK(disk_open_path(faulty, path, &options, &disk, &error));
	int fd = dup(disk->fd);
	CHECK_OK(fault_watch(spread.engine, fd, 512));
	close(fd);
	for (unsigned i = 0; i < SPREAD; i++) {
		uint8_t bytes[512];
		/* From the end of the disk: pages that are older in the queue need pages that are younger. */
		unsigned at = i % 2 ? i : SPREAD - 2 - i;
		test_fill(bytes, at * spread.step, 512, 21);
		CHECK_OK(disk_write(disk, at * spread.step, bytes, 512));
	}
	fault_set_on_sync(spread.engine, on_sync, &spread);
	CHECK_OK(disk_flush(disk));
	spread.flushed = SPREAD;
	CHECK(spread.cuts > 6); /* it did take several entries */
	CHECK_OK(disk_close(disk));
	on_sync(&spread);
	disk_io_free(faulty);
	disk_io_free(spread.real);
}

static void test_all(void)
{
	test_many(DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB);
	test_many(DISK_FORMAT_VHDX, DISK_TYPE_FIXED, 2 * DISK_MIB);
	test_many(DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB);
	test_many(DISK_FORMAT_RAW, DISK_TYPE_DYNAMIC, 0);
	test_bad_requests();
	test_qos();
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	CHECK_OK(disk_io_new(DISK_IO_AUTO, &io));
	test_all();
	test_large_commit();
	disk_io_free(io);
	CHECK_OK(disk_io_new(DISK_IO_THREADS, &io));
	test_all();
	disk_io_free(io);
	return test_end();
}
